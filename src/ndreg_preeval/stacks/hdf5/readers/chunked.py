# SPDX-License-Identifier: MIT
"""Chunks of a dataset, each read and decoded once, several at a time, outside HDF5's lock."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import naming
from ...base import ReadTask
from ...selection import AxisRange
from ..codecs import Codec, Damaged
from .base import Placed, Request, chunk_boxes
from .chunk_index import ChunkIndex, KnownChunks, Stored, filters_of, is_plain, only_chunk
from .raw_file import RawFile

if TYPE_CHECKING:
    import h5py

Origin = tuple[int, ...]

FEW: Final = 1024
"""Largest number of chunks whose places are worth keeping when the dataset is closed."""


class _Place(NamedTuple):
    """Pixels of a chunk that a caller wants."""

    inside: tuple[slice, ...]
    out: NDArray[Any]


class ChunkedReader(Placed):
    """Reads chunked datasets whose filters can be undone here.

    Parameters
    ----------
    dataset : h5py.Dataset
    codec : Codec
    raw : RawFile or None
        The file, where its bytes can be read beside HDF5; else HDF5 gives the raw chunks.
    """

    def __init__(self, dataset: h5py.Dataset, codec: Codec, raw: RawFile | None) -> None:
        self._dataset: Any = dataset
        self._codec = codec
        self._raw = raw
        self._shape: tuple[int, ...] = dataset.chunks
        self._dtype: np.dtype[Any] = dataset.dtype
        self._size = math.prod(self._shape) * self._dtype.itemsize
        # Now, and not when it is needed: what others write meanwhile is not looked at.
        self._index: ChunkIndex | KnownChunks = ChunkIndex(dataset)
        self._fill: Any = None
        self.working_bytes: int = codec.working_bytes

    @classmethod
    def of(cls, dataset: h5py.Dataset, raw: RawFile | None) -> ChunkedReader | None:
        """Return a reader, or None when libhdf5 has to decode this dataset."""
        if dataset.chunks is None or dataset.dtype.kind not in "biuf" or not is_plain(dataset):
            return None
        itemsize = dataset.dtype.itemsize
        codec = Codec.of(filters_of(dataset), math.prod(dataset.chunks) * itemsize, itemsize)
        if codec is None:
            return None
        reader = cls(dataset, codec, raw)
        # What HDF5 takes to be beyond the end of the file, it refuses to read, and says why.
        return None if raw is not None and reader.end > raw.allocated() else reader

    @property
    def reads_file(self) -> bool:
        """Whether it reads bytes of the file beside HDF5, which gives them else."""
        return self._raw is not None

    @property
    def end(self) -> int:
        """End of the last chunk in the file."""
        return self._index.end

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """One task per chunk, in the order of the file."""
        wanted: dict[Origin, list[_Place]] = {}
        owners: dict[Origin, int] = {}
        for owner, request in enumerate(requests):
            for parts in chunk_boxes(request.axes, self._shape):
                origin = tuple(part.origin for part in parts)
                out = request.out[tuple(part.outside for part in parts)]
                place = _Place(tuple(part.inside for part in parts), out)
                wanted.setdefault(origin, []).append(place)
                owners.setdefault(origin, owner)
        found = []
        for origin, places in wanted.items():
            stored = self._index.find(origin)
            if stored is None:
                # Not before it is needed: libhdf5 does not survive every damaged one.
                if self._fill is None:
                    self._fill = self._dataset.fillvalue
                found.append(ReadTask(_Fill(places, self._fill), owner=owners[origin]))
                continue
            if self._raw is not None and stored.size <= self._codec.most_stored:
                self._raw.announce(stored.offset, stored.size)
            found.append(ReadTask(_Decode(self, origin, stored, places), stored.offset, owners[origin]))
        return found

    def detached(self, axes: Sequence[AxisRange]) -> ChunkedReader | None:
        """Return a reader that knows the places of a few chunks."""
        if self._raw is None:
            return None
        spans = [
            range(axis.start // length * length, axis.stop, length)
            for axis, length in zip(axes, self._shape, strict=True)
        ]
        if math.prod(map(len, spans)) > FEW:
            return None
        origins = list(itertools.product(*spans))
        found = self.copied()
        found._index = KnownChunks({origin: self._index.find(origin) for origin in origins})
        if None in found._index.places.values():
            found._fill = self._dataset.fillvalue
        found._dataset = None
        return found

    def on(self, raw: RawFile) -> ChunkedReader:
        """Return the same for the file, which was opened again."""
        found = self.copied()
        found._raw = raw
        return found

    def of_alike(
        self, dataset: h5py.Dataset, axes: Sequence[AxisRange], allocated: int
    ) -> ChunkedReader | None:
        """Return the detached reader of the other places."""
        found = self.copied()
        found._dataset = dataset
        only = only_chunk(dataset)
        if only is not None:
            found._index = only
            return found if only.end <= allocated else None
        found._dataset, found._index, found._fill = dataset, ChunkIndex(dataset), None
        return found.detached(axes) if found.end <= allocated else None

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        if self._raw is not None:
            self._raw.close()

    def decode(self, origin: Origin, stored: Stored, places: list[_Place]) -> None:
        """Fill all places with pixels of one chunk.

        Raises
        ------
        OSError
            When it is damaged; names it.
        """
        if stored.size > self._codec.most_stored:
            raise OSError(
                f"the chunk at {origin} is damaged: {stored.size} bytes are stored for {self._size}"
            )
        with naming(f"the chunk at {origin}"):
            mask, raw = self._read(origin, stored)
        if len(raw) != stored.size:
            raise OSError(
                f"the chunk at {origin} is damaged: its index says {stored.size} bytes, HDF5 gives {len(raw)}"
            )
        first = places[0].out
        # A chunk that is wanted whole, by one, is decoded where it belongs.
        direct = (
            len(places) == 1
            and first.shape == self._shape
            and first.flags.c_contiguous
            and self._dtype.kind != "b"
        )
        out = first.reshape(-1).view(np.uint8) if direct else np.empty(self._size, np.uint8)
        try:
            self._codec.decode(mask, raw, out)
        except Damaged as error:
            raise OSError(f"the chunk at {origin} {error}") from error
        if direct:
            return
        pixels: NDArray[Any] = out != 0 if self._dtype.kind == "b" else out.view(self._dtype)
        pixels = pixels.reshape(self._shape)
        for place in places:
            place.out[...] = pixels[place.inside]

    def _read(self, origin: Origin, stored: Stored) -> tuple[int, Any]:
        if self._raw is not None:
            return stored.mask, self._raw.read(stored.offset, stored.size)
        return self._dataset.id.read_direct_chunk(origin)  # type: ignore[no-any-return]


class _Decode:
    """Task: one chunk that was written."""

    __slots__ = ("_origin", "_places", "_reader", "_stored")

    def __init__(self, reader: ChunkedReader, origin: Origin, stored: Stored, places: list[_Place]) -> None:
        self._reader = reader
        self._origin = origin
        self._stored = stored
        self._places = places

    def __call__(self) -> None:
        self._reader.decode(self._origin, self._stored, self._places)


class _Fill:
    """Task: one chunk that was never written."""

    __slots__ = ("_places", "_value")

    def __init__(self, places: list[_Place], value: Any) -> None:
        self._places = places
        self._value = value

    def __call__(self) -> None:
        for place in self._places:
            place.out[...] = self._value
