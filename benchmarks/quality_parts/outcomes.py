# SPDX-License-Identifier: MIT
"""What the methods choose among the cases of a benchmark of ranking quality, seed by seed.

The benchmark is a Python package ``quality`` with the modules cases, metrics and truth, in a folder that
is named; see `quality.py`.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ndreg_preeval

BESIDE = ("robust", "peak_to_mean", "ewoksndreg")
"""Methods that the best one for the aligner is compared with."""
CASES_PER_FAMILY = 8
EARLY = (1, 2, 3, 4)
RIGHT_PLACE = 1.0
"""Pixels: sub-pixel shifts are compared where both estimates are at least so good."""
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

Stacks = Mapping[str, NDArray[Any]]
Rows = dict[str, list[dict[str, Any]]]
"""What the benchmark makes of each case, by kind of damage."""


class Task(NamedTuple):
    """One seed to be measured, wherever that is done."""

    folder: Path
    seed: int
    aligner: str
    quick: bool


@dataclass
class Chances:
    """Probabilities, and whether what they are of came true."""

    probability: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)


@dataclass
class Measured:
    """What one seed gave."""

    seed: int
    best: str
    """The method that is made for the aligner."""
    rows: dict[str, Rows]
    """Of each method, that one first."""
    images: Chances = field(default_factory=Chances)
    stacks: Chances = field(default_factory=Chances)
    early: dict[str, list[bool]] = field(default_factory=dict)
    """Right choices after so many compared images, the images being added one by one."""
    misses: list[NDArray[np.float64]] = field(default_factory=list)
    """(k, 2, 3) of the images whose shift is about right: dy and dx of this package less the true ones,
    of the aligner likewise, and the true ones."""


def best_method(aligner: str) -> str:
    """The method that is made for an aligner."""
    return "plain" if aligner == "plain" else "evidence"


def load(folder: Path) -> Any:
    """The benchmark's package."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    quality = importlib.import_module("quality")
    for module in ("cases", "metrics", "truth"):
        importlib.import_module(f"quality.{module}")
    np.seterr(all="ignore")
    return quality


def rank(stacks: Stacks, **options: Any) -> ndreg_preeval.Ranking:
    """Rank without a word, in one thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        return ndreg_preeval.rank_stacks(stacks, num_threads=1, **options)


def measure(task: Task) -> Measured:
    """Rank all cases of a seed with all methods."""
    quality = load(task.folder)
    best = best_method(task.aligner)
    found = Measured(task.seed, best, {method: {} for method in (best, *BESIDE)})
    for case in quality.cases.make_cases(task.seed, CASES_PER_FAMILY, None, task.quick):
        aligned = _aligned(quality, case, task.aligner)
        errors = {name: np.hypot(*miss[1:].T) for name, miss in aligned.items()}
        for method in found.rows:
            ranking = rank({name: stack.copy() for name, stack in case.stacks.items()}, method=method)
            row = quality.metrics.case_row(ranking.scores, errors)
            found.rows[method].setdefault(case.family, []).append(row)
            if method == best:
                _judge(quality, case, ranking, aligned, errors, found)
    return found


def _aligned(quality: Any, case: Any, aligner: str) -> dict[str, NDArray[np.float64]]:
    """How far the aligner is off, for each image of each stack."""
    truth = quality.truth
    return {
        name: truth.ALIGNERS[aligner](truth.fill(stack)) - case.shifts for name, stack in case.stacks.items()
    }


def _judge(
    quality: Any,
    case: Any,
    ranking: ndreg_preeval.Ranking,
    aligned: Mapping[str, NDArray[np.float64]],
    errors: Mapping[str, NDArray[np.float64]],
    found: Measured,
) -> None:
    """Probabilities, sub-pixel shifts, and what was known early."""
    truth = quality.truth
    for name, score in ranking.stacks.items():
        found.images.probability.extend(score.probability)
        found.images.right.extend(errors[name] <= truth.GOOD)
        found.stacks.probability.append(score.trust)
        found.stacks.right.append(truth.aligns(errors[name]))
        miss = score.shifts - case.shifts[1:]
        both = (np.hypot(*miss.T) <= RIGHT_PLACE) & (errors[name] <= RIGHT_PLACE)
        found.misses.append(np.stack([miss, aligned[name][1:], case.shifts[1:]], axis=-1)[both])
    aligns = {name: truth.aligns(error) for name, error in errors.items()}
    if any(aligns.values()):
        choices = list(_early_choices(case.stacks, aligns, found.best))
        for number in EARLY:
            found.early.setdefault(str(number), []).append(choices[min(number, len(choices)) - 1])
        found.early.setdefault("all", []).append(choices[-1])


def _early_choices(stacks: Stacks, aligns: Mapping[str, bool], method: str) -> Iterator[bool]:
    """Whether the stack that looks best after 1, 2, ... compared images aligns in the end."""
    first = {name: stack[0] for name, stack in stacks.items()}
    ranker = ndreg_preeval.StackRanker(first, method=method, num_threads=1)
    for number in range(1, min(map(len, stacks.values()))):
        ranker.add({name: stack[number] for name, stack in stacks.items()})
        scores = ranker.result().scores
        yield bool(aligns[max(scores, key=scores.__getitem__)])


def settings(task: Task) -> dict[tuple[str, str], list[float]]:
    """Right choices by setting and aligner; the task's aligner means nothing."""
    quality = load(task.folder)
    right: dict[tuple[str, str], list[float]] = {}
    for case in quality.cases.make_cases(task.seed, CASES_PER_FAMILY, None, task.quick):
        errors = {name: quality.truth.image_errors(case, name) for name in quality.truth.ALIGNERS}
        for setting, options in SETTINGS.items():
            scores = rank(case.stacks, **options).scores
            for name, error in errors.items():
                row = quality.metrics.case_row(scores, error)
                if row["solvable"]:
                    right.setdefault((setting, name), []).append(row["top1"])
    return right


def pooled(measured: Sequence[Measured], method: str) -> Rows:
    """Cases of several seeds."""
    rows: Rows = {}
    for each in measured:
        for family, some in each.rows[method].items():
            rows.setdefault(family, []).extend(some)
    return rows
