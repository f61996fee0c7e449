# SPDX-License-Identifier: MIT
"""Chunks that HDF5 and its plugins will decode: looked at before, since those believe what they read.

HDF5 fills a chunk that comes out shorter than it should with whatever memory holds; one that comes out
longer takes memory without bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ....errors import naming
from ...selection import AxisRange
from ..codecs import Filter, most_stored
from ..files import stored_itemsize
from .base import chunk_boxes
from .chunk_index import ChunkIndex, Stored, filters_of
from .raw_file import RawFile

if TYPE_CHECKING:
    import h5py

Origin = tuple[int, ...]


class ChunkChecks:
    """Holds what the chunks of a dataset are stored as against what they must become.

    Parameters
    ----------
    dataset : h5py.Dataset
        Chunked.
    raw : RawFile or None
        Its file, where its bytes can be read beside HDF5.
    """

    def __init__(self, dataset: h5py.Dataset, raw: RawFile | None) -> None:
        self._dataset = dataset
        self._raw = raw
        self._index = ChunkIndex(dataset)
        self._chunk: tuple[int, ...] = dataset.chunks
        self._plain = math.prod(self._chunk) * stored_itemsize(dataset)
        self._filters = filters_of(dataset)

    def check(self, axes: Sequence[AxisRange]) -> None:
        """Look at all chunks of a box.

        Raises
        ------
        OSError
            For the first one that cannot become a chunk of the right size; names it.
        """
        for parts in chunk_boxes(axes, self._chunk):
            origin = tuple(part.origin for part in parts)
            stored = self._index.find(origin)
            if stored is not None:
                self._check_one(origin, stored)

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        if self._raw is not None:
            self._raw.close()

    def _check_one(self, origin: Origin, stored: Stored) -> None:
        applied = [each for place, each in enumerate(self._filters) if not stored.mask >> place & 1]
        outer = _Outermost(applied, self._plain)
        if outer.filter is None:
            if stored.size != outer.stored:
                raise OSError(
                    f"the chunk at {origin} is damaged: it holds {stored.size} bytes without compression; "
                    f"it must hold {outer.stored} bytes"
                )
            return
        if outer.inflated is None or not outer.filter.examined:
            return
        if stored.size > most_stored([outer.filter], outer.inflated) + outer.added:
            raise OSError(
                f"the chunk at {origin} is damaged: {stored.size} bytes are stored for {self._plain}"
            )
        if outer.mixed:
            return
        size = stored.size - outer.added
        with naming(f"the chunk at {origin}"):
            data = self._bytes(origin, stored, outer.filter)[: max(0, size)]
        try:
            outer.filter.check(data, outer.inflated, size)
        except ValueError as error:
            raise OSError(f"the chunk at {origin} is damaged: {error}") from error

    def _bytes(self, origin: Origin, stored: Stored, last: Filter) -> bytes:
        """Stored bytes of a chunk, or its first ones where they tell all."""
        size = min(stored.size, last.examined)
        if self._raw is not None:
            return self._raw.read_bytes(stored.offset, size)
        return bytes(self._dataset.id.read_direct_chunk(origin)[1][:size])


class _Outermost:
    """The last compression of some filters, and the sizes that follow from it.

    Parameters
    ----------
    applied : sequence of Filter
        In the order in which they were applied.
    plain : int
        Bytes of a decoded chunk.
    """

    def __init__(self, applied: Sequence[Filter], plain: int) -> None:
        self.filter: Filter | None = None
        self.inflated: int | None = plain
        """What the last compression must inflate to; None behind another one."""
        self.added = 0
        """Bytes of checksums behind it."""
        self.mixed = False
        """Whether its bytes were brought into another order."""
        for each in applied:
            if each.added:
                self.added += each.added
            elif each.reorders:
                self.mixed = True
            else:
                self.inflated = plain + self.added if self.filter is None else None
                self.filter, self.added, self.mixed = each, 0, False
        self.stored = plain + self.added
        """Bytes in the file, without any compression."""
