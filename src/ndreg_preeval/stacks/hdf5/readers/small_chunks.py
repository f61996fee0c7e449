# SPDX-License-Identifier: MIT
"""Chunks of a few pixels, thousands of them: read, decoded and put in place many at a time.

Each of them costs more than its pixels: a look-up, a task, a copy. Here their places are looked up at once,
bytes that follow each other are read at once, and numpy puts the pixels of a task in place.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...base import ReadTask
from ...selection import AxisRange
from ..codecs import Chunks, Codec, Damaged
from .base import Part, Request, chunk_parts
from .chunk_index import ChunkIndex
from .chunked import ChunkedReader

if TYPE_CHECKING:
    import h5py

    from .raw_file import RawFile

MOST_BYTES: Final = 2048
"""Largest chunk that is called small, in bytes."""

FEWEST: Final = 1024
"""Smallest number of chunks that are worth it."""

TASK_CHUNKS: Final = 4096
"""Target number of chunks of a read task."""

Grid = tuple[Sequence[Part], ...]


def is_small(dataset: h5py.Dataset) -> bool:
    """Return whether a dataset has many chunks that are small."""
    count = math.prod(-(-length // part) for length, part in zip(dataset.shape, dataset.chunks, strict=True))
    return bool(count >= FEWEST and math.prod(dataset.chunks) * dataset.dtype.itemsize <= MOST_BYTES)


class SmallChunksReader(ChunkedReader):
    """Reads what `ChunkedReader` reads, by tasks of many chunks."""

    def __init__(self, dataset: h5py.Dataset, codec: Codec, raw: RawFile) -> None:
        super().__init__(dataset, codec, raw)
        self._bytes = raw
        self.working_bytes: int = codec.working_bytes + 3 * TASK_CHUNKS * (codec.most_stored + self._size)

    def detached(self, axes: Sequence[AxisRange]) -> None:  # noqa: ARG002
        """Return None: there are too many places."""
        return

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Boxes of chunks, which are read together."""
        found = []
        for owner, request in enumerate(requests):
            parts = [
                list(chunk_parts(axis, part)) for axis, part in zip(request.axes, self._shape, strict=True)
            ]
            for grid in _split(tuple(parts)):
                offsets, sizes, masks = self._look_up(grid)
                out = request.out[tuple(slice(some[0].outside.start, some[-1].outside.stop) for some in grid)]
                run = functools.partial(self._read_box, grid, offsets, sizes, masks, out)
                found.append(ReadTask(run, int(offsets.min()), owner))
        return found

    def _look_up(self, grid: Grid) -> tuple[NDArray[Any], NDArray[Any], dict[int, int]]:
        """Places of all chunks of a box, 0 bytes of those that were never written."""
        assert isinstance(self._index, ChunkIndex)  # it is never detached
        numbers = self._index.numbers([np.array([part.origin for part in parts]) for parts in grid])
        offsets, sizes, masks = self._index.find_all(numbers)
        for which in np.flatnonzero(sizes < 0):
            self._index.find(_origin(grid, int(which)))  # raises where it is there, but not in the index
        return offsets, sizes, masks

    def _read_box(
        self, grid: Grid, offsets: NDArray[Any], sizes: NDArray[Any], masks: dict[int, int], out: NDArray[Any]
    ) -> None:
        chunks = np.empty((len(offsets), self._size), np.uint8)
        written = sizes >= 0
        if not written.all():
            # Not before it is needed: libhdf5 does not survive every damaged one.
            fill = np.empty(self._shape, self._dtype)
            fill[...] = self._dataset.fillvalue
            chunks[~written] = fill.reshape(-1).view(np.uint8)
        self._check_sizes(grid, sizes)
        which = np.flatnonzero(written)
        order = which[np.argsort(offsets[which], kind="stable")]
        stored = self._read_all(order, offsets, sizes)
        of_each = (
            np.array([masks.get(which, 0) for which in order.tolist()]) if masks else np.zeros_like(order)
        )
        for mask in np.unique(of_each).tolist():
            places = np.flatnonzero(of_each == mask)
            some = Chunks(stored.data, stored.starts[places], stored.sizes[places])
            chunks[order[places]] = self._decode_all(mask, some, grid, order[places])
        pixels: NDArray[Any] = chunks != 0 if self._dtype.kind == "b" else chunks.view(self._dtype)
        counts = [len(parts) for parts in grid]
        box = pixels.reshape(*counts, *self._shape)
        axes = len(counts)
        box = box.transpose([each for axis in range(axes) for each in (axis, axis + axes)])
        box = box.reshape([count * part for count, part in zip(counts, self._shape, strict=True)])
        out[...] = box[np.ix_(*(_inside(parts, part) for parts, part in zip(grid, self._shape, strict=True)))]

    @functools.cached_property
    def _plain(self) -> bool:
        """Whether the stored bytes are the pixels."""
        return not self._codec.filters

    def _check_sizes(self, grid: Grid, sizes: NDArray[Any]) -> None:
        wrong = (sizes > self._codec.most_stored) | ((sizes != self._size) & (sizes >= 0) & self._plain)
        for which in np.flatnonzero(wrong):
            raise OSError(
                f"the chunk at {_origin(grid, int(which))} is damaged: {sizes[which]} bytes are stored for {self._size}"
            )

    def _read_all(self, order: NDArray[Any], offsets: NDArray[Any], sizes: NDArray[Any]) -> Chunks:
        """Bytes of chunks that come in the order of the file."""
        ends = np.cumsum(sizes[order])
        data = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
        done = 0
        for run in _runs(order, offsets, sizes):
            count = int(sizes[run].sum())
            self._bytes.read_into(data[done : done + count], int(offsets[run[0]]))
            done += count
        return Chunks(data, ends - sizes[order], sizes[order])

    def _decode_all(self, mask: int, chunks: Chunks, grid: Grid, which: NDArray[Any]) -> NDArray[np.uint8]:
        try:
            return self._codec.decode_many(mask, chunks)
        except Damaged:
            pass  # which of them, and why: one by one
        decoded = np.empty((len(which), self._size), np.uint8)
        for number, data, out in zip(which.tolist(), chunks.one_by_one(), decoded, strict=True):
            try:
                self._codec.decode(mask, data, out)
            except Damaged as error:
                raise OSError(f"the chunk at {_origin(grid, number)} {error}") from error
        return decoded


