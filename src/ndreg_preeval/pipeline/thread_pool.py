# SPDX-License-Identifier: MIT
"""A few threads for tasks of two kinds: those that free memory go before those that take it."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from .. import core

Task = Callable[[], None]
"""Work for a thread, which deals with its own errors as far as it can."""


class ConcurrencyLimit:
    """Largest number of tasks of one kind that run at a time, and how many do."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.running = 0


class ThreadPool:
    """Threads that run tasks until the pool is closed.

    Some tasks go first. Others start in their order, each as its limit allows; those whose limit is
    reached do not hold up the ones behind them. No thread waits busily.

    Parameters
    ----------
    threads : int
        How many; started with the first tasks. Where the system has none to spare, tasks wait
        for `run_here`.
    on_crash : callable(error)
        Told of what a task raised, by the thread that ran it.
    """

    def __init__(self, threads: int, on_crash: Callable[[BaseException], None]) -> None:
        self._size = threads
        self._on_crash = on_crash
        self._threads: list[threading.Thread] = []
        # A lock and a queue of the interpreter, no Condition: a KeyboardInterrupt that met the caller's
        # thread in its methods, which are Python, would leave the lock taken and all threads waiting.
        self._lock = threading.Lock()
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._asleep = 0
        """Threads that wait for a call, and have not been called."""
        self._first: deque[Task] = deque()
        self._others: deque[tuple[Task, ConcurrencyLimit | None]] = deque()
        self._cancelled = False

    def cancelled(self) -> bool:
        """Whether all tasks are to stop: long ones ask from time to time."""
        return self._cancelled

    def submit(
        self, tasks: list[Task], *, limit: ConcurrencyLimit | None = None, first: bool = False
    ) -> None:
        """Run tasks: before all others (`first`, whatever the limit), or when there is time and the limit allows.

        Tasks of a closed pool are forgotten: those that still run may have more to hand on.
        """
        with self._lock:
            if self._cancelled:
                return
            if first:
                self._first.extend(tasks)
            else:
                self._others.extend((task, limit) for task in tasks)
            self._wake(len(tasks))

    def backlog(self) -> int:
        """Number of tasks that have not begun."""
        with self._lock:
            return len(self._first) + len(self._others)

    def run_here(self) -> None:
        """Run all tasks in this thread, if there is no other that could."""
        while not self._threads:
            with self._lock:
                found = self._next()
            if found is None:
                return
            self._run(*found)
            with self._lock:
                if found[1] is not None:
                    found[1].running -= 1

    def close(self) -> None:
        """Forget tasks that have not begun, and wait for the rest; safe to call twice."""
        with self._lock:
            self._cancelled = True
            self._first.clear()
            self._others.clear()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            # One that an interrupt kept from starting, or that has not come so far, has taken no task.
            with contextlib.suppress(RuntimeError):
                thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self, tasks: int) -> None:
        while len(self._threads) < min(self._size, len(self._first) + len(self._others)):
            # A daemon if the caller's thread is one: then the end of the program does not wait for it.
            thread = threading.Thread(target=self._work, name=f"ndreg_preeval-{len(self._threads)}")
            self._threads.append(thread)  # before it starts: an interrupt must not hide it from `close`
            try:
                thread.start()
            except RuntimeError:  # the system has no more of them
                self._threads.pop()
                self._size = len(self._threads)
                break
        self._call(tasks)

    def _call(self, most: int) -> None:
        """Call some of the threads that are asleep."""
        for _ in range(min(most, self._asleep)):
            self._asleep -= 1
            self._calls.put(None)

    def _work(self) -> None:
        core.leave_openmp_place()  # a binding that was meant for the thread that started this one
        limit: ConcurrencyLimit | None = None
        while True:
            with self._lock:
                if limit is not None:
                    limit.running -= 1
                    limit = None
                    self._call(1)
                found = self._next()
                if found is None:
                    if self._cancelled:
                        return
                    self._asleep += 1
            if found is None:
                self._calls.get()
                continue
            limit = found[1]
            self._run(*found)
            del found

    def _run(self, task: Task, _: ConcurrencyLimit | None) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - no thread may wait for this task in vain
            self._on_crash(error)

    def _next(self) -> tuple[Task, ConcurrencyLimit | None] | None:
        if self._first:
            return self._first.popleft(), None
        for index, (task, limit) in enumerate(self._others):
            if limit is None or limit.running < limit.most:
                del self._others[index]
                if limit is not None:
                    limit.running += 1
                return task, limit
        return None
