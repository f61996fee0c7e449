# SPDX-License-Identifier: MIT
"""Maps enlarged by their nearest pixels: found where they are distrusted, by how much, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
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
    """Sizes of the blocks that were found in images, all of which are distrusted."""
    found = score_stack(images, **options)
    assert (found.probability < 0.5).all()
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
    said = "with pixels repeated 4 x 4, as of enlarged maps: they are judged too cautiously; give the maps as"
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
