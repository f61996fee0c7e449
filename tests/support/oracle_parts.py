# SPDX-License-Identifier: MIT
"""Small functions of the oracle: windows, filters, aggregates."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hann(n: int, shortest: int = 8) -> Floats:
    """Periodic Hann window; none on an axis shorter than so many pixels."""
    if n < shortest:
        return np.ones(n)
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)


def lowpass(shape: tuple[int, int], cutoff: float | None) -> Floats:
    """Gaussian exp(-f^2 / (2 cutoff^2)) on the half spectrum, f in cycles per pixel."""
    h, w = shape
    f2 = np.fft.fftfreq(h)[:, None] ** 2 + np.fft.rfftfreq(w)[None, :] ** 2
    return np.ones_like(f2) if cutoff is None else np.exp(-f2 / (2 * cutoff**2))


def directions(values: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Each number divided by its size; 0 stays 0."""
    size = np.abs(values)
    return values / np.where(size > 0, size, 1)


def parabola(before: float, centre: float, after: float) -> float:
    """Vertex of the parabola through three values, at most half a pixel away."""
    bend = before - 2 * centre + after
    if bend >= 0:
        return 0.0
    return min(0.5, max(-0.5, 0.5 * (before - after) / bend))


def aggregate(values: Sequence[float] | Floats, how: str) -> float:
    """One number from one per image; 0 from none."""
    values = [float(v) for v in values]
    if not values:
        return 0.0
    if how == "harmonic_mean":
        if not any(values):
            return 0.0
        return len(values) / math.fsum(1 / max(v, 1e-4) for v in values)
    if how == "mean":
        return math.fsum(values) / len(values)
    if how == "minimum":
        return min(values)
    if how == "median":
        return float(np.median(values))
    if how == "every_image":
        k = len(values)
        if k == 1:
            return min(1.0, max(0.0, values[0]))
        h = aggregate(values, "harmonic_mean")
        if not 0 < h < 1:
            return h
        q = 1 - 1 / k
        odds = (h / (1 - h)) ** (1 + 0.4 * q) * math.exp(-1.1 * q) * k**-0.3
        return odds / (1 + odds)
    raise ValueError(how)


def trust(probabilities: Sequence[float] | Floats) -> float:
    """How likely all images align: no likelier than the least likely one."""
    if not len(probabilities):
        return 0.0
    return min([aggregate(probabilities, "every_image"), *map(float, probabilities)])
