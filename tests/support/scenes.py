# SPDX-License-Identifier: MIT
"""Small stacks in memory whose order is known."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SHAPE = (32, 40)


def drift(i: int) -> tuple[int, int]:
    """Pixels that image i was rolled by; neighbours are apart, and none but the first is at rest."""
    return 2 * i % 7, -(3 * i % 8)


def drifting(noise: float, n: int = 5, shape: tuple[int, int] = SHAPE, seed: int = 0) -> NDArray[np.float64]:
    """A texture that drifts by a few pixels (`drift`), with fresh noise in each image."""
    texture = np.random.default_rng(seed).normal(size=shape)
    noises = np.random.default_rng([seed, int(1000 * noise)])
    return np.stack(
        [np.roll(texture, drift(i), (0, 1)) + noise * noises.normal(size=shape) for i in range(n)]
    )


def three(**options: Any) -> dict[str, NDArray[np.float64]]:
    """Three stacks, the worst one first: "clear" > "fair" > "poor"."""
    return {
        name: drifting(noise, **options) for name, noise in (("poor", 4.0), ("clear", 0.05), ("fair", 0.8))
    }


PER_IMAGE = (
    "image_indices",
    "reference_indices",
    "shifts",
    "peak_shifts",
    "peak",
    "mean",
    "rms",
    "peak_to_mean",
    "second_peak",
    "zero_peak",
    "confirmation",
    "probability",
    "probability_masked",
    "p_value",
    "invalid_pixels",
    "static_pixels",
    "flags",
    "values",
)


def assert_same_numbers(first: Any, second: Any) -> None:
    """Two scores of one stack are equal bit for bit."""
    assert first.score == second.score
    for name in PER_IMAGE:
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes(), name
