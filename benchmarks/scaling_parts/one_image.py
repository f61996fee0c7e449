# SPDX-License-Identifier: MIT
"""All threads within one huge image."""

from __future__ import annotations

import statistics

from common.goals import ONE_IMAGE
from common.report import NOT_MEASURED, Section, milliseconds, table
from common.settings import progress

from .calls import METHOD, RANKING, SCORER, Work, prepare
from .cpus import spare_memory
from .settings import ScalingSettings
from .teams import Teams

BYTES_PER_PIXEL = 24
"""Of two images, their spectra, and noise on its way into one, in each process."""

GOALS = " and ".join(f">= {goal.limit} on {number}" for number, goal in ONE_IMAGE.items())
NOTE = f"""\
A stack of two float32 images, method `{METHOD}`: the reference, and the one that is compared. Gain over one thread in a process
that may run on N CPUs; medians of the gains of single runs. The whole call of `rank_stacks` has goals, {GOALS}; `Scorer` is the core's,
whose reference is known already. All these numbers of threads gave the same bits."""


def columns_of(settings: ScalingSettings) -> list[int]:
    """Numbers of threads: those that are measured, and those that have goals."""
    return sorted({*settings.numbers, *ONE_IMAGE})


def row_of(settings: ScalingSettings, teams: Teams, work: Work) -> list[str]:
    """Milliseconds of one thread, and the gains; columns of goals that cannot be measured here say so."""
    title = f"{work.kind}, {work.size} x {work.size}"
    alone: list[float] = []
    cells = []
    for number in columns_of(settings):
        if number not in settings.numbers:
            cells.append(NOT_MEASURED)
            continue
        teams.threaded[number].call(prepare, *work, [number])
        gains = []
        for _ in range(settings.runs):
            alone.append(teams.threads_rate(work, number, 1, settings.seconds))
            gains.append(teams.threads_rate(work, number, number, settings.seconds) / alone[-1])
        gain = statistics.median(gains)
        if work.kind == RANKING and number in ONE_IMAGE:
            cells.append(settings.goals.cell(ONE_IMAGE[number], title, gain))
        else:
            cells.append(f"{gain:.2f}")
    return [title, milliseconds(1 / statistics.median(alone)) if alone else NOT_MEASURED, *cells]


def one_image(settings: ScalingSettings) -> Section:
    """A row per size and kind of call."""
    rows: list[list[str]] = []
    if not settings.numbers:
        return Section("One huge image", "Only one CPU is usable: not measured.", [])
    with Teams(settings.numbers, settings.cpus) as teams:
        for size in settings.huge:
            needed = BYTES_PER_PIXEL * len(settings.numbers) * size**2
            if needed > 0.7 * spare_memory():
                rows.append([f"{size} x {size}", f"{NOT_MEASURED}: {needed / 2**30:.0f} GiB"])
                continue
            for kind in (RANKING, SCORER):
                rows.append(row_of(settings, teams, Work(kind, 1, size)))
                progress(str(rows[-1]))
    header = ["call", "one thread, ms", *(f"{number} threads" for number in columns_of(settings))]
    return Section("One huge image", NOTE, [table(header, rows)])
