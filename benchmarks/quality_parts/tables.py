# SPDX-License-Identifier: MIT
"""The figures of `outcomes` as lines of markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .findings import Outcomes, header, image_chances, trust_chances
from .outcomes import AFTER, BESIDE, SETTINGS, Outcome

FEWEST = 50
"""Probabilities in a bin from which its share of right ones says something."""
RIGHT_PLACE = 1.0
"""Pixels: sub-pixel shifts are compared where both estimates are at least so good."""


def methods_table(quality: Any, groups: Mapping[str, Outcomes], best: str) -> list[str]:
    """How often each method is right, all seeds of a group together, with intervals of 95 %."""
    lines = header(["cases", "method", "right choices", "decisive cases", "regret, px", "AUC"])
    for title, cases in groups.items():
        for column in (AFTER, *BESIDE):
            figures = quality.metrics.summary([case.rows[column] for case in cases])
            cells = " | ".join(
                f"{figures[key]:.3f} [{figures['ci95'][key][0]:.3f}, {figures['ci95'][key][1]:.3f}]{number}"
                for key, number in (
                    ("top1", f" of {figures['solvable']}"),
                    ("top1_decisive", f" of {figures['decisive']}"),
                    ("regret", ""),
                    ("auc", ""),
                )
            )
            lines.append(f"| {title} | `{best if column == AFTER else column}` | {cells} |")
    return lines


def families_table(groups: Mapping[str, Outcomes], best: str) -> list[str]:
    """Share of right choices in the decisive cases of each kind of damage, and how many these are."""
    columns = [(title, method) for title in groups for method in (AFTER, BESIDE[0])]
    named = (f"`{best if method == AFTER else method}`, {title}" for title, method in columns)
    lines = header(["kind of damage", *named])
    for family in dict.fromkeys(case.family for cases in groups.values() for case in cases):
        cells = []
        for title, method in columns:
            rows = [case.rows[method] for case in groups[title] if case.family == family]
            decisive = [row["top1"] for row in rows if row["decisive"]]
            cells.append(f"{np.mean(decisive):.2f} of {len(decisive)}" if decisive else "none")
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return lines


def early_table(groups: Mapping[str, Outcomes]) -> list[str]:
    """How early the right stack is known."""
    numbers = next(case.early for cases in groups.values() for case in cases if case.early)
    lines = header(["compared images", *numbers])
    for title, cases in groups.items():
        solvable = [case.early for case in cases if case.early]
        shares = " | ".join(f"{np.mean([early[number] for early in solvable]):.3f}" for number in numbers)
        lines.append(f"| right choices so early, {title} | {shares} |")
    return lines


def curve_table(cases: Outcomes) -> list[str]:
    """Whether probabilities are true."""
    lines = header(["", "probability", "share that aligned", "number"])
    farthest = []
    for title, chances in (
        ("images, P", image_chances(cases, AFTER)),
        ("stacks, trust", trust_chances(cases, AFTER)),
    ):
        points = list(chances.curve())
        lines += [f"| {title} | {mean:.3f} | {right:.3f} | {number} |" for mean, right, number in points]
        most = max((abs(mean - right) for mean, right, number in points if number >= FEWEST), default=np.nan)
        farthest.append(f"{title}: {most:.3f} at most, {chances.error():.3f} on average")
    return [*lines, "", f"Distance of the curve from the diagonal: {'; '.join(farthest)}."]


def subpixel_table(cases: Outcomes) -> list[str]:
    """Errors of the sub-pixel shifts, beside the aligner's."""
    misses = np.concatenate([both for case in cases for both in misses_of(case)])
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


def misses_of(case: Outcome) -> Iterable[NDArray[np.float64]]:
    """(k, 2, 3) of the images whose shift is about right: dy and dx of this package less the true ones,
    of the aligner likewise, and the true ones."""
    for name, judged in case.judged[AFTER].items():
        own, others = np.array(judged.shifts) - case.shifts, case.misses[name]
        both = (np.hypot(*own.T) <= RIGHT_PLACE) & (np.hypot(*others.T) <= RIGHT_PLACE)
        yield np.stack([own, others, case.shifts], axis=-1)[both]


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
