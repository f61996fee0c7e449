# SPDX-License-Identifier: MIT
"""A few threads for tasks of two kinds: what frees memory goes before what takes it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from .. import core

Task = Callable[[], None]
"""Deals with its own errors, as far as it can."""


class Gate:
    """Lets some tasks of one kind run at a time, and no more."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.inside = 0


class Crew:
    """Threads that run tasks until they are sent home.

    Urgent tasks go first. Others pass through a gate, in their order; those behind a gate
    that is full do not hold up those before an open one. Nobody waits busily.

    Parameters
    ----------
    threads : int
        How many; started with the first tasks. Where the system has none to spare, tasks wait
        for `work_here`.
    on_crash : callable(error)
        Told of what a task raised, by the thread that ran it.
    """

    def __init__(self, threads: int, on_crash: Callable[[BaseException], None]) -> None:
        self._size = threads
        self._on_crash = on_crash
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._urgent: deque[Task] = deque()
        self._others: deque[tuple[Task, Gate]] = deque()
        self._stopping = False

    def stopping(self) -> bool:
        """Whether everybody is to stop: long tasks ask from time to time."""
        return self._stopping

    def urgent(self, tasks: list[Task]) -> None:
        """Run these before anything else."""
        with self._changed:
            self._urgent.extend(tasks)
            self._wake(len(tasks))

    def add(self, tasks: list[Task], gate: Gate) -> None:
        """Run these when there is time, each while the gate lets it in."""
        with self._changed:
            self._others.extend((task, gate) for task in tasks)
            self._wake(len(tasks))

    def backlog(self) -> int:
        """How many tasks nobody has begun."""
        with self._changed:
            return len(self._urgent) + len(self._others)

    def work_here(self) -> None:
        """Run all tasks in this thread, if there is no other that could."""
        while not self._threads:
            with self._changed:
                found = self._next()
            if found is None:
                return
            self._run(*found)
            with self._changed:
                if found[1] is not None:
                    found[1].inside -= 1

    def close(self) -> None:
        """Forget what nobody has begun, and wait for the rest; safe to call twice."""
        with self._changed:
            self._stopping = True
            self._urgent.clear()
            self._others.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self, tasks: int) -> None:
        while len(self._threads) < min(self._size, len(self._urgent) + len(self._others)):
            # A daemon if the caller's thread is one: then the end of the program does not wait for it.
            thread = threading.Thread(target=self._work, name=f"ndreg_preeval-{len(self._threads)}")
            try:
                thread.start()
            except RuntimeError:  # the system has no more of them
                self._size = len(self._threads)
                break
            self._threads.append(thread)
        self._changed.notify(tasks)

    def _work(self) -> None:
        core.leave_openmp_place()  # a binding that was meant for the thread that started this one
        gate: Gate | None = None
        while True:
            with self._changed:
                if gate is not None:
                    gate.inside -= 1
                    self._changed.notify()
                while (found := self._next()) is None:
                    if self._stopping:
                        return
                    self._changed.wait()
            gate = found[1]
            self._run(*found)
            del found

    def _run(self, task: Task, _: Gate | None) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - nobody may wait for this task in vain
            self._on_crash(error)

    def _next(self) -> tuple[Task, Gate | None] | None:
        if self._urgent:
            return self._urgent.popleft(), None
        for index, (task, gate) in enumerate(self._others):
            if gate.inside < gate.width:
                del self._others[index]
                gate.inside += 1
                return task, gate
        return None
