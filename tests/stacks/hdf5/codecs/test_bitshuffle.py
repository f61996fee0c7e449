# SPDX-License-Identifier: MIT
"""Bitshuffle with LZ4 and zstd, decoded here, against what HDF5's plugin makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval.stacks.hdf5.codecs import Codec, Damaged, bitshuffle
from ndreg_preeval.stacks.hdf5.readers.chunk_index import filters_of

imagecodecs = pytest.importorskip("imagecodecs")

# Numbers of pixels: fewer than 8, one block of any length, several, a rest that is no multiple of 8.
COUNTS = (1, 7, 8, 9, 64, 4097, 8192 * 3, 70_003)
KINDS = ("lz4", "zstd")


def pixels_of(kind: str, count: int, dtype: str) -> NDArray[Any]:
    rng = np.random.default_rng(count)
    return {
        "noise": lambda: rng.integers(0, 256, count * np.dtype(dtype).itemsize, np.uint8).view(dtype),
        "counts": lambda: rng.poisson(3, count).astype(dtype),
        "zeros": lambda: np.zeros(count, dtype),
    }[kind]()


class OneChunk:
    """A file of one chunk; as it is stored, and how it is decoded."""

    def __init__(self, path: Path, pixels: NDArray[Any], **options: Any) -> None:
        self._path = path
        self._size = pixels.nbytes
        with h5py.File(path, "w") as file:
            made = file.create_dataset(
                "d", data=pixels, chunks=pixels.shape, **hdf5plugin.Bitshuffle(**options)
            )
            self.raw: bytes = made.id.read_direct_chunk((0,))[1]
            found = Codec.of(filters_of(made), pixels.nbytes, pixels.dtype.itemsize)
        assert found is not None
        self._codec = found

    def decode(self, raw: bytes) -> bytes:
        out = np.full(self._size, 7, np.uint8)
        self._codec.decode(0, raw, out)
        return out.tobytes()

    def by_hdf5(self, raw: bytes) -> bytes:
        with h5py.File(self._path, "r+") as file:
            file["d"].id.write_direct_chunk((0,), raw)
        with h5py.File(self._path) as file:
            return np.asarray(file["d"]).tobytes()

    def looked_at(self, raw: bytes) -> None:
        self._codec.filters[0].check(raw, self._size, len(raw))


@pytest.mark.parametrize("block", [0, 8, 256], ids="block {}".format)
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f8"])
@pytest.mark.parametrize("content", ["noise", "counts", "zeros"])
@pytest.mark.parametrize("compression", KINDS)
def test_pixels(
    tmp_path: Path,
    compression: str,
    content: str,
    dtype: str,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bitshuffle, "GROUP_BYTES", 1 << 16)  # several in what is tested
    for count in COUNTS:
        pixels = pixels_of(content, count, dtype)
        chunk = OneChunk(tmp_path / "a.h5", pixels, cname=compression, nelems=block)
        assert chunk.decode(chunk.raw) == pixels.tobytes()
        chunk.looked_at(chunk.raw)


def lz4_of_own_length(length: int) -> bytes:
    """An LZ4 block that is as long as what it decodes to: literals, a repetition of the last one, literals."""

    def more(number: int) -> bytes:
        return b"" if number < 15 else b"\xff" * ((number - 15) // 255) + bytes([(number - 15) % 255])

    noise = np.random.default_rng(4).integers(0, 256, length, np.uint8).tobytes()
    for repeated in range(4, 100):
        literals = length - repeated - 12
        token = bytes([min(literals, 15) << 4 | min(repeated - 4, 15)])
        head = token + more(literals) + noise[:literals] + b"\1\0" + more(repeated - 4)
        block = head + bytes([12 << 4]) + noise[:12]
        if len(block) == length:
            return block
    raise AssertionError("no such block")


@pytest.mark.parametrize("rest", [0, 5])
@pytest.mark.parametrize("last", [8192, 4000])
def test_blocks_of_lz4_as_long_as_what_they_decode_to(tmp_path: Path, last: int, rest: int) -> None:
    """HDF5's filter LZ4 would take their bytes as they are."""
    pixels = pixels_of("counts", 2 * 8192 + last + rest, "u1")
    chunk = OneChunk(tmp_path / "a.h5", pixels, cname="lz4", nelems=8192)
    blocks = [lz4_of_own_length(length) for length in (8192, 8192, last)]
    framed = [len(block).to_bytes(4, "big") + block for block in blocks]
    raw = chunk.raw[:12] + b"".join(framed) + bytes(range(rest))
    assert chunk.decode(raw) == chunk.by_hdf5(raw)


@pytest.mark.parametrize("count", [3 * 64 + 16, 3 * 64 + 19], ids=["whole", "with a rest"])
@pytest.mark.parametrize("compression", KINDS)
def test_damage_is_told_or_changes_pixels_as_in_hdf5(tmp_path: Path, compression: str, count: int) -> None:
    """Every byte changed, every end cut off; bytes that follow are nobody's."""
    pixels = pixels_of("counts", count, "u2")
    chunk = OneChunk(tmp_path / "a.h5", pixels, cname=compression, nelems=64)
    raw = chunk.raw
    assert chunk.decode(raw + b"ab") == pixels.tobytes()
    damaged = [raw[:end] for end in range(len(raw))]
    damaged += [
        raw[:at] + bytes([raw[at] ^ bits]) + raw[at + 1 :] for at in range(len(raw)) for bits in (1, 32)
    ]
    told = 0
    for each in damaged:
        try:
            found = chunk.decode(each)
        except Damaged:
            told += 1
        else:
            assert found == chunk.by_hdf5(each)
            chunk.looked_at(each)
    assert told > len(raw)


@pytest.mark.parametrize("compression", KINDS)
def test_a_short_block_is_not_made_up_by_a_long_one(tmp_path: Path, compression: str) -> None:
    """All blocks together hold as many bytes as they must."""
    encode = {"lz4": imagecodecs.lz4_encode, "zstd": imagecodecs.zstd_encode}[compression]
    chunk = OneChunk(tmp_path / "a.h5", pixels_of("counts", 24, "u1"), cname=compression, nelems=8)
    for lengths in ((4, 8, 12), (8, 4, 8, 4), (8, 8, 4, 4), (0, 8, 8, 8), (8, 8, 8)):
        blocks = [encode(bytes(range(length))) if length else b"" for length in lengths]
        raw = chunk.raw[:12] + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)
        if lengths == (8, 8, 8):
            assert chunk.decode(raw) == chunk.by_hdf5(raw)
            continue
        with pytest.raises(Damaged):
            chunk.decode(raw)


def test_pixels_of_another_size_than_the_filter_was_told_are_left_to_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        made = file.create_dataset("d", data=np.zeros(64, "u2"), chunks=(64,), **hdf5plugin.Bitshuffle())
        filters = filters_of(made)
    assert Codec.of(filters, 128, 2) is not None
    assert Codec.of(filters, 128, 4) is None