def _split(parts: Grid) -> Iterator[Grid]:
    """Split a grid of chunks along the first axis that has several, so that tasks have few enough."""
    counts = [len(some) for some in parts]
    axis = next((axis for axis, count in enumerate(counts) if count > 1), 0)
    others = math.prod(counts) // counts[axis]
    step = max(1, TASK_CHUNKS // others)
    for start in range(0, counts[axis], step):
        piece = (*parts[:axis], parts[axis][start : start + step], *parts[axis + 1 :])
        if step == 1 and others > TASK_CHUNKS and axis + 1 < len(parts):
            yield from _split(piece)
        else:
            yield piece


def _runs(order: NDArray[Any], offsets: NDArray[Any], sizes: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Chunks that follow each other in the file."""
    if len(order) == 0:
        return
    gaps = offsets[order[1:]] != offsets[order[:-1]] + sizes[order[:-1]]
    yield from np.split(order, np.flatnonzero(gaps) + 1)


def _inside(parts: Sequence[Part], length: int) -> NDArray[Any]:
    """Places of what is wanted, in chunks put one behind the other."""
    steps = (
        range(number * length + part.inside.start, number * length + part.inside.stop, part.inside.step)
        for number, part in enumerate(parts)
    )
    return np.fromiter(itertools.chain.from_iterable(steps), np.intp)


def _origin(grid: Grid, which: int) -> tuple[int, ...]:
    at = np.unravel_index(which, [len(parts) for parts in grid])
    return tuple(parts[int(index)].origin for parts, index in zip(grid, at, strict=True))
