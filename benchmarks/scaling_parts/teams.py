# SPDX-License-Identifier: MIT
"""The processes that are measured: some with all the threads, some with a CPU each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from common.child_process import Worker

from . import calls

LEAD = 0.05
"""Seconds until calls that are to begin together begin."""


class Teams:
    """For each number N of CPUs a process with N threads on the first N, and N processes with one each."""

    def __init__(self, numbers: Sequence[int], cpus: Sequence[int]) -> None:
        self._stack = ExitStack()
        try:
            self.threaded = {number: self._worker(cpus[:number]) for number in numbers}
            self.single = [self._worker([cpu]) for cpu in cpus[: max(numbers, default=1)]]
        except BaseException:
            self._stack.close()
            raise
        self._pool = self._stack.enter_context(ThreadPoolExecutor(max(1, len(self.single))))

    def _worker(self, cpus: Sequence[int]) -> Worker:
        worker = self._stack.enter_context(Worker())
        worker.call(calls.start_on, list(cpus))
        return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def each(self, workers: Sequence[Worker], function: Callable[..., Any], *args: Any) -> list[Any]:
        """What a function returns in each of these processes, called at the same time."""
        return list(self._pool.map(lambda worker: worker.call(function, *args), workers))

    def threads_rate(self, work: calls.Work, number: int, threads: int, seconds: float) -> float:
        """Images per second of one process that has this number of CPUs."""
        return self.threaded[number].call(calls.rate, *work, threads, 0.0, seconds)

    def processes_rate(self, work: calls.Work, number: int, seconds: float) -> float:
        """Images per second of so many processes together."""
        start = time.time() + LEAD
        return float(sum(self.each(self.single[:number], calls.rate, *work, 1, start, seconds)))
