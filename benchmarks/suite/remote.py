# SPDX-License-Identifier: MIT
"""Programs timed in processes of their own, in turn.

A peer runs as its user would run it: its memory allocator, its thread pools and its copies of
common libraries are its own. The same serves other instruction sets and other builds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ndreg_preeval import build_config

from .images import moved_scene
from .pairs import PAIRS
from .peers import SCORES
from .report import NOT_MEASURED, milliseconds
from .scorers import score_of_one
from .timing import NotMeasured, Program, fastest, median, prepared, ratio, sample
from .worker import Worker


@functools.lru_cache(maxsize=1)
def made(name: str, rows: int, columns: int, dtype: str) -> tuple[Program, int]:
    """A checked program for one image, and how often it is run in a sample."""
    reference, image = moved_scene((rows, columns), dtype)
    if name in PAIRS:
        program = PAIRS[name](image)
    elif name in SCORES:
        program = SCORES[name](reference, image)
    else:
        program = score_of_one(name, reference, image)
    return prepared(program, one_thread=True)


def prepare(name: str, rows: int, columns: int, dtype: str) -> None:
    """Make and check a program; called in a worker."""
    made(name, rows, columns, dtype)


def seconds(name: str, rows: int, columns: int, dtype: str) -> float:
    """Seconds per image; called in a worker."""
    return sample(*made(name, rows, columns, dtype))


def configuration() -> dict[str, Any]:
    """What the worker runs; called in a worker."""
    return build_config()


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


def in_turn(
    where: Mapping[str, tuple[Worker, str]], shape: tuple[int, int], dtype: str, runs: int
) -> Measured:
    """Time named programs in their workers, run after run in turn."""
    times: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    for title, (worker, program) in where.items():
        try:
            worker.call(prepare, program, *shape, dtype)
        except NotMeasured as reason:
            missing[title] = str(reason)
        else:
            times[title] = []
    for _ in range(runs):
        for title, lasted in times.items():
            worker, program = where[title]
            lasted.append(worker.call(seconds, program, *shape, dtype))
    return Measured(times, missing)


def apart(programs: Iterable[str], shape: tuple[int, int], dtype: str, runs: int) -> Measured:
    """The same, each in a fresh process of its own."""
    with ExitStack() as stack:
        where = {name: (stack.enter_context(Worker()), name) for name in programs}
        return in_turn(where, shape, dtype, runs)
