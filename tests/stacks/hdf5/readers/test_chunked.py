# SPDX-License-Identifier: MIT
"""Filtered chunks: decoded exactly, and never more or less than declared."""

from __future__ import annotations

import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.codecs.fletcher import fletcher32 as checksum_of
from ndreg_preeval.stacks.hdf5.readers.chunked import ChunkedReader
from ndreg_preeval.stacks.hdf5.specs import UriSpec

STACK = np.random.default_rng(0).integers(0, 1000, (4, 6, 8)).astype("<u2")
CHUNK = (2, 6, 8)
DEFLATE = {"chunks": CHUNK, "compression": "gzip"}
SHUFFLED = {**DEFLATE, "shuffle": True}


def spec(folder: Path) -> UriSpec:
    return UriSpec(str(folder / "a.h5"), "/Ca", Limits())


def shuffled(raw: bytes, itemsize: int) -> bytes:
    return np.frombuffer(raw, np.uint8).reshape(-1, itemsize).T.tobytes()


def write_chunks(folder: Path, raw_chunks: dict[int, tuple[bytes, int]], **options: Any) -> None:
    """Write raw chunks (bytes, filter mask), each at the image that starts it."""
    with h5py.File(folder / "a.h5", "w") as file:
        dataset = file.create_dataset("Ca", shape=STACK.shape, dtype=STACK.dtype, **options)
        for image, (raw, mask) in raw_chunks.items():
            dataset.id.write_direct_chunk((image, 0, 0), raw, filter_mask=mask)


FIRST, SECOND = STACK[:2].tobytes(), STACK[2:].tobytes()


@pytest.mark.parametrize(
    ("options", "chunks"),
    [
        (DEFLATE, {0: (zlib.compress(FIRST), 0), 2: (SECOND, 1)}),
        (SHUFFLED, {0: (zlib.compress(shuffled(FIRST, 2)), 0), 2: (SECOND, 0b11)}),
        (SHUFFLED, {0: (zlib.compress(FIRST), 0b01), 2: (shuffled(SECOND, 2), 0b10)}),
    ],
    ids=["deflate", "all or none", "one each"],
)
def test_masked_filters_are_left_out(tmp_path: Path, options: Any, chunks: Any) -> None:
    write_chunks(tmp_path, chunks, **options)
    with h5py.File(tmp_path / "a.h5") as file:
        assert ChunkedReader.of(file["Ca"], None) is not None
        np.testing.assert_array_equal(file["Ca"][()], STACK)  # libhdf5 agrees
    with spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, STACK)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (zlib.compress(FIRST[:10]), "inflates to 10 bytes; it must hold 192 bytes"),
        (zlib.compress(b""), "inflates to 0 bytes"),
        (zlib.compress(FIRST + b"x"), "inflates to more"),
        (zlib.compress(b"\0" * 10**6), "inflates to more|are stored for"),
        (zlib.compress(FIRST)[:-6], "inflates to|cut off"),
        (zlib.compress(FIRST)[:-1], "cut off"),
        (zlib.compress(FIRST)[:-4] + b"abcd", "is damaged"),
        (b"no deflate at all", "is damaged"),
        (b"x" * 5000, "are stored for 192|is damaged"),
    ],
    ids=[
        "short",
        "nothing",
        "one too many",
        "bomb",
        "cut",
        "no checksum",
        "wrong checksum",
        "garbage",
        "huge",
    ],
)
def test_chunks_that_do_not_inflate_to_their_size(tmp_path: Path, raw: bytes, message: str) -> None:
    write_chunks(tmp_path, {0: (zlib.compress(FIRST), 0), 2: (raw, 0)}, **DEFLATE)
    with (
        spec(tmp_path).open() as source,
        pytest.raises(OSError, match=rf"a\.h5::/Ca, images 2 to 3: the chunk at \(2, 0, 0\).*({message})"),
    ):
        source.read(2, 4)


