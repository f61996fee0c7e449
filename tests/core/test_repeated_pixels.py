# SPDX-License-Identifier: MIT
"""Maps enlarged by their nearest pixels: found where they are distrusted, by how much, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from ndreg_preeval import METHODS, StackScorer, core, rank_stacks, score_stack
from ndreg_preeval.results.reasons import repeated

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

ASKING = [name for name, method in METHODS.items() if method.asks_opinion]


def enlarged(small: NDArray[Any], height: int, width: int, cut: int = 0) -> NDArray[Any]:
    """Images whose pixels are repeated, without some rows and columns at their borders."""
    large = small.repeat(height, axis=1).repeat(width, axis=2)
    return np.ascontiguousarray(large[:, cut:, cut : large.shape[2] - cut])


def noise(seed: int = 1, n: int = 4) -> NDArray[np.float64]:
    """Images that no method trusts."""
    return np.random.default_rng(seed).normal(size=(n, 20, 24))


def blocks(images: NDArray[Any], **options: Any) -> set[tuple[int, int]]:
    """Sizes of the blocks that were found in images, all of which are doubted."""
    found = score_stack(images, **options)
    assert (found.probability < 0.9).all()
    sizes = {(height, width) for height, width, which in repeated(found.flags) if which.all()}
    assert sizes or not (found.flags & core.REPEATED_PIXELS).any()
    return sizes


@pytest.mark.parametrize("size", [(2, 2), (4, 4), (1, 3), (5, 1), (2, 7), (3, 200)])
@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_blocks_of_any_size(size: tuple[int, int], cut: int, pairing: Any) -> None:
    assert blocks(enlarged(noise(), *size, cut), pairing=pairing) == {size}


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", ">u2", "f2", "f4", ">f4", "f8", "g", "i8", "u8"])
@pytest.mark.parametrize("method", ASKING)
def test_pixels_of_any_type(dtype: str, method: str) -> None:
    images = noise()
    values = images > 0 if dtype == "?" else (100 + 30 * images).astype(dtype)
    assert blocks(enlarged(values, 3, 2), method=method) == {(3, 2)}


def test_an_edge_before_the_first_one_of_other_rows() -> None:
    images = noise()
    images[:, 0, :4] = 0
    images[:, 7, :2] = 1
    assert blocks(enlarged(images, 3, 3)) == {(3, 3)}
    assert blocks(enlarged(images, 1, 5)) == {(1, 5)}


def test_invalid_pixels_hide_nothing() -> None:
    images = enlarged(noise(), 3, 3)
    mask = np.ones(images.shape[1:], bool)
    mask[10, 11] = mask[:2, :] = mask[:, 29:31] = False
    images[:, ~mask] = 77
    assert blocks(images, mask=mask) == {(3, 3)}
    images[:, ~mask] = np.nan
    assert blocks(images) == {(3, 3)}
    assert blocks(enlarged(noise(), 3, 3)[:, ::-1, ::-1]) == {(3, 3)}


def test_other_images_are_not_taken_for_such() -> None:
    rng = np.random.default_rng(2)
    shape = (4, 80, 96)
    few = np.zeros(shape)
    few[:, 8:16, 20:40] = few[:, 40:44, 60:80] = 1 + rng.normal(size=(4, 1, 1))
    dark = np.zeros(shape)
    dark[:, 70:, 80:] = rng.normal(size=(4, 10, 16))
    almost = enlarged(noise(), 4, 4)
    almost[:, 30, 30] += 1
    almost[:, 50, 51] += 1
    lines = np.tile(rng.normal(size=(4, 1, 96)), (1, 80, 1))
    for images in (rng.normal(size=shape), rng.poisson(0.02, shape), few, dark, almost, lines):
        assert not (score_stack(images).flags & core.REPEATED_PIXELS).any()
    assert blocks(rng.poisson(3.0, shape)) == set()


def test_trusted_images_and_literal_methods_are_left_alone() -> None:
    scene = np.random.default_rng(3).normal(size=(1, 40, 40))
    images = enlarged(np.concatenate([np.roll(scene, i, axis=1) for i in range(4)]), 2, 2)
    found = score_stack(images)
    assert (found.probability > 0.5).all()
    assert not (found.flags & core.REPEATED_PIXELS).any()
    for method in set(METHODS) - set(ASKING):
        assert not (score_stack(enlarged(noise(), 2, 2), method=method).flags & core.REPEATED_PIXELS).any()


@pytest.mark.parametrize("method", ["evidence", "robust"])
def test_the_reason_says_so(method: str) -> None:
    images = enlarged(noise(), 4, 4)
    found = score_stack(images, method=method)
    assert found.reasons == ("pixels are repeated 4 x 4 in images 1-3",)
    said = "with pixels repeated 4 x 4, as of enlarged maps: aligners move them by whole blocks; give the maps as"
    assert any(said in text for text in found.warnings)
    assert '"repeated_pixels"' in rank_stacks({"a": images}, method=method).to_json()


def test_the_same_for_threads_and_live_images() -> None:
    images = enlarged(noise(4, 3), 30, 20)
    found = score_stack(images, num_threads=1)
    blocks = core.REPEATED_PIXELS | 30 << 16 | 20 << 24
    assert (found.flags & ~np.uint32(core.IN_DOUBLE)).tolist() == [blocks] * 2
    assert score_stack(images, num_threads=3).flags.tolist() == found.flags.tolist()
    live = StackScorer(images[0])
    for image in images[1:]:
        live.add(image)
    assert live.result().flags.tolist() == found.flags.tolist()


# ---------------------------------------------------------------- judged as they were measured


def maps(moved: Any, dose: float = 20, size: int = 40, seed: int = 0) -> NDArray[np.float64]:
    """Maps of a photograph, a pixel for 4 x 4 of its own, which is moved by pixels of the photograph."""
    scene = skimage.data.camera().astype(float)
    cuts = np.stack([scene[150 + y : 150 + y + 4 * size, 150 + x : 150 + x + 4 * size] for y, x in moved])
    means = cuts.reshape(len(cuts), size, 4, size, 4).mean(axis=(2, 4))
    return np.random.default_rng(seed).poisson(means / means.mean() * dose).astype(float)


WHOLE = [(0, 0), (8, -12), (-4, 16), (20, 4)]
HALVES = [(0, 0), (10, -12), (-4, 18), (22, 6)]
SIZES = [(2, 2), (3, 3), (4, 4), (4, 2), (1, 6), (7, 1)]


def follows(small: Any, size: tuple[int, int]) -> NDArray[np.float64]:
    """Chance that an aligner that goes by whole blocks is right within a pixel."""
    parts = (small.shifts - np.round(small.peak_shifts)) * size
    return np.asarray(1 / (1 + (np.hypot(*parts.T) / 0.75) ** 2.5))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("moved", [WHOLE, HALVES], ids=["whole", "halves"])
@pytest.mark.parametrize("method", ASKING)
def test_doubted_maps_are_judged_as_they_were_measured(size: Any, moved: Any, method: str) -> None:
    images = maps(moved)
    small = score_stack(images, method=method, precision="double")
    large = score_stack(enlarged(images, *size), method=method)
    assert large.peak_shifts.tolist() == (small.peak_shifts * size).tolist()
    doubted = large.flags & core.REPEATED_PIXELS != 0
    wanted = small.probability * follows(small, size)
    assert large.probability[doubted] == pytest.approx(wanted[doubted], rel=1e-9)
    assert (large.probability[~doubted] >= 0.9).all()


def test_motion_by_whole_pixels_is_trusted_and_by_parts_of_them_is_not() -> None:
    whole, parts = (score_stack(enlarged(maps(moved, 100, 48), 6, 6)) for moved in (WHOLE, HALVES))
    assert whole.trust is not None
    assert parts.trust is not None
    assert whole.trust > 0.5 > parts.trust


@pytest.mark.parametrize("cut", [1, 2])
def test_blocks_that_are_cut_are_not_the_map_again(cut: int) -> None:
    """Their correlogram is another one: the probability is that of the pixels as they are."""
    large = enlarged(maps(WHOLE, 1), 4, 4, cut)
    found = score_stack(large)
    noisy = score_stack(large, max_shift=1000)  # nothing is judged again with a limit
    assert (found.flags & core.REPEATED_PIXELS).any()
    assert found.probability == pytest.approx(noisy.probability, abs=1e-5)


def test_blocks_of_one_image_alone_say_nothing() -> None:
    large = enlarged(maps(WHOLE, 1), 4, 4)
    large[0] += np.random.default_rng(1).normal(size=large[0].shape)
    found, limited = score_stack(large), score_stack(large, max_shift=1000)
    assert (found.flags & core.REPEATED_PIXELS).any()
    assert found.probability == pytest.approx(limited.probability, abs=1e-5)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_judged_again_alike_by_threads_live_and_in_any_layout(pairing: Any) -> None:
    images = enlarged(maps([*WHOLE, (4, 4), (-8, 0)], 2), 3, 4)
    found = score_stack(images, num_threads=1, pairing=pairing)
    assert (found.flags & core.REPEATED_PIXELS).any()
    assert (
        score_stack(images, num_threads=3, pairing=pairing).probability.tobytes()
        == found.probability.tobytes()
    )
    fortran = np.asfortranarray(images.astype(">f4"))
    assert score_stack(fortran, pairing=pairing).probability.tobytes() == found.probability.tobytes()
    live = StackScorer(images[0], pairing=pairing)
    for image in images[1:]:
        live.add(image)
    assert live.result().probability.tobytes() == found.probability.tobytes()
    alone = [score_stack(images[[i, i + 1] if pairing == "previous" else [0, i + 1]]) for i in range(5)]
    assert [each.probability[0] for each in alone] == found.probability.tolist()


def test_masked_maps_and_dead_pixels_are_judged_as_before() -> None:
    images = maps(WHOLE, 3)
    mask = np.ones(images.shape[1:], bool)
    mask[5:9, 30] = False
    images[:, 20, 11] = 500
    small = score_stack(images, mask=mask, precision="double")
    large = score_stack(enlarged(images, 4, 4), mask=mask.repeat(4, 0).repeat(4, 1))
    doubted = large.flags & core.REPEATED_PIXELS != 0
    assert doubted.any()
    assert large.probability[doubted] == pytest.approx((small.probability * follows(small, (4, 4)))[doubted])
    assert small.static_pixels.any()


def test_neighbouring_pixels_of_a_map_are_no_split_peak() -> None:
    """Half a pixel of a map makes two places equal, which enlarging moves 2 pixels apart."""
    images = maps([(0, 0), (2, 0), (-6, 0)])
    small, large = score_stack(images), score_stack(enlarged(images, 2, 2))
    r = np.abs(np.fft.irfft2(whitened(images[0]) * whitened(images[1]).conj()))
    assert sorted((r / r.max()).ravel())[-2] > 0.7
    assert not (small.flags & core.SPLIT_PEAK).any()
    assert not (large.flags & core.SPLIT_PEAK).any()
    assert (large.flags & core.REPEATED_PIXELS).all()


def test_split_peaks_of_maps_are_told_of_enlarged_ones() -> None:
    images = maps([(0, 0), (12, 4), (-4, 16)], 1000)
    images[:, 1::2] = np.roll(images[:, 1::2], 1, 2)
    small, large = score_stack(images), score_stack(enlarged(images, 3, 3))
    assert (small.flags & core.SPLIT_PEAK).any()
    doubted = large.flags & core.REPEATED_PIXELS != 0
    assert (large.flags & core.SPLIT_PEAK)[doubted].tolist() == (small.flags & core.SPLIT_PEAK)[
        doubted
    ].tolist()
    assert doubted.any()


def whitened(image: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Phases of a spectrum."""
    spectrum = np.fft.rfft2(image - image.mean())
    spectrum[0, 0] = 1
    return np.asarray(spectrum / np.abs(spectrum))
