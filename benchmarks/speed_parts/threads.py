# SPDX-License-Identifier: MIT
"""Gain of threads, with many small images and with few huge ones."""

from __future__ import annotations

from dataclasses import replace

from common.goals import TWO_THREADS
from common.known_shifts import moved_stack
from common.report import Section, milliseconds, table
from common.settings import Settings, progress
from common.timing import measure, median, ratio
from ndreg_preeval import _core

from .scorers import PEAK_TO_MEAN, ROBUST, score_of_many

CASES = (
    (1000, 64, PEAK_TO_MEAN),
    (32, 512, PEAK_TO_MEAN),
    (32, 512, ROBUST),
    (1, 4096, PEAK_TO_MEAN),
    (1, 4096, ROBUST),
    (1, 8192, PEAK_TO_MEAN),
)
QUICK = ((1000, 64, PEAK_TO_MEAN), (32, 512, PEAK_TO_MEAN), (1, 2048, PEAK_TO_MEAN))


def numbers_of_threads() -> list[int]:
    """1, 2, 4 ... and all usable CPUs."""
    usable = _core.usable_cpus()
    powers = [2**k for k in range(usable.bit_length()) if 2**k < usable]
    return [*powers, usable]


def threads(settings: Settings) -> Section:
    """A row per case: milliseconds of one thread, and the gain of more."""
    rows = []
    numbers = numbers_of_threads()
    for count, n, method in QUICK if settings.quick else CASES:
        reference, images = moved_stack(count, (n, n))
        programs = []
        for number in numbers:
            # Plain numpy needs more than ten times the memory of a huge image.
            program = score_of_many(method, reference, images, threads=number, compare=n <= 4096)
            programs.append(replace(program, name=str(number)))
        times = measure(programs, settings.runs)
        title = f"{count} of {n} x {n}, `{method}`"
        gains = {number: ratio(times, "1", str(number)) for number in numbers[1:]}
        cells = [
            settings.goals.cell(TWO_THREADS, title, gain) if number == 2 else f"{gain:.2f}"
            for number, gain in gains.items()
        ]
        rows.append([title, milliseconds(median(times, "1")), *cells])
        progress(str(rows[-1]))
    if len(numbers) == 1:
        note = "Only one CPU is usable: the gain of threads is not measured."
    else:
        note = "Gain over one thread in one call, float32 images; the numbers are the same bit for bit."
        note += f" Goal for two threads: >= {TWO_THREADS.limit}."
    header = ["images", "one thread, ms per image", *(f"{number} threads" for number in numbers[1:])]
    return Section("Threads", note, [table(header, rows)])