@pytest.mark.parametrize("mask", [0b10, 0b11])
def test_chunks_stored_short_without_deflate(tmp_path: Path, mask: int) -> None:
    write_chunks(tmp_path, {0: (FIRST[:100], mask)}, **SHUFFLED)
    with spec(tmp_path).open() as source, pytest.raises(OSError, match="holds 100 bytes"):
        source.read(0, 1)


CHECKED = {"chunks": CHUNK, "fletcher32": True}


@pytest.mark.parametrize("options", [CHECKED, {**CHECKED, **DEFLATE}, {**CHECKED, **SHUFFLED}], ids=str)
@pytest.mark.parametrize("fault", ["none", "short", "changed", "empty"])
def test_checksums(tmp_path: Path, options: Any, fault: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("Ca", data=STACK, **options)
        assert ChunkedReader.of(dataset, None) is not None
        mask, raw = dataset.id.read_direct_chunk((2, 0, 0))
        if fault == "short":  # with a checksum that is right
            content = zlib.compress(SECOND[:10]) if "compression" in options else SECOND[:10]
            raw = content + checksum_of(np.frombuffer(content, np.uint8)).to_bytes(4, "little")
        elif fault == "changed":
            raw = bytes([raw[0] ^ 1]) + raw[1:]
        elif fault == "empty":
            raw = b"abc"
        dataset.id.write_direct_chunk((2, 0, 0), raw, filter_mask=mask)
    with spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(0, 2).images, STACK[:2])
        if fault == "none":
            np.testing.assert_array_equal(source.read(2, 4).images, STACK[2:])
            return
        with pytest.raises(
            OSError, match=r"the chunk at \(2, 0, 0\) (has a wrong checksum|inflates to|holds)"
        ):
            source.read(2, 4)


@pytest.mark.parametrize("shape", [(1,), (7,), (361,), (10**4 + 1,), (1 << 21, 3)], ids=str)
@pytest.mark.parametrize("value", ["zeros", "ones", "random"])
def test_the_checksum_is_that_of_hdf5(shape: tuple[int, ...], value: str) -> None:
    data = np.zeros(shape, "u1")
    if value == "ones":
        data[...] = 255
    elif value == "random":
        data[...] = np.random.default_rng(1).integers(0, 256, shape)
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        dataset = file.create_dataset("Ca", data=data, chunks=shape, fletcher32=True)
        _, raw = dataset.id.read_direct_chunk((0,) * len(shape))
    assert raw[:-4] == data.tobytes()
    assert checksum_of(np.frombuffer(raw[:-4], np.uint8)) == int.from_bytes(raw[-4:], "little")


def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    shape = (1, 1024, 1024)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("Ca", shape, "u1", chunks=shape, compression="gzip")
        dataset.id.write_direct_chunk((0, 0, 0), zlib.compress(b"\0" * (64 << 20), 1))
    tracemalloc.start()
    try:
        with spec(tmp_path).open() as source, pytest.raises(OSError, match="inflates to more"):
            source.read(0, 1)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("fill", [0, 7])
def test_chunks_never_written_hold_the_fill_value(tmp_path: Path, fill: int) -> None:
    write_chunks(tmp_path, {2: (zlib.compress(SECOND), 0)}, fillvalue=fill, **DEFLATE)
    with spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(2, 4).images, STACK[2:])
        assert np.all(np.asarray(source.read(0, 2).images) == fill)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {**SHUFFLED, "scaleoffset": 0},
    ],
    ids=str,
)
def test_other_filters_are_left_to_hdf5(tmp_path: Path, options: Any) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        assert ChunkedReader.of(file.create_dataset("Ca", data=STACK, **options), None) is None


def test_types_that_hdf5_must_convert_are_left_to_it(tmp_path: Path) -> None:
    narrow = h5py.h5t.STD_U16LE.copy()
    narrow.set_precision(12)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(CHUNK)
        properties.set_deflate(4)
        space = h5py.h5s.create_simple(STACK.shape)
        dataset = h5py.Dataset(h5py.h5d.create(file.id, b"Ca", narrow, space, properties))
        dataset[...] = STACK
        assert ChunkedReader.of(dataset, None) is None
    with spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, STACK)
