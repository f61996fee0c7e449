# SPDX-License-Identifier: MIT
"""Scores of the batches of a group of stacks: what waits for what, and which thread does it.

A batch is scored when it is decoded, when the reference spectra are known, and, where each image is
compared with the one before it, when the image before its first one is known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .. import core
from ..options import Options
from ..stacks import Block
from .batches import PIXELS_PER_CALL, BatchPlan, batch_ranges, block_ranges
from .pairs import Pairs, PairScorer
from .stack_state import RangeScore, StackInfo
from .static_pattern import KeptImages
from .thread_pool import ThreadPool

Place = tuple[int, int]
"""Number of a batch, and of what failed in it: errors are reported in this order."""


def _nothing() -> None:
    """Release nothing."""


@dataclass(eq=False)
class Batch:
    """Some images of all stacks of a group, on their way through memory."""

    number: int
    start: int
    stop: int
    scored: bool
    done: Callable[[], None]
    progress: Callable[[int], None]
    failed: Callable[[Place, int, Exception], None]
    broken: bool = False
    waits: int = 1
    blocks: list[Block] = field(default_factory=list)
    heads: list[Block] | None = None
    """The image before the first one, of each stack, where images are compared with it."""
    unscored: int = 0
    release: Callable[[], None] = _nothing

    def finish(self) -> None:
        """Let go of the images, and say so."""
        self.blocks = []
        self.heads = None
        self.release()
        self.release = _nothing  # what it would release is no business of this batch any more
        self.done()


class BatchScorer:
    """Scores the batches of one group of stacks."""

    batches: int

    def __init__(
        self,
        infos: Sequence[StackInfo],
        options: Options,
        pool: ThreadPool,
        threads: int,
        plan: BatchPlan,
        start: int,
        stop: int,
    ) -> None:
        self._infos = infos
        self._options = options
        self._pool = pool
        self._threads = threads
        self._plan = plan
        self._range = (start, stop)
        self._pairs = Pairs.of(infos[0], options)
        self._lock = threading.Lock()
        self._scorers: list[PairScorer | None] = [None] * len(infos)
        self._unprepared = len(infos)
        self._waiting: list[Batch] = []
        self._heads: dict[int, list[Block]] = {}
        self._headless: dict[int, Batch] = {}
        self._broken: int | None = None
        self._records = [np.zeros(stop - start, core.PAIR_SCORE) for _ in infos]
        self._kept: list[KeptImages] = []
        if options.method.asks_opinion:
            room = plan.room_to_keep // len(infos) if start == 0 and stop == infos[0].shape[0] else None
            self._kept = [KeptImages(self._pairs, info.shape, room) for info in infos]
        self.batches = 0
        # Batches that are not scored yet: the last one has all threads.
        self._unfinished = max(1, sum(scored for *_, scored in self.ranges()))

    def ranges(self) -> Iterator[tuple[int, int, bool]]:
        """Batches to be read, in this order: first image, the one after the last, and whether to score them."""
        start, stop = self._range
        return batch_ranges(self._pairs.read_from(start), stop, self._plan, self._pairs.reference)

    # -------------------------------------------------------------- what a batch waits for

    def expect(self, current: Batch) -> None:
        """Hear of a batch before it is read."""
        with self._lock:
            self.batches += 1
            if current.number > 0 and self._unprepared:
                current.waits += 1
                self._waiting.append(current)
            if self._pairs.consecutive and current.number > 0:
                current.heads = self._heads.pop(current.start, None)
                if current.heads is None:
                    current.waits += 1
                    self._headless[current.start] = current

    def decoded(self, current: Batch, blocks: Sequence[Callable[[], Block]]) -> None:
        """Take the images of a batch; called once, by whoever ran its last task.

        Waiting tasks are told of a batch that failed, too: they then go on without scoring.
        """
        if not self.is_lost(current):
            try:
                current.blocks = [block() for block in blocks]
            except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
                self.break_at(current, (current.number, -1), 0, error)
        if self._pairs.consecutive:
            self._hand_on(current)
        if current.number > 0:
            self._arrived(current)
        elif self.is_lost(current):
            self._prepared(current)
        else:
            owners = range(len(self._infos))
            self._pool.submit([partial(self._prepare, current, owner) for owner in owners], first=True)

    def _hand_on(self, current: Batch) -> None:
        tails = [each for block in current.blocks if (each := self._pairs.kept(block))]
        with self._lock:
            after = self._headless.pop(current.stop, None)
            if after is None:
                self._heads[current.stop] = tails
                return
            after.heads = tails
        self._arrived(after)

    def _arrived(self, current: Batch) -> None:
        with self._lock:
            current.waits -= 1
            ready = current.waits == 0
        if ready:
            self._score(current)

    def _prepare(self, first: Batch, owner: int) -> None:
        """Transform the reference image of one stack."""
        try:
            self._scorers[owner] = PairScorer(
                self._infos[owner],
                self._options,
                first.blocks[owner],
                first.start,
                itself=self._range[0] == 0,
                threads=max(1, self._threads // len(self._infos)),
            )
        except core.Cancelled:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            self.break_at(first, (first.number, -1), owner, error)
        with self._lock:
            self._unprepared -= 1
            if self._unprepared:
                return
        self._prepared(first)

    def _prepared(self, first: Batch) -> None:
        with self._lock:
            self._unprepared = 0
            waiting, self._waiting = self._waiting, []
        for each in (first, *waiting):
            self._arrived(each)

    # -------------------------------------------------------------- scoring

    def _score(self, current: Batch) -> None:
        shares = self._shares(current)
        jobs = [(owner, *share) for owner in range(len(self._infos)) for share in shares]
        if not jobs or self.is_lost(current):
            current.finish()
            return
        current.unscored = len(jobs)
        at_once = len(jobs) * min(self._plan.batches_at_once, 2, self._unfinished)
        threads = max(1, self._threads // at_once)
        self._pool.submit([partial(self._share, current, *job, threads) for job in jobs], first=True)

    def _shares(self, current: Batch) -> list[tuple[int, int]]:
        """Cut the images that are to be scored: one share per thread, none that takes long."""
        if not current.scored:
            return []
        start, stop = current.start, current.stop
        _, height, width = self._infos[0].shape
        ranges = self._pairs.compared(max(start, self._range[0]), stop)
        each = -(-sum(high - low for low, high in ranges) // self._threads)
        length = max(1, min(PIXELS_PER_CALL // (height * width), each))
        return [share for low, high in ranges for share in block_ranges(low, high, length, origin=low)]

    def _share(self, current: Batch, owner: int, low: int, high: int, threads: int) -> None:
        try:
            if not self.is_lost(current):
                self._records_of(current, owner, low, high, threads)
                current.progress(high - low)
        except core.Cancelled:
            return  # all threads are ending
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            self.break_at(current, (current.number, low), owner, error)
        with self._lock:
            current.unscored -= 1
            if current.unscored:
                return
            self._unfinished = max(1, self._unfinished - 1)
        current.finish()

    def _records_of(self, current: Batch, owner: int, low: int, high: int, threads: int) -> None:
        scorer = self._scorers[owner]
        assert scorer is not None
        start = self._range[0]
        block = current.blocks[owner]
        before = current.heads[owner] if current.heads else None
        found = scorer.score(
            block, current.start, (low, high), before, threads=threads, stop=self._pool.cancelled
        )
        self._records[owner][low - start : high - start] = found
        if self._kept:
            self._kept[owner].take(found, low, block, current.start, before)

    @property
    def kept_bytes(self) -> int:
        """Memory of images that are looked at again when the stacks are done."""
        return sum(kept.bytes for kept in self._kept)

    # -------------------------------------------------------------- errors

    def break_at(self, current: Batch, place: Place, owner: int, error: Exception) -> None:
        """Report an error; later batches need not go on, earlier ones may still hold an earlier one."""
        with self._lock:
            current.broken = True
            if self._broken is None or current.number < self._broken:
                self._broken = current.number
        current.failed(place, owner, error)

    def is_lost(self, current: Batch) -> bool:
        """Whether this batch or an earlier one has failed: its numbers are no longer asked for."""
        return current.broken or (self._broken is not None and self._broken < current.number)

    # -------------------------------------------------------------- results

    def numbers(self) -> list[RangeScore]:
        """The numbers of all stacks, when all batches are done."""
        start, stop = self._range
        ranges = [slice(low - start, high - start) for low, high in self._pairs.compared(start, stop)]
        several = self._pairs.n_images > 1
        found = [
            scorer.numbers([records[each] for each in ranges]) if scorer and several else RangeScore()
            for scorer, records in zip(self._scorers, self._records, strict=True)
        ]
        if not self._kept:
            return found
        return [
            numbers._replace(kept=tuple(kept.images.items()))
            for numbers, kept in zip(found, self._kept, strict=True)
        ]
