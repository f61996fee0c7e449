# SPDX-License-Identifier: MIT
"""The true shift of a peak once more, by the overlap of both images: slow and obvious."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WRAPPED = 32


def blocks_of(length: int) -> list[slice]:
    """At most eight parts of an axis, of three pixels at least."""
    number = min(8, max(1, length // 3))
    return [slice(i * length // number, (i + 1) * length // number) for i in range(number)]


def common(reference: Floats, image: Floats, shift: tuple[int, int]) -> tuple[Floats, Floats]:
    """What both show when the image is moved by (dy, dx)."""
    h, w = reference.shape
    rows = [y for y in range(h) if 0 <= y - shift[0] < h]
    cols = [x for x in range(w) if 0 <= x - shift[1] < w]
    there = np.ix_([y - shift[0] for y in rows], [x - shift[1] for x in cols])
    return reference[np.ix_(rows, cols)], image[there]


def agreement(reference: Floats, image: Floats, shift: tuple[int, int]) -> tuple[float, float, int]:
    """Mean coefficient of correlation of the blocks of the overlap, its standard error, their number.

    Invalid pixels are NaN.
    """
    first, second = common(reference, image, shift)
    coefficients, sizes = [], []
    for rows, cols in itertools.product(blocks_of(first.shape[0]), blocks_of(first.shape[1])):
        # of more than 16 rows every second, third, ... is enough
        part = slice(rows.start, rows.stop, math.ceil((rows.stop - rows.start) / 16)), cols
        both = np.isfinite(first[part]) & np.isfinite(second[part])
        a, b = first[part][both], second[part][both]
        if len(a) < 2 or a.std() < 1e-7 or b.std() < 1e-7:  # of images whose rms is about 1
            continue
        coefficients.append(float(np.mean((a - a.mean()) * (b - b.mean())) / a.std() / b.std()))
        sizes.append(len(a))
    if not coefficients:
        return 0.0, 0.0, 0
    number = len(coefficients)
    variance = float(np.var(coefficients, ddof=1)) if number > 1 else 1.0
    variance = max(variance, number / sum(sizes))
    return float(np.mean(coefficients)), math.sqrt(variance / number), number


def enough(shift: int, length: int) -> bool:
    """An overlap of three pixels and an eighth of the axis."""
    return length - abs(shift) >= max(3, length / 8)


def true_shift(
    reference: Floats, image: Floats, nearest: tuple[int, int], sign: float, max_shift: float | None
) -> tuple[int, int]:
    """The place among dy, dy -+ h and dx, dx -+ w where the images agree; the nearest one if undecided."""
    h, w = reference.shape
    if not enough(_other(nearest[0], h), h) and not enough(_other(nearest[1], w), w):
        return nearest
    here, error_here, _ = agreement(reference, image, nearest)
    found = []
    for shift in itertools.product((nearest[0], _other(nearest[0], h)), (nearest[1], _other(nearest[1], w))):
        if shift == nearest or not (enough(shift[0], h) and enough(shift[1], w)):
            continue
        if max_shift is not None and max(map(abs, shift)) > max_shift:
            continue
        there, error, number = agreement(reference, image, shift)
        better = sign * (there - here) > 3 * math.hypot(error, error_here)
        if number >= 4 and sign * there > 3 * error and better:
            found.append((sign * there / error, shift))
    return max(found)[1] if found else nearest


def with_true_shift(pair: Any, reference: Floats, image: Floats, sign: float, max_shift: float | None) -> Any:
    """The numbers of a pair with the shift that its images agree at, flagged where that is another one."""
    nearest = (pair.peak_dy, pair.peak_dx)
    dy, dx = true_shift(reference, image, nearest, sign, max_shift)
    if (dy, dx) == nearest:
        return pair
    return dataclasses.replace(
        pair,
        flags=pair.flags | WRAPPED,
        probability=0.02 * pair.probability,
        probability_masked=0.02 * pair.probability_masked,
        shift_y=pair.shift_y + dy - nearest[0],
        shift_x=pair.shift_x + dx - nearest[1],
        peak_dy=dy,
        peak_dx=dx,
    )


def _other(shift: int, length: int) -> int:
    return shift - length if shift > 0 else shift + length
