# SPDX-License-Identifier: MIT
"""Cost against the size of the image."""

from __future__ import annotations

import math
from dataclasses import replace

from common.known_shifts import moved_stack
from common.report import Section, significant, table
from common.settings import Settings, progress
from common.timing import measure, median

from .scorers import PEAK_TO_MEAN, ROBUST, score_of_many

POWERS_OF_TWO = tuple(2**k for k in range(4, 13))
TIMES_THREE = tuple(3 * 2**k for k in range(3, 11))
PRIMES = (127, 509, 1021, 2039)
COLUMNS = ((PEAK_TO_MEAN, "float32"), (ROBUST, "float32"), (PEAK_TO_MEAN, "float64"), (ROBUST, "float64"))

NOTE = """\
Nanoseconds per pixel, and in brackets the same divided by log2 of the number of pixels: it stays level where the cost is
that of a Fourier transform. One thread; several small images per call, so that the cost of a call does not show."""


def image_sizes(settings: Settings) -> Section:
    """A row per size: powers of two, three times powers of two, and primes."""
    rows = []
    largest = 512 if settings.quick else max(POWERS_OF_TWO)
    for n in sorted({*POWERS_OF_TWO, *TIMES_THREE, *PRIMES, 1000}):
        if n > largest:
            continue
        count = max(1, 256**2 // n**2)
        programs = []
        for method, dtype in COLUMNS:
            reference, images = moved_stack(count, (n, n), dtype)
            program = score_of_many(method, reference, images)
            programs.append(replace(program, name=f"{method} {dtype}"))
        times = measure(programs, settings.runs, one_thread=True)
        per_pixel = [1e9 * median(times, program.name) / n**2 for program in programs]
        cells = [f"{significant(cost)} ({cost / math.log2(n**2):.3f})" for cost in per_pixel]
        rows.append([f"{n} x {n}", str(count), *cells])
        progress(str(rows[-1]))
    header = ["image", "images per call", *(f"`{method}` {dtype}" for method, dtype in COLUMNS)]
    return Section("Cost against image size", NOTE, [table(header, rows)])
