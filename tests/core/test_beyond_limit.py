# SPDX-License-Identifier: MIT
"""Peaks beyond `max_shift`: told where they would be trusted, and then what is within is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import _core, core, score_stack
from tests.support.agreement import bits

METHODS: dict[str, dict[str, Any]] = {
    "evidence": {"confirm_cutoff": 0.25},
    "robust": {"confirm_cutoff": 0.15, "confirm_window": "hann", "judgement": "ratio"},
    "plain": {"confirm_cutoff": 0.25, "normalization": None, "keep_mean": True},
    "without": {"confirm": False},
    "outliers": {"confirm_cutoff": 0.25, "ignore_hot_pixel": True},
}


def scored(images: NDArray[Any], **options: Any) -> NDArray[np.void]:
    return _core.Scorer(images[0], **options).score(images[1:])


def drifting(rng: np.random.Generator, shape: tuple[int, int], noise: float) -> NDArray[np.float64]:
    """A scene that drifts by up to a third of the image, beside images of noise alone."""
    scene = rng.normal(size=shape) + 3
    moved = [(0, 0), *rng.integers(-(min(shape) // 3), min(shape) // 3 + 1, (10, 2)).tolist()]
    images = [np.roll(scene, move, (0, 1)) + noise * rng.normal(size=shape) for move in moved]
    return np.array(images + [rng.normal(size=shape) for _ in range(3)])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["auto", "single", "double"])
def test_what_is_told_is_what_would_be_found_without_a_limit(method: str, precision: str) -> None:
    rng = np.random.default_rng(3)
    told = 0
    for shape, limit in (((32, 36), 3.0), ((45, 24), 0.0), ((17, 64), 6.0), ((24, 24), 11.0)):
        for noise in (0.1, 1.0, 2.5):
            images = drifting(rng, shape, noise)
            options = {**METHODS[method], "precision": precision}
            found, free = scored(images, max_shift=limit, **options), scored(images, **options)
            wrapped = free["flags"] & core.WRAPPED != 0
            far = np.maximum(abs(free["peak_dy"]), abs(free["peak_dx"]))
            trusted = free["probability"] >= 0.5 if method != "without" else free["p_value"] <= 0.01
            beyond = found["flags"] & core.BEYOND_LIMIT != 0
            np.testing.assert_array_equal(beyond[~wrapped], ((far > limit) & trusted)[~wrapped])
            np.testing.assert_array_equal(found["beyond_max_shift"][~wrapped], (far * beyond)[~wrapped])
            apart = np.hypot(found["shift_y"] - free["shift_y"], found["shift_x"] - free["shift_x"]) > 1
            which = beyond & apart & ~wrapped
            assert (found["probability"][which] <= 1 - free["probability"][which] + 1e-4).all()
            assert (found["probability"] <= 0.5)[which].all()
            told += int(beyond.sum())
    assert told > 10


def test_no_limit_nothing_told() -> None:
    images = drifting(np.random.default_rng(5), (32, 32), 0.3)
    plain, wide = scored(images), scored(images, max_shift=16.0)
    assert bits(plain) == bits(wide)
    assert not (plain["flags"] & core.BEYOND_LIMIT).any()
    assert not plain["beyond_max_shift"].any()


def test_the_slope_of_a_peak_just_beyond_is_no_error() -> None:
    """The aligner stops on the border, within a pixel of the shift."""
    rng = np.random.default_rng(2)
    spectrum = np.fft.rfft2(rng.normal(size=(64, 64)))
    frequency = np.hypot(np.fft.fftfreq(64)[:, None], np.fft.rfftfreq(64)[None])
    scene = np.fft.irfft2(spectrum * np.exp(-((frequency / 0.2) ** 2)))
    noise = 0.3 * scene.std() * rng.normal(size=(3, 64, 64))
    images = np.array([scene, np.roll(scene, 6, 1), np.roll(scene, 9, 1)]) + noise
    near, far = scored(images, max_shift=5.0)
    assert near["flags"] & far["flags"] & core.BEYOND_LIMIT
    assert (near["beyond_max_shift"], far["beyond_max_shift"]) == (6, 9)
    assert abs(near["shift_x"] + 6) <= 1 < abs(far["shift_x"] + 9)
    assert far["probability"] <= 0.5


def test_bits_for_any_threads_and_pairing() -> None:
    images = drifting(np.random.default_rng(7), (40, 40), 0.5)
    for options in METHODS.values():
        one, many = (
            _core.Scorer(images[0], max_shift=4.0, num_threads=threads, **options) for threads in (1, 4)
        )
        assert bits(one.score(images[1:])) == bits(many.score(images[1:]))
        assert bits(one.score_consecutive(images)) == bits(many.score_consecutive(images))


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_json_has_a_word_for_it() -> None:
    images = drifting(np.random.default_rng(1), (48, 48), 0.2)
    score = score_stack(images, max_shift=3)
    told = (score.flags & core.BEYOND_LIMIT) != 0
    assert told.any()
    assert not told.all()
