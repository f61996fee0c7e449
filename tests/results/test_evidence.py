# SPDX-License-Identifier: MIT
"""The default method: how sure it is, what it says, and what does not change it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import ndreg_preeval
from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.results.trust import trust_words
from tests.support.examples import examples

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

SHAPE = (48, 56)
DRIFT = [(2 * i, -3 * i) for i in range(6)]


def scene(seed: int, shape: tuple[int, int] = SHAPE) -> NDArray[np.float64]:
    """A smooth random texture."""
    white = np.random.default_rng(seed).normal(size=shape)
    f2 = np.fft.fftfreq(shape[0])[:, None] ** 2 + np.fft.rfftfreq(shape[1]) ** 2
    smooth = np.fft.irfft2(np.fft.rfft2(white) * np.exp(-f2 / 0.05), s=shape)
    return np.asarray(smooth / smooth.std())


def moving(noise: float, seed: int = 1) -> NDArray[np.float64]:
    """Images of a drifting scene, with new content at the borders."""
    rng = np.random.default_rng([seed, 7])
    large = scene(seed, (SHAPE[0] + 12, SHAPE[1] + 18))
    images = [large[y : y + SHAPE[0], 15 + x : 15 + x + SHAPE[1]] for y, x in DRIFT]
    return np.array(images) + noise * rng.normal(size=(len(DRIFT), *SHAPE))


def test_more_noise_is_less_trust() -> None:
    trusts = [score_stack(moving(noise)).trust for noise in (0.05, 0.5, 1, 1.5, 30)]
    assert trusts == sorted(trusts, reverse=True)
    assert trusts[0] > 0.9
    assert trusts[-1] < 0.1


def test_the_trust_is_no_more_than_any_image_and_else_the_score() -> None:
    found = score_stack(moving(1.0))
    assert 0.05 <= found.trust == min(found.score, found.probability.min())
    assert np.array_equal(found.values, found.probability)
    documented = score_stack(moving(1.0), method="peak_to_mean")
    assert np.isnan(documented.trust)
    assert not documented.reasons
    robust = score_stack(moving(1.0), method="robust")
    assert robust.score != robust.trust
    assert 0 < robust.trust < 1


@pytest.mark.parametrize("method", ["evidence", "plain", "robust"])
def test_two_images_are_trusted_as_their_one_pair(method: str) -> None:
    """The few photons of the second pair make it doubtful, and no less is it the same event."""
    for noise in (0.5, 3.0):
        found = score_stack(moving(noise)[:2], method=method)
        assert found.trust == found.probability[0]
        assert found.score == pytest.approx(found.trust) or found.trust < 0.05


def test_hopeless_stacks_are_told_apart_by_their_peaks() -> None:
    """A scene that turns aligns nowhere; the clearest images come first all the same."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[-32:32, -32:32]
    rates, directions, phases = (rng.uniform(0, most, (24, 1, 1)) for most in (1.2, 2 * np.pi, 6))
    turning = np.array(
        [
            np.cos(rates * (x * np.cos(directions + a) + y * np.sin(directions + a)) + phases).sum(0)
            for a in np.radians([0, 8, 16, 24])
        ]
    )
    noise = rng.normal(size=turning.shape)
    ranking = rank_stacks({str(n): turning + n * noise for n in (4, 0.1, 1)})
    assert ranking.ranked_stack_names == ["0.1", "1", "4"]
    for stack in ranking.stack_scores:
        assert stack.trust < 0.05
        h = 1 / np.mean(1 / stack.peak_to_mean)
        assert stack.score == pytest.approx(0.05 * h / (h + 30), rel=1e-12)
        assert stack.score < 0.05


def test_a_static_pattern_does_not_win() -> None:
    rng = np.random.default_rng(5)
    stuck = 0.2 * moving(0.5, 2) + rng.normal(size=SHAPE) + 0.1 * rng.normal(size=(6, *SHAPE))
    ranking = rank_stacks({"stuck": stuck, "fair": moving(1.2, 3), "good": moving(0.8, 4)})
    assert ranking.ranked_stack_names == ["good", "fair", "stuck"]
    assert "a pattern that stays hides a moving sample" in ranking.stacks["stuck"].reasons[0]
    assert "5 of 5 images" in ranking.stacks["stuck"].reasons[0]
    assert "stuck" in " ".join(ranking.warnings)


