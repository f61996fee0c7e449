# SPDX-License-Identifier: MIT
"""Some images of a stack, in their order, as a stack of their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .base import Block, BufferPool, PendingBlock, ReadTask, StackSource


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
        self.shape = (len(picked), *stack.shape[1:])
        self.dtype = stack.dtype
        self.location = stack.location
        self.image_axis = stack.image_axis
        self.images_per_chunk = stack.images_per_chunk
        self.bytes_per_image = stack.bytes_per_image
        self.valid = stack.valid
        self.warnings = stack.warnings
        self.notes = stack.notes
        self.concurrent = stack.concurrent
        self.exclusive = stack.exclusive
        self.working_bytes = stack.working_bytes

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop of those that were picked."""
        return _joined([self._stack.read(*run) for run in self._runs(start, stop)])

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:
        """Prepare to read a block, run by run."""
        buffers = buffers or BufferPool()
        pending = [self._stack.start_reading(*run, buffers) for run in self._runs(start, stop)]
        tasks: list[ReadTask] = [task for each in pending for task in each.tasks]

        def release() -> None:
            for each in pending:
                each.release()

        return PendingBlock(tasks, lambda: _joined([each.block() for each in pending]), release)

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Those of the whole stack."""
        return self._stack.warnings_while_reading()

    def close(self) -> None:
        """Close the whole stack; safe to call twice."""
        self._stack.close()

    def _runs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        some = self._picked[start:stop]
        for run in np.split(some, np.flatnonzero(np.diff(some) != 1) + 1):
            yield int(run[0]), int(run[-1]) + 1


def _joined(blocks: list[Block]) -> Block:
    whole = blocks[0]
    for each in blocks[1:]:
        whole = each.after(whole)
    return whole
