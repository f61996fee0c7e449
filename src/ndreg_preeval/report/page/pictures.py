# SPDX-License-Identifier: MIT
"""Pictures of a stack in a report: its reference image and its worst image, and the correlograms of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...errors import without_warnings
from ...results import worst_position
from ...text import printable
from ..crop import around_zero
from .png import GREYS, VIRIDIS, data_uri

if TYPE_CHECKING:
    from ...results import RankingData, StackScore

MOST: Final = 112
"""Most pixels of a picture along an axis: 30 stacks of pictures have to stay below 3 MB."""


@dataclass(frozen=True)
class Picture:
    """A picture, what it shows, and what is marked in it."""

    title: str
    words: str
    """What somebody who cannot see it is told."""
    width: int
    height: int
    uri: str
    zero: tuple[float, float] | None = None
    """x, y of zero shift."""
    peak: tuple[float, float] | None = None
    """x, y of the peak."""


def pictures_of(ranking: RankingData, key: Any, stack: StackScore) -> tuple[list[Picture], str]:
    """Give the pictures of a stack, and why some are missing, if some are."""
    position = worst_position(stack)
    if position is None:
        return [], ""
    worst, reference = int(stack.image_indices[position]), int(stack.reference_indices[position])
    try:
        found = [
            _image(ranking.image(key, reference), f"Reference image {reference}"),
            _image(ranking.image(key, worst), f"Worst image {worst}"),
        ]
        for second in (False, True) if ranking.method.asks_opinion else (False,):
            values = ranking.correlogram(key, worst, second_opinion=second)
            found.append(_correlogram(np.asarray(values, dtype=float), stack, position, second))
    except (ValueError, KeyError, TypeError, OSError) as error:
        return [], f"No pictures: {printable(_message(error), 400, keep_end=False)}"
    return found, ""


def _message(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def _image(pixels: Any, title: str) -> Picture:
    small = _smaller(np.asarray(pixels, dtype=float), np.nanmean)
    finite = small[np.isfinite(small)]
    low, high = np.percentile(finite, (1, 99)) if len(finite) else (0.0, 0.0)
    levels = (small - low) / (high - low) if high > low else np.full(small.shape, 0.5)
    height, width = np.shape(pixels)
    words = f"{title}, {height} x {width} pixels"
    return Picture(title, words, small.shape[1], small.shape[0], data_uri(levels, GREYS))


def _correlogram(values: Any, stack: StackScore, position: int, second: bool) -> Picture:
    dy, dx = (int(each) for each in stack.peak_shifts[position])
    near, (left, _, bottom, top) = around_zero(np.fft.fftshift(values), max(abs(dy), abs(dx)))
    small = _smaller(near, np.nanmax)  # a peak of one pixel has to be seen
    highest = np.nanmax(small) if small.size else 0.0
    height, width = small.shape
    step = _step(near.shape)
    shift_y, shift_x = (round(float(each), 1) + 0.0 for each in stack.shifts[position])
    title = "Second opinion" if second else f"Correlogram, peak at ({shift_y:.1f}, {shift_x:.1f}) px"
    mean = values.mean()
    ratio = f", its highest value {values.max() / mean:.1f} times its mean" if mean > 0 else ""
    return Picture(
        title,
        f"{title}: shifts of {-int(top + 0.5)} pixels up to {int(bottom - 0.5)} down{ratio}",
        width,
        height,
        data_uri(small / highest if highest > 0 else small, VIRIDIS),
        zero=(-left / step, -top / step),
        peak=((dx - left) / step, (dy - top) / step),
    )


def _step(shape: tuple[int, ...]) -> int:
    """How many pixels make one along both axes, so that none is longer than `MOST`."""
    return max(1, -(-max(shape) // MOST))


def _smaller(values: Any, by: Any) -> Any:
    step = _step(values.shape)
    if step == 1:
        return values
    rows, columns = (-(-size // step) for size in values.shape)
    padding = [(0, size * step - old) for size, old in zip((rows, columns), values.shape, strict=True)]
    blocks = np.pad(values, padding, constant_values=np.nan).reshape(rows, step, columns, step)
    with without_warnings(RuntimeWarning):  # of blocks without a valid pixel
        return by(by(blocks, axis=3), axis=1)
