# SPDX-License-Identifier: MIT
"""The values of the images of a stack as a line: its geometry, and what pointing at it tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...results import TRUSTED
from ..export import flag_words
from ..thinning import lowest_of_neighbours, neighbours_together

if TYPE_CHECKING:
    from ...results import StackScore

WIDTH: Final = 1000
HEIGHT: Final = 100
MOST_DOTS: Final = 80
"""Number of images up to which each has a dot."""
MOST_POINTS: Final = 3000
"""Number of images from which neighbours share a point: more are not seen, and the page would grow."""
DIGITS: Final = 4
"""Digits of values: more take room and tell nothing."""
UNTOLD: Final = "in_double"
"""Flag that says nothing of an image."""


@dataclass(frozen=True)
class Chart:
    """A line in a box of `WIDTH` x `HEIGHT`, y downwards, without its texts: these keep their size when the box changes."""

    label: str
    words: str
    """What somebody who cannot see it is told."""
    line: str
    """Points, as SVG writes them."""
    dots: str
    """A path of strokes without length, whose round ends are dots."""
    doubted: str
    """The same of images below the value from which they are trusted."""
    threshold: float | None
    """y of that value."""
    y_ticks: tuple[tuple[float, str], ...]
    """Places in percent from the top, and numbers."""
    x_ticks: tuple[tuple[float, str], ...]
    """Places in percent from the left, and images."""
    together: int
    """Number of neighbours of which the one with the lowest value is shown."""
    data: dict[str, Any]
    """What pointing at it tells, a list for each quantity."""


def chart_of(stack: StackScore) -> Chart | None:
    """Draw the values of a stack; nothing where no image was compared."""
    every = np.asarray(stack.values, dtype=float)
    if not len(every):
        return None
    together = neighbours_together(len(every), MOST_POINTS)
    kept = lowest_of_neighbours(every, together)
    values, images = every[kept], np.asarray(stack.image_indices)[kept]
    first, last = int(np.min(stack.image_indices)), int(np.max(stack.image_indices))
    x = _places(images, first, last)
    is_probability = bool(stack.method.asks_opinion)
    top = 1.0 if is_probability else _round_up(float(np.max(every, initial=0.0, where=np.isfinite(every))))
    y = HEIGHT * (1 - np.nan_to_num(values / top, nan=0.0).clip(0, 1))
    doubted = values < TRUSTED if is_probability else np.zeros(len(values), dtype=bool)
    label = "P" if is_probability else stack.method.statistic.replace("_", " ")
    worst = int(values.argmin())
    return Chart(
        label=label,
        words=f"{label} of {len(every)} images: lowest {_short(values[worst])} in image {images[worst]}, "
        f"median {_short(np.median(every))}",
        line=" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)),
        dots=_dots(x, y) if len(values) <= MOST_DOTS else "",
        doubted=_dots(x[doubted], y[doubted]),
        threshold=HEIGHT * (1 - TRUSTED) if is_probability else None,
        y_ticks=tuple((100 * (1 - share), f"{top * share:.4g}") for share in (1.0, 0.5, 0.0)),
        x_ticks=_x_ticks(first, last),
        together=together,
        data=_data(stack, kept, x),
    )


def _places(images: Any, first: int, last: int) -> Any:
    if first == last:
        return np.full(len(images), WIDTH / 2)
    return (images - first) * (WIDTH / (last - first))


def _dots(x: Any, y: Any) -> str:
    return "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True))


def _x_ticks(first: int, last: int) -> tuple[tuple[float, str], ...]:
    """Images at round distances; the first and the last one always."""
    if first == last:
        return ((50.0, str(first)),)
    span = last - first
    step = max(1, int(_round_up(span / 5)))
    between = range(-(-first // step) * step, last, step)
    marks = [first, *(mark for mark in between if min(mark - first, last - mark) >= step / 2), last]
    return tuple((100 * (mark - first) / span, str(mark)) for mark in marks)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, ..., and of their fractions."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((power * each for each in (1, 2, 5, 10) if value <= power * each * (1 + 1e-9)), 10 * power)


def _data(stack: StackScore, kept: Any, x: Any) -> dict[str, Any]:
    shifts = np.asarray(stack.shifts, dtype=float).reshape(-1, 2)[kept]
    flags, jumps = np.asarray(stack.flags)[kept], np.asarray(stack.jumps)[kept]
    told = {}
    for position in np.flatnonzero(flags | jumps):
        words = [word.replace("_", " ") for word in flag_words(int(flags[position])) if word != UNTOLD]
        words += ["jump"] * bool(jumps[position])
        if words:
            told[str(position)] = ", ".join(words)
    own = [] if stack.method.asks_opinion else np.asarray(stack.values, dtype=float)[kept]
    return {
        "x": [round(float(each), 1) for each in x],
        "image": [int(image) for image in np.asarray(stack.image_indices)[kept]],
        "dy": [_rounded(each, 2) for each in shifts[:, 0]],
        "dx": [_rounded(each, 2) for each in shifts[:, 1]],
        "p": [_rounded(each, 3) for each in np.asarray(stack.probability, dtype=float)[kept]],
        "value": [_significant(each) for each in own],
        "told": told,
    }


def _rounded(value: float, digits: int) -> float | None:
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None


def _significant(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _short(value: float) -> str:
    return "unknown" if not math.isfinite(value) else f"{value:.3g}"
