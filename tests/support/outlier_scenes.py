# SPDX-License-Identifier: MIT
"""Drifting scenes with what detectors write where they have no value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]


def blurred(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    """Random numbers with a blur, of mean 0 and standard deviation 1."""
    spectrum = np.fft.fft2(rng.normal(size=shape))
    fy, fx = np.fft.fftfreq(shape[0])[:, None], np.fft.fftfreq(shape[1])
    scene = np.fft.ifft2(spectrum * np.exp(-2 * (np.pi * sigma) ** 2 * (fy**2 + fx**2))).real
    return (scene - scene.mean()) / scene.std()


def counts(
    noise: float | None, dtype: str, seed: int = 0, mean: float = 1000, deviation: float = 100, n: int = 4
) -> Image:
    """Images of 48 x 64 of a scene that moves by (-3, 2) a step; None: nothing but noise."""
    rng = np.random.default_rng(seed)
    scene = blurred(rng, (100, 100), 0.8)
    stack = np.stack([scene[20 + 3 * i : 68 + 3 * i, 25 - 2 * i : 89 - 2 * i] for i in range(n)])
    stack = rng.normal(size=stack.shape) if noise is None else stack + noise * rng.normal(size=stack.shape)
    stack = mean + deviation * stack / stack.std()
    if np.dtype(dtype).kind != "f":
        stack = np.rint(stack).clip(0, min(np.iinfo(dtype).max - 5, 2**40))
    return stack.astype(dtype)


def top(dtype: Any) -> Any:
    """What a detector writes where it has no value: the largest number of its type, or a huge one."""
    kind = np.dtype(dtype)
    return kind.type(np.iinfo(kind).max if kind.kind in "iu" else 1e30)


def spoil(stack: Image, kind: str, seed: int = 5) -> Image:
    """The stack with the same outliers in every image: gaps, fill, negative, outside an aperture, or some dead ones."""
    value = top(stack.dtype)
    spoiled = stack.copy()
    places = np.random.default_rng(seed).permutation(stack[0].size)
    flat = spoiled.reshape(len(stack), -1)
    if kind == "gaps":
        spoiled[:, 20:23] = spoiled[:, :, 30:33] = value
    elif kind == "two values":
        spoiled[:, 20:23] = value
        flat[:, places[:12]] = value - 1 if stack.dtype.kind != "f" else 1e29
    elif kind == "fill":
        spoiled[:, 5:25, 30:60] = -32768 if stack.dtype.kind != "u" else value
    elif kind.startswith("aperture"):  # half of the pixels and more are outside
        y, x = np.mgrid[:48, :64]
        outside = (y - 23.5) ** 2 + (x - 31.5) ** 2 > 22**2
        spoiled[:, outside] = {"aperture": value, "aperture 0": 0, "aperture -1": -1}[kind]
    elif kind == "a third":
        spoiled[:, :16] = value
    elif kind == "negative":
        spoiled[:, 20:23] = -1
        flat[:, places[:20]] = -2
    elif kind == "dead columns":
        spoiled[:, :, [7, 40, 41]] = 0
    elif kind.startswith("dead "):
        flat[:, places[: int(kind[5:])]] = value
    elif kind.startswith("hot "):
        number = int(kind[4:])
        values = np.random.default_rng(seed).uniform(0.4, 0.9, number)
        flat[:, places[:number]] = (values * min(float(top(stack.dtype)), 1e6)).astype(stack.dtype)
    else:
        raise ValueError(kind)
    return spoiled
