# SPDX-License-Identifier: MIT
"""Cost against the size of the image."""

from __future__ import annotations

import math

from common.child_process import Worker
from common.report import Section, significant, table
from common.settings import Settings, progress
from common.timing import median

from .cases import Case
from .programs import title_of, together
from .rankings import EVIDENCE, PEAK_TO_MEAN

POWERS_OF_TWO = tuple(2**k for k in range(4, 13))
TIMES_THREE = tuple(3 * 2**k for k in range(3, 11))
PRIMES = (127, 509, 1021, 2039)
DTYPES = ("float32", "float64")
METHODS = (PEAK_TO_MEAN, EVIDENCE)

NOTE = """\
Nanoseconds per pixel of `rank_stacks`, and in brackets the same divided by log2 of the number of pixels: it stays level where
the cost is that of a Fourier transform. One thread; stacks of many small images, of three large ones; medians of three runs."""


def image_sizes(settings: Settings) -> Section:
    """A row per size: powers of two, three times powers of two, and primes."""
    rows = []
    largest = 512 if settings.quick else max(POWERS_OF_TWO)
    with Worker() as worker:
        for n in sorted({*POWERS_OF_TWO, *TIMES_THREE, *PRIMES, 1000}):
            if n > largest:
                continue
            count = max(3, min(1024, 1024**2 // n**2))
            wanted = [(method, Case(count, n, n, dtype)) for dtype in DTYPES for method in METHODS]
            found = together(worker, wanted, min(3, settings.runs))
            cells = []
            for each in wanted:
                cost = 1e9 * median(found.times, title_of(*each)) / n**2
                cells.append(f"{significant(cost)} ({cost / math.log2(n**2):.3f})")
            rows.append([f"{n} x {n}", str(count), *cells])
            progress(str(rows[-1]))
    header = ["image", "images per stack", *(f"`{method}` {dtype}" for dtype in DTYPES for method in METHODS)]
    return Section("Cost against image size", NOTE, [table(header, rows)])
