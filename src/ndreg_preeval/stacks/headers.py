# SPDX-License-Identifier: MIT
"""What compressed chunks declare to inflate to: looked at before a plugin of HDF5 believes it.

Of a chunk that inflates to less, HDF5 takes what memory holds for the rest; one that inflates to more
takes memory without bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import naming
from .chunk_index import ChunkIndex, filters_of
from .codecs import BITSHUFFLE, BLOSC, BLOSC2, CHECKSUM_BYTES, FLETCHER, LZ4, ZSTD, Filter
from .rawfile import RawFile
from .reader import chunk_boxes
from .slices import AxisRange

HEAD_BYTES = 38
"""How much of a chunk has to be seen."""


class DeclaredSizes:
    """What the chunks of a dataset declare to inflate to, held against what they must."""

    def __init__(self, dataset: Any, index: ChunkIndex, raw: RawFile, last: Filter, more: int) -> None:
        self._raw = raw
        self._last = last
        self._chunk: tuple[int, ...] = dataset.chunks
        self._size = math.prod(self._chunk) * dataset.dtype.itemsize + more
        self._index = index

    @classmethod
    def of(cls, dataset: Any, index: ChunkIndex, raw: RawFile) -> DeclaredSizes | None:
        """Return a check, or None where chunks declare nothing."""
        filters = filters_of(dataset)
        if not filters or filters[-1].code not in (LZ4, BITSHUFFLE, BLOSC, BLOSC2, ZSTD):
            return None
        checksums = sum(each.code == FLETCHER for each in filters)
        return cls(dataset, index, raw, filters[-1], checksums * CHECKSUM_BYTES)

    def check(self, axes: Sequence[AxisRange]) -> None:
        """Raise OSError for the first chunk that declares another size than it must have; names it."""
        for parts in chunk_boxes(axes, self._chunk):
            origin = tuple(part.origin for part in parts)
            stored = self._index.find(origin)
            if stored is None or stored.mask:
                continue
            walk = self._last.code == BITSHUFFLE
            with naming(f"the chunk at {origin}"):
                head = self._raw.read(
                    stored.offset, stored.size if walk else min(stored.size, HEAD_BYTES)
                ).tobytes()
            if walk and not blocks_fit(self._last, head, self._size):
                raise OSError(f"the chunk at {origin} is damaged: its blocks do not fit into it")
            declared = declared_size(self._last, head)
            if declared is not None and declared != self._size:
                raise OSError(
                    f"the chunk at {origin} is damaged: it declares {declared} bytes; it must hold "
                    f"{self._size} bytes"
                )

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
    """
    compressed = each.code == BITSHUFFLE and len(each.values) > 4 and each.values[4] in (2, 3)
    if (each.code == LZ4 or compressed) and len(head) >= 8:
        return int.from_bytes(head[:8], "big")
    if each.code == BLOSC and len(head) >= 8:
        return int.from_bytes(head[4:8], "little")
    if each.code == BLOSC2 and head[:10] == b"\x9e\xa8b2frame\0" and len(head) >= 38:
        return int.from_bytes(head[30:38], "big")  # of the frame, as its format says
    if each.code == ZSTD and head[:4] == b"\x28\xb5\x2f\xfd" and len(head) >= 18:
        return _zstd_size(head)
    return None


def blocks_fit(each: Filter, raw: bytes, size: int) -> bool:
    """Return whether the blocks of a bitshuffle chunk lie within it: the plugin does not look.

    A chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after its own
    size (4), and pixels beyond the last multiple of 8.
    """
    if len(each.values) < 5 or each.values[4] not in (2, 3):
        return True
    itemsize = max(1, each.values[2])
    if len(raw) < 12:
        return False
    block = int.from_bytes(raw[8:12], "big")
    if block == 0 or block % (8 * itemsize):
        return False
    rest = size % (8 * itemsize)
    at = 12
    for _ in range(-(-(size - rest) // block)):
        if at + 4 > len(raw):
            return False
        at += 4 + int.from_bytes(raw[at : at + 4], "big")
    return at + rest <= len(raw)


def _zstd_size(head: bytes) -> int | None:
    """RFC 8878, 3.1.1.1: the frame header descriptor tells where the content size is."""
    descriptor = head[4]
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    length = (single_segment, 2, 4, 8)[descriptor >> 6]
    if length == 0:
        return None
    start = 5 + (1 - single_segment) + dictionary
    size = int.from_bytes(head[start : start + length], "little")
    return size + 256 if length == 2 else size
