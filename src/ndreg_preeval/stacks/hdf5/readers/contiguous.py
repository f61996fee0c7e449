# SPDX-License-Identifier: MIT
"""Datasets stored as one run of bytes: read at their place in the file, outside HDF5's lock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...base import ReadTask
from ...selection import AxisRange
from .base import Placed, Request
from .chunk_index import is_plain
from .raw_file import RawFile

if TYPE_CHECKING:
    import h5py

RUN_BYTES: Final = 4 << 20
"""Target size of a read task, in bytes: long enough for a disk, short enough to share among threads."""

MOST_SKIPPED: Final = 16
"""Bytes read along, as a multiple of the wanted ones, beyond which HDF5 reads instead."""


class ContiguousReader(Placed):
    """Reads runs of whole images, or the part of each image that holds what is wanted.

    Where the images are counted along a later axis, what follows one element of an earlier one takes the
    place of an image.
    """

    def __init__(
        self, raw: RawFile, offset: int, shape: Sequence[int], dtype: np.dtype[Any], image_axis: int
    ) -> None:
        self._raw = raw
        self._image_axis = image_axis
        self._offset = offset
        self._shape = tuple(shape)
        self._dtype = dtype
        self._strides = [
            math.prod(self._shape[axis + 1 :]) * dtype.itemsize for axis in range(len(self._shape))
        ]

    @classmethod
    def of(
        cls, dataset: h5py.Dataset, raw: RawFile | None, axes: Sequence[AxisRange], image_axis: int
    ) -> ContiguousReader | None:
        """Return a reader, or None when libhdf5 has to read."""
        if raw is None or dataset.chunks is not None or dataset.is_virtual or dataset.external:
            return None
        if dataset.dtype.kind not in "iuf" or not is_plain(dataset) or len(dataset.shape) < 2:
            return None
        offset = dataset.id.get_offset()
        if offset is None or dataset.id.get_storage_size() < dataset.size * dataset.dtype.itemsize:
            return None
        if offset + dataset.size * dataset.dtype.itemsize > raw.allocated():
            return None  # HDF5 refuses to read that, and says why
        reader = cls(raw, offset, dataset.shape, dataset.dtype, min(image_axis, len(dataset.shape) - 2))
        walk = reader._walk(axes)
        wanted = math.prod(axis.count for axis in axes[walk + 1 :]) * dataset.dtype.itemsize
        span = reader._span(axes, walk)
        reader.working_bytes = 0 if span == wanted else span
        return reader if span <= MOST_SKIPPED * wanted else None

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Runs of images, of a few MiB each."""
        found = []
        for owner, request in enumerate(requests):
            walk = self._walk(request.axes)
            axis = request.axes[walk]
            span = self._span(request.axes, walk)
            step = max(1, RUN_BYTES // max(span, 1))
            for start in range(0, axis.count, step):
                stop = min(start + step, axis.count)
                found.append(self._run(request, walk, start, stop, span, owner))
        return found

    def detached(self, axes: Sequence[AxisRange]) -> ContiguousReader:  # noqa: ARG002
        """Return itself: the place of the bytes is all there is to know."""
        return self

    def on(self, raw: RawFile) -> ContiguousReader:
        """Return the same for the file, which was opened again."""
        found = self.copied()
        found._raw = raw
        return found

    def of_alike(
        self,
        dataset: h5py.Dataset,
        axes: Sequence[AxisRange],  # noqa: ARG002
        allocated: int,
    ) -> ContiguousReader | None:
        """Return the reader of the other place."""
        offset, size = dataset.id.get_offset(), math.prod(self._shape) * self._dtype.itemsize
        if offset is None or dataset.id.get_storage_size() < size or offset + size > allocated:
            return None
        found = self.copied()
        found._offset = offset
        return found

    def close(self) -> None:
        """Close the file that was opened beside HDF5."""
        self._raw.close()

    def _run(self, request: Request, walk: int, start: int, stop: int, span: int, owner: int) -> ReadTask:
        axes = request.axes
        # Rows are read whole: from the first byte of the first one that is wanted.
        leading = walk + 2
        first = sum(axis.start * stride for axis, stride in zip(axes[:leading], self._strides, strict=False))
        step = axes[walk].step * self._strides[walk]
        at = self._offset + first + start * step
        lead: tuple[Any, ...] = (0,) * walk
        out = request.out[(*lead, slice(start, stop))]
        whole = out.flags.c_contiguous and span == math.prod(out.shape[1:]) * self._dtype.itemsize

        def read_whole() -> None:
            self._raw.read_into(out.reshape(-1).view(np.uint8), at)

        def read_each() -> None:
            for index in range(stop - start):
                self._read_image(axes[walk + 1 :], at + index * step, out[index], span, whole=whole)

        self._raw.announce(at, (stop - start - 1) * step + span)
        one_run = whole and step == span
        return ReadTask(read_whole if one_run else read_each, at, owner)

    def _read_image(
        self,
        below: Sequence[AxisRange],
        at: int,
        out: NDArray[Any],
        span: int,
        *,
        whole: bool,
    ) -> None:
        if whole:
            self._raw.read_into(out.reshape(-1).view(np.uint8), at)
            return
        rows = below[0].stop - below[0].start
        found = self._raw.read(at, span).view(self._dtype)
        box = found.reshape(rows, *self._shape[len(self._shape) - len(below) + 1 :])
        inside: tuple[slice, ...] = (slice(None, None, below[0].step),)
        inside += tuple(slice(axis.start, axis.stop, axis.step) for axis in below[1:])
        out[...] = box[inside]

    def _walk(self, axes: Sequence[AxisRange]) -> int:
        """The first axis of which more than one element is wanted, but not after that of the images."""
        several = (axis for axis in range(self._image_axis) if axes[axis].count > 1)
        return next(several, self._image_axis)

    def _span(self, axes: Sequence[AxisRange], walk: int) -> int:
        """Bytes from the first to the last row of what is wanted of an image, rows being whole."""
        rows = axes[walk + 1]
        return (rows.stop - rows.start) * self._strides[walk + 1]
