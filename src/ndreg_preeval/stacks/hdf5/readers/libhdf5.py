# SPDX-License-Identifier: MIT
"""A reader of what only libhdf5 can read: by tasks, too, so that no thread waits long, though one after the other."""

from __future__ import annotations

import errno
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ....errors import clip
from ...base import ReadTask
from ...regular_file import FileState, missing_files
from ...selection import AxisRange
from ..files import file_state
from ..locate import Files
from ..source_files import hold_sources
from .base import Reader, Request, chunk_boxes
from .chunk_checks import ChunkChecks
from .raw_file import RawFile

if TYPE_CHECKING:
    import h5py

TASK_BYTES: Final = 4 << 20
"""Target size of a read task, in bytes, where one chunk is less."""


class LibhdfReader(Reader):
    """Reads any dataset through h5py, each chunk once."""

    concurrent = False

    def __init__(self, dataset: h5py.Dataset, raw: RawFile | None = None) -> None:
        self._dataset = dataset
        self._box = self._piece_shape()
        self._checks = None if dataset.chunks is None else ChunkChecks(dataset, raw)
        if raw is not None and self._checks is None:
            raw.close()
        self.working_bytes: int = 3 * math.prod(self._box) * dataset.dtype.itemsize

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Boxes of whole chunks."""
        found = []
        for owner, request in enumerate(requests):
            if self._checks is not None:
                self._checks.check(request.axes)
            for parts in chunk_boxes(request.axes, self._box):
                wanted = tuple(
                    slice(part.origin + part.inside.start, part.origin + part.inside.stop, part.inside.step)
                    for part in parts
                )
                out = request.out[tuple(part.outside for part in parts)]
                found.append(ReadTask(_Read(self._dataset, wanted, out), owner=owner))
        return found

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        if self._checks is not None:
            self._checks.close()

    def _piece_shape(self) -> tuple[int, ...]:
        """A multiple of the chunks, of a few MiB; grows along the last axes first."""
        shape: tuple[int, ...] = self._dataset.shape
        box = list(self._dataset.chunks or (1,) * len(shape))
        itemsize = self._dataset.dtype.itemsize
        for axis in reversed(range(len(box))):
            times = TASK_BYTES // (math.prod(box) * itemsize)
            if times > 1:
                box[axis] = min(box[axis] * times, -(-shape[axis] // box[axis]) * box[axis])
        return tuple(box)


class PutTogetherReader(LibhdfReader):
    """Reads virtual datasets that libhdf5 has to put together; holds their sources open for it."""

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._sources = Files()
        try:
            hold_sources(dataset, self._sources)
        except BaseException:
            self._sources.close()
            raise
        super().__init__(dataset)
        self._states = [file_state(file) for file in self._sources.files()]

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Boxes, after each of which the sources must still be where HDF5 looks for them."""
        return [task.running(_Checked(task.run, self._states)) for task in super().tasks(requests)]

    def close(self) -> None:
        """Close the sources."""
        super().close()
        self._sources.close()


class _Checked:
    """Task: what HDF5 read, it found in the files of the sources."""

    __slots__ = ("_run", "_states")

    def __init__(self, run: Callable[[], None], states: Sequence[FileState]) -> None:
        self._run = run
        self._states = states

    def __call__(self) -> None:
        self._run()
        gone = missing_files(self._states)
        if gone:
            raise OSError(
                errno.EIO,
                "a source of the virtual dataset was deleted or replaced while it was read",
                clip(gone[0]),
            )


class _Read:
    __slots__ = ("_dataset", "_out", "_wanted")

    def __init__(self, dataset: h5py.Dataset, wanted: tuple[slice, ...], out: Any) -> None:
        self._dataset = dataset
        self._wanted = wanted
        self._out = out

    def __call__(self) -> None:
        try:
            if self._goes_straight():
                self._dataset.read_direct(self._out, self._wanted)
                return
            pixels = np.asarray(self._dataset[self._wanted])
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            text = f"{self._culprit()} cannot be read: {clip(str(error), 800)}"
            raise OSError(getattr(error, "errno", None) or errno.EIO, text) from error
        if pixels.shape != self._out.shape:
            raise OSError(f"reading gave the shape {pixels.shape}: the file was changed meanwhile")
        self._out[...] = pixels

    def _goes_straight(self) -> bool:
        """Whether HDF5 can put the pixels where they belong: a copy less."""
        return (
            self._out.flags.c_contiguous
            and self._out.dtype == self._dataset.dtype
            and all(part.stop <= size for part, size in zip(self._wanted, self._dataset.shape, strict=True))
        )

    def _culprit(self) -> str:
        """The first chunk among those that were read together that cannot be read alone."""
        if self._dataset.chunks is None:
            return "the pixels"
        axes = [
            AxisRange(part.start, 1, part.stop - part.start, reverse=False, drop=False)
            for part in self._wanted
        ]
        for parts in chunk_boxes(axes, self._dataset.chunks):
            try:
                self._dataset[
                    tuple(
                        slice(part.origin + part.inside.start, part.origin + part.inside.stop)
                        for part in parts
                    )
                ]
            except (OSError, RuntimeError, ValueError, KeyError, TypeError):
                return f"the chunk at {tuple(part.origin for part in parts)}"
        return "the pixels"
