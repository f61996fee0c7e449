# SPDX-License-Identifier: MIT
"""What becomes of the cases of a seed: the truth, and what methods and versions say.

The benchmark is a Python package ``quality`` with the modules cases, metrics and truth, in a folder that
is named; see `quality.py`. The cases of its own part are those of that package, those of the real part come from
`real_scenes`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ndreg_preeval

from . import real_scenes
from .judged import Judged, OtherVersion, Stacks, judge, rank

SYNTHETIC, REAL = "synthetic", "real"
"""The two parts of the benchmark."""
BESIDE = ("robust", "peak_to_mean", "ewoksndreg")
"""Methods that the best one for the aligner is compared with."""
AFTER, BEFORE = "after", "before"
"""This version, and the one that it is compared with."""
CASES_PER_FAMILY = 8
EARLY = (1, 2, 3, 4)
SETTINGS: dict[str, dict[str, Any]] = {
    "`evidence`": {"method": "evidence"},
    '`evidence`, `window="hann"`': {"method": "evidence", "window": "hann"},
    "`plain`": {"method": "plain"},
    "`robust`": {"method": "robust"},
    '`robust`, `window="hann"`': {"method": "robust", "window": "hann"},
    "`robust`, `normalization=None`": {"method": "robust", "normalization": None},
    "`peak_to_mean`": {"method": "peak_to_mean"},
    '`peak_to_mean`, `window="hann"`': {"method": "peak_to_mean", "window": "hann"},
    "`peak_to_mean`, `normalization=None`": {"method": "peak_to_mean", "normalization": None},
}

Row = dict[str, Any]
"""What the benchmark makes of a case."""


class Task(NamedTuple):
    """One seed to be measured, wherever that is done."""

    folder: Path
    part: str
    seed: int
    aligner: str
    quick: bool
    before: Path | None


@dataclass
class Outcome:
    """What one case gave."""

    family: str
    n_images: int
    shifts: NDArray[np.float64]
    """(m, 2) of the compared images."""
    misses: dict[str, NDArray[np.float64]]
    """Of each stack, (m, 2): what the aligner finds less the true shifts."""
    aligns: dict[str, bool]
    """Whether every image of the stack is within a pixel."""
    judged: dict[str, dict[str, Judged]]
    """By version, by stack: what the method that is made for the aligner says."""
    rows: dict[str, Row]
    """By version and by method beside: the choice, see `quality.metrics`."""
    early: dict[str, bool] = field(default_factory=dict)
    """Right choices after so many compared images, the images being added one by one."""

    def errors(self, stack: str) -> NDArray[np.float64]:
        """Distances in pixels."""
        errors: NDArray[np.float64] = np.hypot(*self.misses[stack].T)
        return errors


def best_method(aligner: str) -> str:
    """The method that is made for an aligner."""
    return "plain" if aligner == "plain" else "evidence"


def load(folder: Path) -> Any:
    """The benchmark's package."""
    if sys.path[0] != str(folder):
        # First: this folder has a program of the same name.
        sys.path.insert(0, str(folder))
    quality = importlib.import_module("quality")
    for module in ("cases", "metrics", "truth"):
        importlib.import_module(f"quality.{module}")
    np.seterr(all="ignore")
    return quality


def cases(quality: Any, task: Task) -> Iterator[Any]:
    """Those of a seed."""
    if task.part == REAL:
        return real_scenes.make_cases(task.seed, CASES_PER_FAMILY, None, task.quick)
    made: Iterator[Any] = quality.cases.make_cases(task.seed, CASES_PER_FAMILY, None, task.quick)
    return made


def measure(task: Task) -> list[Outcome]:
    """Rank all cases of a seed with all methods and versions."""
    quality = load(task.folder)
    with ExitStack() as closing:
        versions: dict[str, Callable[[Stacks, str], dict[str, Judged]]] = {AFTER: judge}
        if task.before:
            versions[BEFORE] = closing.enter_context(OtherVersion(task.before)).judge
        return [outcome(quality, case, task.aligner, versions) for case in cases(quality, task)]


def outcome(
    quality: Any,
    case: Any,
    aligner: str,
    versions: Mapping[str, Callable[[Stacks, str], dict[str, Judged]]],
    beside: Iterable[str] = BESIDE,
) -> Outcome:
    """One case by several versions of the best method, and by the methods beside."""
    truth, best = quality.truth, best_method(aligner)
    misses = {
        name: (truth.ALIGNERS[aligner](truth.fill(stack)) - case.shifts)[1:]
        for name, stack in case.stacks.items()
    }
    errors = {name: np.hypot(*miss.T) for name, miss in misses.items()}
    judged = {version: judge_it(case.stacks, best) for version, judge_it in versions.items()}
    scores: dict[str, Mapping[str, float]] = {
        version: {name: each.score for name, each in stacks.items()} for version, stacks in judged.items()
    }
    scores |= {method: rank(case.stacks, method=method).scores for method in beside}
    aligns = {name: bool(truth.aligns(error)) for name, error in errors.items()}
    found = Outcome(
        case.family,
        len(case.shifts),
        case.shifts[1:],
        misses,
        aligns,
        judged,
        {column: quality.metrics.case_row(some, errors) for column, some in scores.items()},
    )
    if any(aligns.values()):
        found.early = early_choices(case.stacks, aligns, best)
    return found


def early_choices(stacks: Stacks, aligns: Mapping[str, bool], method: str) -> dict[str, bool]:
    """Whether the stack that looks best after 1, 2, ... compared images aligns in the end."""
    first = {name: stack[0] for name, stack in stacks.items()}
    ranker = ndreg_preeval.StackRanker(first, method=method, num_threads=1)
    last = min(map(len, stacks.values())) - 1
    choices = {}
    for number in range(1, last + 1):
        ranker.add({name: stack[number] for name, stack in stacks.items()})
        if number in EARLY or number == last:
            scores = ranker.result().scores
            choices[number] = aligns[str(max(scores, key=scores.__getitem__))]
    return {str(number): choices[min(number, last)] for number in EARLY} | {"all": choices[last]}


def settings(task: Task) -> dict[tuple[str, str], list[float]]:
    """Right choices by setting and aligner; the task's aligner means nothing."""
    quality = load(task.folder)
    right: dict[tuple[str, str], list[float]] = {}
    for case in cases(quality, task):
        errors = {name: quality.truth.image_errors(case, name) for name in quality.truth.ALIGNERS}
        for setting, options in SETTINGS.items():
            scores = rank(case.stacks, **options).scores
            for name, error in errors.items():
                row = quality.metrics.case_row(scores, error)
                if row["solvable"]:
                    right.setdefault((setting, name), []).append(row["top1"])
    return right
