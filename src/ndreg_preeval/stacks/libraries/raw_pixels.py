# SPDX-License-Identifier: MIT
"""Pixels that lie in a file as they are, from an offset that a library knows: read, never mapped."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..regular_file import open_without_waiting, read_at
from .base import INDEX, LibraryFile


class RawPixels(LibraryFile):
    """An array that lies in a file in the order of C, read by any thread.

    Parameters
    ----------
    path : str
    offset : int
        Where it begins, in bytes.
    dtype : numpy.dtype
    shape : tuple of int
    axis_names : sequence of str, optional
    notes : tuple of str, optional

    Raises
    ------
    OSError
        When the file cannot be opened, or ends before its pixels do.
    """

    concurrent = True
    compression = "none"

    def __init__(
        self,
        path: str,
        offset: int,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        axis_names: tuple[str, ...] | None = None,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.axis_names: Sequence[str | None] | None = axis_names
        self.notes = notes
        self._path = path
        self._offset = offset
        self.stored: int | None = math.prod(shape) * dtype.itemsize
        self._descriptor = -1
        descriptor = open_without_waiting(path)
        size = os.fstat(descriptor).st_size
        if offset < 0 or min(shape, default=0) < 0 or size < offset + self.stored:
            os.close(descriptor)
            raise OSError(
                errno.EIO,
                f"the file was cut off, or its header is damaged: it has {size} bytes, and the "
                f"{self.stored} bytes of its pixels, {dtype} of the shape {shape}, begin at {offset}",
                clip(path),
            )
        self._descriptor = descriptor

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels; whole rows of the first axis that is no single index are read."""
        offset, rows, shape, rest = self._rows(index)
        found = np.empty((len(rows), *shape), self.dtype)
        item = math.prod(shape) * self.dtype.itemsize
        if rows.step == 1:
            self._fill(found, offset + rows.start * item)
        else:
            for place, row in zip(rows, found, strict=True):
                self._fill(row, offset + place * item)
        return found[(slice(None) if isinstance(index[-len(shape) - 1], slice) else 0, *rest)]

    def read_into(self, index: INDEX, out: NDArray[Any]) -> bool:
        """Read whole rows that follow each other."""
        offset, rows, shape, rest = self._rows(index)
        whole = all(each == slice(0, length, 1) for each, length in zip(rest, shape, strict=True))
        if rows.step != 1 or not whole:
            return False
        self._fill(out, offset + rows.start * math.prod(shape) * self.dtype.itemsize)
        return True

    def _rows(self, index: INDEX) -> tuple[int, range, tuple[int, ...], INDEX]:
        """Offset of an axis, which of its rows are wanted, their shape, and what of each row."""
        offset, shape, rest = self._offset, self.shape, index
        while len(shape) > 1 and isinstance(rest[0], int):
            offset += rest[0] * math.prod(shape[1:]) * self.dtype.itemsize
            shape, rest = shape[1:], rest[1:]
        first = rest[0]
        rows = range(*(first if isinstance(first, slice) else slice(first, first + 1)).indices(shape[0]))
        return offset, rows, shape[1:], rest[1:]

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _fill(self, out: NDArray[Any], offset: int) -> None:
        """Read at a place of the file until the array is full."""
        memory = out.reshape(-1).view(np.uint8).data
        done = read_at(self._descriptor, memory, offset)
        if done < len(memory):
            raise OSError(
                errno.EIO, f"the file ends at byte {offset + done}, before its pixels do", clip(self._path)
            )
