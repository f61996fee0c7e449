# SPDX-License-Identifier: MIT
"""Motion of a stack, as its shifts tell it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

JUMP_PIXELS: Final = 3.0
"""Length of the shortest jump, in pixels."""

JUMP_TIMES: Final = 5.0
"""Length of the shortest jump, as a multiple of the median step of the stack."""

LEAST_STEPS: Final = 4
"""Number of shifts from which on they may tell of motion that none of them shows."""

NO_ERROR: Final = 0.2
"""Length of a shift, in pixels, that errors of a static pattern hardly have."""


def steps(
    shifts: NDArray[np.float64], image_indices: NDArray[np.intp], reference_indices: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return how far the scene moved between each compared image and the one before it.

    Parameters
    ----------
    shifts : (m, 2) float array
        Pixels, relative to what each image is compared with.
    image_indices : (m,) int array
        Which images these are, in order: all but one, whose shift is 0.
    reference_indices : (m,) int array
        What each is compared with: the image left out, or always the image before.

    Returns
    -------
    (m,) float array
        Pixels; 0 for image 0, which has none before it.
    """
    if np.array_equal(reference_indices, image_indices - 1):
        return np.asarray(np.hypot(*shifts.T))
    places = np.zeros((len(shifts) + 1, 2))
    places[image_indices] = shifts
    lengths = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    return np.asarray(lengths[image_indices])


def jumps(lengths: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which steps are jumps: at least 3 pixels long, and 5 times as long as the median step."""
    if not len(lengths) or lengths.max() < JUMP_PIXELS:
        return np.zeros(len(lengths), np.bool_)
    return np.asarray(lengths >= max(JUMP_PIXELS, JUMP_TIMES * float(np.median(lengths))))


def creeps(shifts: NDArray[np.float64]) -> bool:
    """Return whether shifts of less than a pixel, each relative to the image before, add up to motion.

    They do where they lead a pixel away or farther, and are no errors of a stack that stays: these are small,
    and have no direction.
    """
    if len(shifts) < LEAST_STEPS:
        return False
    path = np.cumsum(shifts, axis=0)
    if np.hypot(*path.T).max() < 1:
        return False
    mean = shifts.mean(axis=0)
    scatter = np.hypot(*(shifts - mean).T)
    steady = np.hypot(*mean) * np.sqrt(len(shifts)) >= 3 * np.sqrt(np.mean(scatter**2))
    return bool(steady or np.median(np.hypot(*shifts.T)) >= NO_ERROR)
