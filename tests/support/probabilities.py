# SPDX-License-Identifier: MIT
"""What the oracle makes of the numbers of one pair of images: chances and probabilities."""

from __future__ import annotations

import math
from typing import Any

from tests.support.plain_correlation import place, plain_evidence

HOT_PIXEL = 16
SPLIT_PEAK = 256

EVIDENCE = {
    "zero": (-2.82, 2.41, 1.62, 1.62, 0.10),
    "near": (-1.71, 0.95, 2.69, 1.21, -0.24),
    "axis": (-2.95, 3.36, 1.30, 1.44, -0.31),
    "elsewhere": (-6.39, 2.66, 1.64, 3.86, 1.91),
}
"""By where the peak lies: a constant, and how often m, s, b and n count."""


def chance(peak: float, rms: float, places: int) -> float:
    """P(max of |that many independent Gaussian numbers of that rms| >= peak), without cancellation."""
    if rms == 0:
        return 1.0
    tail = math.erfc(peak / (math.sqrt(2) * rms))
    return 1.0 if tail >= 1 else -math.expm1(places * math.log1p(-tail))


def confidence(q: float) -> float:
    q2 = min(q, 1e3) ** 2
    return q2 / (q2 + 1.5**2)


def evidence(pair: Any, plain_pixels: int = 0) -> float:
    """The fitted models of docs/method.md; the one for plain correlation needs the size of the images."""
    if pair.opinion_peak <= 0 or pair.opinion_second <= 0:
        return 0.0

    if plain_pixels:
        return _probability(plain_evidence(pair, plain_pixels))

    def log_ratio(a: float, b: float) -> float:
        return min(12.0, max(-12.0, math.log((a + 1e-6) / (b + 1e-6))))

    moved = log_ratio(pair.opinion_peak, pair.opinion_moved or pair.opinion_second)
    noise = log_ratio(pair.peak, pair.rms)
    breadth = log_ratio(pair.opinion_peak, pair.opinion_rms) - noise
    second = log_ratio(pair.opinion_peak, pair.opinion_second)
    constant, *times = EVIDENCE[place(pair)]
    log_odds = constant + sum(a * b for a, b in zip(times, (moved, second, breadth, noise), strict=True))
    if place(pair) == "zero":
        peak = min(pair.peak, 1.0)
        log_odds += 0.91 - 1.43 * moved - 5.50 * peak + 0.58 * math.log(1.02 - peak)
    return _probability(log_odds)


def is_credible(pair: Any) -> bool:
    """Whether a peak is worth a look at the overlap; outliers that aligners follow do not matter."""
    return bool(pair.probability_masked >= 0.1 and pair.p_value <= 0.01)


def _probability(log_odds: float) -> float:
    if log_odds > 4:
        log_odds = 4 + math.log1p(log_odds - 4)
    return 1 / (1 + math.exp(-log_odds))
