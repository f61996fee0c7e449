# SPDX-License-Identifier: MIT
"""The figures of `outcomes` as lines of markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .outcomes import BESIDE, SETTINGS, Chances, Measured, Rows, pooled

BINS = 10
FEWEST = 50
"""Probabilities in a bin from which its share of right ones says something."""


def seeds_table(quality: Any, measured: Sequence[Measured]) -> list[str]:
    """How often each method is right, how true its probabilities are, and how early it is known."""
    lines = header(
        [
            "seed",
            "method",
            "right choices (95 %)",
            "decisive cases",
            "regret, px",
            "AUC",
            "calibration of P, trust",
        ]
    )
    for each in measured:
        for method in each.rows:
            figures = quality.metrics.summary(every(each.rows[method]))
            low, high = figures["ci95"]["top1"]
            calibration = ""
            if method == each.best:
                calibration = f"{calibration_error(each.images):.3f}, {calibration_error(each.stacks):.3f}"
            lines.append(
                f"| {each.seed} | `{method}` | {figures['top1']:.3f} ({low:.2f} to {high:.2f}) "
                f"| {figures['top1_decisive']:.3f} | {figures['regret']:.3f} | {figures['auc']:.3f} | {calibration} |"
            )
    return [*lines, "", f"All of these seeds: {together(quality, measured)}."]


def together(quality: Any, measured: Sequence[Measured]) -> str:
    """Right choices of every method, all cases of all seeds."""
    said = []
    for method in measured[0].rows:
        figures = quality.metrics.summary(every(pooled(measured, method)), 0)
        said.append(
            f"`{method}` {figures['top1']:.3f} (AUC {figures['auc']:.3f}, regret {figures['regret']:.3f} px)"
        )
    return ", ".join(said)


def families_table(quality: Any, groups: Mapping[str, Sequence[Measured]]) -> list[str]:
    """Share of right choices in the decisive cases of each kind of damage, and how many these are."""
    columns = {
        f"`{method}`, {title}": pooled(measured, method)
        for title, measured in groups.items()
        for method in (measured[0].best, BESIDE[0])
    }
    lines = header(["kind of damage", *columns])
    rows = list(columns.values())
    for family in rows[0]:
        cells = [decisive(quality, each, family) for each in rows]
        lines.append(
            f"| {family} | " + " | ".join(f"{share:.2f} of {number}" for share, number in cells) + " |"
        )
    return lines


def every(rows: Rows) -> list[dict[str, Any]]:
    """The cases of all families."""
    return list(chain.from_iterable(rows.values()))


def decisive(quality: Any, rows: Rows, family: str) -> tuple[float, int]:
    """Share of right choices in a family's cases where not every choice is right, and their number."""
    figures = quality.metrics.summary(rows[family], 0)
    return figures["top1_decisive"], figures["decisive"]


def early_table(measured: Sequence[Measured]) -> list[str]:
    """How early the right stack is known."""
    lines = header(["compared images", *measured[0].early])
    for each in measured:
        shares = " | ".join(f"{np.mean(right):.3f}" for right in each.early.values())
        lines.append(f"| right choices so early, seed {each.seed} | {shares} |")
    return lines


def calibration_error(chances: Chances) -> float:
    """Mean distance between probabilities and shares, in bins, weighed by their numbers."""
    right = sum(share * number for _, share, number in curve(chances)) if chances.right else 0
    assert abs(right - sum(chances.right)) < 1e-6 * (1 + right)
    total = len(chances.right)
    return sum(number / total * abs(mean - share) for mean, share, number in curve(chances))


def curve(chances: Chances) -> Iterator[tuple[float, float, int]]:
    """Of each bin that holds any: mean probability, share of right ones, number."""
    probability, right = np.array(chances.probability), np.array(chances.right)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            yield float(probability[inside].mean()), float(right[inside].mean()), int(inside.sum())


def curve_table(measured: Sequence[Measured]) -> list[str]:
    """Whether probabilities are true."""
    lines = header(["", "probability", "share that aligned", "number"])
    farthest = []
    for title, every in (
        ("images, P", [each.images for each in measured]),
        ("stacks, trust", [each.stacks for each in measured]),
    ):
        joined = Chances(
            [p for each in every for p in each.probability], [r for each in every for r in each.right]
        )
        points = list(curve(joined))
        lines += [f"| {title} | {mean:.3f} | {share:.3f} | {number} |" for mean, share, number in points]
        most = max(abs(mean - share) for mean, share, number in points if number >= FEWEST)
        farthest.append(f"{title}: {most:.3f} at most, {calibration_error(joined):.3f} on average")
    return [*lines, "", f"Distance of the curve from the diagonal: {'; '.join(farthest)}."]


def subpixel_table(measured: Iterable[Measured]) -> list[str]:
    """Errors of the sub-pixel shifts, beside the aligner's."""
    misses = np.concatenate([one for each in measured for one in each.misses])
    lines = header(
        [
            "shifts of",
            "bias dy, px",
            "bias dx, px",
            "pull to the whole pixel, px",
            "pull to zero, px",
            "rms, px",
        ]
    )
    true = misses[..., 2]
    for column, title in enumerate(("this package", "scikit-image, upsampled 10 times")):
        miss = misses[..., column]
        rms = np.sqrt(np.mean(np.sum(miss**2, axis=1)))
        lines.append(
            f"| {title} | {miss[:, 0].mean():+.3f} | {miss[:, 1].mean():+.3f} "
            f"| {pull(miss, np.round(true) - true):+.3f} | {pull(miss, -true):+.3f} | {rms:.3f} |"
        )
    return [
        *lines,
        "",
        f"{len(misses)} images whose peak both found at the right place, each axis by itself.",
    ]


def pull(miss: NDArray[np.float64], towards: NDArray[np.float64]) -> float:
    """Mean error in a direction, over all axes that have it."""
    some = np.abs(towards) > 1e-6
    return float(np.mean(miss[some] * np.sign(towards[some]))) if some.any() else 0.0


def aligners_table(right: Mapping[tuple[str, str], Sequence[float]], aligners: Iterable[str]) -> list[str]:
    """Share of right choices for each aligner of the benchmark, in several settings."""
    names = list(aligners)
    lines = header(["setting", *(f"aligner `{name}`" for name in names)])
    for setting in SETTINGS:
        shares = " | ".join(f"{np.mean(right[setting, name]):.3f}" for name in names)
        lines.append(f"| {setting} | {shares} |")
    return lines


def header(titles: Sequence[str]) -> list[str]:
    """First two lines of a table."""
    return ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