def test_a_hot_pixel_does_not_win() -> None:
    hot = moving(0.05, 2)
    hot[:, 3, 4] = 1e6
    ranking = rank_stacks({"hot": hot, "good": moving(0.8, 4)})
    assert ranking.reference_stack == "good"
    assert ranking.stacks["hot"].trust < 0.03
    assert "a hot pixel that aligners follow in 5 of 5 images" in ranking.stacks["hot"].reasons
    masked = np.ones(SHAPE, bool)
    masked[3, 4] = False
    assert rank_stacks({"hot": hot, "good": moving(0.8, 4)}, mask=masked).reference_stack == "hot"


def test_reasons_name_images_and_figures() -> None:
    images = moving(0.3)
    images[2] = 7.0
    images[4] = np.random.default_rng(9).normal(size=SHAPE)
    images[:, :6] = np.nan
    found = score_stack(images)
    assert set(found.reasons[:-1]) == {"no signal in image 2", "no peak above the noise in image 4"}
    assert found.reasons[-1] == "12 % invalid pixels"
    assert score_stack(moving(0.05)).reasons == ()


def test_trust_in_words() -> None:
    ranking = rank_stacks({"clear": moving(0.05), "noise": moving(50, 2), "dark": moving(40, 3)})
    percent = int(100 * ranking.stacks["clear"].trust)
    assert ranking.trust == f"clear aligns ({percent} %); none of the others."
    assert f"Trust: {ranking.trust}" in str(ranking)
    assert json.loads(ranking.to_json())["trust"] == ranking.trust
    assert "does not say" in rank_stacks({"a": moving(1)}, method="peak_to_mean").trust


@pytest.mark.parametrize(
    ("trusts", "said"),
    [
        (
            [("a", 0.971), ("b", 0.71), ("c", 0.1)],
            "a aligns (97 %); b probably (71 %); the other one hardly.",
        ),
        ([("a", 0.3)], "a perhaps (30 %)."),
        ([("a", 0.1)], "a is not likely to align."),
        ([("a", 0.1), ("b", 0.0)], "No stack is likely to align."),
        ([("a", 1.0)], "a aligns (99 %)."),
        (
            [(str(i), 0.95) for i in range(5)],
            "0 aligns (95 %); 1 aligns (95 %); 2 aligns (95 %); 2 more align.",
        ),
    ],
)
def test_words(trusts: list[tuple[str, float]], said: str) -> None:
    assert trust_words(trusts) == said


def test_words_with_the_number_of_images() -> None:
    said = trust_words([("a", 0.98), ("b", 0.3), ("c", 0.1)], ["118 of 119 images", "", "1 of 4 images"])
    assert said == "a aligns (98 %, 118 of 119 images); b perhaps (30 %); the other one hardly."


# ---------------------------------------------------------------- what changes nothing


def records(images: NDArray[Any]) -> dict[str, NDArray[Any]]:
    found = score_stack(images)
    return {"probability": found.probability, "shifts": found.shifts, "trust": np.array(found.trust)}


def assert_close(found: dict[str, NDArray[Any]], wanted: dict[str, NDArray[Any]]) -> None:
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-9, err_msg=name)


@examples(100)
@given(st.floats(0.01, 100), st.floats(-1000, 1000), st.sampled_from([1e-12, 1.0, 1e12]))
def test_affine_changes_of_intensity(gain: float, offset: float, scale: float) -> None:
    images = moving(0.7)
    assert_close(records((gain * images + offset) * scale), records(images))


@examples(100)
@given(st.permutations(range(1, len(DRIFT))))
def test_order_of_the_images(order: list[int]) -> None:
    images = moving(0.7)
    found, wanted = score_stack(images[[0, *order]]), score_stack(images)
    assert np.array_equal(found.probability, wanted.probability[np.array(order) - 1])
    assert found.trust == pytest.approx(wanted.trust, rel=1e-12)


