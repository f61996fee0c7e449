# SPDX-License-Identifier: MIT
"""`Reg2DPreEvaluation`, the task."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from .models import DETAILS, Inputs, Outputs  # first: it says what to install where ewokscore is missing

# isort: split
from ewokscore.taskwithprogress import TaskWithProgress
from ewokscore.variable import value_from_transfer

if TYPE_CHECKING:
    from ..ranking import Ranking

__all__ = ["Reg2DPreEvaluation"]

OPTIONS = (
    "method",
    "reference_image",
    "pairing",
    "precision",
    "window",
    "cutoff",
    "max_shift",
    "normalization",
    "mask",
    "invalid",
    "num_threads",
    "memory_limit",
    "limits",
    "on_error",
)
"""Inputs that are options of `rank_stacks`."""


class _Stop(BaseException):
    """Ends a ranking from its progress callback; no `Exception`, which ``on_error`` would take for
    a stack that cannot be read."""


class Reg2DPreEvaluation(
    TaskWithProgress,
    input_model=Inputs,  # type: ignore[call-arg]  # ewokscore has no type information
    output_model=Outputs,
):
    """Of several stacks of images that need the same alignment, find the one to align by.

    The stacks are ranked by how likely phase cross-correlation aligns every image by a
    translation. The correlogram of each image with the reference image has a peak at their shift;
    how far it stands out, and whether a second, smoother correlogram confirms its place, tells how
    likely the image aligns. A stack counts for as much as all its images do.

    Swap it for ``ewoksndreg.tasks.reg2d_preeval.Reg2DPreEvaluation``: inputs and outputs of that task
    mean the same here.

    Attributes
    ----------
    ranking : Ranking or None
        Everything that was found, after `execute`; None when `skip` was asked for.
    """

    ranking: Ranking | None = None

    def __init__(self, inputs: Mapping[Any, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        # ewokscore has no optional outputs: a task is done when all of its outputs have a value, and what
        # compares or maps all outputs sees them all. Those that nobody asked for are no outputs of this
        # instance, so that it has the outputs of the original.
        given = inputs.get("details") if isinstance(inputs, Mapping) else None
        details = value_from_transfer(given, kwargs.get("varinfo"))
        self._wanted = tuple(name for name in DETAILS if details is True or name in _names(details))
        self._OUTPUT_NAMES = set(self.output_names()) - set(DETAILS) | set(self._wanted)
        self._OUTPUT_MODEL = None  # is there for forms and documentation; it would check nothing
        super().__init__(inputs, *args, **kwargs)

    def run(self) -> None:
        """Rank the stacks, unless one is forced or `skip` is asked for."""
        from ..nexus_target import find_target
        from ..reg2d import evaluate
        from .handover import hand_on, opened

        inputs = self.inputs
        self.ranking = None
        _check_details(inputs.details)
        options = {name: getattr(inputs, name) for name in OPTIONS}
        options["limits"] = _as_limits(inputs.limits)
        if inputs.output_url is not None:
            find_target(inputs.output_url, overwrite=inputs.overwrite)  # before the work, not after it
        try:
            with opened(inputs.image_stacks) as stacks:
                outputs, self.ranking = evaluate(
                    stacks,
                    inputs.reference_stack,
                    inputs.output_configuration,
                    inputs.skip,
                    progress=self._advance,
                    **options,
                )
        except _Stop as stop:
            raise CancelledError(str(stop)) from None
        outputs["image_stacks"] = inputs.image_stacks
        if self.ranking is not None:
            outputs["image_stacks"] = hand_on(
                inputs.image_stacks,
                self.ranking.reference_stack,
                self.ranking.options.limits,
                keep_going=self.ranking.options.on_error != "raise",
            )
        if inputs.output_url is not None and self.ranking is not None:
            self.ranking.save_nexus(inputs.output_url, overwrite=inputs.overwrite)
        for name, value in {**_details(self.ranking, self._wanted), **outputs}.items():
            self.outputs[name] = value
        self.progress = 100

    def cancel(self) -> None:
        """End the ranking after the images that are being scored; may be called from any thread.

        `execute` then raises the error that it raises for any failed task, caused by
        `concurrent.futures.CancelledError`.
        """
        self.cancelled = True

    def _advance(self, done: int, total: int) -> None:
        if self.cancelled:
            raise _Stop(f"cancelled after {done} of {total} images")
        self.progress = 100 * done // total if total else 0


def _as_limits(limits: Any) -> Any:
    """JSON has dictionaries only."""
    from ..options import Limits

    if not isinstance(limits, Mapping):
        return limits
    unknown = [name for name in limits if name not in Limits.__dataclass_fields__]
    if unknown:
        raise ValueError(f"limits has no {unknown[0]!r}; it has {', '.join(Limits.__dataclass_fields__)}")
    return Limits(**limits)


def _names(details: Any) -> list[Any]:
    return list(details) if isinstance(details, list | tuple | set) else []


def _check_details(details: Any) -> None:
    if isinstance(details, bool):
        return
    if not isinstance(details, list | tuple | set) or not all(name in DETAILS for name in details):
        raise ValueError(f"details must be True, False or a list of {', '.join(DETAILS)}, not {details!r}")


def _details(ranking: Ranking | None, wanted: tuple[str, ...]) -> dict[str, Any]:
    """Return these outputs, None where nothing was ranked because of `skip`."""
    if ranking is None or not wanted:
        return dict.fromkeys(wanted)
    report = ranking.to_dict()
    scores = {stack["name"]: stack["score"] for stack in report["stacks"]}
    found = {"scores": scores, "trust": report["trust"], "report": report}
    return {name: found[name] for name in wanted}
