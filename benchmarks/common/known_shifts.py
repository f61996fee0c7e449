# SPDX-License-Identifier: MIT
"""Images with a known shift, and what plain numpy finds in them in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Image = NDArray[Any]
SHIFT = (5, -7)
"""Rows and columns by which the scene has moved."""
NOISE = 0.3


def cast(values: NDArray[np.float64], dtype: DTypeLike) -> Image:
    """Values around 0 with spread 1 as pixels of this type, over about a tenth of its range."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "iu":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    middle = limits.min / 2 + limits.max / 2
    step = (limits.max - middle) / 6
    return np.clip(np.rint(middle + step * values), limits.min, limits.max).astype(dtype)


def moved_scene(shape: tuple[int, int], dtype: DTypeLike = "float32") -> tuple[Image, Image]:
    """A textured scene, and the same scene moved by SHIFT; each with its own noise."""
    rng = np.random.default_rng(shape)
    scene = rng.standard_normal(shape)
    moved = np.roll(scene, SHIFT, axis=(0, 1))
    first, second = (each + NOISE * rng.standard_normal(shape) for each in (scene, moved))
    return cast(first, dtype), cast(second, dtype)


def ranked_stack(count: int, shape: tuple[int, int], dtype: DTypeLike = "float32") -> Image:
    """A stack of so many images: a scene, and noisy images of it, all moved by SHIFT.

    Images of uint32 are counts of about 100 000, as of a detector. Pixels begin at multiples of 64
    bytes: some libraries want that of every image that one of their plans is for.
    """
    dtype = np.dtype(dtype)
    working = np.dtype("float64" if dtype == np.float64 else "float32")
    rng = np.random.default_rng((count, *shape))
    scene = rng.standard_normal(shape, working.type)
    moved = np.roll(scene, SHIFT, axis=(0, 1))
    stack = aligned((count, *shape), dtype)
    for k in range(count):
        image = scene if k == 0 else rng.standard_normal(shape, working.type) * (NOISE / 3) + moved
        stack[k] = np.rint(1e5 + 1e4 * image) if dtype == np.uint32 else image
    return stack


def aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Image:
    """An empty array that begins at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * dtype.itemsize
    room = np.empty(size + 64, np.uint8)
    first = -room.ctypes.data % 64
    return room[first : first + size].view(dtype).reshape(shape)


def moved_stack(count: int, shape: tuple[int, int], dtype: DTypeLike = "float32") -> tuple[Image, Image]:
    """A scene, and so many noisy images of it, all moved by SHIFT."""
    stack = ranked_stack(count + 1, shape, dtype)
    return stack[0], stack[1:]


def way_back(shape: tuple[int, ...]) -> tuple[int, int]:
    """The whole-pixel shift that registers the moved scene onto the other one."""
    rows, columns = (
        wrapped(-step, length) for step, length in zip(SHIFT, (shape[-2], shape[-1]), strict=True)
    )
    return rows, columns


def wrapped(step: int, length: int) -> int:
    """The same step on a circle of this length, at most half a turn."""
    step %= length
    return step - length if step > length // 2 else step


def filled(image: Image, mask: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """The image in float64; the mean of the other pixels where it is not finite or masked."""
    pixels = image.astype(np.float64)
    valid = np.isfinite(pixels) if mask is None else np.isfinite(pixels) & mask
    pixels[~valid] = pixels[valid].mean()
    return pixels


def numpy_correlogram(spectrum: Image, image: Image) -> Image:
    """The correlogram of an image and a reference whose `rfft2` is known, the plain way."""
    product = spectrum * np.conj(np.fft.rfft2(image))
    product[0, 0] = 1  # the means of the images say nothing of their shift
    product /= np.abs(product)
    product[0, 0] = 0
    return np.asarray(np.abs(np.fft.irfft2(product, s=image.shape)))


@dataclass(frozen=True)
class Answer:
    """What a score has to be."""

    peak: float
    mean: float
    shift: tuple[int, int]


def plain_answer(reference: Image, image: Image, mask: NDArray[np.bool_] | None = None) -> Answer:
    """The answer of plain numpy in float64; its peak has to be where the scene was moved from."""
    first, second = filled(reference, mask), filled(image, mask)
    r = numpy_correlogram(np.fft.rfft2(first), second)
    row, column = divmod(int(r.argmax()), r.shape[1])
    shift = (wrapped(row, r.shape[0]), wrapped(column, r.shape[1]))
    if shift != way_back(image.shape):
        raise AssertionError(f"plain numpy finds {shift} instead of {way_back(image.shape)}")
    return Answer(float(r.max()), float(r.mean()), shift)
