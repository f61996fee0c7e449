# SPDX-License-Identifier: MIT
"""A whole score beside bare FFT pairs and beside the whole scores of peers, in one thread."""

from __future__ import annotations

from common.goals import EWOKSNDREG, OPENCV, PAIR, ROBUST_PAIR
from common.report import Section, table
from common.settings import Settings, progress

from .fft_pairs import PAIRS
from .peers import SCORES
from .scorers import PEAK_TO_MEAN, ROBUST
from .separate_processes import apart

OWN = (PEAK_TO_MEAN, ROBUST)
PROGRAMS = (*PAIRS, *OWN, *SCORES)

NOTE = """\
A *bare pair* is one forward and one inverse real 2-D FFT and nothing else, in the image's own precision; a *whole score*
is everything from the pixels to the record, one image per call, the reference known. Every program runs in a fresh process
of its own, as its user would run it, and in turn with the others; all get the same images. "MKL" is called directly with a
plan for two dimensions, "mkl_fft" is its Python package. Goals compare with the fastest bare pair of the row.
scikit-image and OpenCV cannot keep the reference and transform both images; ewoksndreg's own function scores a stack
of three images in 7 transforms, 2 of which are the share of one image."""


def peer_scores(settings: Settings) -> Section:
    """Tables of times, of ratios with goals, and of the other peers."""
    goals = settings.goals
    times, verdicts, factors = [], [], []
    missing: dict[str, str] = {}
    for dtype in ("float32", "float64"):
        for size in settings.sizes:
            case = f"{dtype} {size} x {size}"
            found = apart(PROGRAMS, (size, size), dtype, settings.runs)
            missing |= found.missing
            times.append([case, *(found.milliseconds(name) for name in OWN + tuple(PAIRS))])

            pair = found.fastest(PAIRS)
            figures = [
                goals.cell(goal, case, found.ratio(method, pair))
                for goal, method in ((PAIR, PEAK_TO_MEAN), (ROBUST_PAIR, ROBUST))
            ]
            verdicts.append([case, *figures, pair])

            factor = {name: found.factor(name, PEAK_TO_MEAN) for name in SCORES}
            if size >= 512:
                original = found.ratio("ewoksndreg", PEAK_TO_MEAN)
                factor["ewoksndreg"] = goals.cell(EWOKSNDREG[dtype], case, original)
            if dtype == "float32":
                factor["OpenCV"] = goals.cell(OPENCV, case, found.ratio("OpenCV", PEAK_TO_MEAN))
            else:
                factor["ewoksndreg in float64"] = "the same"
            factors.append([case, *factor.values()])
            progress(f"{verdicts[-1]} {factors[-1]}")
    missing.pop("ewoksndreg in float64", None)
    reasons = ", ".join(f"{name} ({reason})" for name, reason in missing.items())
    note = f"{NOTE} Not measured: {reasons}." if missing else NOTE
    bounds = " and ".join(goal.limit for goal in EWOKSNDREG.values())
    titles = dict.fromkeys(SCORES, "") | {
        "ewoksndreg": f"ewoksndreg >= {bounds} (from 512)",
        "ewoksndreg in float64": "ewoksndreg, float64 copies",
        "OpenCV": f"OpenCV >= {OPENCV.limit} (float32)",
    }
    return Section(
        "One image, one thread",
        note,
        [
            table(
                ["milliseconds", *(f"`{name}`" for name in OWN), *(f"{name} pair" for name in PAIRS)], times
            ),
            table(["ratio", PAIR.title, ROBUST_PAIR.title, "fastest pair"], verdicts),
            table(["/ `peak_to_mean`", *(title or name for name, title in titles.items())], factors),
        ],
    )
