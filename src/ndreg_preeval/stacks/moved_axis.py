# SPDX-License-Identifier: MIT
"""A stack whose images are counted along a later axis than that by which its storage is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .axes import images_first
from .base import Block, BufferPool, PendingBlock, ReadTask, StackSource

PART_BYTES: Final = 8 << 20
"""Target size of what is read of the storage at a time, in bytes."""


class MovedAxisSource(StackSource):
    """Blocks put together from all that the storage takes for images, a few MiB of it at a time.

    Parameters
    ----------
    stored : StackSource
        It reads along its first axis, and gives blocks without mask; it is closed with this one.
    axis : int
        The axis that counts the images: 1 or 2.
    """

    def __init__(self, stored: StackSource, axis: int) -> None:
        self._stored = stored
        n, height, width = images_first(stored.shape, axis)
        self.shape = (n, height, width)
        self.image_axis = axis
        self.dtype = stored.dtype
        self.location = stored.location
        self.warnings = stored.warnings
        self.notes = stored.notes
        self.bytes_per_image = height * width * self.dtype.itemsize
        self.images_per_chunk = n  # what is read holds pixels of all images
        self._length = max(1, PART_BYTES // max(1, stored.bytes_per_image))
        self.working_bytes = stored.working_bytes + self._length * stored.bytes_per_image
        self.concurrent = stored.concurrent
        self.exclusive = stored.exclusive

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop; raises as the storage does, whose images are not these."""
        pending = self.start_reading(start, stop)
        for task in pending.tasks:
            task.run()
        return pending.block()

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read a block, part by part of the storage."""
        buffers = buffers or BufferPool()
        out: NDArray[Any] = buffers.take((stop - start, *self.shape[1:]), self.dtype)
        tasks = list(self._tasks(np.moveaxis(out, 0, self.image_axis), start, stop))
        return PendingBlock(tasks, lambda: Block(out, None), lambda: buffers.give_back(out))

    def _tasks(self, out: NDArray[Any], start: int, stop: int) -> Iterator[ReadTask]:
        taken = (slice(start, stop),) if self.image_axis == 1 else (slice(None), slice(start, stop))

        def run(first: int, last: int) -> None:
            for at, image in enumerate(self._stored.read(first, last).images, first):
                out[at] = image[taken]

        for first in range(0, len(out), self._length):
            last = min(first + self._length, len(out))
            yield ReadTask(lambda first=first, last=last: run(first, last), first)  # type: ignore[misc]

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Those of the storage."""
        return self._stored.warnings_while_reading()

    def close(self) -> None:
        """Close the storage; safe to call twice."""
        self._stored.close()
