# SPDX-License-Identifier: MIT
"""Programs timed in turn, and medians of ratios taken run by run.

Machines drift by tens of per cent within a minute. What is compared is therefore timed in turn,
A B C ... A B C ..., and a ratio is the median of the ratios of single runs.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .report import NOT_MEASURED, milliseconds

SAMPLE = 0.02
"""A timed sample repeats its program until it has lasted about so many seconds."""

LONG = 0.25
"""A program that takes more seconds is run once in a sample, and not once more before that."""

Times = Mapping[str, Sequence[float]]
"""Seconds per image of each program, run by run."""


class NotMeasured(Exception):
    """A program that this machine cannot run, with the reason."""


@dataclass(frozen=True)
class Program:
    """What is timed. Whoever makes one has compared its answer with the known one before."""

    name: str
    run: Callable[[], object]
    images: float = 1.0
    """So many images are scored by one run: its time is divided by that."""
    keeps: object = None
    """What has to live as long as the program."""


def optional(module: str) -> Any:
    """A peer, if it is installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise NotMeasured(f"{module} is not installed") from error


def require(truth: object, message: str) -> None:
    """Raise AssertionError, also under `python -O`."""
    if not truth:
        raise AssertionError(message)


def sample(program: Program, repetitions: int, warm_up: bool = True) -> float:
    """Seconds per image over so many repetitions, after one that fills the caches again."""
    run = program.run
    if warm_up:
        run()
    start = time.perf_counter()
    for _ in range(repetitions):
        run()
    return (time.perf_counter() - start) / (repetitions * program.images)


def one_thread_only(program: Program, repetitions: int, warm_up: bool) -> bool:
    """Whether a sample's work is done by the calling thread alone."""
    all_threads, this_one = time.process_time(), time.thread_time()
    sample(program, repetitions, warm_up)
    all_threads, this_one = time.process_time() - all_threads, time.thread_time() - this_one
    return all_threads < 1.1 * this_one


def prepared(program: Program, one_thread: bool) -> tuple[Program, int, bool]:
    """The arguments of `sample` for this program: how often it is run, and whether once more before that.

    A program that is to have one thread is refused if its work is done by other threads too.
    """
    start = time.perf_counter()
    alone = one_thread_only(program, 1, False)  # plans, pools and pages are made here
    count, warm_up = 1, time.perf_counter() - start < LONG
    while warm_up and (lasted := count * sample(program, count) * program.images) < SAMPLE:
        count = max(count + 1, min(10 * count, int(1.1 * count * SAMPLE / max(lasted, 1e-9)) + 1))
    # Not always at once: the threads of some libraries spin for a while when they are made.
    if one_thread and not alone and not any(one_thread_only(program, count, warm_up) for _ in range(20)):
        raise AssertionError(f"{program.name} uses more than one thread")
    return program, count, warm_up


def measure(programs: Iterable[Program], runs: int, one_thread: bool = False) -> dict[str, list[float]]:
    """Seconds per image of each program, run after run in turn."""
    samples = [prepared(program, one_thread) for program in programs]
    times: dict[str, list[float]] = {program.name: [] for program, *_ in samples}
    for _ in range(runs):
        for each in samples:
            times[each[0].name].append(sample(*each))
    return times


def ratio(times: Times, a: str, b: str) -> float:
    """Median over the runs of a / b."""
    return statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))


def median(times: Times, name: str) -> float:
    """Median seconds per image."""
    return statistics.median(times[name])


def fastest(times: Times, names: Iterable[str]) -> str:
    """Return the program with the lowest median."""
    return min(names, key=lambda name: median(times, name))


@dataclass(frozen=True)
class Measured:
    """Seconds per image of each program, run by run, and why some are missing."""

    times: Mapping[str, Sequence[float]]
    missing: Mapping[str, str]

    def milliseconds(self, name: str) -> str:
        """The median as it stands in a table."""
        return milliseconds(median(self.times, name)) if name in self.times else NOT_MEASURED

    def ratio(self, a: str, b: str) -> float | None:
        """Median over the runs of a / b."""
        return ratio(self.times, a, b) if a in self.times and b in self.times else None

    def factor(self, a: str, b: str, digits: int = 1) -> str:
        """The same as it stands in a table."""
        found = self.ratio(a, b)
        return NOT_MEASURED if found is None else f"{found:.{digits}f}"

    def fastest(self, names: Iterable[str]) -> str:
        """Whichever of these has the lowest median."""
        measured = [name for name in names if name in self.times]
        return fastest(self.times, measured) if measured else NOT_MEASURED
