# SPDX-License-Identifier: MIT
"""Probabilities against what came true, with intervals: cases are drawn again, since stacks of one fail together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BINS = 10
DRAWS = 500
Floats = NDArray[np.float64]


class Chances:
    """Of each case and bin: how many probabilities there are, their sum, and how many came true."""

    def __init__(self, cases: Iterable[tuple[Sequence[float], Sequence[bool]]]) -> None:
        self.sums: Floats = np.array([self._binned(*case) for case in cases]).reshape(-1, 3, BINS)

    @staticmethod
    def _binned(probability: Sequence[float], right: Sequence[bool]) -> list[Floats]:
        p = np.asarray(probability, float)
        bins = np.minimum((p * BINS).astype(int), BINS - 1)
        weights = (None, p, np.asarray(right, float))
        return [np.bincount(bins, weight, BINS).astype(float) for weight in weights]

    def error(self) -> float:
        """Mean distance between probabilities and shares, in bins, weighed by their numbers."""
        return float(_distance(self.sums.sum(axis=0)))

    def interval(self) -> tuple[float, float]:
        """95 % of it."""
        return interval(self.sums, _distance)

    def curve(self) -> Iterator[tuple[float, float, int]]:
        """Of each bin that holds any: mean probability, share of right ones, number."""
        for number, probability, right in self.sums.sum(axis=0).T:
            if number:
                yield probability / number, right / number, int(number)


def _distance(sums: Floats) -> Floats:
    number, probability, right = np.moveaxis(sums, -2, 0)
    total: Floats = np.abs(probability - right).sum(axis=-1) / number.sum(axis=-1)
    return total


def interval(cases: Floats, figure: Callable[[Floats], Floats]) -> tuple[float, float]:
    """95 % of a figure that follows from sums over cases, (cases, ...), the cases drawn anew again and again."""
    if not len(cases):
        return np.nan, np.nan
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(cases), np.full(len(cases), 1 / len(cases)), DRAWS)
    drawn = np.tensordot(weights.astype(float), cases, axes=1)
    low, high = np.nanquantile(figure(drawn), [0.025, 0.975])
    return float(low), float(high)


def at_least(hits: int, number: int) -> float:
    """Lower end of Wilson's interval (95 %): tells a bad kind from one with few stacks."""
    if not number:
        return 0.0
    z, share = 1.96, hits / number
    middle = share + z * z / (2 * number)
    width = z * np.sqrt(share * (1 - share) / number + z * z / (4 * number * number))
    return float(max(0.0, (middle - width) / (1 + z * z / number)))
