# SPDX-License-Identifier: MIT
"""Stacks that are read while they are scored: reading, decoding and scoring at once, in bounded memory.

The caller's thread opens sources, starts batches of images and tells the progress; a pool of
threads reads, decodes and scores. Scoring goes first, as it frees memory. An image gets the same
numbers bit for bit whoever scores it, and whenever.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, NamedTuple, Self

from ..errors import naming_stack
from ..options import Options
from ..stacks import Block, BufferPool, ReadTask, StackSource
from .batch_scorer import Batch, BatchScorer
from .batches import BATCHES_AT_ONCE, BatchPlan, decoding_again, plan_batches
from .pairs import Advance
from .stack_state import Failed, RangeScore, Scored, StackInfo
from .static_pattern import looked_again, with_reference
from .thread_pool import ConcurrencyLimit, ThreadPool


class Member(NamedTuple):
    """A stack that is to be streamed."""

    name: Any
    location: str
    info: StackInfo
    open: Callable[[], contextlib.AbstractContextManager[StackSource]]
    start: int
    stop: int


Outcome = Scored | Failed
Event = Callable[[], None]


def score_streams(
    groups: Sequence[Sequence[Member]],
    options: Options,
    threads: int,
    advance: Advance | None = None,
    *,
    keep_going: bool = False,
) -> list[list[Outcome]]:
    """Score groups of stacks, one after the other without a pause between them.

    Parameters
    ----------
    groups : sequence of sequences of Member
        Stacks of a group share chunks, and are read together.
    options : Options
    threads : int
        Threads of the pool.
    advance : callable, optional
        Told the numbers of images, in the caller's thread.
    keep_going : bool
        Return the failure of a stack instead of raising it, and go on with the others.

    Returns
    -------
    list of lists of Scored or Failed
        As the groups.

    Raises
    ------
    Exception
        The first error in the order of groups and images; names the stack.
    """
    with _Stream(options, threads, advance) as stream:
        return [stream.outcomes(group, keep_going=keep_going) for group in stream.run(groups, keep_going)]


class _Group:
    """Stacks that are read together, from opening to closing."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = list(members)
        self.sources: list[StackSource] = []
        self.opened = contextlib.ExitStack()
        self.plan: BatchPlan | None = None
        self.limit = ConcurrencyLimit(1)
        self.ranges: Iterator[tuple[int, int, bool]] = iter(())
        self.scorer: BatchScorer | None = None
        self.unfinished = 0
        self.launched = False
        self.failures: list[tuple[tuple[int, int], int, Exception]] = []
        self.outcomes: list[Outcome] | None = None

    @property
    def concurrent(self) -> bool:
        return all(source.concurrent for source in self.sources)


