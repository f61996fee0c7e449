# SPDX-License-Identifier: MIT
from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Method, RankingWarning, StackScorer, score_stack
from ndreg_preeval.text import abbreviate
from tests.support import oracle
from tests.support.scenes import PER_IMAGE, SHAPE, assert_same_numbers, drift, drifting


def quiet(stack: Any, **options: Any) -> Any:
    """The score, without its Python warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        return score_stack(stack, **options)


def test_numbers_of_a_clear_stack() -> None:
    stack = drifting(0.05)
    score = score_stack(stack, name="clear")
    assert score.name == "clear"
    assert score.warnings == ()
    assert (score.n_images, score.shape, score.dtype, score.location) == (5, SHAPE, "float64", "")
    assert (score.precision, score.rankable, score.reference_image) == ("single", True, 0)
    np.testing.assert_array_equal(score.image_indices, [1, 2, 3, 4])
    np.testing.assert_array_equal(score.reference_indices, [0, 0, 0, 0])
    moved = -np.array([drift(i) for i in range(1, 5)])  # what takes the image back to the reference
    np.testing.assert_array_equal(score.peak_shifts, moved)
    np.testing.assert_allclose(score.shifts, moved, atol=0.01)
    np.testing.assert_array_equal(score.values, score.probability)
    np.testing.assert_array_equal(score.peak_to_mean, score.peak / score.mean)
    assert score.worst_image == 1 + int(score.values.argmin())
    assert (score.p_value < 1e-6).all()
    for name in PER_IMAGE:
        assert len(getattr(score, name)) == 4
        assert not getattr(score, name).flags.writeable


@pytest.mark.parametrize("method", ["robust", "peak_to_mean", "ewoksndreg"])
@pytest.mark.parametrize("options", [{}, {"reference_image": -2}, {"pairing": "previous"}])
def test_score_is_the_oracles(method: str, options: dict[str, Any]) -> None:
    stack = drifting(0.8)
    chosen = {**options, "reference_image": options.get("reference_image", 0)}
    score = quiet(stack, method=method, precision="double", **options)
    if options.get("pairing") == "previous" and method == "ewoksndreg":
        chosen["reference_image"] = 0
    assert score.score == pytest.approx(oracle.stack_score(stack, method, **chosen), rel=1e-9)


@pytest.mark.parametrize("aggregation", ["harmonic_mean", "mean", "minimum", "median"])
def test_own_methods(aggregation: Any) -> None:
    method = Method("peak_to_mean", aggregation, "hann", 0.3, name="mine")
    score = quiet(drifting(0.3), method=method)
    assert score.method is method
    assert score.score == pytest.approx(oracle.aggregate(score.values, aggregation), rel=1e-12)
    filtered = quiet(drifting(0.3), method=Method("peak_to_mean", aggregation), window="hann", cutoff=0.3)
    np.testing.assert_array_equal(filtered.values, score.values)
    assert quiet(drifting(0.3), method=Method("peak_to_mean", aggregation)).score != score.score


def test_without_second_opinion_there_is_no_probability() -> None:
    score = score_stack(drifting(0.05), method="peak_to_mean")
    assert np.isnan(score.probability).all()
    assert np.isnan(score.confirmation).all()
    np.testing.assert_array_equal(score.values, score.peak_to_mean)


def test_pairing_previous() -> None:
    score = score_stack(drifting(0.05), pairing="previous")
    np.testing.assert_array_equal(score.reference_indices, score.image_indices - 1)
    steps = np.diff([drift(i) for i in range(5)], axis=0)
    np.testing.assert_array_equal(score.peak_shifts, -steps)


def test_reference_image_in_the_middle() -> None:
    score = score_stack(drifting(0.05), reference_image=-3)
    assert score.reference_image == 2
    np.testing.assert_array_equal(score.image_indices, [0, 1, 3, 4])
    np.testing.assert_array_equal(score.reference_indices, [2, 2, 2, 2])
    with pytest.raises(ValueError, match=r"stack 'clear': reference_image=5 is outside the 5 images"):
        score_stack(drifting(0.05), name="clear", reference_image=5)


def test_max_shift_limits_the_search() -> None:
    score = quiet(drifting(0.05), max_shift=1)
    assert abs(score.peak_shifts).max() <= 1


def test_pickles_small() -> None:
    stack = drifting(0.05, n=6, shape=(64, 64))
    score = score_stack(stack)
    data = pickle.dumps(score)
    assert len(data) < stack[0].nbytes / 4
    assert_same_numbers(pickle.loads(data), score)


def test_fewer_than_two_images() -> None:
    with pytest.warns(RankingWarning, match="stack 'one': It has 1 image: there is nothing to compare"):
        score = score_stack(drifting(0.05, n=1), name="one")
    assert not score.rankable
    assert score.score == 0.0
    assert score.worst_image is None
    assert score.shifts.shape == score.peak_shifts.shape == (0, 2)


def test_invalid_pixels_are_filled_and_counted() -> None:
    stack = drifting(0.05)
    stack[0, 1, 1:3] = np.nan
    stack[3, 2, 2] = np.inf
    with pytest.warns(RankingWarning, match=r"3 pixels NaN, infinite or masked \(0\.12 % of images 0, 3\)"):
        score = score_stack(stack)
    np.testing.assert_array_equal(score.invalid_pixels, [0, 0, 1, 0])
    assert score.score > 0.5
    with pytest.raises(ValueError, match=r"stack 's': image 0: 2 pixels are NaN"):
        score_stack(stack, name="s", invalid="raise")
    for pairing in ("reference", "previous"):
        with pytest.raises(ValueError, match="stack 's': image 2: 1 pixels are NaN"):
            score_stack(stack[1:], name="s", invalid="raise", pairing=pairing)


def test_mask_takes_pixels_out_without_a_fuss() -> None:
    spoilt = drifting(0.05)
    mask = np.ones(SHAPE, dtype=bool)
    mask[4, 5] = False
    spoilt[:, 4, 5] = np.nan
    for invalid in ("fill", "raise"):
        score = score_stack(spoilt, mask=mask, invalid=invalid)
        assert score.warnings == ()
        np.testing.assert_array_equal(score.invalid_pixels, [1, 1, 1, 1])
    spoilt[:, 4, 5] = 1e9
    assert_same_numbers(score_stack(spoilt, mask=mask), score)
    both = np.ma.masked_array(spoilt, np.zeros(spoilt.shape, dtype=bool))
    both.mask[2, 0, 0] = True
    np.testing.assert_array_equal(quiet(both, mask=mask).invalid_pixels, [1, 2, 1, 1])
    with pytest.raises(ValueError, match=r"stack 's': mask must have the shape of the images, \(32, 40\)"):
        score_stack(spoilt, name="s", mask=mask.T)


def test_images_without_evidence() -> None:
    stack = drifting(0.05)
    stack[2] = 7
    stack[3] = np.nan
    with pytest.warns(RankingWarning, match="Without a valid pixel, so they count as 0: image 3"):
        score = score_stack(stack)
    assert any("Image 2 (1 of 4 compared) with no contrast" in text for text in score.warnings)
    np.testing.assert_array_equal(score.values[1:3], [0, 0])
    np.testing.assert_array_equal(score.peak_to_mean[1:3], [0, 0])


@pytest.mark.parametrize("value", [0, 0.1, -3e200])
def test_constant_stacks_score_nothing(value: float) -> None:
    score = score_stack(np.full((4, 37, 41), value))  # and no Python warning: it is plain to see
    assert score.score == 0
    assert "The reference image 0 has no contrast" in score.warnings[0]


def test_identical_images_cannot_carry_a_stack() -> None:
    noise = np.random.default_rng(1).normal(size=(5, *SHAPE))
    stuck = noise.copy()
    stuck[2] = 3 * stuck[0] + 1
    assert "Image 2 (1 of 4 compared) with the very content of their reference" in quiet(stuck).warnings[0]
    assert quiet(stuck).score < quiet(drifting(0.8)).score


def test_every_peak_at_zero_is_told() -> None:
    still = np.stack([drifting(0.05, n=1)[0]] * 4) + 0.1 * np.random.default_rng(2).normal(size=(4, *SHAPE))
    with pytest.warns(RankingWarning, match=r"Every peak of this stack is at zero shift \(3 of 3 images\)"):
        score = score_stack(still)
    assert "Every peak (3 of 3) is at zero shift" in score.warnings[0]


def test_a_pattern_between_moving_images_is_suspected() -> None:
    stack = drifting(0.05, n=9)
    stack[[3, 6]] = stack[0] + 0.1 * drifting(1, n=2, seed=5)
    with pytest.warns(
        RankingWarning, match=r"static pattern is suspected: the peaks of images 3, 6 \(2 of 8\)"
    ):
        score_stack(stack)


def test_few_levels_are_told_quietly() -> None:
    texts = score_stack(drifting(0.05) > 0).warnings
    assert any("images 1-4" in text.lower() and "distinct values" in text for text in texts)


def test_abbreviate() -> None:
    assert abbreviate([3]) == "image 3"
    assert abbreviate([4, 1, 5, 6]) == "images 1, 4-6"
    assert len(abbreviate(range(0, 100_000, 2))) < 60


def test_errstate_of_the_caller_does_not_matter() -> None:
    stack = drifting(0.05)
    stack[2] = 0
    with np.errstate(all="raise"):
        strict = score_stack(stack)
    assert_same_numbers(strict, score_stack(stack))


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("method", ["robust", "peak_to_mean", "ewoksndreg"])
def test_incremental_is_the_same_bit_for_bit(pairing: Any, method: str) -> None:
    stack = drifting(0.3, n=8)
    scorer = StackScorer(stack[0], name="live", pairing=pairing, method=method)
    assert not scorer.result().rankable
    scorer.add(stack[1]).add(stack[2].tolist()).add(stack[3:5]).add([stack[5], stack[6]])
    assert scorer.result().n_images == 7
    result = scorer.add([stack[7].tolist()]).result()
    assert result.name == "live"
    assert_same_numbers(result, quiet(stack, pairing=pairing, method=method))


def test_incremental_refuses_and_goes_on() -> None:
    stack = drifting(0.3)
    scorer = StackScorer(stack[0], name="live", invalid="raise").add(stack[1])
    bad: list[tuple[NDArray[Any], type[Exception], str]] = [
        (stack[2, :-1], ValueError, r"shape of the reference, \(32, 40\)"),
        (np.full(SHAPE, np.nan), ValueError, "image 2: 1280 pixels"),
        (stack[2] + 1j, TypeError, "complex"),
        (np.zeros((1, 2, 3, 4)), ValueError, ""),
    ]
    for images, error, text in bad:
        with pytest.raises(error, match=f"stack 'live'.*{text}"):
            scorer.add(images)
    assert scorer.result().n_images == 2
    assert_same_numbers(scorer.add(stack[2:]).result(), score_stack(stack))


def test_incremental_options() -> None:
    with pytest.raises(ValueError, match="reference_image must be 0"):
        StackScorer(np.eye(8), reference_image=1)
    with pytest.raises(TypeError, match="no option 'executor'"):
        StackScorer(np.eye(8), executor=None)
    with pytest.raises(ValueError, match="stack 'stack'"):
        StackScorer(np.zeros((2, 3, 4)))


def test_the_scorer_keeps_no_image() -> None:
    import weakref

    image = drifting(0.1)[1]
    alive = weakref.ref(image)
    scorer = StackScorer(drifting(0.1)[0]).add(image)
    del image
    assert alive() is None
    assert scorer.result().n_images == 2
