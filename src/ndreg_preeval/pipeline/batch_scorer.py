# SPDX-License-Identifier: MIT
"""Scores of the batches of a group of stacks: what waits for what, and which thread does it.

A batch is scored when it is decoded, when the reference spectra are known, and, with pairing
"previous", when the image before its first one is known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .. import core
from ..options import Options
from ..stacks import Block, copy_of, image_of, part_of, prepend
from .batches import PIXELS_PER_CALL, BatchPlan
from .core_scorer import check_valid, core_mask, make_scorer
from .stack_state import RangeScore, Records, StackInfo
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
    """With pairing "previous": the image before the first one, of each stack."""
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
        self._previous = options.pairing == "previous"
        self._lock = threading.Lock()
        self._scorers: list[core.Scorer | None] = [None] * len(infos)
        self._itself: list[Records | None] = [None] * len(infos)
        self._unprepared = len(infos)
        self._waiting: list[Batch] = []
        self._heads: dict[int, list[Block]] = {}
        self._headless: dict[int, Batch] = {}
        self._broken: int | None = None
        self._records = [np.zeros(stop - start, core.PAIR_SCORE) for _ in infos]
        self.batches = 0

    # -------------------------------------------------------------- what a batch waits for

    def expect(self, current: Batch) -> None:
        """Hear of a batch before it is read."""
        with self._lock:
            self.batches += 1
            if current.number > 0 and self._unprepared:
                current.waits += 1
                self._waiting.append(current)
            if self._previous and current.number > 0:
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
        if self._previous:
            self._hand_on(current)
        if current.number > 0:
            self._arrived(current)
        elif self.is_lost(current):
            self._prepared(current)
        else:
            owners = range(len(self._infos))
            self._pool.submit([partial(self._prepare, current, owner) for owner in owners], first=True)

    def _hand_on(self, current: Batch) -> None:
        # Copies: views would keep whole batches in memory.
        tails = [copy_of(image_of(block, -1)) for block in current.blocks]
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
        info, block = self._infos[owner], first.blocks[owner]
        try:
            at = 0 if self._previous else info.reference_image - first.start
            reference = image_of(block, at)
            scorer = make_scorer(reference, info.precision, self._options)
            check_valid(self._options, [scorer.reference_invalid_pixels], [first.start + at])
            self._scorers[owner] = scorer
            if self._options.method.include_reference and self._range[0] == 0 and not self._previous:
                mask = core_mask(reference, self._options)
                self._itself[owner] = scorer.score(reference.images, mask=mask, num_threads=1)
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
        jobs = [
            (owner, low, high)
            for owner, info in enumerate(self._infos)
            for low, high in self._shares(current, info)
        ]
        if not jobs or self.is_lost(current):
            current.finish()
            return
        current.unscored = len(jobs)
        at_once = len(jobs) * min(self._plan.batches_at_once, 2)
        threads = max(1, self._threads // at_once)
        self._pool.submit([partial(self._share, current, *job, threads) for job in jobs], first=True)

    def _shares(self, current: Batch, info: StackInfo) -> list[tuple[int, int]]:
        """Cut the images that are to be scored: one share per thread, none that takes long."""
        if not current.scored or info.shape[0] < 2:
            return []
        start, stop = current.start, current.stop
        ranges = [(start, stop)]
        if self._previous:
            ranges = [(max(start, self._range[0], 1), stop)]
        elif start <= info.reference_image < stop:
            ranges = [(start, info.reference_image), (info.reference_image + 1, stop)]
        _, height, width = info.shape
        length = max(1, min(PIXELS_PER_CALL // (height * width), -(-(stop - start) // self._threads)))
        return [
            (low, min(low + length, high)) for first, high in ranges for low in range(first, high, length)
        ]

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
        current.finish()

    def _records_of(self, current: Batch, owner: int, low: int, high: int, threads: int) -> None:
        scorer = self._scorers[owner]
        assert scorer is not None
        block = current.blocks[owner]
        first = low - current.start
        if self._previous:
            if first == 0:
                assert current.heads is not None
                some = prepend(current.heads[owner], part_of(block, 0, high - low))
            else:
                some = part_of(block, first - 1, high - current.start)
            score = scorer.score_consecutive
        else:
            some = part_of(block, first, high - current.start)
            score = scorer.score
        records = score(
            some.images, mask=core_mask(some, self._options), num_threads=threads, stop=self._pool.cancelled
        )
        check_valid(self._options, records["invalid_pixels"], range(low, high))
        start = self._range[0]
        self._records[owner][low - start : high - start] = records

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
        found = []
        start, stop = self._range
        for info, scorer, itself, records in zip(
            self._infos, self._scorers, self._itself, self._records, strict=True
        ):
            kept = np.ones(stop - start, bool)
            left_out = 0 if self._previous else info.reference_image
            if start <= left_out < stop:
                kept[left_out - start] = False
            if info.shape[0] < 2 or scorer is None:
                found.append(RangeScore(records[:0]))
                continue
            flags, invalid = int(scorer.reference_flags), int(scorer.reference_invalid_pixels)
            found.append(RangeScore(records[kept], itself, flags, invalid))
        return found
