# SPDX-License-Identifier: MIT
"""Scorers for a benchmark of ranking quality: {name: (n, h, w)} -> {name: score}, higher is better.

Any benchmark that takes such functions can name them, for instance `benchmarks.quality:robust`
from the root of the project.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

import ndreg_preeval


def _scores(stacks: Mapping[str, NDArray[Any]], method: str) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        ranking = ndreg_preeval.rank_stacks(stacks, method=method, num_threads=1)
    return {str(name): score for name, score in ranking.scores.items()}


def robust(stacks: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """A second opinion on every peak; each stack judged alone."""
    return _scores(stacks, "robust")


def peak_to_mean(stacks: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """The ratio that ewoksndreg documents."""
    return _scores(stacks, "peak_to_mean")


def ewoksndreg(stacks: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """The score that ewoksndreg computes."""
    return _scores(stacks, "ewoksndreg")


def evidence(stacks: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """The default method: how likely every image aligns."""
    return _scores(stacks, "evidence")
