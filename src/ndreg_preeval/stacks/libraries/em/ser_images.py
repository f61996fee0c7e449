# SPDX-License-Identifier: MIT
"""Images of a SER file: each at its own place, with its own header."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ....errors import clip, naming
from ..base import INDEX, LibraryFile
from ..raw_pixels import RawPixels

HEADER: Final = struct.Struct("<2di2dih2i")
"""Calibrations of both axes, type of the pixels, width and height."""

TYPES: Final = {
    1: "u1",
    2: "<u2",
    3: "<u4",
    4: "i1",
    5: "<i2",
    6: "<i4",
    7: "<f4",
    8: "<f8",
    9: "<c8",
    10: "<c16",
}


class SerImages(LibraryFile):
    """A series of images of one shape and type, from the last row to the first, read by any thread.

    Parameters
    ----------
    path : str
    offsets : sequence of int
        Where the header of each image begins, in bytes.
    notes : tuple of str

    Raises
    ------
    OSError
        When the header of the first image is damaged.
    """

    concurrent = True
    axis_names: Sequence[str | None] | None = ("image", "row", "column")

    def __init__(self, path: str, offsets: Sequence[int], notes: tuple[str, ...] = ()) -> None:
        self._path = path
        self._offsets = offsets
        self.notes = notes
        self._bytes: RawPixels | None = None
        if not offsets:
            raise ValueError("the stack holds no image")
        size = os.stat(path).st_size  # noqa: PTH116
        self._bytes = RawPixels(path, 0, np.dtype(np.uint8), (size,))
        try:
            kind, width, height = self._header(0)
            self.dtype: np.dtype[Any] = np.dtype(TYPES[kind])
        except BaseException:
            self.close()
            raise
        self.shape: tuple[int, ...] = (len(offsets), height, width)
        self.stored: int | None = self.dtype.itemsize * height * width * len(offsets)
        self._first = (kind, width, height)

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels; whole images are read."""
        first = index[0]
        which = range(
            *(first if isinstance(first, slice) else slice(first, first + 1)).indices(self.shape[0])
        )
        found = np.empty((len(which), *self.shape[1:]), self.dtype)
        for place, image in zip(which, found, strict=True):
            with naming(f"image {place} of the file"):
                if self._header(place) != self._first:
                    raise OSError(
                        errno.EIO,
                        f"it has another type or size: {self._header(place)}, not {self._first} as the first one",
                        clip(self._path),
                    )
                pixels = self._part(self._offsets[place] + HEADER.size, image.nbytes)
                image[::-1] = pixels.view(self.dtype).reshape(image.shape)
        return found[(slice(None) if isinstance(first, slice) else 0, *index[1:])]

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._bytes is not None:
            self._bytes.close()

    def _header(self, place: int) -> tuple[int, int, int]:
        """Type, width and height of an image."""
        *_, kind, width, height = HEADER.unpack(self._part(self._offsets[place], HEADER.size).tobytes())
        if kind not in TYPES or min(width, height) < 1:
            raise OSError(
                errno.EIO,
                f"the header of image {place} is damaged: type {kind}, {width} x {height} pixels",
                clip(self._path),
            )
        return kind, width, height

    def _part(self, offset: int, length: int) -> NDArray[np.uint8]:
        assert self._bytes is not None
        if not 0 <= offset <= self._bytes.shape[0] - length:
            raise OSError(
                errno.EIO,
                f"the file was cut off, or is damaged: it has {self._bytes.shape[0]} bytes, and {length} are "
                f"wanted at {offset}",
                clip(self._path),
            )
        return self._bytes.read((slice(offset, offset + length, 1),))
