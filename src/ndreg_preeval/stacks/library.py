# SPDX-License-Identifier: MIT
"""What only libhdf5 can read: in pieces too, so that nobody waits long, though one after the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from ..errors import clip, naming
from .chunks import ChunkIndex, filters_of
from .codecs import BITSHUFFLE, BLOSC, CHECKSUM_BYTES, LZ4, ZSTD, Filter
from .headers import HEAD_BYTES, declared_size
from .rawfile import RawFile
from .reader import Reader, Request, chunk_boxes
from .slices import AxisRange
from .source import Piece

PIECE_BYTES: Final = 4 << 20
"""About, where one chunk is less."""


class LibraryReader(Reader):
    """Reads any dataset through h5py, each chunk once."""

    concurrent = False

    def __init__(self, dataset: Any, raw: RawFile | None = None) -> None:
        self._dataset = dataset
        self._box = self._piece_shape()
        self._checked = None if raw is None else DeclaredSizes.of(dataset, raw)
        if raw is not None and self._checked is None:
            raw.close()
        self.working_bytes = 3 * math.prod(self._box) * dataset.dtype.itemsize

    def pieces(self, requests: Sequence[Request]) -> list[Piece]:
        """Boxes of whole chunks."""
        found = []
        for owner, request in enumerate(requests):
            if self._checked is not None:
                self._checked.check(request.axes)
            for parts in chunk_boxes(request.axes, self._box):
                wanted = tuple(
                    slice(part.origin + part.inside.start, part.origin + part.inside.stop, part.inside.step)
                    for part in parts
                )
                room = request.room[tuple(part.outside for part in parts)]
                found.append(Piece(_Read(self._dataset, wanted, room), owner=owner))
        return found

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        if self._checked is not None:
            self._checked.close()

    def _piece_shape(self) -> tuple[int, ...]:
        """A multiple of the chunks, of a few MiB; grows along the last axes first."""
        shape: tuple[int, ...] = self._dataset.shape
        box = list(self._dataset.chunks or (1,) * len(shape))
        itemsize = self._dataset.dtype.itemsize
        for axis in reversed(range(len(box))):
            room = PIECE_BYTES // (math.prod(box) * itemsize)
            if room > 1:
                box[axis] = min(box[axis] * room, -(-shape[axis] // box[axis]) * box[axis])
        return tuple(box)


class DeclaredSizes:
    """What the chunks of a dataset declare to inflate to, held against what they must."""

    def __init__(self, dataset: Any, raw: RawFile, last: Filter) -> None:
        self._raw = raw
        self._last = last
        self._chunk: tuple[int, ...] = dataset.chunks
        self._size = math.prod(self._chunk) * dataset.dtype.itemsize
        self._index = ChunkIndex(dataset)

    @classmethod
    def of(cls, dataset: Any, raw: RawFile) -> DeclaredSizes | None:
        """Return a check, or None where chunks declare nothing."""
        filters = filters_of(dataset)
        compressions = (LZ4, BITSHUFFLE, BLOSC, ZSTD)
        return cls(dataset, raw, filters[-1]) if filters and filters[-1].code in compressions else None

    def check(self, axes: Sequence[AxisRange]) -> None:
        """Raise OSError for the first chunk that declares more than it may; names it."""
        for parts in chunk_boxes(axes, self._chunk):
            origin = tuple(part.origin for part in parts)
            stored = self._index.find(origin)
            if stored is None or stored.mask:
                continue
            with naming(f"the chunk at {origin}"):
                head = self._raw.read(stored.offset, min(stored.size, HEAD_BYTES)).tobytes()
            declared = declared_size(self._last, head)
            if declared is not None and declared > self._size + CHECKSUM_BYTES:
                raise OSError(
                    f"the chunk at {origin} is damaged: it declares {declared} bytes and must hold {self._size}"
                )

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        self._raw.close()


class _Read:
    __slots__ = ("_dataset", "_room", "_wanted")

    def __init__(self, dataset: Any, wanted: tuple[slice, ...], room: Any) -> None:
        self._dataset = dataset
        self._wanted = wanted
        self._room = room

    def __call__(self) -> None:
        try:
            pixels = np.asarray(self._dataset[self._wanted])
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise OSError(f"the pixels cannot be read: {clip(str(error), 800)}") from error
        if pixels.shape != self._room.shape:
            raise OSError(f"reading gave the shape {pixels.shape}: the file was changed meanwhile")
        self._room[...] = pixels
