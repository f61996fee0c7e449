# SPDX-License-Identifier: MIT
"""Threads of one call against as many processes that have nothing to do with each other."""

from __future__ import annotations

import statistics

from common.goals import THREADS_AS_PROCESSES
from common.report import NOT_MEASURED, Section, milliseconds, table
from common.settings import progress
from common.timing import require

from .calls import METHOD, RANKING, SCORER, Work, prepare
from .cpus import PINS, shared_cores, spare_memory
from .settings import ScalingSettings
from .teams import Teams

PIXELS = 1 << 21
"""Of the images of a call with small ones, about."""
GOAL_UP_TO = 4096
MANY = 1024
"""Up to this size bits are compared for many numbers of threads."""
FLOAT = 4
LONG = 1.0
"""Calls that take more seconds are measured three times."""

NOTE = f"""\
float32 images, method `{METHOD}`, at least 2 N images beside the reference for N threads. The gain of threads is the time of one
thread over that of N for the same call, in a process that may run on N CPUs. Processes have one CPU{{pinned}} and one thread each,
and a stack each of an N-th of the images (two at least); their gain is the images per second of N of them at once over that of one
alone with the same stack: what the machine gives N times the same work. Beyond that threads cannot gain much. Ratios are medians
of those of single runs (three, where a call of one thread takes more than a second). `Scorer` is the core's, whose reference is
known already; `rank_stacks` is the whole public call. One thread and N gave the same bits, up to {MANY} x {MANY} pixels all numbers from
2 to 8 too, and all processes the same as each other."""


def images_of(size: int, number: int) -> tuple[int, int]:
    """Beside the reference: those that N threads share, and those of each of N processes."""
    many = max(2 * number, PIXELS // size**2)
    many -= many % number
    return many, max(2, many // number)


def bytes_of(size: int, number: int) -> int:
    """What the stacks of one process with threads and of N others take, and half as much to work with."""
    many, few = images_of(size, number)
    return int(1.5 * FLOAT * size**2 * (many + 1 + number * (few + 1)))


def row_of(settings: ScalingSettings, teams: Teams, kind: str, size: int, number: int) -> list[str]:
    """Measured, or why not."""
    title = f"{kind}, {size} x {size}, N = {number}"
    many, few = images_of(size, number)
    needed = bytes_of(size, number)
    if needed > 0.7 * spare_memory():
        return [title, str(many), f"{NOT_MEASURED}: {needed / 2**30:.0f} GiB", "", "", ""]
    shared, own = Work(kind, many, size), Work(kind, few, size)
    up_to = 8 if size <= MANY else 2
    teams.threaded[number].call(prepare, *shared, sorted({*range(2, up_to + 1), number}))
    digests = teams.each(teams.single[:number], prepare, *own, [])
    require(len(set(digests)) == 1, f"{title}: processes differ")

    alone, threads, processes = [], [], []
    last = teams.threads_rate(shared, number, 1, settings.seconds)
    for _ in range(settings.runs if many / last < LONG else min(3, settings.runs)):
        alone.append(teams.threads_rate(shared, number, 1, settings.seconds))
        threads.append(teams.threads_rate(shared, number, number, settings.seconds) / alone[-1])
        one = teams.processes_rate(own, 1, settings.seconds)
        processes.append(teams.processes_rate(own, number, settings.seconds) / one)
    ratio = statistics.median(a / b for a, b in zip(threads, processes, strict=True))
    cell = f"{ratio:.2f}"
    if kind == RANKING and size <= GOAL_UP_TO:
        cell = settings.goals.cell(THREADS_AS_PROCESSES, title, ratio)
    gains = [f"{statistics.median(gains):.2f}" for gains in (threads, processes)]
    return [title, str(many), milliseconds(1 / statistics.median(alone)), *gains, cell]


def many_images(settings: ScalingSettings) -> Section:
    """A row per kind of call, size, and number of CPUs."""
    note = NOTE.format(pinned=", to which they are pinned," if PINS else " (this system does not pin them)")
    if shared_cores(settings.cpus[: max(settings.numbers, default=1)]):
        note += " Some of the CPUs share a core."
    if not settings.numbers:
        return Section("Threads against processes", "Only one CPU is usable: not measured.", [])
    rows = []
    with Teams(settings.numbers, settings.cpus) as teams:
        for number in settings.numbers:
            for size in settings.sizes:
                for kind in (SCORER, RANKING):
                    rows.append(row_of(settings, teams, kind, size, number))
                    progress(str(rows[-1]))
    rows.sort(key=lambda row: RANKING in row[0])
    header = ["call", "images", "one thread, ms per image", "gain of N threads", "gain of N processes"]
    header.append(f"threads / processes >= {THREADS_AS_PROCESSES.limit} (`rank_stacks`, to {GOAL_UP_TO})")
    return Section("Threads against processes", note, [table(header, rows)])
