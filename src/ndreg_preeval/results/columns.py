# SPDX-License-Identifier: MIT
"""Arrays and sentences of a `StackScore`, made when they are asked for: most are not, where calls are many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ..pipeline import Pairs, RangeScore, StackInfo
from .jumps import jumps, steps
from .reasons import reasons
from .stack_warnings import StackMessage, stack_messages

if TYPE_CHECKING:
    from ..options import Options

Made = TypeVar("Made")

OPINION: Final = (
    "opinion",
    "opinion_rms",
    "opinion_second",
    "opinion_moved",
    "opinion_zero",
    "confirmation",
    "probability",
    "probability_masked",
)
"""Attributes that the second opinion gives for each image."""

TAKEN: Final = (
    "peak",
    "mean",
    "rms",
    "second_peak",
    "zero_peak",
    "p_value",
    "invalid_pixels",
    "static_pixels",
    "flags",
)
"""Attributes that are fields of the records of the core; so are those of the second opinion, if there is one."""


class MadeOnce(Generic[Made]):
    """A property that is kept, as `functools.cached_property`, but without its lock.

    Up to Python 3.11 that is one for all instances, which a process that is forked meanwhile waits for forever.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self.make = make
        self.name: str = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> MadeOnce[Made]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Made: ...

    def __get__(self, instance: object | None, owner: type) -> MadeOnce[Made] | Made:
        if instance is None:
            return self
        # Another thread may have made it meanwhile: all get the same one.
        made: Made = vars(instance).setdefault(self.name, self.make(instance))
        return made


class Origin:
    """Facts that the arrays and sentences of one `StackScore` are made of."""

    def __init__(
        self,
        info: StackInfo,
        numbers: RangeScore,
        options: Options,
        trust: float,
        trust_masked: float,
        values: NDArray[np.float64],
    ) -> None:
        self.info = info
        self.numbers = numbers
        self.options = options
        self.trust = trust
        self.trust_masked = trust_masked
        self.values = values

    @property
    def pairs(self) -> Pairs:
        """Which image is compared with which."""
        return Pairs.of(self.info, self.options)

    @MadeOnce
    def messages(self) -> list[StackMessage]:
        """What is odd about the stack."""
        with np.errstate(all="ignore"):
            return stack_messages(
                self.info, self.numbers, self.pairs.images(), self.options, self.trust_masked
            )


class MadeLater:
    """A field of `StackScore` that is made of its origin when it is asked for, and kept.

    The field of an instance that was made with it, by a pickle or by `dataclasses.replace`, goes first.
    """

    def __init__(self, name: str, make: Callable[[Origin], Any]) -> None:
        self.name = name
        self.make = make

    def __get__(self, score: Any, owner: type | None = None) -> Any:
        if score is None:
            return self
        known = vars(score)
        if "_origin" not in known:
            raise AttributeError(f"this {type(score).__name__} has no {self.name}")
        made = self.make(known["_origin"])
        if isinstance(made, np.ndarray):
            made.setflags(write=False)
        # Another thread may have made it meanwhile: all get the same one.
        return known.setdefault(self.name, made)


def _taken(name: str, origin: Origin) -> NDArray[Any]:
    # An array of its own: a view would not pickle small.
    return origin.numbers.records[name].copy()


def _opinion(name: str, origin: Origin) -> NDArray[Any]:
    if origin.options.method.asks_opinion:
        return _taken(name, origin)
    # Nobody asked for a second opinion: 0 would look like one.
    return np.full(len(origin.numbers.records), np.nan)


def _shifts(origin: Origin) -> NDArray[np.float64]:
    records = origin.numbers.records
    return np.stack([records["shift_y"], records["shift_x"]], axis=-1)


def _peak_shifts(origin: Origin) -> NDArray[np.intp]:
    records = origin.numbers.records
    places: NDArray[np.intp] = np.stack([records["peak_dy"], records["peak_dx"]], axis=-1).astype(np.intp)
    return places


def _peak_to_mean(origin: Origin) -> NDArray[np.float64]:
    peak, mean = origin.numbers.records["peak"], origin.numbers.records["mean"]
    ratios = np.zeros(len(peak))
    with np.errstate(all="ignore"):
        np.divide(peak, mean, out=ratios, where=mean > 0)
    return ratios


def _jumps(origin: Origin) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        return jumps(steps(_shifts(origin), *origin.pairs.indices()))


def _warnings(origin: Origin) -> tuple[str, ...]:
    return tuple(message.text for message in origin.messages)


def _reasons(origin: Origin) -> tuple[str, ...]:
    info, records, options = origin.info, origin.numbers.records, origin.options
    if not options.method.asks_opinion or not len(records):
        return ()
    pixels = info.shape[1] * info.shape[2] - info.masked
    lost = records["invalid_pixels"] - info.masked
    share = float(lost.mean()) / pixels if pixels else 1.0
    with np.errstate(all="ignore"):
        return reasons(records, origin.pairs.images(), share, origin.pairs.consecutive, origin.trust)


MADE_LATER: Final[dict[str, Callable[[Origin], Any]]] = {
    **{name: partial(_taken, name) for name in TAKEN},
    **{name: partial(_opinion, name) for name in OPINION},
    "shifts": _shifts,
    "peak_shifts": _peak_shifts,
    "peak_to_mean": _peak_to_mean,
    "jumps": _jumps,
    "image_indices": lambda origin: origin.pairs.images(),
    "reference_indices": lambda origin: origin.pairs.indices()[1],
    "values": lambda origin: origin.values,
    "reasons": _reasons,
    "warnings": _warnings,
}
"""Fields of `StackScore` that are made later."""
