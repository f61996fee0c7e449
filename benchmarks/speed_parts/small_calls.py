# SPDX-License-Identifier: MIT
"""What a call costs where there is nearly nothing to compute."""

from __future__ import annotations

import warnings

import numpy as np

import ndreg_preeval
from common.goals import SMALL_CALL
from common.known_shifts import ranked_stack, way_back
from common.report import Section, table
from common.settings import Settings, progress
from common.timing import Program, measure, median, require

from .rankings import EVIDENCE, PEAK_TO_MEAN

CASES = (
    (EVIDENCE, "float32", None),
    (EVIDENCE, "float64", None),
    (EVIDENCE, "float32", 1),
    (PEAK_TO_MEAN, "float32", None),
)

NOTE = """\
`rank_stacks` of two stacks of two images of 16 x 16 pixels each, in memory: whole calls, hot. An absolute figure, of the CPU that
is named above."""


def call(method: str, dtype: str, threads: int | None, name: str) -> Program:
    """The public function."""
    both = {name: ranked_stack(2, (16, 16), dtype) for name in ("first", "second")}

    def run() -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks(both, method=method, num_threads=threads)

    found = run().stacks
    back = way_back((16, 16))
    require(all(np.array_equal(found[name].peak_shifts, [back]) for name in both), "shifts of small stacks")
    return Program(name, run)


def small_calls(settings: Settings) -> Section:
    """A row per method, type and number of threads."""
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        titles = [
            f"`{method}`, {dtype}, {'default threads' if threads is None else f'{threads} thread'}"
            for method, dtype, threads in CASES
        ]
        programs = [call(*case, title) for case, title in zip(CASES, titles, strict=True)]
        times = measure(programs, settings.runs)
        for title in titles:
            rows.append([title, settings.goals.cell(SMALL_CALL, title, 1e3 * median(times, title))])
            progress(str(rows[-1]))
    return Section("Small calls", NOTE, [table(["call", f"ms <= {SMALL_CALL.limit}"], rows)])
