# SPDX-License-Identifier: MIT
"""The task `Reg2DPreEvaluation`, and the same with the numbers as outputs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from .models import (  # first: says what to install without ewokscore
    Inputs,
    Outputs,
    ReportOutputs,
)

# isort: split
from ewokscore.taskwithprogress import TaskWithProgress

from ..options import DECLARED_OPTIONS, NONE, DeclaredOption

if TYPE_CHECKING:
    from ..ranking import Ranking

__all__ = ["Reg2DPreEvaluation", "Reg2DPreEvaluationReport"]


class _Stop(BaseException):
    """Ends a ranking from its progress callback; no `Exception`, which ``on_error`` would take for
    a stack that cannot be read."""


class Reg2DPreEvaluation(
    TaskWithProgress,
    input_model=Inputs,  # type: ignore[call-arg]  # ewokscore has no type information
    output_model=Outputs,
):
    """Choice of the stack to align by, of several that need the same alignment.

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

    def run(self) -> None:
        """Rank the stacks, unless one is forced or `skip` is asked for."""
        from ..reg2d import evaluate
        from ..report import find_target
        from .handover import entered, pass_on

        inputs = self.inputs
        self.ranking = None
        options = {option.name: _meant(option, getattr(inputs, option.name)) for option in DECLARED_OPTIONS}
        options["limits"] = _as_limits(inputs.limits)
        if inputs.output_url is not None and not inputs.skip:
            find_target(inputs.output_url, overwrite=inputs.overwrite)  # before the work, not after it
        try:
            with entered(inputs.image_stacks) as stacks:
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
            chosen, options_used = self.ranking.reference_stack, self.ranking.options
            outputs["image_stacks"] = pass_on(inputs.image_stacks, chosen, options_used)
        if inputs.output_url is not None and self.ranking is not None:
            self.ranking.save_nexus(inputs.output_url, overwrite=inputs.overwrite)
        for name, value in outputs.items():
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


class Reg2DPreEvaluationReport(
    Reg2DPreEvaluation,
    input_model=Inputs,  # type: ignore[call-arg]  # ewokscore has no type information
    output_model=ReportOutputs,
):
    """`Reg2DPreEvaluation` with three more outputs: the scores, what to trust, and all numbers.

    A task of its own, since outputs are never optional in Ewoks: Orange waits for one without a value, and
    one that no task expects can end up as an unexpected input of the next task.
    """

    def run(self) -> None:
        """Rank the stacks, unless one is forced or `skip` is asked for."""
        super().run()
        report = None if self.ranking is None else self.ranking.to_dict()
        self.outputs.report = report
        self.outputs.trust = report and report["trust"]
        self.outputs.scores = report and {stack["name"]: stack["score"] for stack in report["stacks"]}


def _meant(option: DeclaredOption, value: Any) -> Any:
    """The value of an option: in Orange None is an input that was not given, so that its form says a word."""
    return None if None in option.choices and isinstance(value, str) and value == NONE else value


def _as_limits(limits: Any) -> Any:
    """JSON has dictionaries only."""
    from ..options import Limits

    if not isinstance(limits, Mapping):
        return limits
    unknown = [name for name in limits if name not in Limits.__dataclass_fields__]
    if unknown:
        raise ValueError(f"limits has no {unknown[0]!r}; it has {', '.join(Limits.__dataclass_fields__)}")
    return Limits(**limits)
