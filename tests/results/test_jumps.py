# SPDX-License-Identifier: MIT
"""Steps and jumps along a stack."""

from __future__ import annotations

import numpy as np
import pytest

from ndreg_preeval import score_stack
from ndreg_preeval.results.jumps import jumps, steps


def test_steps_from_shifts_to_a_reference() -> None:
    shifts = np.array([[0.0, 0], [3, 4], [3, 4], [3, 5]])  # of the images 0, 1, 3, 4
    found = steps(shifts, np.array([0, 1, 3, 4]), np.full(4, 2))
    assert found == pytest.approx([0, 5, 5, 1])  # image 2 is at 0, 0


def test_steps_between_neighbours() -> None:
    found = steps(np.array([[3.0, 4], [0, 1]]), np.array([1, 2]), np.array([0, 1]))
    assert found == pytest.approx([5, 1])
    assert not len(steps(np.empty((0, 2)), *np.empty((2, 0), np.intp)))


def test_jumps_are_long_and_unusual() -> None:
    assert jumps(np.array([0.2, 0.3, 2.9, 0.2, 3.1])).tolist() == [False, False, False, False, True]
    assert not jumps(np.array([8.0, 9, 10, 8, 39])).any()
    assert jumps(np.array([8.0, 9, 10, 8, 45])).tolist() == [False, False, False, False, True]
    assert not len(jumps(np.empty(0)))


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("reference_image", [0, 3])
def test_a_scan_that_jumps(pairing: str, reference_image: int) -> None:
    still = np.random.default_rng(1).normal(size=(40, 44))
    places = [(0, 0), (0, 1), (1, 1), (1, 2), (9, 2), (9, 3), (10, 3)]
    stack = np.array([np.roll(still, place, (0, 1)) for place in places])
    found = score_stack(stack, pairing=pairing, reference_image=reference_image)
    assert found.image_indices[found.jumps].tolist() == [4]
