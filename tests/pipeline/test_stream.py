# SPDX-License-Identifier: MIT
"""Streams from files: the bits of the same data in memory, every chunk decoded once."""

from __future__ import annotations

import collections
import gc
import importlib
import re
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.pipeline.pairs import PairScorer
from ndreg_preeval.stacks.base import BufferPool
from ndreg_preeval.stacks.hdf5.codecs.filter_chain import Codec
from ndreg_preeval.stacks.resolve import resolve_stack
from tests.support.scenes import SHAPE, assert_same_numbers, drifting

N = 11
H, W = SHAPE
STACKS = {
    name: np.round(300 + 40 * drifting(noise, n=N, seed=seed)).astype("<u2")
    for name, noise, seed in (("poor", 2.0, 1), ("clear", 0.05, 2))
}

FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "gzip": {"compression": "gzip"},
    "shuffle + gzip": {"compression": "gzip", "shuffle": True},
    "shuffle + gzip + fletcher32": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "lzf": {"compression": "lzf"},
    "bitshuffle-LZ4": dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "bitshuffle-zstd": dict(hdf5plugin.Bitshuffle(cname="zstd")),
    "LZ4": dict(hdf5plugin.LZ4()),
    "zstd": dict(hdf5plugin.Zstd()),
    "blosc": dict(hdf5plugin.Blosc()),
    "blosc2": dict(hdf5plugin.Blosc2()),
    "scale-offset": {"scaleoffset": 0},
}
CHUNKS = {"image": (1, H, W), "tiles": (4, 13, 16), "map": (N, 8, 8), "rows": (3, 5, W)}


