# SPDX-License-Identifier: MIT
"""NumPy's .npy files: read at their place by any thread, never mapped, never unpickled."""

from __future__ import annotations

import errno
import math
import os
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..hints import NUMPY
from ..regular_file import open_without_waiting, read_at
from .base import INDEX, LibraryFile, LibraryFormat
from .npy_header import HEAD_BYTES, check_complete, read_header, to_stored

if TYPE_CHECKING:
    from ...options import Limits

MOST_SKIPPED: Final = 64 << 10
"""Bytes between pixels that are read along, rather than one piece more being read."""

MOST_BYTES: Final = 64 << 20
"""Bytes beyond which nothing is read along."""


class NpyFile(LibraryFile):
    """An open file; it is read without moving a position that threads would share."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    concurrent = True
    crops = True
    compression = "none"

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = open_without_waiting(path)
        self._finalizer = weakref.finalize(self, os.close, self._descriptor)
        try:
            size = os.fstat(self._descriptor).st_size
            header = read_header(os.pread(self._descriptor, HEAD_BYTES, 0), path)
            check_complete(header, size, path)
        except BaseException:
            self.close()
            raise
        self._header = header
        self.shape, self.dtype = header.shape, header.dtype
        if header.by_columns and len(self.shape) > 1:
            self.chunks: tuple[int, ...] | None = (*self.shape[:-1], 1)
        beyond = size - header.offset - header.nbytes
        if beyond:
            self.warnings: tuple[str, ...] = (
                f"The file has {beyond} bytes after its array, which are not read.",
            )
        shape, itemsize = header.stored_shape, self.dtype.itemsize
        self._strides = [math.prod(shape[axis + 1 :]) * itemsize for axis in range(len(shape))]

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels."""
        axes = [_as_range(each) for each in to_stored(index, self._header)]
        out = np.empty([len(each) for each in axes], self.dtype)
        self._read_box(axes, out)
        if self._header.by_columns:
            out = out.transpose()
        return out[tuple(0 if isinstance(each, int) else slice(None) for each in index)]

    def read_into(self, index: INDEX, out: NDArray[Any]) -> bool:
        """Read images that lie in the file as they are wanted."""
        if self._header.by_columns:
            return False
        axes = [_as_range(each) for each in index]
        self._read_box(axes, out.reshape([len(each) for each in axes]))
        return True

    def _read_box(self, axes: list[range], out: NDArray[Any]) -> None:
        """Read a box, its axes in the order of the file.

        For each element of its leading axes the bytes from the first pixel to the last one are read, or all
        at once where these follow each other.
        """
        at = self._header.offset
        for each, stride in zip(axes, self._strides, strict=True):
            at += each.start * stride
        steps = [each.step * stride for each, stride in zip(axes, self._strides, strict=True)]
        counts, itemsize = [len(each) for each in axes], self.dtype.itemsize
        spans = [
            itemsize
        ]  # bytes from the first pixel to the last one of what follows an element of each axis
        for count, step in zip(reversed(counts), reversed(steps), strict=True):
            spans.insert(0, spans[0] + (count - 1) * step)
        wanted = [math.prod(counts[axis:]) * itemsize for axis in range(len(counts) + 1)]
        leading = 0
        while leading < len(counts) and spans[leading] != wanted[leading]:
            gap = steps[leading] - spans[leading + 1]
            if leading > 0 and gap <= MOST_SKIPPED and spans[leading] <= MOST_BYTES:
                break
            leading += 1
        span, whole = spans[leading], spans[leading] == wanted[leading]
        pieces = out.reshape(-1, *counts[leading:])
        found = np.empty(0 if whole else span, np.uint8)
        for place, which in enumerate(np.ndindex(*counts[:leading])):
            start = at + sum(number * step for number, step in zip(which, steps, strict=False))
            if whole:
                self._fill(pieces[place], start)
            else:
                self._fill(found, start)
                pieces[place] = np.ndarray(counts[leading:], self.dtype, found.data, strides=steps[leading:])

    def close(self) -> None:
        """Close; safe to call twice."""
        self._finalizer()

    def _fill(self, out: NDArray[Any], offset: int) -> None:
        memory = memoryview(out.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
        done = read_at(self._descriptor, memory, offset)
        if done < len(memory):
            raise OSError(
                errno.EIO,
                f"the file ends at byte {offset + done}: it was cut while it was read",
                clip(self._path),
            )


class NpyFormat(LibraryFormat):
    """NumPy's files of one array."""

    name = "NumPy"
    safe_to_open = True
    endings: ClassVar[tuple[str, ...]] = (".npy",)
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = ((0, NUMPY),)
    many_axes = True

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> NpyFile:  # noqa: ARG003
        """Open a file and read its header."""
        return NpyFile(path)


def _as_range(index: int | slice) -> range:
    return range(index, index + 1) if isinstance(index, int) else range(index.start, index.stop, index.step)
