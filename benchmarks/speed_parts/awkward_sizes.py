# SPDX-License-Identifier: MIT
"""Sizes with large prime factors, and images of one row or one column, beside SciPy's bare pair."""

from __future__ import annotations

from common.goals import AWKWARD
from common.report import Section, table
from common.settings import Settings, progress

from .scorers import PEAK_TO_MEAN, ROBUST
from .separate_processes import apart

SHAPES = ((101, 103), (1, 1009), (1009, 1), (1, 65536), (65536, 1), (997, 997), (1009, 1013))
QUICK = SHAPES[:4]


def awkward_sizes(settings: Settings) -> Section:
    """Times and ratios of each shape."""
    rows = []
    for dtype in ("float32", "float64"):
        for shape in QUICK if settings.quick else SHAPES:
            title = f"{dtype} {shape[0]} x {shape[1]}"
            found = apart(("SciPy", PEAK_TO_MEAN, ROBUST), shape, dtype, settings.runs)
            rows.append(
                [
                    title,
                    found.milliseconds(PEAK_TO_MEAN),
                    found.milliseconds("SciPy"),
                    settings.goals.cell(AWKWARD, title, found.ratio(PEAK_TO_MEAN, "SciPy")),
                    found.factor(ROBUST, "SciPy", 2),
                ]
            )
            progress(str(rows[-1]))
    header = ["image", "`peak_to_mean`, ms", "SciPy's bare pair, ms"]
    header += [f"`peak_to_mean` / pair <= {AWKWARD.limit}", "`robust` / pair"]
    return Section(
        "Awkward sizes",
        "One image per call, one thread, each program in a process of its own.",
        [table(header, rows)],
    )