class _Stream:
    """The caller's side: starts batches while there is memory, and hears what became of them."""

    def __init__(self, options: Options, threads: int, advance: Advance | None) -> None:
        self._options = options
        self._threads = threads
        self._advance = advance
        self._events: SimpleQueue[Event] = SimpleQueue()
        # Not of this object: a cycle would keep its memory until garbage is collected.
        events = self._events
        self._pool = ThreadPool(threads, lambda error: events.put(partial(_raise, error)))
        self._in_memory = 0
        self._batches = 0
        self._failed = False
        self._buffers = BufferPool()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        # Sources are closed when no thread reads from them any more.
        self._pool.close()
        self._stack.close()
        self._buffers.clear()

    def run(self, groups: Sequence[Sequence[Member]], keep_going: bool) -> list[_Group]:
        """Score all groups; returns when nothing is under way any more."""
        all_groups = [_Group(members) for members in groups]
        waiting = deque(all_groups)
        current: _Group | None = None
        while True:
            while current is not None or waiting:
                if self._failed and not keep_going:
                    waiting.clear()
                    current = None
                    break
                if current is None:
                    current = waiting.popleft()
                    self._open(current)
                if not self._has_room(current):
                    break
                if not self._launch(current):
                    current.launched = True
                    self._finish(current)
                    current = None
            if self._batches == 0 and current is None and not waiting:
                return all_groups
            self._pool.run_here()
            self._events.get()()

    def outcomes(self, group: _Group, *, keep_going: bool) -> list[Outcome]:
        """Outcomes of the stacks of a group."""
        if group.failures and not keep_going:
            _, owner, error = min(group.failures, key=lambda each: each[0])
            member = group.members[owner]
            with naming_stack(member.name, member.location):
                raise error
        assert group.outcomes is not None
        return group.outcomes

    # -------------------------------------------------------------- groups

    def _open(self, group: _Group) -> None:
        self._stack.push(group.opened)
        for owner, member in enumerate(group.members):
            try:
                source = group.opened.enter_context(member.open())
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this stack's
                self._fail(group, (-1, owner), owner, error)
                return
            group.sources.append(source)
        infos = [member.info for member in group.members]
        working = max(source.working_bytes for source in group.sources)
        readers = 1 if any(source.exclusive for source in group.sources) else self._threads
        group.plan = plan_batches(infos, self._options, self._threads, working, readers)
        group.limit = ConcurrencyLimit(group.plan.readers)
        first = group.members[0]
        group.scorer = BatchScorer(
            infos, self._options, self._pool, self._threads, group.plan, first.start, first.stop
        )
        group.ranges = group.scorer.ranges()

    def _finish(self, group: _Group) -> None:
        """Close a group when all of its batches are done."""
        if not group.launched or group.unfinished or group.outcomes is not None:
            return
        numbers = [] if group.failures else self._numbers(group)
        if group.failures:
            group.outcomes = [Failed(self._error_of(group, owner)) for owner in range(len(group.members))]
        else:
            assert group.plan is not None
            again = decoding_again(group.plan, self._options)
            group.outcomes = [
                Scored(
                    member.info.with_warning(*source.warnings_while_reading(), *([again] if again else [])),
                    each,
                )
                for member, each, source in zip(group.members, numbers, group.sources, strict=True)
            ]
        group.scorer = None
        group.opened.close()

    def _numbers(self, group: _Group) -> list[RangeScore]:
        """Numbers of the stacks of a group whose batches are done, final ones of whole stacks."""
        assert group.scorer is not None
        found = group.scorer.numbers()
        for owner, member in enumerate(group.members):
            whole = (member.start, member.stop) == (0, member.info.shape[0])
            source = group.sources[owner]
            try:
                if whole:
                    found[owner] = looked_again(
                        member.info, self._options, found[owner], source, self._threads
                    )
                else:
                    found[owner] = with_reference(member.info, self._options, found[owner], source)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this stack's
                self._fail(group, (group.scorer.batches, owner), owner, error)
        return found

    def _fail(self, group: _Group, place: tuple[int, int], owner: int, error: Exception) -> None:
        group.failures.append((place, owner, error))
        self._failed = True

    def _error_of(self, group: _Group, owner: int) -> Exception:
        own = [each for each in group.failures if each[1] == owner] or group.failures
        return min(own, key=lambda each: each[0])[2]

    # -------------------------------------------------------------- batches

    def _has_room(self, group: _Group) -> bool:
        if group.failures or group.plan is None:
            return True  # for giving up
        if self._batches == 0:
            return True
        # Reading far ahead of scoring would only push images out of the caches.
        if self._pool.backlog() >= 2 * self._threads:
            return False
        # Nor do more batches help than are worked on: some are read, some wait for their reference.
        if self._batches >= max(BATCHES_AT_ONCE, self._threads + 2):
            return False
        kept = group.scorer.kept_bytes if group.scorer else 0
        return self._in_memory + kept + group.plan.batch_bytes <= group.plan.budget

    def _launch(self, group: _Group) -> bool:
        """Start the next batch of a group; False when no batch is left."""
        if group.failures or group.scorer is None:
            return False
        found = next(group.ranges, None)
        if found is None:
            return False
        assert group.plan is not None
        start, stop, scored = found
        number = group.scorer.batches
        bytes_taken = group.plan.batch_bytes
        self._in_memory += bytes_taken
        self._batches += 1
        group.unfinished += 1

        def done() -> None:
            self._in_memory -= bytes_taken
            self._batches -= 1
            group.unfinished -= 1
            self._finish(group)

        def scored_some(images: int) -> None:
            if self._advance is not None:
                self._advance(images)

        def failed(place: tuple[int, int], owner: int, error: Exception) -> None:
            self._fail(group, place, owner, error)

        current = Batch(
            number=number,
            start=start,
            stop=stop,
            scored=scored,
            done=lambda: self._events.put(done),
            progress=lambda images: self._events.put(lambda: scored_some(images)),
            failed=lambda place, owner, error: self._events.put(lambda: failed(place, owner, error)),
        )
        group.scorer.expect(current)
        self._read(group, current)
        return True

    def _read(self, group: _Group, current: Batch) -> None:
        assert group.scorer is not None
        try:
            read_tasks, blocks, current.release = _begin(
                group.sources, current.start, current.stop, self._buffers
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
            group.scorer.break_at(current, (current.number, -1), 0, error)
            group.scorer.decoded(current, [])
            return
        read_tasks = sorted(read_tasks, key=lambda read_task: read_task.place)
        countdown = _Countdown(len(read_tasks))
        scorer = group.scorer

        def task(index: int) -> Callable[[], None]:
            read_task = read_tasks[index]

            def run() -> None:
                if not scorer.is_lost(current):
                    try:
                        read_task.run()
                    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
                        scorer.break_at(current, (current.number, index), read_task.owner, error)
                if countdown.last():
                    scorer.decoded(current, blocks)
                if self._pool.backlog() < self._threads:
                    self._events.put(_nothing)  # there is time for another batch

            return run

        work = [task(index) for index in range(len(read_tasks))]
        if group.concurrent:
            self._pool.submit(work, limit=group.limit)
        else:
            for each in work:
                each()


def _begin(
    sources: Sequence[StackSource], start: int, stop: int, buffers: BufferPool
) -> tuple[list[ReadTask], Sequence[Callable[[], Block]], Callable[[], None]]:
    if len(sources) == 1:
        pending = sources[0].start_reading(start, stop, buffers)
        return list(pending.tasks), [pending.block], pending.release
    together: Any = sources[0]
    read_tasks, blocks = together.start_reading_together(sources, start, stop, buffers)

    def release() -> None:
        for block in blocks:
            block.release()

    return read_tasks, blocks, release


def _raise(error: BaseException) -> None:
    """Event: a task failed where none may."""
    raise error


def _nothing() -> None:
    """Event: wakes the caller's thread."""


class _Countdown:
    """Tells who is the last of several."""

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._left = count

    def last(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0