def write(folder: Path, stacks: dict[str, NDArray[Any]], **options: Any) -> dict[str, str]:
    path = folder / "scan.h5"
    with h5py.File(path, "w") as file:
        for name, pixels in stacks.items():
            file.create_dataset(name, data=pixels, **options)
    return {name: f"{path}::/{name}" for name in stacks}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of every chunk that is decoded."""
    sizes: list[int] = []
    original = Codec.decode

    def counted(self: Codec, skipped: int, raw: Any, out: Any) -> None:
        sizes.append(len(out))
        original(self, skipped, raw, out)

    monkeypatch.setattr(Codec, "decode", counted)
    return sizes


def same_as_in_memory(uris: Any, stacks: dict[str, NDArray[Any]], **options: Any) -> None:
    expected = rank_stacks(stacks, **options)
    found = rank_stacks(uris, **options)
    assert found.ranked_stack_names == expected.ranked_stack_names
    for name, stack in expected.stacks.items():
        assert_same_numbers(found.stacks[name], stack)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("filters", FILTERS)
def test_the_bits_of_the_same_data_in_memory(tmp_path: Path, filters: str, chunks: str, threads: int) -> None:
    uris = write(tmp_path, STACKS, chunks=CHUNKS[chunks], **FILTERS[filters])
    same_as_in_memory(uris, STACKS, num_threads=threads)


@pytest.mark.parametrize(
    "filters",
    ["gzip", "shuffle + gzip", "lzf", "bitshuffle-LZ4", "bitshuffle-zstd", "LZ4", "zstd", "blosc", "blosc2"],
)
def test_without_the_libraries_that_decode_fast(
    tmp_path: Path, filters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = importlib.import_module

    def absent(name: str, package: str | None = None) -> Any:
        if name.split(".", maxsplit=1)[0] == "imagecodecs":
            raise ImportError(name)
        return original(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    uris = write(tmp_path, STACKS, chunks=CHUNKS["tiles"], **FILTERS[filters])
    same_as_in_memory(uris, STACKS)


@pytest.mark.parametrize(
    "dtype", ["bool", "i1", "u1", "<i2", ">u2", "<i4", ">i4", "<u8", "<f2", "<f4", ">f4", "<f8", ">f8"]
)
@pytest.mark.parametrize("chunks", [None, CHUNKS["tiles"]], ids=str)
def test_every_type(tmp_path: Path, dtype: str, chunks: Any) -> None:
    stacks = {
        name: (pixels > 300 if dtype == "bool" else pixels % 120).astype(dtype)
        for name, pixels in STACKS.items()
    }
    options = {"chunks": chunks, "compression": "gzip", "shuffle": True} if chunks else {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=RankingWarning)
        same_as_in_memory(write(tmp_path, stacks, **options), stacks)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("reference_image", [0, 5, -1])
@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("memory_limit", [None, 40 * H * W * 2])
def test_every_chunk_is_decoded_once(
    tmp_path: Path, decoded: list[int], chunks: str, pairing: Any, reference_image: int, memory_limit: int
) -> None:
    uris = write(tmp_path, STACKS, chunks=CHUNKS[chunks], compression="gzip")
    rank_stacks(uris, pairing=pairing, reference_image=reference_image, memory_limit=memory_limit)
    grid = [-(-size // part) for size, part in zip((N, H, W), CHUNKS[chunks], strict=True)]
    assert len(decoded) == len(STACKS) * np.prod(grid)


def test_rows_of_chunks_that_do_not_fit_are_decoded_again_and_that_is_said(
    tmp_path: Path, decoded: list[int]
) -> None:
    uris = write(tmp_path, STACKS, chunks=CHUNKS["map"], compression="gzip")
    with pytest.warns(RankingWarning, match="every chunk was decoded") as told:
        rank_stacks(uris, memory_limit=8 * H * W * 2)
    assert len(told) == len(STACKS)
    found = re.search(r"decoded (\d+) times. A memory_limit of (\d+) bytes", str(told[0].message))
    assert found is not None
    times, enough = map(int, found.groups())
    assert 2 <= times <= 3
    assert len(decoded) == times * len(STACKS) * (H // 8) * (W // 8)
    decoded.clear()
    rank_stacks(uris, memory_limit=enough)
    assert len(decoded) == len(STACKS) * (H // 8) * (W // 8)


# ------------------------------------------------------------------ stacks in one dataset


ARRANGEMENTS: dict[str, tuple[tuple[int, ...], tuple[int, ...], list[str]]] = {
    "elements first": ((2, N, H, W), (2, 1, H, W), ["0", "1"]),
    "elements last": ((N, H, W, 2), (1, H, W, 2), ["...,0", "...,1"]),
    "in turn": ((2 * N, H, W), (4, H, W), ["0::2", "1::2"]),
    "side by side": ((N, H, 2 * W), (1, H, 2 * W), [f"...,:{W}", f"...,{W}:"]),
}


def arranged(arrangement: str) -> NDArray[Any]:
    both = list(STACKS.values())
    if arrangement == "elements first":
        return np.stack(both)
    if arrangement == "elements last":
        return np.stack(both, axis=-1)
    if arrangement == "in turn":
        return np.stack(both, axis=1).reshape(2 * N, H, W)
    return np.concatenate(both, axis=2)


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_stacks_that_are_slices_of_one_dataset(
    tmp_path: Path, decoded: list[int], arrangement: str, chunked: bool, compression: str | None
) -> None:
    shape, chunks, slices = ARRANGEMENTS[arrangement]
    options = {"chunks": chunks, "compression": compression} if chunked else {}
    write(tmp_path, {"all": arranged(arrangement)}, **options)
    uris = {
        name: f"silx://{tmp_path}/scan.h5?path=/all&slice={text}"
        for name, text in zip(STACKS, slices, strict=True)
    }
    same_as_in_memory(uris, STACKS)
    if chunked:
        assert len(decoded) == np.prod([-(-size // part) for size, part in zip(shape, chunks, strict=True)])


def test_a_fault_in_a_shared_dataset_spares_the_stacks_beside_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"all": np.stack([*STACKS.values(), *STACKS.values()])},
        chunks=(2, 1, H, W),
        compression="gzip",
    )
    with h5py.File(tmp_path / "scan.h5", "r+") as file:
        file["all"].id.write_direct_chunk((0, 3, 0, 0), b"damaged")
    uris = {name: f"silx://{tmp_path}/scan.h5?path=/all&slice={k}" for k, name in enumerate("abcd")}
    with pytest.raises(OSError, match=r"stack 'a'.*images 0 to 10: the chunk at \(0, 3, 0, 0\)"):
        rank_stacks(uris)
    with pytest.warns(RankingWarning, match="stack '[ab]' could not be read"):
        ranking = rank_stacks(uris, on_error="rank_last")
    assert ranking.ranked_stack_names == ["d", "c", "a", "b"]
    expected = rank_stacks({"c": STACKS["poor"], "d": STACKS["clear"]})
    assert ranking.scores == {**expected.scores, "a": 0.0, "b": 0.0}
    assert "the chunk at (0, 3, 0, 0)" in str(ranking.stacks["b"].error)


def test_files_that_are_open_for_writing_are_read_through_hdf5(tmp_path: Path) -> None:
    """What was written last may not be in the file yet."""
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        datasets = {
            name: file.create_dataset(
                name, pixels.shape, pixels.dtype, chunks=CHUNKS["tiles"], compression="gzip"
            )
            for name, pixels in STACKS.items()
        }
        for name, pixels in STACKS.items():
            datasets[name][...] = pixels
        same_as_in_memory(datasets, STACKS)


def test_the_first_of_several_faults_is_reported_whoever_is_faster(tmp_path: Path) -> None:
    uris = write(tmp_path, STACKS, chunks=CHUNKS["image"], compression="gzip")
    with h5py.File(tmp_path / "scan.h5", "r+") as file:
        for image in (9, 4, 7):
            file["poor"].id.write_direct_chunk((image, 0, 0), b"damaged")
        file["clear"].id.write_direct_chunk((1, 0, 0), b"damaged")
    seen = collections.Counter(message(uris, threads) for threads in (1, 2, 5) for _ in range(4))
    assert len(seen) == 1
    assert "stack 'poor'" in next(iter(seen))


def message(uris: dict[str, str], threads: int) -> str:
    with pytest.raises(OSError, match="damaged") as caught:
        rank_stacks(uris, num_threads=threads)
    return str(caught.value)


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    import threading

    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_more_stacks_in_one_dataset_than_memory_allows(tmp_path: Path, decoded: list[int]) -> None:
    four = [*STACKS.values(), *STACKS.values()]
    write(tmp_path, {"all": np.stack(four)}, chunks=(4, 1, H, W), compression="gzip")
    uris = {name: f"silx://{tmp_path}/scan.h5?path=/all&slice={k}" for k, name in enumerate("abcd")}
    with pytest.warns(RankingWarning, match="pixels of 4 stacks.*every chunk was decoded 2 times"):
        ranking = rank_stacks(uris, memory_limit=2 * H * W * 2)
    assert len(decoded) == 2 * N
    assert_same_numbers(ranking.stacks["b"], rank_stacks(dict(zip("abcd", four, strict=True))).stacks["b"])


def test_stacks_that_share_chunks_need_not_be_neighbours(tmp_path: Path, decoded: list[int]) -> None:
    options = {"chunks": (2, 1, H, W), "compression": "gzip"}
    both = np.stack(list(STACKS.values()))
    write(tmp_path, {"first": both, "second": both}, **options)
    uris = {
        f"{name}{k}": f"silx://{tmp_path}/scan.h5?path=/{name}&slice={k}"
        for k in (0, 1)
        for name in ("first", "second")
    }
    rank_stacks(uris)
    assert len(decoded) == 2 * N


def test_memory_is_used_again() -> None:
    buffers = BufferPool()
    first = buffers.take((3, 4), np.dtype("<u2"))
    second = buffers.take((3, 4), np.dtype("<u2"))
    assert not np.shares_memory(first, second)
    buffers.give_back(first)
    buffers.give_back(first)  # once is enough
    third = buffers.take((2, 4), np.dtype(">f4"))
    assert third.shape == (2, 4)
    assert third.dtype == ">f4"
    assert np.shares_memory(first, third) is False  # it is larger
    buffers.give_back(second)
    fourth = buffers.take((12,), np.dtype("i1"))
    assert np.shares_memory(fourth, second)
    assert not np.shares_memory(fourth, third)
    buffers.give_back(np.empty(3))  # nothing of ours


def test_what_is_read_next_does_not_touch_what_is_looked_at(tmp_path: Path) -> None:
    uris = write(tmp_path, STACKS, chunks=CHUNKS["image"], compression="gzip")
    buffers = BufferPool()
    with resolve_stack(uris["clear"], limits=Limits()).open() as source:
        readings = []
        for start in range(0, N, 2):
            pending = source.start_reading(start, min(start + 2, N), buffers)
            for task in pending.tasks:
                task.run()
            readings.append((start, pending, pending.block()))
            if start % 4 == 2:
                before, old, block = readings.pop(0)
                np.testing.assert_array_equal(block.images, STACKS["clear"][before : before + 2])
                old.release()
        for start, _, block in readings:
            np.testing.assert_array_equal(block.images, STACKS["clear"][start : start + 2])


@pytest.mark.parametrize("arrangement", ["apart", "shared"])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_memory_is_free_as_soon_as_the_ranking_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrangement: str, pairing: Any
) -> None:
    """Not when garbage is collected: images are large, and few objects hold them."""
    lent: list[weakref.ref[Any]] = []
    original = BufferPool.take

    def take(self: BufferPool, shape: tuple[int, ...], dtype: Any) -> Any:
        out = original(self, shape, dtype)
        lent.append(weakref.ref(out.base if out.base is not None else out))
        return out

    monkeypatch.setattr(BufferPool, "take", take)
    if arrangement == "apart":
        uris = write(tmp_path, STACKS, chunks=CHUNKS["image"], compression="gzip")
    else:
        write(tmp_path, {"all": np.stack(list(STACKS.values()))}, chunks=(2, 1, H, W), compression="gzip")
        uris = {name: f"silx://{tmp_path}/scan.h5?path=/all&slice={k}" for k, name in enumerate(STACKS)}
    gc.collect()
    gc.disable()
    try:
        rank_stacks(uris, memory_limit=16 * H * W * 2, pairing=pairing)
        assert lent
        assert not any(each() is not None for each in lent)
    finally:
        gc.enable()


@pytest.mark.parametrize("images", [2, 3, 9])
def test_the_last_images_of_a_file_have_all_threads(
    images: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is one batch, no thread is kept for another one; nor while the reference is prepared."""
    given: list[int] = []
    prepared: list[int] = []

    class Asked(PairScorer):
        def __init__(self, *args: Any, threads: int = 1, **kwargs: Any) -> None:
            prepared.append(threads)
            super().__init__(*args, threads=threads, **kwargs)

        def score(self, *args: Any, threads: int, **kwargs: Any) -> Any:
            given.append(threads)
            return super().score(*args, threads=threads, **kwargs)

    monkeypatch.setattr("ndreg_preeval.pipeline.batch_scorer.PairScorer", Asked)
    stack = drifting(0.1, n=images)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = stack
    found = score_stack(f"{tmp_path / 'a.h5'}::/a", num_threads=4)
    assert_same_numbers(found, score_stack(stack))
    assert prepared == [4]
    assert given == [4 // len(given)] * len(given)
    assert len(given) == min(4, images - 1)
