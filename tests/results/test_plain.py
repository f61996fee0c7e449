# SPDX-License-Identifier: MIT
"""The method for aligners by plain cross-correlation: where they go, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.registration import phase_cross_correlation

from ndreg_preeval import METHODS, StackScorer, rank_stacks, score_stack
from tests.results.test_evidence import SHAPE, moving, scene
from tests.support.examples import examples

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def followed(stack: NDArray[Any]) -> NDArray[np.float64]:
    """Where scikit-image goes without the normalisation."""
    found = [phase_cross_correlation(stack[0], image, normalization=None)[0] for image in stack[1:]]
    return np.array(found)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("offset", [-300.0, -0.3, 0.0, 0.02, 0.3, 300.0])
@pytest.mark.parametrize("inverted", [False, True])
def test_goes_where_scikit_image_goes(inverted: bool, offset: float, precision: str) -> None:
    """Whatever the means are: beyond the largest coefficient only their sign matters."""
    rng = np.random.default_rng(3)
    stack = moving(0.8)
    stack[1:] = (-1 if inverted else 1) * stack[1:] + offset * rng.random((len(stack) - 1, 1, 1))
    stack[0] += 1
    found = score_stack(stack, method="plain", precision=precision)
    assert np.array_equal(found.peak_shifts, followed(stack))


@examples(100)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(-3, 3), st.floats(-5, 5))
def test_goes_where_scikit_image_goes_with_any_means(
    seed: int, first: float, other: float, gain: float
) -> None:
    white = np.random.default_rng(seed).normal(size=(2, 16, 19))
    stack = np.array([white[0] + first, gain * np.roll(white[0], (2, -3), (0, 1)) + white[1] + other])
    record = score_stack(stack, method="plain")
    sizes = np.abs(np.fft.ifft2(np.fft.fft2(stack[0]) * np.fft.fft2(stack[1]).conj()))
    there = sizes[tuple(record.peak_shifts[0])]
    assert there >= sizes.max() * (1 - 1e-9)


def test_the_peak_is_a_coefficient_of_correlation() -> None:
    still = scene(4)
    stack = np.array([still + 5, 3 * np.roll(still, (2, -3), (0, 1)) + 7])
    found = score_stack(stack, method="plain", precision="double")
    assert found.peak[0] == pytest.approx(1, abs=1e-12)
    assert found.peak_shifts.tolist() == [[-2, 3]]
    noisy = stack + 2 * np.random.default_rng(1).normal(size=stack.shape)
    moved = np.roll(noisy[1], (-2, 3), (0, 1))
    wanted = np.corrcoef(noisy[0].ravel(), moved.ravel())[0, 1]
    assert score_stack(noisy, method="plain", precision="double").peak[0] == pytest.approx(wanted, rel=1e-9)


def test_the_option_makes_a_method_of_its_own_of_any() -> None:
    stacks = {"a": moving(1.0), "b": moving(0.3, 2)}
    named, chosen = rank_stacks(stacks, method="plain"), rank_stacks(stacks, normalization=None)
    assert named.scores == chosen.scores != rank_stacks(stacks).scores
    assert METHODS["plain"].normalization is None
    assert chosen.options.normalization is None
    ratio = rank_stacks(stacks, method="peak_to_mean", normalization=None).stacks["a"]
    documented = rank_stacks(stacks, method="peak_to_mean").stacks["a"]
    assert ratio.score != documented.score
    assert np.array_equal(ratio.peak, named.stacks["a"].peak)
    one = StackScorer(stacks["a"][0], method="plain").add(stacks["a"][1:]).result()
    assert one.score == named.scores["a"]


def test_a_smooth_stack_aligns_by_plain_correlation_only() -> None:
    """Hills without texture: phases are those of the noise."""
    rng = np.random.default_rng(8)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    hills = [sum(np.exp(-((y - 20 - i - p) ** 2 + (x - 25 + i - q) ** 2) / 60) for p, q in [(0, 0), (9, 8)])
             for i in range(5)]  # fmt: skip
    stack = np.array(hills) + 0.02 * rng.normal(size=(5, *SHAPE))
    plain, phase = score_stack(stack, method="plain"), score_stack(stack)
    true = [(-i, i) for i in range(1, 5)]
    assert np.abs(plain.shifts - true).max() < 1
    assert plain.trust > phase.trust


def test_more_noise_is_less_trust() -> None:
    trusts = [score_stack(moving(noise) + 4, method="plain").trust for noise in (0.05, 0.5, 1, 2, 30)]
    assert trusts == sorted(trusts, reverse=True)
    assert trusts[0] > 0.9
    assert trusts[-1] < 0.1


@pytest.mark.parametrize("shape", [(8, 8), (16, 16), (1, 64), (128, 128)])
def test_noise_is_not_trusted(shape: tuple[int, int]) -> None:
    images = np.random.default_rng(3).normal(size=(60, *shape)) + 5
    assert (score_stack(images, method="plain").probability > 0.5).mean() < 0.1


def test_a_hot_pixel_does_not_win() -> None:
    hot = moving(0.05, 2)
    hot[:, 3, 4] = 1e6
    ranking = rank_stacks({"hot": hot, "good": moving(0.8, 4) + 3}, method="plain")
    assert ranking.reference_stack == "good"


@examples(100)
@given(st.floats(0.01, 100), st.sampled_from([1e-12, 1.0, 1e12]))
def test_gain_changes_nothing(gain: float, scale: float) -> None:
    images = moving(0.7) + 2
    found, wanted = score_stack(gain * scale * images, method="plain"), score_stack(images, method="plain")
    np.testing.assert_allclose(found.probability, wanted.probability, rtol=1e-6)
    np.testing.assert_allclose(found.shifts, wanted.shifts, rtol=1e-6, atol=1e-9)


def test_images_without_contrast_count_as_nothing() -> None:
    images = moving(0.7) + 2
    images[2] = 5.0
    found = score_stack(images, method="plain")
    assert found.peak[1] == found.probability[1] == found.peak_to_mean[1] == 0
    assert np.isfinite(found.values).all()
