# SPDX-License-Identifier: MIT
"""Decoding filtered chunks ourselves, each once per block and never beyond its declared size.

libhdf5 accepts a chunk that inflates to less than it should, and gives whatever memory holds for
the rest; a chunk that inflates to more costs memory without bound. zlib lets us stop at exactly
one chunk, and lets other threads run meanwhile.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Container, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .slices import AxisRange

DEFLATE: Final = 1
SHUFFLE: Final = 2
FLETCHER: Final = 3
CHECKSUM_BYTES: Final = 4


class _Part(NamedTuple):
    """What one chunk gives along one axis."""

    origin: int
    inside: slice
    outside: slice


class FilteredChunks:
    """Reads hyperslabs of a dataset whose filters are among deflate, shuffle and Fletcher's checksum."""

    def __init__(self, dataset: Any, filters: list[tuple[int, tuple[int, ...]]]) -> None:
        self._dataset = dataset
        self._filters = filters
        self._shape: tuple[int, ...] = dataset.chunks
        self._dtype: np.dtype[Any] = dataset.dtype
        self._size = math.prod(self._shape) * self._dtype.itemsize
        self._written: Container[tuple[int, ...]] | None = None

    @classmethod
    def of(cls, dataset: Any) -> FilteredChunks | None:
        """Return a reader, or None when libhdf5 has to decode this dataset."""
        import h5py

        if dataset.chunks is None or dataset.dtype.kind not in "biuf":
            return None
        properties = dataset.id.get_create_plist()
        found = [properties.get_filter(index) for index in range(properties.get_nfilters())]
        codes = [each[0] for each in found]
        if not codes or not {DEFLATE, SHUFFLE, FLETCHER}.issuperset(codes):
            return None
        # Where the type in the file is not just that of numpy (reduced precision), HDF5 must convert.
        if not dataset.id.get_type().equal(h5py.h5t.py_create(dataset.dtype, logical=True)):
            return None
        return cls(dataset, [(each[0], tuple(each[2])) for each in found])

    def read(self, axes: tuple[AxisRange, ...]) -> NDArray[Any]:
        """Return the pixels of a hyperslab, one axis per axis of the dataset, all forward.

        Raises
        ------
        OSError
            When a chunk is damaged, or does not inflate to exactly its declared size; names it.
        """
        pixels: NDArray[Any] = np.empty(tuple(axis.count for axis in axes), self._dtype)
        parts = [list(_parts(axis, length)) for axis, length in zip(axes, self._shape, strict=True)]
        for each in itertools.product(*parts):
            inside = tuple(part.inside for part in each)
            outside = tuple(part.outside for part in each)
            chunk = self._chunk(tuple(part.origin for part in each))
            pixels[outside] = self._dataset.fillvalue if chunk is None else chunk[inside]
        return pixels

    def _chunk(self, origin: tuple[int, ...]) -> NDArray[Any] | None:
        if self._written is None:
            self._written = self._look()
        if origin not in self._written:
            return None
        try:
            mask, raw = self._dataset.id.read_direct_chunk(origin)
            data = self._decode(mask, raw)
        except zlib.error as error:
            raise OSError(f"the chunk at {origin} is damaged: {error}") from error
        except _Damaged as error:
            raise OSError(f"the chunk at {origin} {error}; it must hold {self._size} bytes") from None
        if self._dtype.kind == "b":
            pixels: NDArray[Any] = np.frombuffer(data, np.uint8) != 0
        else:
            pixels = np.frombuffer(data, self._dtype)
        return pixels.reshape(self._shape)

    def _look(self) -> Container[tuple[int, ...]]:
        """Return which chunks were written; looked up once, as HDF5 searches its index from the start."""
        # Deflate makes nothing longer than by a few bytes per 16 KiB, a checksum has 4.
        most = self._size + self._size // 1000 + 1024
        written: set[tuple[int, ...]] = set()
        excess: list[Any] = []

        def look(info: Any) -> None:
            if info.size > most:
                excess.append(info)
            written.add(tuple(info.chunk_offset))

        self._dataset.id.chunk_iter(look)
        if excess:
            raise OSError(
                f"the chunk at {excess[0].chunk_offset} is damaged: {excess[0].size} bytes are stored "
                f"for {self._size}"
            )
        return written

    def _decode(self, mask: int, raw: bytes) -> bytes | NDArray[np.uint8]:
        data: bytes | NDArray[np.uint8] = raw
        # Filters are undone from the last to the first; a bit set in the mask: it was not applied.
        applied = [each for index, each in enumerate(self._filters) if not mask >> index & 1]
        while applied:
            code, values = applied.pop()
            if code == DEFLATE:
                checksums = sum(each[0] == FLETCHER for each in applied)
                data = _inflate(bytes(data), self._size + checksums * CHECKSUM_BYTES)
            elif code == FLETCHER:
                data = _check(bytes(data))
            else:
                data = _unshuffle(data, values[0] if values else self._dtype.itemsize)
        if len(data) != self._size:
            raise _Damaged(f"holds {len(data)} bytes")
        return data


class _Damaged(Exception):
    pass


def _inflate(raw: bytes, size: int) -> bytes:
    stream = zlib.decompressobj()
    data = stream.decompress(raw, size)
    if len(data) < size:
        raise _Damaged(f"inflates to {len(data)} bytes")
    if not stream.eof and stream.decompress(stream.unconsumed_tail, 1):
        raise _Damaged("inflates to more than it declares")
    if not stream.eof:
        raise _Damaged("is cut off")
    return data


def _check(data: bytes) -> bytes:
    content, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if fletcher32(content) != int.from_bytes(checksum, "little"):
        raise _Damaged("has a wrong checksum")
    return content


def fletcher32(data: bytes) -> int:
    """Return the checksum that HDF5 stores: sums of big-endian 16 bit words modulo 65535.

    Where a sum is a multiple of 65535 but not 0, HDF5 has 65535.
    """
    padded = data + b"\0" if len(data) % 2 else data
    words = np.frombuffer(padded, ">u2")
    first = second = 0
    length = 1 << 20  # keeps the weighted sums within 64 bits
    for start in range(0, len(words), length):
        block = words[start : start + length].astype(np.uint64)
        weights = np.arange(len(block), 0, -1, dtype=np.uint64)
        second = (second + first * len(block) + int(np.dot(weights, block))) % 65535
        first = (first + int(block.sum())) % 65535
    if words.any():
        first, second = first or 65535, second or 65535
    return second << 16 | first


def _unshuffle(data: bytes | NDArray[np.uint8], itemsize: int) -> NDArray[np.uint8]:
    planes = np.frombuffer(data, np.uint8)
    if itemsize < 2:
        return planes
    count = len(planes) // itemsize
    whole = planes[: count * itemsize].reshape(itemsize, count)
    result = np.empty(len(planes), np.uint8)
    result[: count * itemsize].reshape(count, itemsize)[...] = whole.T
    result[count * itemsize :] = planes[count * itemsize :]  # HDF5 leaves the rest as it is
    return result


def _parts(axis: AxisRange, length: int) -> Iterator[_Part]:
    """Split a walk along an axis at the borders of chunks."""
    done = 0
    while done < axis.count:
        at = axis.start + done * axis.step
        origin = at - at % length
        count = min(axis.count - done, (origin + length - 1 - at) // axis.step + 1)
        first = at - origin
        inside = slice(first, first + (count - 1) * axis.step + 1, axis.step)
        yield _Part(origin, inside, slice(done, done + count))
        done += count
