# SPDX-License-Identifier: MIT
"""The same programs, each in a process of its own: caches are cold when their turn comes."""

from __future__ import annotations

from common.report import Section, table
from common.settings import Settings, progress

from .cases import Case
from .fft_pairs import PAIRS
from .rankings import EVIDENCE, PEAK_TO_MEAN
from .separate_processes import apart
from .stacks import IMAGES

NOTE = f"""\
Calls and loops as above ({IMAGES} images, one thread), but every program runs in a fresh process of its own, with the memory
allocator, the copies of common libraries and the threads that it alone has. Between two of its samples others run on the
same caches. It has no goals: the table above is the stricter one."""


def processes(settings: Settings) -> Section:
    """A row per size and precision."""
    rows = []
    for dtype in ("float32", "float64"):
        for size in sorted({256, 1024, 2048}.intersection(settings.sizes)):
            case = Case(IMAGES, size, size, dtype)
            found = apart((*PAIRS, PEAK_TO_MEAN, EVIDENCE), case, settings.runs)
            pair = found.fastest(PAIRS)
            cells = [found.milliseconds(name) for name in (PEAK_TO_MEAN, EVIDENCE, pair)]
            ratios = [found.factor(name, pair, 2) for name in (PEAK_TO_MEAN, EVIDENCE)]
            rows.append([case.title, *cells, pair, *ratios])
            progress(str(rows[-1]))
    header = ["milliseconds per image", "`peak_to_mean`", "`evidence`", "fastest pair", "which"]
    header += ["`peak_to_mean` / pair", "`evidence` / pair"]
    return Section("The same in processes of their own", NOTE, [table(header, rows)])
