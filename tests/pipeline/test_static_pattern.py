# SPDX-License-Identifier: MIT
"""Which images are looked at again where peaks lie at zero shift: the same ones, however a stack comes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import ndreg_preeval
from ndreg_preeval import core
from ndreg_preeval.pipeline import static_pattern

# Some of these stacks are warned of; that is not the question here.
pytestmark = pytest.mark.filterwarnings("ignore:.*at zero shift:ndreg_preeval.RankingWarning")

Looks = list[list[tuple[bytes, bytes]]]
"""Of each look, the pixels of every pair of images."""


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """What the core was asked, in order; it answers that all images are at rest."""
    asked: Looks = []

    def find(images: list[NDArray[Any]], *, pairs: list[tuple[int, int]], **_: Any) -> tuple[int, int]:
        asked.append([(images[a].tobytes(), images[b].tobytes()) for a, b in pairs])
        return 1, 0

    monkeypatch.setattr(core, "find_static_pattern", find)
    return asked


def scene(n: int, moved: tuple[int, ...] = ()) -> NDArray[np.float32]:
    """Images of a scene that rests, with noise; some of them moved."""
    rng = np.random.default_rng(n)
    content = rng.normal(size=(32, 40))
    images = content + rng.normal(scale=0.3, size=(n, 32, 40))
    for index in moved:
        images[index] = np.roll(images[index], (5, -7), axis=(0, 1))
    return images.astype(np.float32)


def expected(
    images: NDArray[Any], pairing: str, reference: int, at_zero: set[int]
) -> list[tuple[bytes, bytes]]:
    """The pairs that are looked at, told slowly."""
    n = len(images)
    compared = [i for i in range(n) if i != (0 if pairing == "previous" else reference % n)]
    step = 1
    while len(compared) // step > 16:
        step *= 2
    chosen = [i for number, i in enumerate(compared, start=1) if number % step == 0 and i in at_zero]
    before = (lambda i: i - 1) if pairing == "previous" else (lambda i: reference % n)
    return [(images[before(i)].tobytes(), images[i].tobytes()) for i in chosen]


def in_memory(images: NDArray[Any], folder: Path, **options: Any) -> None:
    ndreg_preeval.score_stack(images, **options)


def as_list(images: NDArray[Any], folder: Path, **options: Any) -> None:
    ndreg_preeval.score_stack(list(images), **options)


def _file(images: NDArray[Any], folder: Path, chunk: int) -> str:
    path = folder / "stack.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=images, chunks=(chunk, *images.shape[1:]))
    return f"{path}::/a"


def from_file(images: NDArray[Any], folder: Path, **options: Any) -> None:
    ndreg_preeval.score_stack(_file(images, folder, 3), **options)


def with_little_memory(images: NDArray[Any], folder: Path, **options: Any) -> None:
    ndreg_preeval.score_stack(_file(images, folder, 1), memory_limit=3 * images[0].nbytes, **options)


def on_executor(images: NDArray[Any], folder: Path, **options: Any) -> None:
    with ThreadPoolExecutor(2) as executor:
        ndreg_preeval.score_stack(
            _file(images, folder, 1), executor=executor, memory_limit=3 * images[0].nbytes, **options
        )


def memory_on_executor(images: NDArray[Any], folder: Path, **options: Any) -> None:
    with ThreadPoolExecutor(2) as executor:
        ndreg_preeval.score_stack(images, executor=executor, **options)


WAYS = (in_memory, as_list, from_file, with_little_memory, on_executor, memory_on_executor)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize(
    ("n", "reference", "moved"), [(5, 0, ()), (6, 2, (4,)), (18, -1, (3, 8)), (40, 0, (8, 9)), (70, 33, ())]
)
def test_the_same_images_are_looked_at(
    looks: Looks,
    tmp_path: Path,
    way: Callable[..., None],
    pairing: str,
    n: int,
    reference: int,
    moved: tuple[int, ...],
) -> None:
    images = scene(n, moved)
    options = {"pairing": pairing} if pairing == "previous" else {"reference_image": reference}
    at_zero = {i for i in range(n) if i not in moved}
    if pairing == "previous":
        at_zero = {i for i in range(1, n) if (i in moved) == (i - 1 in moved)}
    way(images, tmp_path, **options)
    assert looks == [expected(images, pairing, reference, at_zero)]


@pytest.mark.parametrize("block", [1, 3, 100])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("n", [5, 18, 40, 70])
def test_a_live_scan_looks_at_the_same(looks: Looks, pairing: Any, n: int, block: int) -> None:
    images = scene(n)
    scorer = ndreg_preeval.StackScorer(images[0], pairing=pairing)
    for start in range(1, n, block):
        scorer.add(images[start : start + block])
    scorer.result()
    assert looks == [expected(images, pairing, 0, set(range(n)))]


def test_a_live_scan_looks_again_only_when_there_is_something_new(looks: Looks) -> None:
    images = scene(70)
    scorer = ndreg_preeval.StackScorer(images[0])
    for image in images[1:]:
        scorer.add(image).result()
    # 16 times, then every second, fourth and eighth time, and where one of two is let go.
    assert len(looks) == 16 + (1 + 8) + (1 + 8) + 1
    assert looks[-1] == expected(images, "reference", 0, set(range(70)))
    # Copies of the images that are needed, and of no others.
    assert len(scorer._done.kept) == len(looks[-1]) + 1


def test_nobody_looks_where_nothing_lies_at_zero(looks: Looks, tmp_path: Path) -> None:
    images = scene(6, moved=(1, 2, 3, 4, 5))
    for way in WAYS:
        way(images, tmp_path)
    ndreg_preeval.score_stack(scene(6), method="peak_to_mean")
    assert looks == []


def test_what_was_found_changes_the_images_at_zero_alone(looks: Looks) -> None:
    images = scene(8, moved=(2, 5))
    score = ndreg_preeval.score_stack(images)
    assert len(looks) == 1
    rests = score.flags & core.AT_REST != 0
    assert score.image_indices[~rests].tolist() == [2, 5]


def test_masks_travel_with_the_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    masks: list[Any] = []

    def find(images: list[NDArray[Any]], *, mask: Any, **_: Any) -> tuple[int, int]:
        masks.append((len(images), None if mask is None else mask.copy()))
        return 0, 0

    monkeypatch.setattr(core, "find_static_pattern", find)
    images = scene(5)
    mask = np.ones((32, 40), np.bool_)
    mask[3:9, 7] = False
    for way in WAYS:
        way(images, tmp_path, mask=mask)
    assert len(masks) == len(WAYS)
    for number, found in masks:
        assert found.shape == (number, 32, 40)
        assert (found == mask).all()


def test_the_middle_of_large_images_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []

    def find(images: list[NDArray[Any]], *, mask: Any, **_: Any) -> tuple[int, int]:
        found.append((images, mask))
        return 0, 0

    monkeypatch.setattr(core, "find_static_pattern", find)
    monkeypatch.setattr(static_pattern, "LONGEST_AXIS", 16)
    images = scene(4)
    mask = np.zeros((32, 40), np.bool_)
    mask[8:24, 13:28] = True
    ndreg_preeval.score_stack(images, mask=mask)
    ((parts, masks),) = found
    for image, part in zip(images, parts, strict=True):
        np.testing.assert_array_equal(part, image[8:24, 12:28])
    assert not masks[:, :, 0].any()
    assert masks[:, :, 1:].all()
