# SPDX-License-Identifier: MIT
"""One image as the oracle sees it: filled pixels as float64, and what is known of them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_CONTRAST = 1
ALL_INVALID = 2
FEW_LEVELS = 4
IDENTICAL = 8

EPS = float(np.finfo(np.float64).eps)
EPS_SINGLE = float(np.finfo(np.float32).eps)


@dataclasses.dataclass(frozen=True)
class Image:
    """What is left of an image: filled pixels, some power of two times the given ones."""

    pixels: Floats
    rounding: float
    """Bins up to this size are rounding noise of the transform."""
    invalid: int
    flags: int

    @property
    def has_evidence(self) -> bool:
        return not self.flags & (NO_CONTRAST | ALL_INVALID)


def as_floats(image: NDArray[Any], valid: Bools) -> Floats:
    """The valid pixels as float64, the others 0.

    64-bit integers do not fit into float64, so these are first counted from the first valid one
    (that is not the largest number, which may stand for no value), in Python's own integers.
    """
    out = np.zeros(image.shape)
    if image.dtype.kind in "iu" and image.dtype.itemsize == 8:
        numbers = [int(v) for v in image[valid]]
        origin = next((v for v in numbers if v != np.iinfo(image.dtype).max), numbers[0] if numbers else 0)
        out[valid] = [float(v - origin) for v in numbers]
    else:
        out[valid] = image[valid].astype(np.float64)
    return out


def scaled(pixels: Floats) -> Floats:
    """Within [-1, 1] by a power of two, which is exact but for what is 2^1000 times smaller."""
    exponent = math.frexp(float(np.abs(pixels).max()))[1]
    # in two steps: the factor itself may not be a float64 (subnormal pixels)
    return np.ldexp(np.ldexp(pixels, -(exponent // 2)), -(exponent - exponent // 2))


def prepare(image: Any, mask: Any = None) -> Image:
    """Fill what is invalid with the mean of the rest, and say what kind of image it is."""
    image = np.asarray(image)
    if image.dtype.kind == "f":
        with np.errstate(over="ignore"):  # long doubles beyond float64 are infinite, so invalid
            image = image.astype(np.float64)
        valid: Bools = np.isfinite(image)
    else:
        valid = np.ones(image.shape, bool)
    if mask is not None:
        valid = valid & np.asarray(mask, bool)
    invalid = int(valid.size - valid.sum())
    pixels = as_floats(image, valid)
    if not valid.any():
        return Image(pixels, 0.0, invalid, ALL_INVALID)
    levels = len(np.unique(pixels[valid]))
    pixels = scaled(pixels)
    flags = NO_CONTRAST if levels == 1 else FEW_LEVELS if levels <= 3 else 0
    # a mean is within one rounding of the exact one: fsum
    pixels[~valid] = math.fsum(pixels[valid]) / int(valid.sum())
    total = math.fsum(np.abs(pixels).ravel())
    rounding = 16 * EPS * total
    usual_bin = math.sqrt(pixels.size) * float(np.std(pixels))
    if rounding > 0.1 * usual_bin:  # it would swallow the image: errors of the pixels as independent ones
        rounding = min(rounding, 4 * EPS * total / math.sqrt(pixels.size))
    return Image(pixels, rounding, invalid, flags)


def with_nan(image: Any, mask: Any = None) -> Floats:
    """The pixels of an image about 0, with an rms of about 1; invalid ones are NaN."""
    image = np.asarray(image)
    with np.errstate(over="ignore"):
        valid: Bools = np.isfinite(image.astype(np.float64))
    if mask is not None:
        valid = valid & np.asarray(mask, bool)
    pixels = scaled(as_floats(image, valid))
    pixels -= pixels[valid].mean()
    pixels /= pixels[valid].std()
    return np.where(valid, pixels, np.nan)


def dominant(image: Any, mask: Any = None) -> tuple[int, int] | None:
    """The pixel that holds more than half of the variance of an image."""
    ready = prepare(image, mask)
    if not ready.has_evidence:
        return None
    squares = (ready.pixels - math.fsum(ready.pixels.ravel()) / ready.pixels.size) ** 2
    row, col = divmod(int(squares.argmax()), squares.shape[1])
    return (row, col) if squares[row, col] > 0.5 * squares.sum() else None
