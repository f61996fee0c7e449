# SPDX-License-Identifier: MIT
"""Batches that a stream of images is cut into: aligned to chunks, small enough for the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..options import Options
from .stack_state import StackInfo

READ_AHEAD = 256 << 20
"""Bytes of images held at a time when no memory_limit is given."""

PIXELS_PER_CALL = 1 << 22
"""Pixels per thread and core call: some tens of milliseconds, so that progress is seen."""

IMAGES_PER_CALL = 1 << 16
"""Images in memory per core call: beside its pixels each takes some 300 bytes while the call lasts."""

BATCHES_AT_ONCE = 4
"""Number of batches in memory that is aimed at: one is scored, one decoded, one read, and one to spare."""

DEFAULT_ROW = 4 * READ_AHEAD
"""Bytes that a row of chunks may take when no memory_limit is given: decoding is dearer than memory."""


class BatchPlan(NamedTuple):
    """Way of stacks of one shape, read together, through memory."""

    length: int
    """Images of a batch, of each stack."""
    batch_bytes: int
    """Memory that the images of a batch take, in bytes."""
    budget: int
    """Memory that all batches may take together, in bytes; one batch is always allowed."""
    readers: int
    """Tasks that are read and decoded at a time."""
    times_decoded: int
    """Number of times that each chunk is decoded: once, unless a row of chunks exceeds the memory."""
    row: int
    """Images of a row of chunks."""
    row_bytes: int
    """Memory that they take, in bytes."""

    @property
    def room_to_keep(self) -> int:
        """Memory for images that are looked at again when their stack is done, in bytes: beside a batch at least."""
        return max(0, min(self.budget - self.batch_bytes, self.budget // 4))

    @property
    def batches_at_once(self) -> int:
        """Number of batches that can be in memory at a time."""
        return max(1, self.budget // max(1, self.batch_bytes))


def plan_batches(
    infos: Sequence[StackInfo],
    options: Options,
    threads: int,
    working_bytes: int = 0,
    readers: int = 1,
    at_once: int = BATCHES_AT_ONCE,
) -> BatchPlan:
    """Choose the length of batches: short enough for a core call, and `at_once` of them in memory.

    Batches are whole rows of chunks wherever one fits into the memory: then every chunk is read
    and decoded once. Where none fits, batches are as long as memory allows, and chunks are decoded
    again for each batch that needs them.
    """
    _, height, width = infos[0].shape
    limit = options.memory_limit or READ_AHEAD
    per_image = sum(info.bytes_per_image for info in infos)
    readers = max(1, min(readers, limit // 2 // max(1, working_bytes)))
    budget = max(limit - readers * working_bytes, limit // 2)
    row = max(1, *(info.images_per_chunk for info in infos))
    row_bytes = row * per_image
    fitting = budget // per_image if per_image else infos[0].shape[0]
    length = max(1, min(threads * PIXELS_PER_CALL // (height * width), fitting // at_once))
    times = 1
    if length >= row:
        length -= length % row
    elif row_bytes <= (budget if options.memory_limit else DEFAULT_ROW):
        length = row
    else:
        times = -(-row // max(1, fitting))
        length = -(-row // times)
    return BatchPlan(length, length * per_image, budget, readers, times, row, row_bytes)


def batch_ranges(
    start: int, stop: int, plan: BatchPlan, reference: int | None
) -> Iterator[tuple[int, int, bool]]:
    """Cut a range into batches (start, stop, scored); that of the reference image comes first.

    Where the range does not hold the reference image, a batch of that image alone, which is
    not scored, comes first.
    """
    first = None
    if reference is not None:
        inside = start <= reference < stop
        ranges = _cut(start, stop, plan)
        first = next(r for r in ranges if r[0] <= reference < r[1]) if inside else (reference, reference + 1)
        yield (*first, inside)
    for each in _cut(start, stop, plan):
        if each != first:
            yield (*each, True)


def _cut(start: int, stop: int, plan: BatchPlan) -> Iterator[tuple[int, int]]:
    """Cut at rows of chunks, and where these are too long, evenly within each."""
    for row in block_ranges(start, stop, max(plan.length, plan.row)):
        yield from block_ranges(*row, plan.length, origin=row[0] - row[0] % plan.row)


def decoding_again(plan: BatchPlan, options: Options) -> str:
    """Say how often chunks are decoded, and what would spare it; "" where it is once."""
    if plan.times_decoded == 1:
        return ""
    limit = options.memory_limit or DEFAULT_ROW
    return (
        f"A row of chunks takes {plan.row_bytes} bytes of images, more than the memory of {limit} bytes: "
        f"every chunk was decoded {plan.times_decoded} times. A memory_limit of "
        f"{2 * plan.row_bytes} bytes would spare that."
    )


def block_length(info: StackInfo, options: Options, threads: int) -> int:
    """Return how many images are read and scored at a time where one block at a time is in memory."""
    return min(plan_batches([info], options, threads, at_once=1).length, info.shape[0])


def block_ranges(start: int, stop: int, length: int, origin: int = 0) -> Iterator[tuple[int, int]]:
    """Cut a range where the distance to `origin` is a multiple of `length`."""
    while start < stop:
        end = min(stop, start + length - (start - origin) % length)
        yield start, end
        start = end
