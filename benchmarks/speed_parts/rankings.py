# SPDX-License-Identifier: MIT
"""`rank_stacks`, the public call, as programs whose answers were compared with plain numpy."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ndreg_preeval
from common.known_shifts import Answer, Image
from common.timing import Program, require

from .cases import Case

PEAK_TO_MEAN, EVIDENCE, ROBUST = "peak_to_mean", "evidence", "robust"
FEWER_IMAGES = 5
FEWER = f"{PEAK_TO_MEAN} of {FEWER_IMAGES}"
METHODS = (PEAK_TO_MEAN, EVIDENCE, ROBUST)
OWN = {
    **{name: (name, "auto") for name in METHODS},
    **{f"{name} in {precision}": (name, precision) for name in METHODS for precision in ("single", "double")},
    FEWER: (PEAK_TO_MEAN, "auto"),
}
"""Method and precision of each program."""
DOUBLE = f"{PEAK_TO_MEAN} in double"
DOUBLE_TOLERANCE = 1e-9
"""Relative, of peaks and means in double precision."""


def tolerance_of(image: Image, precision: str) -> float:
    """The same in this precision; small images have few frequencies, and one that is nearly 0 counts for more."""
    if precision == "double":
        return DOUBLE_TOLERANCE
    return 1e-5 if image.size >= 64**2 else 1e-4


def check(found: ndreg_preeval.StackScore, answers: Sequence[Answer], tolerance: float) -> None:
    """A stack against what plain numpy finds in its images."""
    require(len(found.peak) == len(answers), "an answer per image")
    shifts = [answer.shift for answer in answers]
    require(np.array_equal(found.peak_shifts, shifts), f"shifts {found.peak_shifts}, not {shifts}")
    for kind, numbers in (("peak", found.peak), ("mean", found.mean)):
        expected = np.array([getattr(answer, kind) for answer in answers])
        error = float(np.max(np.abs(numbers / expected - 1)))
        require(error < tolerance, f"{kind} of {found.dtype} images: relative error {error:.1e}")


def ranking(
    method: str,
    stack: Image,
    answers: Sequence[Answer],
    *,
    precision: str = "auto",
    mask: NDArray[np.bool_] | None = None,
    name: str = "",
) -> Program:
    """The public call with one stack, in one thread."""
    options: dict[str, Any] = {"method": method, "precision": precision, "mask": mask, "num_threads": 1}

    def run() -> ndreg_preeval.Ranking:
        return ndreg_preeval.rank_stacks({"stack": stack}, **options)

    warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)  # for good: of one stack, all moved alike
    found = run().stacks["stack"]
    require(precision in ("auto", found.precision), f"{found.precision} instead of {precision}")
    check(found, answers, tolerance_of(stack[0], found.precision))
    return Program(name or method, run, len(stack))


def own(name: str, case: Case) -> Program:
    """The program of this name, which is in OWN."""
    stack, answers = case.stack(), case.answers()
    if name == FEWER:
        stack, answers = stack[:FEWER_IMAGES], answers[: FEWER_IMAGES - 1]
    method, precision = OWN[name]
    return ranking(method, stack, answers, precision=precision, name=name)


def chosen_precision(stack: Image) -> str:
    """What the package chooses by itself for these images, as the result tells it."""
    warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
    return ndreg_preeval.rank_stacks({"stack": stack}, num_threads=1).stacks["stack"].precision
