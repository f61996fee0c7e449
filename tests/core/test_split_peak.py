# SPDX-License-Identifier: MIT
"""Peaks that are split in two, as of lines scanned to and fro that lie aside of each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from ndreg_preeval import METHODS, core, rank_stacks, score_stack
from tests.support import oracle

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

Floats = NDArray[np.float64]

TOLD = "a peak split in two, 2 pixels apart, as of lines scanned to and fro, in images 1-2"
MOVED = ((0, 0), (3, 5), (5, -2))
LIKE_EVIDENCE = ["evidence", "robust"]


def gravel(moved: Any, seed: int = 0) -> Floats:
    """A photograph at known places, under the noise of counts."""
    scene = skimage.data.gravel()
    images = np.stack([scene[100 + y : 228 + y, 120 + x : 248 + x] for y, x in moved]).astype(float)
    return np.random.default_rng(seed).poisson(images).astype(float)


def to_and_fro(images: Floats, by: int, columns: bool = False) -> Floats:
    """Every second line a few pixels aside."""
    images = images.transpose(0, 2, 1).copy() if columns else images.copy()
    images[:, 1::2] = np.roll(images[:, 1::2], by, 2)
    return images.transpose(0, 2, 1) if columns else images


@pytest.mark.parametrize("method", LIKE_EVIDENCE)
@pytest.mark.parametrize("by", [1, 2, 3, -1])
def test_lines_scanned_to_and_fro_are_distrusted(method: str, by: int) -> None:
    found = score_stack(to_and_fro(gravel(MOVED), by), method=method)
    assert (found.flags & core.SPLIT_PEAK != 0).all()
    assert (found.probability < 0.5).all()
    assert found.score < 0.5
    assert found.reasons == (TOLD,)


def test_columns_as_well_as_lines() -> None:
    found = score_stack(to_and_fro(gravel([(0, 0), (5, 3), (-2, 5)]), 1, columns=True))
    assert found.reasons == (TOLD,)


def test_transposed_images_tell_the_same() -> None:
    images = to_and_fro(gravel(MOVED), 1)
    first, second = score_stack(images), score_stack(images.transpose(0, 2, 1))
    assert first.flags.tolist() == second.flags.tolist()
    assert second.probability == pytest.approx(first.probability, rel=1e-6)


def test_an_even_number_of_lines_splits_nothing() -> None:
    found = score_stack(to_and_fro(gravel([(0, 0), (2, 4), (-4, 3), (6, 0)]), 1))
    assert not (found.flags & core.SPLIT_PEAK).any()
    assert (found.probability > 0.9).all()


@pytest.mark.parametrize("step", [0.25, 0.5, 0.75, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("method", LIKE_EVIDENCE)
def test_motion_below_a_pixel_splits_nothing(step: float, method: str) -> None:
    """Half a pixel has two equal places, beside each other."""
    scene = np.random.default_rng(5).normal(size=(96, 80))
    ky, kx = np.fft.fftfreq(96)[:, None], np.fft.fftfreq(80)
    images = [
        np.fft.ifft2(np.fft.fft2(scene) * np.exp(2j * np.pi * step * i * (ky + kx))).real for i in range(4)
    ]
    noise = np.random.default_rng(6).normal(scale=0.2, size=(4, 96, 80))
    found = score_stack(np.asarray(images) + noise, method=method)
    assert not (found.flags & core.SPLIT_PEAK).any()
    assert (found.probability > 0.5).all()


def test_a_static_pattern_two_pixels_aside_is_no_part_of_the_peak() -> None:
    rng = np.random.default_rng(2)
    scene, static = rng.normal(size=(64, 64)), rng.normal(size=(64, 64))
    images = np.stack([scene + 0.9 * static, np.roll(scene, -2, 0) + 0.9 * static])
    r = np.abs(oracle.signed_correlogram(*map(oracle.prepare, images)))
    assert r[0, 0] > 0.7 * r[2, 0] > r[1, 0]
    assert not (score_stack(images).flags & core.SPLIT_PEAK).any()


@pytest.mark.parametrize("shape", [(5, 6), (8, 5), (4, 9), (24, 31), (40, 33)])
@pytest.mark.parametrize("options", [{}, {"max_shift": 3.0}])
def test_the_same_as_the_oracle(shape: tuple[int, int], options: dict[str, Any]) -> None:
    """Images in which split peaks are frequent, and at the edges of a window."""
    told = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scene = rng.normal(size=shape)
        image = np.roll(scene, rng.integers(-3, 4, 2), (0, 1))
        image = image + np.roll(image, 2, seed % 2) * rng.uniform(0.7, 1.3) + 0.1 * rng.normal(size=shape)
        for precision in ("auto", "double"):
            scorer = core.Scorer(scene, precision=precision, **options)
            record = scorer.score(image[None])[0]
            expected = oracle.pair_score(scene, image, **options)
            flags = int(record["flags"]) & ~(core.IN_DOUBLE | core.REPEATED_PIXELS | core.BEYOND_LIMIT)
            assert flags == expected.flags
            probability = expected.probability
            if record["flags"] & core.BEYOND_LIMIT:  # the other half, farther than max_shift, is higher
                free = oracle.pair_score(scene, image, **options | {"max_shift": None})
                assert free.probability > 0.5 - 1e-5
                if np.hypot(expected.shift_y - free.shift_y, expected.shift_x - free.shift_x) > 1:
                    probability = min(probability, 1 - free.probability)
            assert record["probability"] == pytest.approx(probability, abs=1e-5)
            told.append(flags == core.SPLIT_PEAK)
    assert (0 < sum(told) < len(told)) == (max(shape) >= 5)


def test_not_looked_for_where_it_cannot_be_told() -> None:
    images = to_and_fro(gravel(MOVED), 1)
    for method in set(METHODS) - set(LIKE_EVIDENCE):
        assert not (score_stack(images, method=method).flags & core.SPLIT_PEAK).any()


def test_the_flag_has_a_name_and_the_same_bits_everywhere() -> None:
    images = to_and_fro(gravel(MOVED), 1)
    assert '"split_peak"' in rank_stacks({"a": images}).to_json()
    found = score_stack(images, num_threads=1)
    assert score_stack(images, num_threads=3).probability.tobytes() == found.probability.tobytes()
    assert score_stack(images * 7 + 100).flags.tolist() == found.flags.tolist()
