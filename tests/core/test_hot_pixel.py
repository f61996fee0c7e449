# SPDX-License-Identifier: MIT
"""One pixel that outshines everything, and offsets that do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support import oracle

HOT = (5, 6)


def drifting(noise: float, seed: int = 1) -> NDArray[np.float64]:
    """Four images of a scene that moves by 2 rows and -3 columns a step."""
    rng = np.random.default_rng(seed)
    scene = rng.normal(size=(32, 40))
    return np.array(
        [np.roll(scene, (2 * i, -3 * i), (0, 1)) + noise * rng.normal(size=scene.shape) for i in range(4)]
    )


def check(records: Any, stack: NDArray[Any], **options: Any) -> None:
    """Every number equals that of the oracle."""
    for record, image in zip(records, stack[1:], strict=True):
        expected = oracle.pair_score(stack[0], image, **options)
        for name in ("peak_dy", "peak_dx", "flags", "invalid_pixels"):
            assert record[name] == getattr(expected, name), name
        for name in ("peak", "mean", "rms", "second_peak", "zero_peak", "confirmation", "probability"):
            assert record[name] == pytest.approx(getattr(expected, name), rel=1e-7), name


@pytest.mark.parametrize("change", [1e6, -1e6, 300.0])
@pytest.mark.parametrize("dtype", ["f8", "f4", ">f4"])
def test_a_fixed_hot_pixel_is_left_out_where_asked(change: float, dtype: str) -> None:
    stack = drifting(0.05)
    stack[:, HOT[0], HOT[1]] += change
    stack = stack.astype(dtype)
    records = _core.Scorer(stack[0], ignore_hot_pixel=True).score(stack[1:])
    check(records, stack, ignore_hot_pixel=True)
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(-2, 3), (-4, 6), (-6, 9)]
    assert (records["flags"] == _core.HOT_PIXEL).all()
    assert (records["invalid_pixels"] == 0).all()
    locked = _core.Scorer(stack[0]).score(stack[1:])
    assert not locked["peak_dy"].any()
    assert not (locked["flags"] & _core.HOT_PIXEL).any()


def test_the_same_correlogram_is_drawn() -> None:
    stack = drifting(0.05)
    stack[:, HOT[0], HOT[1]] = 1e6
    scorer = _core.Scorer(stack[0], ignore_hot_pixel=True)
    expected = oracle.pair_score(stack[0], stack[1], ignore_hot_pixel=True)
    assert scorer.correlogram(stack[1]) == pytest.approx(expected.r, abs=1e-9)
    assert scorer.correlogram(stack[1], second_opinion=True) == pytest.approx(expected.opinion, abs=1e-9)


def test_consecutive_images_have_hot_pixels_too() -> None:
    stack = drifting(0.05)
    stack[:3, HOT[0], HOT[1]] = 1e6
    scorer = _core.Scorer(stack[0], ignore_hot_pixel=True)
    records = scorer.score_consecutive(stack)
    assert [(r["peak_dy"], r["peak_dx"]) for r in records[:2]] == [(-2, 3), (-2, 3)]
    assert [int(flags) for flags in records["flags"]] == [_core.HOT_PIXEL, _core.HOT_PIXEL, 0]


def test_a_bright_particle_that_moves_is_the_scene() -> None:
    stack = np.zeros((3, 24, 24))
    for i in range(3):
        stack[i, 4 + 2 * i, 9] = 50
    records = _core.Scorer(stack[0], ignore_hot_pixel=True).score(stack[1:])
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(-2, 0), (-4, 0)]
    assert not (records["flags"] & _core.HOT_PIXEL).any()


def test_a_particle_in_front_of_nothing_is_the_scene_even_at_rest() -> None:
    stack = np.zeros((2, 24, 24))
    stack[:, 4, 9] = 50
    (record,) = _core.Scorer(stack[0], ignore_hot_pixel=True).score(stack[1:])
    assert record["peak"] > 0.9
    assert not record["flags"] & _core.HOT_PIXEL


def test_masked_hot_pixels_are_invalid_not_hot() -> None:
    stack = drifting(0.05)
    stack[:, HOT[0], HOT[1]] = 1e6
    mask = np.ones(stack.shape[1:], bool)
    mask[HOT] = False
    records = _core.Scorer(stack[0], mask=mask, ignore_hot_pixel=True).score(stack[1:], mask=mask)
    assert (records["flags"] == 0).all()
    assert (records["invalid_pixels"] == 1).all()


def test_threads_give_the_same_bits() -> None:
    stack = np.concatenate([drifting(0.3, seed) for seed in range(6)])
    stack[::2, HOT[0], HOT[1]] = 1e6
    scorer = _core.Scorer(stack[0], ignore_hot_pixel=True)
    one = scorer.score(stack, num_threads=1)
    for threads in (2, 5):
        many = scorer.score(stack, num_threads=threads)
        assert all((one[name] == many[name]).all() for name in one.dtype.names)


@pytest.mark.parametrize("offset", [1e3, 1e9, 1e12, 1e14])
def test_images_on_a_large_offset_are_not_taken_for_rounding_noise(offset: float) -> None:
    stack = offset + 10 * drifting(0.05)
    records = _core.Scorer(stack[0]).score(stack[1:])
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(-2, 3), (-4, 6), (-6, 9)]
    assert (records["probability"] > 0.7).all()


def test_rounding_noise_of_a_large_offset_is_no_evidence() -> None:
    rng = np.random.default_rng(3)
    noise = 1e14 + np.round(rng.uniform(-0.5, 0.5, (4, 32, 40))) * np.spacing(1e14)
    noise[1:] = noise[0]
    records = _core.Scorer(noise[0]).score(noise[1:])
    assert not records["peak"].any()
    assert not records["probability"].any()