def test_transposition() -> None:
    images = moving(0.7)
    found, wanted = (score_stack(each, precision="double") for each in (images.swapaxes(1, 2), images))
    np.testing.assert_allclose(found.probability, wanted.probability, rtol=1e-9)
    np.testing.assert_allclose(found.shifts, wanted.shifts[:, ::-1], rtol=1e-9, atol=1e-9)


def test_other_stacks() -> None:
    """A stack is judged by itself: who else is ranked does not matter."""
    images = moving(0.7)
    alone = score_stack(images)
    among = rank_stacks({"other": moving(0.1, 5), "it": images, "noise": moving(9, 6)}).stacks["it"]
    assert among.probability.tobytes() == alone.probability.tobytes()
    assert among.score == alone.score


def test_no_stack_deserves_trust() -> None:
    with pytest.warns(RankingWarning, match="No stack deserves trust"):
        ndreg_preeval.rank_stacks({"noise": moving(50)})


# ---------------------------------------------------------------- little to go by


@pytest.mark.parametrize("max_shift", [0, 1])
def test_without_a_rival_nothing_is_said(max_shift: float) -> None:
    images = np.random.default_rng(1).normal(size=(3, 40, 40))
    assert not score_stack(images, max_shift=max_shift).probability.any()


@pytest.mark.parametrize("max_shift", [3, 4, 8])
def test_few_rivals_do_not_make_noise_trusted(max_shift: float) -> None:
    images = np.random.default_rng(2).normal(size=(40, 40, 40))
    assert (score_stack(images, max_shift=max_shift).probability > 0.5).mean() < 0.2


@pytest.mark.parametrize("shape", [(5, 5), (8, 8), (12, 9), (16, 16), (1, 64), (64, 1), (128, 128)])
def test_noise_of_any_size_is_not_trusted(shape: tuple[int, int]) -> None:
    images = np.random.default_rng(3).normal(size=(60, *shape))
    assert (score_stack(images).probability > 0.5).mean() < 0.1


@pytest.mark.parametrize("shape", [(24, 24), (48, 40), (128, 100), (300, 256), (700, 520)])
def test_clean_images_of_any_size_are_trusted(shape: tuple[int, int]) -> None:
    still = scene(4, shape)
    rng = np.random.default_rng(5)
    images = np.array([np.roll(still, (i, -2 * i), (0, 1)) + 0.2 * rng.normal(size=shape) for i in range(4)])
    found = score_stack(images)
    assert found.trust > 0.9
    assert (found.peak_shifts == [(-i, 2 * i) for i in (1, 2, 3)]).all()


# ---------------------------------------------------------------- a sample at rest


@pytest.mark.parametrize("method", ["evidence", "plain", "robust"])
def test_a_sample_at_rest_is_not_said_to_move(method: str) -> None:
    """Under noise, some place of the second opinion is above that at zero shift by chance."""
    at_rest = 0
    for seed in range(16):
        amount = 6 if seed % 2 else 4
        images = scene(seed) + amount * np.random.default_rng(seed).normal(size=(6, *SHAPE))
        found = score_stack(images, method=method)
        assert not any("moves" in reason for reason in found.reasons)
        assert not any("hides" in reason for reason in found.reasons)
        if not found.peak_shifts.any():
            assert "Every peak (5 of 5) is at zero shift" in found.warnings[0]
            at_rest += "the sample rests" in found.warnings[0]
    assert at_rest > 0


def test_a_moving_scene_below_a_static_pattern_is_told() -> None:
    rng = np.random.default_rng(5)
    large = scene(3, (130, 160))
    images = np.array([large[3 * i : 96 + 3 * i, 4 * i : 128 + 4 * i] for i in range(6)])
    images += 0.5 * rng.normal(size=(96, 128)) + 0.02 * rng.normal(size=images.shape)
    found = score_stack(images, method="robust")
    assert any("a pattern that stays hides a moving sample" in text for text in found.reasons)
