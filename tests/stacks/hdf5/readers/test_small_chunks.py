# SPDX-License-Identifier: MIT
"""Thousands of small chunks: which reader takes them, the same pixels, and the same faults found."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.readers.chunked import ChunkedReader
from ndreg_preeval.stacks.hdf5.readers.small_chunks import SmallChunksReader
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec
from ndreg_preeval.stacks.selection import parse_slice

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = np.random.default_rng(0).integers(0, 200, (6, 61, 64)).astype(np.uint16)
CHUNKS = [(6, 1, 1), (1, 1, 16), (4, 1, 3), (1, 2, 3), (5, 2, 1)]
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "deflate": {"compression": "gzip"},
    "shuffle, deflate": {"compression": "gzip", "shuffle": True},
    "shuffle": {"shuffle": True},
    "fletcher32": {"fletcher32": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}


def write(folder: Path, value: Any = STACK, **options: Any) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("d", data=value, maxshape=(None, *value.shape[1:]), **options)
    return folder / "a.h5"


def spec(file: Path, text: str = "", **limits: Any) -> UriSpec:
    return UriSpec(str(file), "d", Limits(**limits), parse_slice(text) if text else None)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("chunks", CHUNKS)
def test_pixels_are_those_of_h5py(tmp_path: Path, chunks: tuple[int, ...], filters: str) -> None:
    file = write(tmp_path, chunks=chunks, **FILTERS[filters])
    for text in ("", "::-1", "1:6:2,3:50:4,::-5", "...,7:9", "2:3,60:,63:"):
        wanted = STACK[parse_slice(text)] if text else STACK
        with spec(file, text).open() as source:
            assert type(source._reader) is SmallChunksReader
            for step in (6, 1, 4):
                for start in range(0, len(wanted), step):
                    stop = min(start + step, len(wanted))
                    np.testing.assert_array_equal(source.read(start, stop).images, wanted[start:stop])
            with ThreadPoolExecutor(4) as pool:
                pending = source.start_reading(0, len(wanted))
                list(pool.map(lambda task: task.run(), pending.tasks))
            np.testing.assert_array_equal(pending.block().images, wanted)
    with h5py.File(file) as opened:
        dataset = DatasetSpec(opened["d"], Limits())
        scores = [score_stack(value).score for value in (STACK, f"{file}::/d", opened["d"])]
        with dataset.open() as source:
            np.testing.assert_array_equal(source.read(0, 6).images, STACK)
    assert scores[0] == scores[1] == scores[2]


@pytest.mark.parametrize("dtype", ["?", "i1", ">u2", "i4", ">f4", "f8", "f2"])
def test_every_dtype(tmp_path: Path, dtype: str) -> None:
    stack = (STACK % 2 if dtype == "?" else STACK % 100).astype(dtype)
    for filters in FILTERS.values():
        with spec(write(tmp_path, stack, chunks=(6, 1, 2), **filters)).open() as source:
            assert type(source._reader) is SmallChunksReader
            np.testing.assert_array_equal(source.read(0, 6).images, stack)


@pytest.mark.parametrize("chunks", [(1, 61, 64), (6, 31, 32), (6, 8, 8)])
def test_other_chunks_are_read_one_by_one(tmp_path: Path, chunks: tuple[int, ...]) -> None:
    with spec(write(tmp_path, chunks=chunks, compression="gzip")).open() as source:
        assert type(source._reader) is ChunkedReader


def test_stacks_of_one_dataset(tmp_path: Path) -> None:
    four = np.stack([STACK, STACK[::-1]], axis=-1)
    file = write(tmp_path, four, chunks=(6, 1, 1, 2), compression="gzip")
    for which in range(2):
        with spec(file, f"...,{which}").open() as source:
            assert type(source._reader) is SmallChunksReader
            np.testing.assert_array_equal(source.read(0, 6).images, four[..., which])


def test_chunks_never_written_and_chunks_without_filters(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset(
            "d", STACK.shape, STACK.dtype, chunks=(6, 1, 1), compression="gzip", shuffle=True, fillvalue=7
        )
        dataset[:, 5:40, 3:] = STACK[:, 5:40, 3:]
        for row in range(20, 25):
            dataset.id.write_direct_chunk((0, row, 9), STACK[:, row, 9].tobytes(), filter_mask=3)
        expected = dataset[()]
    assert (expected == 7).any()
    with spec(tmp_path / "a.h5").open() as source:
        np.testing.assert_array_equal(source.read(0, 6).images, expected)
        np.testing.assert_array_equal(source.read(2, 3).images, expected[2:3])


Damage = Callable[[Any], Any]
DAMAGES: dict[str, tuple[bytes, str]] = {
    "cut off": (zlib.compress(STACK[:, 7, 9].tobytes())[:-6], "cut off|damaged|inflates to"),
    "shorter": (zlib.compress(b"\0" * 11), "inflates to 11 bytes; it must hold 12 bytes"),
    "longer": (zlib.compress(b"\0" * 13), "inflates to"),
    "bomb": (zlib.compress(b"\0" * (1 << 24)), "inflates to|bytes are stored for 12"),
    "no deflate": (b"nothing", "is damaged"),
    "too long": (b"x" * 100_000, "100000 bytes are stored for 12"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("shuffle", [True, False])
def test_damaged_chunks_are_named(tmp_path: Path, damage: str, shuffle: bool) -> None:
    file = write(tmp_path, chunks=(6, 1, 1), compression="gzip", shuffle=shuffle)
    data, message = DAMAGES[damage]
    with h5py.File(file, "r+") as opened:
        opened["d"].id.write_direct_chunk((0, 7, 9), data)
    with spec(file).open() as source:
        assert type(source._reader) is SmallChunksReader
        with pytest.raises(
            OSError, match=rf"a\.h5::d, images 0 to 5: the chunk at \(0, 7, 9\) .*({message})"
        ):
            source.read(0, 6)
    with spec(file, ":,8:").open() as source:
        np.testing.assert_array_equal(source.read(0, 6).images, STACK[:, 8:])


@pytest.mark.parametrize("filters", ["fletcher32", "all"])
def test_a_wrong_checksum_is_named(tmp_path: Path, filters: str) -> None:
    file = write(tmp_path, chunks=(6, 1, 1), **FILTERS[filters])
    with h5py.File(file, "r+") as opened:
        dataset = opened["d"]
        mask, data = dataset.id.read_direct_chunk((0, 7, 9))
        dataset.id.write_direct_chunk((0, 7, 9), data[:-1] + bytes([data[-1] ^ 1]), filter_mask=mask)
    with (
        spec(file).open() as source,
        pytest.raises(OSError, match=r"the chunk at \(0, 7, 9\) has a wrong checksum"),
    ):
        source.read(0, 6)


@pytest.mark.parametrize("chunks", [(6, 1, 1), (1, 1, 16)])
@pytest.mark.parametrize("filters", ["none", "deflate", "fletcher32"])
def test_files_cut_off(tmp_path: Path, chunks: tuple[int, ...], filters: str) -> None:
    file = write(tmp_path, chunks=chunks, **FILTERS[filters])
    ends: list[int] = []
    with h5py.File(file) as opened:
        opened["d"].id.chunk_iter(lambda info: ends.append(info.byte_offset + info.size))
    with spec(file).open() as source:
        os.truncate(file, max(ends) - 3)
        with pytest.raises(OSError, match=r"a\.h5"):
            source.read(0, 6)


def test_limits_are_the_same(tmp_path: Path) -> None:
    file = write(tmp_path, chunks=(6, 1, 1))
    with pytest.raises(ValueError, match=r"Limits\.chunk_bytes"):
        spec(file, chunk_bytes=11).open()
    with pytest.raises(ValueError, match=r"Limits\.stack_bytes"):
        spec(file, stack_bytes=1000).open()
