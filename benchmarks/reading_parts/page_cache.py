# SPDX-License-Identifier: MIT
"""From files in the page cache to a ranking, layout by layout."""

from __future__ import annotations

import statistics
from pathlib import Path

from common.goals import FLOOR, Goals, end_to_end, growth_of
from common.report import NOT_MEASURED, Section, significant, table
from common.settings import ReadingSettings, progress
from ndreg_preeval import _core

from .alternating_runs import Reasons, Taken, in_turn, note_missing, number, sentences
from .drifting_scene import drifting_scene
from .hdf5_layouts import LAYOUTS, Layout, Stored, on_disk
from .programs import (
    DECODE,
    DEFAULT,
    EWOKSNDREG,
    H5PY,
    IN_MEMORY,
    METHODS,
    RANKED,
    READ,
    THREADS,
    in_memory,
    ranked,
)

SMALL = (8, 64)
"""Images and size of the stacks that a process sees first."""
DEFAULT_LIMIT = 256
"""MiB of images that are held when nobody sets memory_limit."""
PROGRAMS = [*RANKED, EWOKSNDREG, *READ]

NOTE = """\
Two stacks of {images} images of {size} x {size} pixels: one drifting scene with counting noise, one stack clear and one faint.
From the URIs to the ranking, everything included, in milliseconds per image; each program runs in a process of its own, in
turn with the others, all files in the page cache. "ewoksndreg" is its task `Reg2DPreEvaluation`. The last three columns only
read: `dataset[i]`, blocks of as many images as a chunk holds, and this package's own reading without scoring. Each ranking has
to name the known best stack, ours with the numbers that the same pixels give in memory, bit for bit; reading alone has to give
the pixels that were written. Goals of `rank_stacks` hold for both methods."""
CPU = "CPU time (user and system, all threads) of the same runs, in milliseconds per image:"
FLOORS = """\
What a ranking has to do at least, in CPU milliseconds per image: *decode* is our reading alone, *compute* the ranking of the
same pixels in memory, each in one thread. Time with {threads} threads on {cores} cores is divided by max(decode, compute) / {cores},
which is the goal, and by (decode + compute) / {cores}: the cores have to do both, so the second one is the arithmetic floor wherever
decoding and computing both keep a core busy, and the first is out of reach where they cost about the same."""
MEMORY = """\
Highest growth of resident memory, in MiB, beyond what the process had after it had read and ranked small stacks of the same
kind; no memory_limit was set, which means {limit} MiB of images."""


def ratios(layout: Layout, taken: Taken, goals: Goals) -> list[str]:
    """How many times faster than the original package, and how fast beside bare reading."""
    times = taken.per_image()
    row = ["" if layout.goal is None else f"{layout.goal:g}"]
    for method in METHODS:
        factor = times.ratio(EWOKSNDREG, ranked(method))
        if layout.goal is None or factor is None:
            row.append(NOT_MEASURED if factor is None else f"{factor:.1f}")
        else:
            row.append(goals.cell(end_to_end(layout.title, layout.goal), f"`{method}`", factor))
    return [*row, times.factor(EWOKSNDREG, ranked("evidence", 1)), times.factor(H5PY, DEFAULT, 2)]


def rows_of(layout: Layout, stored: Stored, taken: Taken, goals: Goals) -> list[list[str]]:
    """A row of every table."""
    times, cpu = taken.per_image(), taken.per_image("cpu")
    title = layout.title
    size = sum(Path(name).stat().st_size for name in stored["files"])
    return [
        [title, *map(times.milliseconds, PROGRAMS)],
        [title, *ratios(layout, taken, goals)],
        [title, significant(size / 1e6), *map(cpu.milliseconds, PROGRAMS)],
        [title, *floors(title, taken, goals)],
        [
            title,
            goals.cell(growth_of(DEFAULT_LIMIT), title, taken.growth(DEFAULT)),
            *(number(taken.growth(name)) for name in PROGRAMS if name != DEFAULT),
        ],
    ]


def cores() -> int:
    """How many processors the threads of a ranking have."""
    return min(THREADS, _core.usable_cpus())


def floors(title: str, taken: Taken, goals: Goals) -> list[str]:
    """What decoding and computing cost, and time over the two floors, run by run."""
    times, cpu = taken.per_image(), taken.per_image("cpu")
    row = [cpu.milliseconds(DECODE)]
    for method in METHODS:
        runs = list(
            zip(times.times[ranked(method)], cpu.times[DECODE], cpu.times[in_memory(method)], strict=True)
        )
        larger = statistics.median(wall / max(decode, compute) for wall, decode, compute in runs) * cores()
        both = statistics.median(wall / (decode + compute) for wall, decode, compute in runs) * cores()
        row.append(cpu.milliseconds(in_memory(method)))
        row.append(goals.cell(FLOOR, f"`{method}`, {title}", larger))
        row.append(f"{both:.2f}")
    return row


def headers() -> list[list[str]]:
    """Of the five tables."""
    floor = ["decode"]
    for method in METHODS:
        floor += [
            f"`{method}`: compute",
            f"time / max(...) <= {FLOOR.limit}",
            f"time / (decode + compute) * {cores()}",
        ]
    return [
        ["ms per image", *PROGRAMS],
        [
            "ratio",
            "goal",
            *(f"ewoksndreg / {ranked(method)}" for method in METHODS),
            f"ewoksndreg / {ranked('evidence', 1)}",
            f"{H5PY} / {DEFAULT}",
        ],
        ["CPU ms per image", "files, MB", *PROGRAMS],
        ["CPU ms per image", *floor],
        ["MiB", f"{DEFAULT} <= {growth_of(DEFAULT_LIMIT).limit}", *(p for p in PROGRAMS if p != DEFAULT)],
    ]


def page_cache(settings: ReadingSettings) -> Section:
    """A row per layout in all tables."""
    movie, short = drifting_scene(settings.images, settings.size), drifting_scene(*SMALL)
    rows: list[list[list[str]]] = []
    reasons: Reasons = {}
    for layout in LAYOUTS:
        with on_disk(layout, movie) as stored, on_disk(layout, short) as small:
            taken = in_turn([*PROGRAMS, *IN_MEMORY], stored, small, settings.runs)
            rows.append(rows_of(layout, stored, taken, settings.goals))
        note_missing(reasons, layout.title, taken)
        progress(str(rows[-1]))
    tables = [table(header, each) for header, each in zip(headers(), zip(*rows, strict=True), strict=True)]
    times, factors, cpu, floor, memory = tables
    note = NOTE.format(images=settings.images, size=settings.size) + sentences(reasons)
    return Section(
        "Ranking files",
        note,
        [
            times,
            factors,
            CPU,
            cpu,
            FLOORS.format(threads=THREADS, cores=cores()),
            floor,
            MEMORY.format(limit=DEFAULT_LIMIT),
            memory,
        ],
    )
