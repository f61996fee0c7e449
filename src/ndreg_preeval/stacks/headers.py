# SPDX-License-Identifier: MIT
"""What compressed chunks declare to inflate to: looked at before a plugin of HDF5 believes it.

Of a chunk that inflates to less, HDF5 takes what memory holds for the rest; one that inflates to more
takes memory without bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from ..errors import naming
from .chunk_index import ChunkIndex, filters_of
from .codecs import (
    BITSHUFFLE,
    BLOSC,
    BLOSC2,
    CHECKSUM_BYTES,
    FLETCHER,
    LZ4,
    LZF,
    SCALE_OFFSET,
    ZSTD,
    Filter,
    inflater,
    most_stored,
)
from .frames import HEAD_BYTES, read_header
from .rawfile import RawFile
from .reader import chunk_boxes
from .slices import AxisRange

WALKED: Final = (BITSHUFFLE, LZ4, LZF, ZSTD)
"""Filters whose chunks are looked at from block to block."""

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


class DeclaredSizes:
    """What the chunks of a dataset declare to inflate to, held against what they must."""

    def __init__(self, dataset: Any, index: ChunkIndex, raw: RawFile, last: Filter, more: int) -> None:
        self._raw = raw
        self._last = last
        self._chunk: tuple[int, ...] = dataset.chunks
        self._size = math.prod(self._chunk) * dataset.dtype.itemsize + more
        self._plain = self._size - more
        self._all = (1 << len(filters_of(dataset))) - 1
        self._index = index

    @classmethod
    def of(cls, dataset: Any, index: ChunkIndex, raw: RawFile) -> DeclaredSizes | None:
        """Return a check, or None where chunks declare nothing."""
        filters = filters_of(dataset)
        if not filters or filters[-1].code not in (*WALKED, BLOSC, BLOSC2, SCALE_OFFSET):
            return None
        checksums = sum(each.code == FLETCHER for each in filters)
        return cls(dataset, index, raw, filters[-1], checksums * CHECKSUM_BYTES)

    def check(self, axes: Sequence[AxisRange]) -> None:
        """Raise OSError for the first chunk that declares another size than it must have; names it."""
        for parts in chunk_boxes(axes, self._chunk):
            origin = tuple(part.origin for part in parts)
            stored = self._index.find(origin)
            if stored is None:
                continue
            if stored.mask:
                if stored.mask & self._all == self._all and stored.size != self._plain:
                    raise OSError(
                        f"the chunk at {origin} is damaged: it holds {stored.size} bytes without a filter; "
                        f"it must hold {self._plain} bytes"
                    )
                continue
            if stored.size > most_stored([self._last], self._size):
                raise OSError(
                    f"the chunk at {origin} is damaged: {stored.size} bytes are stored for {self._size}"
                )
            walk = self._last.code in WALKED
            with naming(f"the chunk at {origin}"):
                head = self._raw.read(
                    stored.offset, stored.size if walk else min(stored.size, HEAD_BYTES)
                ).tobytes()
            if not self._fits(head, stored.size):
                raise OSError(f"the chunk at {origin} is damaged: its blocks do not fit into it")
            try:
                declared = declared_size(self._last, head)
            except ValueError as error:
                raise OSError(f"the chunk at {origin} is damaged: {error}") from error
            if declared is not None and declared != self._size:
                raise OSError(
                    f"the chunk at {origin} is damaged: it declares {declared} bytes; it must hold "
                    f"{self._size} bytes"
                )

    def _fits(self, head: bytes, stored: int) -> bool:
        """Whether all parts of a chunk lie within it: plugins do not look."""
        if self._last.code == BITSHUFFLE:
            return bitshuffle_fits(self._last, head, self._size)
        if self._last.code == LZ4:
            return lz4_fits(head, self._size)
        if self._last.code == ZSTD:
            return zstd_fits(head)
        if self._last.code == BLOSC:
            return len(head) >= 16 and int.from_bytes(head[12:16], "little") <= stored
        if self._last.code == SCALE_OFFSET:
            return scale_offset_fits(self._last, head, stored, self._size)
        return True

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        self._raw.close()


def declared_size(each: Filter, head: bytes) -> int | None:
    """Return how many bytes a chunk says that it inflates to; None where it does not say.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    head : bytes
        The first bytes of the chunk.

    Raises
    ------
    ValueError
        When a frame of Blosc2 does not fit together.
    """
    compressed = each.code == BITSHUFFLE and len(each.values) > 4 and each.values[4] in (2, 3)
    if (each.code == LZ4 or compressed) and len(head) >= 8:
        return int.from_bytes(head[:8], "big")
    if each.code == BLOSC and len(head) >= 8:
        return int.from_bytes(head[4:8], "little")
    if each.code == LZF:
        return lzf_length(head)
    if each.code == BLOSC2:
        return read_header(head).pixel_bytes
    if each.code == ZSTD and head[:4] == ZSTD_MAGIC and len(head) >= 18:
        return _zstd_size(head)
    return None


def bitshuffle_fits(each: Filter, raw: bytes, size: int) -> bool:
    """Return whether the blocks of a bitshuffle chunk lie within it.

    A chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after its own
    size (4), and pixels beyond the last multiple of 8.
    """
    if len(each.values) < 5 or each.values[4] not in (2, 3):
        return True
    itemsize = max(1, each.values[2])
    block = int.from_bytes(raw[8:12], "big")
    if block == 0 or block % (8 * itemsize):
        return False
    rest = size % (8 * itemsize)
    count = -(-(size - rest) // block)
    if _blocks_end(raw, count) + rest > len(raw):
        return False
    if each.values[4] != 3:
        return True
    lengths = [min(block, size - rest - number * block) for number in range(count)]
    return all(map(_zstd_decodes, _blocks(raw, count), lengths))


def _zstd_decodes(raw: bytes, length: int) -> bool:
    """Whether a frame is sound: fully, with the extra "decode"; else as far as its blocks tell."""
    decode = inflater(Filter(ZSTD, ()))
    if not zstd_fits(raw) or decode is None:
        return zstd_fits(raw)
    try:
        return len(decode(np.frombuffer(raw, np.uint8), np.empty(length, np.uint8), ())) == length
    except (RuntimeError, ValueError):
        return False


def _blocks(raw: bytes, count: int) -> Iterator[bytes]:
    at = 12
    for _ in range(count):
        length = int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : at + 4 + length]
        at += 4 + length


def lz4_fits(raw: bytes, size: int) -> bool:
    """Return whether the blocks of an LZ4 chunk lie within it; it begins as one of bitshuffle."""
    block = int.from_bytes(raw[8:12], "big")
    return block > 0 and _blocks_end(raw, -(-size // block)) <= len(raw)


def lzf_length(raw: bytes) -> int:
    """Return how many bytes LZF data inflates to, -1 where it is cut off.

    A byte below 32 announces that many literal bytes and one; another one a repetition of earlier bytes:
    its upper three bits are the length less 2, a 7 being continued in the next byte, the lower ones and a
    last byte the distance.
    """
    at = length = 0
    while at < len(raw):
        control = raw[at]
        if control < 32:
            at += control + 2
            length += control + 1
            continue
        repeated = control >> 5
        if repeated == 7:
            at += 1
            repeated += raw[at] if at < len(raw) else 0
        at += 2
        length += repeated + 2
    return length if at == len(raw) else -1


def _blocks_end(raw: bytes, count: int) -> int:
    """Where the last of some blocks ends, each after its size; beyond the chunk if one does not fit."""
    at = 12
    for _ in range(count):
        if at + 4 > len(raw):
            return len(raw) + 1
        at += 4 + int.from_bytes(raw[at : at + 4], "big")
    return at


def zstd_fits(raw: bytes) -> bool:
    """Return whether the blocks of a zstd frame fill it (RFC 8878, 3.1.1)."""
    if len(raw) < 6 or raw[:4] != ZSTD_MAGIC:
        return False
    descriptor = raw[4]
    at = _zstd_header(descriptor)
    while at + 3 <= len(raw):
        header = int.from_bytes(raw[at : at + 3], "little")
        kind, size = header >> 1 & 3, header >> 3
        at += 3 + (1 if kind == 1 else size)
        if kind == 3:
            return False
        if header & 1:
            return at + 4 * (descriptor >> 2 & 1) == len(raw)
    return False


def _zstd_header(descriptor: int) -> int:
    """Bytes before the first block."""
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    return 5 + (1 - single_segment) + dictionary + (single_segment, 2, 4, 8)[descriptor >> 6]


def scale_offset_fits(each: Filter, head: bytes, stored: int, size: int) -> bool:
    """Return whether a scale-offset chunk holds as many bits as it says.

    A chunk is the bits of a pixel (4 bytes), the length of the smallest value (1), that value (16 bytes
    are left for it), and the pixels.
    """
    if len(each.values) < 5 or len(head) < 21:
        return False
    count, itemsize = each.values[2], each.values[4]
    bits = int.from_bytes(head[:4], "little")
    return count * itemsize == size and bits <= 8 * itemsize and 21 + count * bits // 8 <= stored


def _zstd_size(head: bytes) -> int | None:
    """Return the content size of a frame, where its header has it (RFC 8878, 3.1.1.1)."""
    descriptor = head[4]
    length = (descriptor >> 5 & 1, 2, 4, 8)[descriptor >> 6]
    if length == 0:
        return None
    end = _zstd_header(descriptor)
    size = int.from_bytes(head[end - length : end], "little")
    return size + 256 if length == 2 else size
