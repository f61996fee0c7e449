# SPDX-License-Identifier: MIT
"""Programs that read files, each in a process of its own, in turn, with what each run took."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from common.child_process import Worker
from common.report import NOT_MEASURED, significant
from common.timing import Measured, NotMeasured, require
from common.usage import MIB, Usage, baseline, forget_pages, used

from .hdf5_layouts import Stored
from .programs import METHODS, RECIPES

# ------------------------------------------------------------------ in a worker


@dataclass
class Ready:
    """The program of this process."""

    name: str
    run: Callable[[], Any]
    stored: Stored
    before: int | None


READY: list[Ready] = []
"""At most one."""


def prepare(name: str, stored: Stored, small: Stored) -> str:
    """Make a program and run it once; returns its answer.

    Memory is counted from where it has run on small stacks of the same kind, so that neither
    code nor thread pools belong to it.
    """
    recipe = RECIPES[name]
    recipe.make(small)()
    before = baseline()
    READY[:] = [Ready(name, recipe.make(stored), stored, before)]
    return recipe.answer(READY[0].run(), stored)


def run_once(cold: bool) -> tuple[Sequence[float | int | None], str]:
    """What one run takes, and its answer."""
    (ready,) = READY
    if cold:
        forget_pages(ready.stored["files"])
    usage, result = used(ready.run, ready.before)
    return usage, RECIPES[ready.name].answer(result, ready.stored)


# ------------------------------------------------------------------ outside


@dataclass(frozen=True)
class Taken:
    """What the runs of each program took, and why some are missing."""

    usages: Mapping[str, Sequence[Usage]]
    missing: Mapping[str, str]
    images: int

    def per_image(self, field: str = "seconds") -> Measured:
        """Seconds per image, of time or of processors ("cpu")."""
        return Measured(
            {
                name: [getattr(each, field) / self.images for each in usages]
                for name, usages in self.usages.items()
            },
            self.missing,
        )

    def growth(self, name: str) -> float | None:
        """The highest growth of the memory, in MiB."""
        grown = [each.growth for each in self.usages.get(name, ()) if each.growth is not None]
        return max(grown) / MIB if grown else None

    def fetched(self, name: str) -> float | None:
        """Median of the bytes from the disk, in MB."""
        found = [each.fetched for each in self.usages.get(name, ()) if each.fetched is not None]
        return statistics.median(found) / 1e6 if found else None


Reasons = dict[tuple[str, str], list[str]]
"""Titles of the rows in which a program is missing, by its name and the reason."""


def note_missing(reasons: Reasons, title: str, taken: Taken) -> None:
    """Note what is missing in a row."""
    for missing in taken.missing.items():
        reasons.setdefault(missing, []).append(title)


def sentences(reasons: Reasons) -> str:
    """What was not measured and why, a line each."""
    return "".join(
        f"\nNot measured: {program}, {'; '.join(titles)}: {reason}."
        for (program, reason), titles in reasons.items()
    )


def number(value: float | None) -> str:
    """As it stands in a table."""
    return NOT_MEASURED if value is None else significant(value)


def in_turn(names: Iterable[str], stored: Stored, small: Stored, runs: int, cold: bool = False) -> Taken:
    """Check the programs, then run them in turn."""
    usages: dict[str, list[Usage]] = {}
    missing: dict[str, str] = {}
    answers: dict[str, str] = {}
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for name in names:
            worker = stack.enter_context(Worker())
            try:
                answers[name] = worker.call(prepare, name, stored, small)
            except NotMeasured as reason:
                missing[name] = str(reason)
            else:
                workers[name], usages[name] = worker, []
        check(answers)
        for _ in range(runs):
            for name, worker in list(workers.items()):
                try:
                    usage, answer = worker.call(run_once, cold)
                except NotMeasured as reason:
                    missing[name] = str(reason)
                    del workers[name], usages[name]
                    continue
                require(answer == answers[name], f"{name}: another answer in another run")
                usages[name].append(Usage(*usage))  # type: ignore[arg-type]  # a list, after JSON
    return Taken(usages, missing, stored["images"])


def check(answers: Mapping[str, str]) -> None:
    """All rankings by one method, from files or in memory, have the same numbers, bit for bit."""
    for method in METHODS:
        found = {answer for name, answer in answers.items() if name.startswith(f"`{method}`")}
        require(len(found) <= 1, f"numbers of `{method}` from files and in memory differ")
