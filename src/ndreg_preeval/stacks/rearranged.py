# SPDX-License-Identifier: MIT
"""Stacks made of another stack: its images along a later axis, or some of its images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .axes import images_first
from .base import Block, BufferPool, PendingBlock, ReadTask, StackSource, Storage, joined
from .regular_file import FileState

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
        self.shape: tuple[int, int, int] = (n, height, width)
        self.image_axis = axis
        self.dtype: np.dtype[Any] = stored.dtype
        self.location: str = stored.location
        self.warnings: tuple[str, ...] = stored.warnings
        self.notes: tuple[str, ...] = stored.notes
        self.bytes_per_image: int = height * width * self.dtype.itemsize
        self.images_per_chunk = n  # what is read holds pixels of all images
        self._length = max(1, PART_BYTES // max(1, stored.bytes_per_image))
        self.working_bytes: int = stored.working_bytes + self._length * stored.bytes_per_image
        self.concurrent: bool = stored.concurrent
        self.exclusive: bool = stored.exclusive

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop; raises as the storage does, whose images are not these."""
        return self.start_reading(start, stop).read_here()

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

    def how_read(self) -> str:
        """Return how the storage is read."""
        return f"images along axis {self.image_axis}, put together of: {self._stored.how_read()}"

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Those of the storage."""
        return self._stored.warnings_while_reading()

    @property
    def files(self) -> Sequence[FileState]:
        """Those of the storage."""
        return self._stored.files

    def storage(self) -> Storage:
        """That of what is read, its axes in the order of this stack."""
        return self._stored.storage().in_order(self.image_axis)

    def close(self) -> None:
        """Close the storage; safe to call twice."""
        self._stored.close()


class SelectedImages(StackSource):
    """Images that are picked from a stack; runs of neighbours are read together.

    Parameters
    ----------
    stack : StackSource
        It is closed with this one. Its errors count images as it does.
    picked : (n,) int array
        Increasing indices of its images, at least one.
    """

    def __init__(self, stack: StackSource, picked: NDArray[np.intp]) -> None:
        self._stack = stack
        self._picked = picked
        self.shape: tuple[int, int, int] = (len(picked), *stack.shape[1:])
        self.dtype: np.dtype[Any] = stack.dtype
        self.location: str = stack.location
        self.image_axis: int = stack.image_axis
        self.images_per_chunk: int = stack.images_per_chunk
        self.bytes_per_image: int = stack.bytes_per_image
        self.valid: NDArray[np.bool_] | None = stack.valid
        self.warnings: tuple[str, ...] = stack.warnings
        self.notes: tuple[str, ...] = stack.notes
        self.concurrent: bool = stack.concurrent
        self.exclusive: bool = stack.exclusive
        self.working_bytes: int = stack.working_bytes

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop of those that were picked."""
        return joined([self._stack.read(*run) for run in self._runs(start, stop)])

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read a block, run by run."""
        buffers = buffers or BufferPool()
        pending = [self._stack.start_reading(*run, buffers) for run in self._runs(start, stop)]
        tasks: list[ReadTask] = [task for each in pending for task in each.tasks]

        def release() -> None:
            for each in pending:
                each.release()

        return PendingBlock(tasks, lambda: joined([each.block() for each in pending]), release)

    def how_read(self) -> str:
        """Return how the stack is read that they are picked from."""
        return f"{len(self._picked)} images picked of: {self._stack.how_read()}"

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Those of the whole stack."""
        return self._stack.warnings_while_reading()

    @property
    def files(self) -> Sequence[FileState]:
        """Those of the whole stack."""
        return self._stack.files

    def storage(self) -> Storage:
        """That of the whole stack, but for its size."""
        return self._stack.storage().of_a_part()

    def close(self) -> None:
        """Close the whole stack; safe to call twice."""
        self._stack.close()

    def _runs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        some = self._picked[start:stop]
        for run in np.split(some, np.flatnonzero(np.diff(some) != 1) + 1):
            yield int(run[0]), int(run[-1]) + 1
