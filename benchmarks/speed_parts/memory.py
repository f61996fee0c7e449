# SPDX-License-Identifier: MIT
"""Memory of a score: how far the peak of the resident memory of a fresh process rises."""

from __future__ import annotations

import numpy as np

from common.child_process import Worker
from common.known_shifts import Image, moved_stack, way_back
from common.report import Section, table
from common.settings import Settings, progress
from common.timing import NotMeasured, require
from common.usage import forget_peak, resident
from ndreg_preeval import _core

from .rankings import PEAK_TO_MEAN, ROBUST

CASES = (
    (1, 4096, "float32", PEAK_TO_MEAN, 1),
    (1, 4096, "float32", ROBUST, 1),
    (1, 4096, "float32", ROBUST, 2),
    (1, 4096, "float64", ROBUST, 1),
    (1000, 256, "float32", PEAK_TO_MEAN, 1),
    (1000, 256, "float32", ROBUST, 1),
    (1000, 256, "float32", ROBUST, 2),
    (1000, 256, "float64", ROBUST, 1),
)
QUICK = ((1, 1024, "float32", PEAK_TO_MEAN, 1), (1000, 64, "float32", ROBUST, 1))

NOTE = """\
Highest rise of resident memory on top of the images themselves, in multiples of the bytes of one image: when the reference
has been made ready, and when all images have been scored in one call of the core's `Scorer`; float64 in double. Each case runs
in a fresh process."""


def growth(count: int, size: int, dtype: str, method: str, threads: int) -> tuple[float, float]:
    """Rise for the reference, and highest rise until all images are scored; in images."""
    images: Image
    reference, images = moved_stack(count, (size, size), dtype)
    unit = reference.nbytes
    precision = "double" if dtype == "float64" else "single"
    small = np.zeros((8, 8), dtype)  # code and pools that the first score of a process makes
    small[2, 3] = 1
    _core.Scorer(small, precision=precision).score([small] * threads, num_threads=threads)

    before = forget_peak()
    scorer = _core.Scorer(reference, precision=precision, confirm=method == ROBUST)
    readied = resident("VmHWM") - before
    records = scorer.score(images, num_threads=threads)
    risen = resident("VmHWM") - before
    require((records["peak_dy"] == way_back(reference.shape)[0]).all(), "shifts")
    return readied / unit, risen / unit


def memory(settings: Settings) -> Section:
    """A row per case."""
    rows = []
    note = NOTE
    for count, size, dtype, method, threads in QUICK if settings.quick else CASES:
        try:
            with Worker() as worker:
                readied, risen = worker.call(growth, count, size, dtype, method, threads)
        except NotMeasured as reason:
            note = f"Not measured: {reason}."
            break
        plural = "threads" if threads > 1 else "thread"
        rows.append(
            [
                f"{count} of {dtype} {size} x {size}, `{method}`, {threads} {plural}",
                f"{readied:.2f}",
                f"{risen:.2f}",
            ]
        )
        progress(str(rows[-1]))
    header = ["images", "reference ready", "all scored"]
    return Section("Memory", note, [table(header, rows)])
