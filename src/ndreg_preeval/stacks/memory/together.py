# SPDX-License-Identifier: MIT
"""Several stacks of one array that lie in the same chunks: read together, so that each chunk is read once."""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from ..base import Block, ReadTask, joined

if TYPE_CHECKING:
    from .source import LazySource


class Taken(NamedTuple):
    """One of the stacks that an axis of an array counts."""

    axis: int
    number: int

    def of(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return it as a view of the array."""
        index: tuple[Any, ...] = (*(slice(None),) * self.axis, self.number)
        found: NDArray[Any] = array[index]
        return found


class Together(NamedTuple):
    """A block of one of the stacks, when all tasks have run."""

    block: Callable[[], Block]

    def __call__(self) -> Block:
        """Return the block."""
        return self.block()

    def release(self) -> None:
        """Keep nothing: the memory is that of the library."""


def start_reading_together(
    sources: Sequence[LazySource], borders: Sequence[int]
) -> tuple[list[ReadTask], list[Together]]:
    """Prepare to read the same images of several stacks, with a task between any two borders."""
    numbers = [source.taken.number for source in sources if source.taken is not None]
    first, last = min(numbers), max(numbers) + 1
    found: dict[int, list[Block]] = {}

    def run(which: int) -> None:
        part = sources[0].ask(borders[which], borders[which + 1], (first, last))
        found[which] = [source.block_of(part, first) for source in sources]

    def block(number: int) -> Block:
        return joined([found[which][number] for which in sorted(found)])

    tasks = [ReadTask(functools.partial(run, which), at) for which, at in enumerate(borders[:-1])]
    return tasks, [Together(functools.partial(block, number)) for number in range(len(sources))]


def in_one_chunk(lengths: Any, total: int, *numbers: int) -> bool:
    """Return whether elements of an axis lie in one chunk: of one length, or those of all chunks."""
    if isinstance(lengths, int):
        return lengths > 0 and len({number // lengths for number in numbers}) == 1
    borders = list(itertools.accumulate(int(length) for length in lengths))
    return borders[-1] == total and len({bisect.bisect_right(borders, number) for number in numbers}) == 1
