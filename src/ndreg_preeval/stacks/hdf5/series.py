# SPDX-License-Identifier: MIT
"""A stack made of several datasets, joined along their first axis, few of which are open at a time.

Detectors write long series into files of some thousand images each, and a master file whose group has a link
``data_000001``, ``data_000002``, ... to each of them.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, printable_location
from ..base import Block, BufferPool, PendingBlock, ReadTask, StackSource, Storage
from ..choices import Choices
from ..pixel_checks import as_pixels, check_sizes, check_stack_shape, filled_pixels
from ..regular_file import FileState, changed_files
from ..selection import AxisRange, Indices, apply_slice, flips, format_slice
from .image_key import select_projections
from .series_parts import OpenPart, Part, PartsFound

if TYPE_CHECKING:
    from ...options import Limits
    from .source import Hdf5Source

OPEN_PARTS: Final = 8
"""Largest number of parts that are kept open while nobody reads them."""

TASK_BYTES: Final = 4 << 20
"""Target size of a read task, in bytes, unless one row of chunks has more."""


class SeriesSource(StackSource):
    """Open series: only facts about its parts, which are opened when they are read.

    Parameters
    ----------
    parts : sequence of (str, callable)
        Names of the parts, in their order, and what opens them.
    limits : Limits
    indices : tuple of int, slice and ..., or None
        What to take of the joined dataset; what is left must have 3 axes.
    location : str
    choices : Choices
    close : callable
        Called when the source is closed.
    """

    dtype: np.dtype[Any]
    working_bytes: int
    exclusive: bool
    images_per_chunk: int

    concurrent = True
    other_locking: bool = False
    """As that of `Hdf5Source`: each part is opened as fits its file."""

    def __init__(
        self,
        parts: Sequence[tuple[str, OpenPart]],
        limits: Limits,
        indices: Indices | None,
        location: str,
        choices: Choices,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self.location = location
        self._close = close
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, Hdf5Source] = OrderedDict()
        found = PartsFound(parts)
        self._parts = found.parts
        self._found = found
        self.dtype, self._stored_dtype = found.dtype, found.stored_dtype
        self.working_bytes, self.exclusive = found.working_bytes, found.exclusive
        self._row, self.images_per_chunk = found.row, found.images_per_chunk
        self._masked, self.valid = found.masked, found.valid
        self.notes: tuple[str, ...] = found.notes
        self.warnings: tuple[str, ...] = found.warnings + (
            found.doubts() if choices.image_axis is None else ()
        )
        self._declarations_met: dict[str, None] = {}
        joined = found.shape
        axes = apply_slice(indices, joined)
        with naming(f"slice={format_slice(indices)} of the shape {joined}" if indices else ""):
            self.shape: tuple[int, int, int] = check_stack_shape(
                tuple(axis.count for axis in axes if not axis.drop)
            )
        self._walk = axes[0]
        self._cut = self._cut_of(axes)
        self._flips = flips(axes)
        if self.valid is not None and self._cut is not None:
            self.valid = self.valid[self._cut[1:]]
        if self.valid is not None:
            self.valid = self.valid[self._flips[1:]]
        check_sizes(self.shape, self.dtype.itemsize, sum(state.size for state in self._found.states), limits)
        self.bytes_per_image: int = math.prod(self.shape[1:]) * (self.dtype.itemsize + self._masked)

    def projections(self) -> StackSource:
        """Return what an image_key leaves of this series: itself, where there is none."""
        return select_projections(self._found.key(), self._walk, self._found.shape[0], "series").of(self)

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read images start <= i < stop: some images of one part by each task, which opens it."""
        buffers = buffers or BufferPool()
        walk = self._walk.part(start, stop)
        out = buffers.take((stop - start, *self.shape[1:]), self._stored_dtype)
        mask = np.ones(out.shape, np.bool_) if self._masked else None
        tasks = []
        for which, part in enumerate(self._parts):
            # Steps of the walk that fall into this part.
            first = max(0, -(-(part.offset - walk.start) // walk.step))
            last = min(walk.count, -(-(part.offset + part.shape[0] - walk.start) // walk.step))
            for low, high in self._pieces(walk, part, first, last):
                at = walk.start + low * walk.step - part.offset
                some = None if mask is None else mask[low:high]
                run = partial(self._read_part, which, at, walk.step, out[low:high], some)
                tasks.append(ReadTask(run, which << 40 | low))

        def block() -> Block:
            valid = None if mask is None else mask[self._flips]
            return Block(as_pixels(out[self._flips]), valid, declared=mask is not None)

        return PendingBlock(tasks, block, lambda: buffers.give_back(out))

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop.

        Raises
        ------
        OSError
            When a part is damaged, or no longer what it was; names it.
        """
        pending = self.start_reading(start, stop)
        for task in pending.tasks:
            task.run()
        return pending.block()

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Which declared values were met, and whether a file was written to meanwhile."""
        filled = filled_pixels(self._declarations_met)
        changed = changed_files(self._found.states)
        if not changed:
            return filled
        text = (
            f"{printable_location(changed[0])} was changed while it was read: the {self.shape[0]} images that the "
            "series held at the start were ranked, as they were found."
        )
        return (*filled, text)

    @property
    def files(self) -> Sequence[FileState]:
        """The files of all parts."""
        return list({state.path: state for state in self._found.states}.values())

    def how_read(self) -> str:
        """Return that each part is a dataset of its own."""
        return "a series of HDF5 datasets: each is opened when it is read, and read as fits it"

    def storage(self) -> Storage:
        """Return how its first part is stored, which is all that is looked at."""
        source = self._borrow(0)
        try:
            return source.storage().of_a_part()
        finally:
            self._give_back(0, source)

    def close(self) -> None:
        """Close all parts; safe to call twice."""
        while self._idle:
            self._idle.popitem()[1].close()
        self._close()

    def _read_part(
        self, which: int, at: int, step: int, out: NDArray[Any], mask: NDArray[np.bool_] | None
    ) -> None:
        """Task: fill `out`, and the mask of valid pixels, with images of a part: `at`, at + step, ..."""
        part = self._parts[which]
        with naming(f"{printable_location(self.location)}, part {part.name}"):
            source = self._borrow(which)
            try:
                length = len(out) if step == 1 else 1
                for index in range(0, len(out), length):
                    valid = _read_into(source, at + index * step, out[index : index + length])
                    if mask is not None and valid is not None:
                        mask[index : index + length] = valid
            except BaseException:
                source.close()
                raise
            self._give_back(which, source)

    def _cut_of(self, axes: Sequence[AxisRange]) -> Indices | None:
        """Return what is wanted of each image, as indices of a part; None for all of it."""
        cut = (slice(None), *(slice(axis.start, axis.stop, axis.step) for axis in axes[1:]))
        if all(axis.count == length for axis, length in zip(axes[1:], self._parts[0].shape[1:], strict=True)):
            return None
        if len(self._parts[0].own_shape) != 3:
            raise ValueError("the images of a series can be cropped only where its parts have 3 axes")
        return cut

    def _pieces(self, walk: AxisRange, part: Part, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Split steps of a walk into tasks, at the borders of chunks."""
        row = self._row
        length = max(1, TASK_BYTES // (row * self.bytes_per_image)) * row
        while first < last:
            at = walk.start + first * walk.step - part.offset
            border = at // length * length + length
            stop = min(last, first + -(-(border - at) // walk.step))
            yield first, stop
            first = stop

    def _borrow(self, which: int) -> Hdf5Source:
        with self._lock:
            source = self._idle.pop(which, None)
        if source is None:
            part = self._parts[which]
            source = part.open(self._cut)
            axis = source.counting_axis
            same = list(source.own_shape)
            if axis < len(same):
                same[axis] = min(same[axis], part.own_shape[axis])  # it may have grown
            if tuple(same) != part.own_shape:
                source.close()
                raise OSError(
                    f"its shape changed from {part.own_shape} to {source.own_shape} while it was read"
                )
            if source.stored_dtype != self._stored_dtype:
                source.close()
                raise OSError(f"its dtype changed to {source.stored_dtype} while it was read")
        return source

    def _give_back(self, which: int, source: Hdf5Source) -> None:
        """Keep a part open for the next task, if there is no other one of it."""
        with self._lock:
            surplus = [] if which not in self._idle else [source]
            self._declarations_met |= source.declarations_met
            if not surplus:
                self._idle[which] = source
            while len(self._idle) > OPEN_PARTS:
                surplus.append(self._idle.popitem(last=False)[1])
        for each in surplus:
            each.close()


class _Into(BufferPool):
    """Lends one place, that a part is read into."""

    def __init__(self, out: NDArray[Any]) -> None:
        super().__init__()
        self._out = out

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        assert dtype == self._out.dtype
        return self._out.reshape(shape)

    def give_back(self, out: NDArray[Any]) -> None:
        pass


def _read_into(source: Hdf5Source, at: int, out: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Read consecutive images of a part to a place; give their mask."""
    return (
        source.start_reading(at, at + len(out), _Into(out)).read_here().mask
    )  # which also checks that the file was not cut meanwhile
