# SPDX-License-Identifier: MIT
"""Pages that the system has to find for the first and for the second of two equal stacks."""

from __future__ import annotations

import importlib
import statistics

import ndreg_preeval
from common.child_process import Worker
from common.goals import PAGE_FAULTS
from common.known_shifts import ranked_stack
from common.report import Section, significant, table
from common.settings import progress
from common.timing import NotMeasured, require

from .calls import METHOD, bits, start_on
from .settings import ScalingSettings

SIZES = (64, 256, 1024, 4096)
FRESH_PROCESSES = 3
FEW = 100

NOTE = f"""\
Page faults, and milliseconds of the system's time, that the first call of `rank_stacks` with a stack (float32, method `{METHOD}`)
causes in a process, and the second one with another array that has the same images; both arrays have been written before, and a
call with images of 16 x 16 pixels and as many threads has loaded the code. Each row is of {FRESH_PROCESSES} fresh processes, the
median of each figure. Python itself needs a page now and then: where the first call causes fewer than {FEW}, the ratio is to {FEW}."""


def images_of(size: int) -> int:
    return max(3, min(64, (1 << 21) // size**2))


def two_stacks(size: int, threads: int, cpus: list[int]) -> list[tuple[int, float]]:
    """Page faults and seconds of the system for each of two equal stacks; called in a fresh worker."""
    try:
        resource = importlib.import_module("resource")
    except ImportError as error:
        raise NotMeasured("this system does not count page faults") from error
    start_on(cpus)

    def call(stack: object) -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks({"stack": stack}, method=METHOD, num_threads=threads)

    first = ranked_stack(images_of(size), (size, size))
    second = first.copy()
    call(ranked_stack(3, (16, 16)))
    found = []
    results = []
    for stack in (first, second):
        before = resource.getrusage(resource.RUSAGE_SELF)
        results.append(call(stack))
        after = resource.getrusage(resource.RUSAGE_SELF)
        faults = after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt
        found.append((faults, after.ru_stime - before.ru_stime))
    require(bits(results[0]) == bits(results[1]), "the second stack gets other numbers")
    return found


def page_faults(settings: ScalingSettings) -> Section:
    """A row per size and number of threads."""
    rows = []
    number = max(settings.numbers, default=1)
    cpus = list(settings.cpus[:number])
    for size in SIZES[:3] if max(settings.sizes) < SIZES[-1] else SIZES:
        for threads in sorted({1, number}):
            found = []
            for _ in range(FRESH_PROCESSES):
                try:
                    with Worker() as worker:
                        found.append(worker.call(two_stacks, size, threads, cpus))
                except NotMeasured as reason:
                    return Section("Page faults", f"Not measured: {reason}.", [])
            title = f"{images_of(size)} of {size} x {size}, {threads} thread{'s' if threads > 1 else ''}"
            faults = [statistics.median(run[k][0] for run in found) for k in (0, 1)]
            system = [statistics.median(run[k][1] for run in found) for k in (0, 1)]
            ratio = settings.goals.cell(PAGE_FAULTS, title, faults[1] / max(FEW, faults[0]))
            cells = [f"{each:.0f}" for each in faults] + [ratio]
            rows.append([title, *cells, *(significant(1e3 * each) for each in system)])
            progress(str(rows[-1]))
    header = ["images", "first", "second", f"second / first <= {PAGE_FAULTS.limit}"]
    header += ["system, ms: first", "second"]
    return Section("Page faults", NOTE, [table(header, rows)])
