# SPDX-License-Identifier: MIT
"""Photographs behind what stays where it is, and photographs at rest: what is trusted, and the reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import ndreg_preeval
from ndreg_preeval import core

# Some of these stacks are warned of; that is not the question here.
pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

Y, X = np.mgrid[:128, :128]
MOTION = ((0, 0), (6, -9), (-11, 5), (15, 15))
AT_REST = ((0, 0),) * 5


def cut(photograph: NDArray[Any], places: tuple[tuple[int, int], ...]) -> NDArray[np.float64]:
    """Windows of a photograph, moved by whole pixels."""
    return np.stack([photograph[100 + i : 228 + i, 120 + j : 248 + j] for i, j in places]).astype(float)


def counted(
    photograph: NDArray[Any], places: tuple[tuple[int, int], ...], mean: float
) -> NDArray[np.float64]:
    """The same, with so many counts per pixel expected."""
    images = cut(photograph, places)
    return images / images.mean() * mean


def aperture() -> NDArray[Any]:
    images = counted(skimage.data.cell(), MOTION, 50)
    return np.random.default_rng(0).poisson(images) * (np.hypot(Y - 64, X - 64) < 48)


def background() -> NDArray[Any]:
    images = counted(skimage.data.brick(), MOTION, 300)
    hill = np.exp(-((Y / 128 - 0.3) ** 2 + (X / 128 - 0.8) ** 2) / 0.2)
    return np.random.default_rng(0).poisson(images) + 100 * images.std() * hill


def gain_pattern() -> NDArray[Any]:
    """The structure of the detector: other pixels count more, smoothly."""
    rng = np.random.default_rng(3)
    gain = np.exp(2.5 * ndimage.gaussian_filter(rng.normal(size=(128, 128)), 1.5) * 5)
    return rng.poisson(counted(skimage.data.moon(), MOTION, 200) * gain)


def at_rest() -> NDArray[Any]:
    return np.random.default_rng(0).poisson(counted(skimage.data.cell(), AT_REST, 2000))


def coins_at_rest(mean: float = 2) -> NDArray[Any]:
    return np.random.default_rng(0).poisson(counted(skimage.data.coins(), AT_REST, mean))


def to_and_fro() -> NDArray[Any]:
    images = np.random.default_rng(0).poisson(cut(skimage.data.gravel(), ((0, 0), (3, 5), (5, -2))))
    images[:, 1::2] = np.roll(images[:, 1::2], 1, 2)
    return images


@pytest.mark.parametrize("make", [aperture, background, gain_pattern])
@pytest.mark.parametrize("method", ["evidence", "plain", "robust"])
def test_what_stays_before_a_moving_scene_is_not_trusted(make: Callable[[], Any], method: str) -> None:
    score = ndreg_preeval.score_stack(make(), method=method)
    moved = np.abs(score.peak_shifts).max(axis=1) > 0
    if not moved.any():  # the aligner goes astray
        assert score.trust < 0.5
        assert score.reasons
    else:
        assert (score.probability[~moved] < 0.5).all()


def test_two_images_are_trusted_as_their_one_pair() -> None:
    photograph = skimage.data.camera()
    images = np.stack([photograph[150 + i : 278 + i, 150 + j : 278 + j] for i, j in [(0, 0), (4, 7)]]).astype(
        float
    )
    score = ndreg_preeval.score_stack(np.random.default_rng(1).poisson(images / images.mean()))
    assert score.probability.tolist() == [score.trust]
    assert score.trust == score.score


def test_lines_scanned_to_and_fro_are_not_trusted() -> None:
    score = ndreg_preeval.score_stack(to_and_fro())
    assert score.trust < 0.5
    assert "a peak split in two" in score.reasons[0]


@pytest.mark.parametrize("make", [at_rest, coins_at_rest])
def test_a_sample_at_rest_is_trusted(make: Callable[[], Any]) -> None:
    score = ndreg_preeval.score_stack(make())
    assert (score.flags & core.AT_REST != 0).all()
    assert score.trust >= 0.9
    assert score.warnings == (
        "Every peak (4 of 4) is at zero shift: the sample rests, without what stays nothing but noise is left.",
    )
    ranking = ndreg_preeval.rank_stacks(
        {"Ca": make(), "Fe": np.random.default_rng(5).normal(size=(5, 128, 128))}
    )
    assert ranking.trust.startswith("Ca aligns (")
    assert "%, at rest)" in ranking.trust


def test_the_reason_names_the_background_and_the_way_out() -> None:
    score = ndreg_preeval.score_stack(background())
    assert score.reasons == (
        "a background that stays hides a moving sample; subtract the mean of many images: images 1-3",
    )
    assert score.flags[0] & core.HIDES_MOTION


def test_the_way_out_finds_the_shifts() -> None:
    rng = np.random.default_rng(1)
    places = ((0, 0), *map(tuple, rng.integers(-15, 16, size=(19, 2))))
    images = counted(skimage.data.brick(), places, 300)
    hill = np.exp(-((Y / 128 - 0.3) ** 2 + (X / 128 - 0.8) ** 2) / 0.2)
    images = rng.poisson(images) + 100 * images.std() * hill
    assert (ndreg_preeval.score_stack(images).peak_shifts == 0).all()
    mended = ndreg_preeval.score_stack(images - images.mean(axis=0))
    np.testing.assert_array_equal(mended.peak_shifts, places[1:])


def test_the_reason_names_an_aperture() -> None:
    images = np.random.default_rng(0).poisson(
        counted(skimage.data.cell(), MOTION, 50) * (0.02 + (np.hypot(Y - 64, X - 64) < 48))
    )
    score = ndreg_preeval.score_stack(images)
    assert (score.peak_shifts == 0).all()
    (reason,) = score.reasons
    assert reason == (
        "an aperture or a frame that stays hides a moving sample; crop it away, or subtract the mean of many "
        "images: images 1-3"
    )


def test_brightness_may_change_at_rest() -> None:
    images = counted(skimage.data.coins(), AT_REST, 500)
    images *= np.array([1, 0.6, 1.7, 0.9, 1.2])[:, None, None]
    images += np.array([0, 300, 50, 120, 700])[:, None, None]
    score = ndreg_preeval.score_stack(np.random.default_rng(0).poisson(images))
    assert score.trust >= 0.9


def test_a_scene_that_returns_is_right_at_zero() -> None:
    places = ((0, 0), (7, 3), (0, 0), (-9, 12), (0, 0), (4, -8))
    score = ndreg_preeval.score_stack(
        np.random.default_rng(0).poisson(counted(skimage.data.brick(), places, 100))
    )
    assert (score.flags & core.HIDES_MOTION == 0).all()
    np.testing.assert_array_equal(score.peak_shifts, places[1:])


@pytest.mark.parametrize("make", [background, at_rest, gain_pattern, to_and_fro])
@pytest.mark.parametrize(
    "change",
    [
        lambda images: 3.0 * images + 1000,
        lambda images: -0.5 * images,
        lambda images: np.swapaxes(images, 1, 2),
        lambda images: images[:, ::-1],
        lambda images: images[:, :, ::-1],
        lambda images: images.astype(np.float32),
    ],
    ids=["affine", "inverted", "transposed", "upside down", "mirrored", "float32"],
)
def test_what_does_not_matter(make: Callable[[], Any], change: Callable[[Any], Any]) -> None:
    images = make()
    before, after = ndreg_preeval.score_stack(images), ndreg_preeval.score_stack(change(images))
    same = ~np.uint32(core.IN_DOUBLE)
    np.testing.assert_array_equal(before.flags & same, after.flags & same)
    assert before.trust == pytest.approx(after.trust, abs=2e-4)


def test_the_order_of_the_images_does_not_matter_to_the_verdict() -> None:
    for make in (background, at_rest):
        images = make()
        before = ndreg_preeval.score_stack(images)
        after = ndreg_preeval.score_stack(np.concatenate([images[:1], images[:0:-1]]))
        same = ~np.uint32(core.IN_DOUBLE)
        np.testing.assert_array_equal(before.flags & same, after.flags[::-1] & same)
        assert before.trust == pytest.approx(after.trust, abs=1e-9)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_each_way_finds_the_same(pairing: Any) -> None:
    for make in (background, at_rest):
        images = make()
        scorer = ndreg_preeval.StackScorer(images[0], pairing=pairing)
        for image in images[1:]:
            scorer.add(image)
        live = scorer.result()
        for threads in (1, 3):
            whole = ndreg_preeval.score_stack(images, pairing=pairing, num_threads=threads)
            np.testing.assert_array_equal(live.flags, whole.flags)
            np.testing.assert_array_equal(live.probability, whole.probability)
            assert live.trust == whole.trust
