# SPDX-License-Identifier: MIT
"""Latencies with a promise: how they are collected, and how they stand in a table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from common.goals import Goal, Goals
from common.report import Section, significant, table
from common.settings import progress


@dataclass(frozen=True)
class LatencySettings:
    """Options of `latency.py`, and the goals that the parts report to."""

    runs: int = 9
    quick: bool = False
    goals: Goals = field(default_factory=Goals)


@dataclass(frozen=True)
class Latency:
    """Something that must not take long; `measure` gives seconds, or raises when the answer is wrong."""

    case: str
    goal: Goal
    """In milliseconds."""
    measure: Callable[[int], float]
    """Gets the number of the run, so that moments can differ from run to run."""


def within(name: str, milliseconds: float) -> Goal:
    """A promise."""
    return Goal(f"{name}, ms", milliseconds)


def section(title: str, note: str, latencies: Sequence[Latency], settings: LatencySettings) -> Section:
    """Measure, and show the promise beside the figures: the worst one is to keep it."""
    rows = []
    for latency in latencies:
        found = [1e3 * latency.measure(run) for run in range(settings.runs)]
        worst = settings.goals.cell(latency.goal, latency.case, max(found))
        rows.append([latency.case, latency.goal.limit, significant(statistics.median(found)), worst])
        progress(str(rows[-1]))
    return Section(title, note, [table(["milliseconds", "promised", "median", "worst"], rows)])
