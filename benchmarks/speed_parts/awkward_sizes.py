# SPDX-License-Identifier: MIT
"""Sizes with large prime factors, and images of one row or one column, beside SciPy's bare pair."""

from __future__ import annotations

from common.child_process import Worker
from common.goals import AWKWARD
from common.report import Section, table
from common.settings import Settings, progress

from .cases import Case
from .programs import title_of, together
from .rankings import EVIDENCE, PEAK_TO_MEAN

PAIR = "SciPy"
IMAGES = 5
SHAPES = ((101, 103), (1, 1009), (1009, 1), (1, 65536), (65536, 1), (997, 997), (1009, 1013))
QUICK = SHAPES[:4]


def awkward_sizes(settings: Settings) -> Section:
    """Times and ratios of each shape."""
    rows = []
    with Worker() as worker:
        for dtype in ("float32", "float64"):
            for shape in QUICK if settings.quick else SHAPES:
                case = Case(IMAGES, *shape, dtype)
                found = together(
                    worker, [(each, case) for each in (PAIR, PEAK_TO_MEAN, EVIDENCE)], settings.runs
                )
                pair, plain, default = (title_of(each, case) for each in (PAIR, PEAK_TO_MEAN, EVIDENCE))
                rows.append(
                    [
                        case.title,
                        found.milliseconds(plain),
                        found.milliseconds(pair),
                        settings.goals.cell(AWKWARD, case.title, found.ratio(plain, pair)),
                        found.factor(default, pair, 2),
                    ]
                )
                progress(str(rows[-1]))
    header = ["per image", "`peak_to_mean`, ms", "SciPy's bare pair, ms"]
    header += [f"`peak_to_mean` / pair <= {AWKWARD.limit}", "`evidence` / pair"]
    return Section(
        "Awkward sizes",
        f"As above, hot: `rank_stacks` on a stack of {IMAGES} images, and a loop over the same images.",
        [table(header, rows)],
    )
