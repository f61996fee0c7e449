# SPDX-License-Identifier: MIT
"""How often each method picks a stack that aligns, and whether its probabilities are true.

Scorers for a benchmark of ranking quality, {name: (n, h, w)} -> {name: score}, higher is better, which any
benchmark can name, for instance `benchmarks.quality:robust` from the root of the project; and, with a
folder that holds the Python package ``quality`` (make_cases, image_errors, summary), the tables of
docs/method.md:

    python benchmarks/quality.py FOLDER --chosen 1000 1001 --fresh 31337 27182 --write
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ndreg_preeval

METHODS = ("evidence", "robust", "peak_to_mean", "ewoksndreg")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "method.md"
START, END = "<!-- quality: made by benchmarks/quality.py -->", "<!-- end of quality -->"
CASES_PER_FAMILY = 8
BINS = 10
EARLY = (1, 2, 3, 4)
SETTINGS: dict[str, dict[str, Any]] = {
    "`evidence`": {"method": "evidence"},
    '`evidence`, `window="hann"`': {"method": "evidence", "window": "hann"},
    "`robust`": {"method": "robust"},
    '`robust`, `window="hann"`': {"method": "robust", "window": "hann"},
    "`peak_to_mean`": {"method": "peak_to_mean"},
    '`peak_to_mean`, `window="hann"`': {"method": "peak_to_mean", "window": "hann"},
}

Stacks = Mapping[str, NDArray[Any]]


def _ranking(stacks: Stacks, method: str, **options: Any) -> ndreg_preeval.Ranking:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        return ndreg_preeval.rank_stacks(stacks, method=method, num_threads=1, **options)


def _scores(stacks: Stacks, method: str) -> dict[str, float]:
    return {str(name): score for name, score in _ranking(stacks, method).scores.items()}


def robust(stacks: Stacks) -> dict[str, float]:
    """A second opinion on every peak; each stack judged alone."""
    return _scores(stacks, "robust")


def peak_to_mean(stacks: Stacks) -> dict[str, float]:
    """The ratio that ewoksndreg documents."""
    return _scores(stacks, "peak_to_mean")


def ewoksndreg(stacks: Stacks) -> dict[str, float]:
    """The score that ewoksndreg computes."""
    return _scores(stacks, "ewoksndreg")


def evidence(stacks: Stacks) -> dict[str, float]:
    """The default method: how likely every image aligns."""
    return _scores(stacks, "evidence")


# ---------------------------------------------------------------- the tables


class Seed(NamedTuple):
    """What one seed gave."""

    seed: int
    figures: dict[str, dict[str, Any]]
    """Of each method: the summary of the benchmark; "worst": its families that were decided worst."""
    calibration: tuple[float, float]
    """Errors of P and of trust."""
    early: dict[str, float]
    """Share of right choices after so many compared images, the images being added one by one."""


def calibration_error(probability: Sequence[float], right: Sequence[bool]) -> float:
    """Mean distance between probabilities and shares, in bins, weighed by their numbers."""
    p, good = np.array(probability), np.array(right)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    filled = [bins == number for number in range(BINS) if (bins == number).any()]
    return float(sum(each.mean() * abs(p[each].mean() - good[each].mean()) for each in filled))


def early_choices(stacks: Stacks, aligns: Mapping[str, bool]) -> list[bool]:
    """Whether the stack that looks best after 1, 2, ... compared images aligns in the end."""
    scorers = {name: ndreg_preeval.StackScorer(stack[0], name=name) for name, stack in stacks.items()}
    found = []
    for number in range(1, min(map(len, stacks.values()))):
        scores = {name: scorer.add(stacks[name][number]).result().score for name, scorer in scorers.items()}
        found.append(bool(aligns[max(scores, key=scores.__getitem__)]))
    return found


def measure(quality: Any, seed: int, *, aligner: str, quick: bool) -> Seed:
    """Rank all cases of a seed with all methods."""
    rows: dict[str, dict[str, list[Any]]] = {method: {} for method in METHODS}
    images: tuple[list[float], list[bool]] = ([], [])
    stacks: tuple[list[float], list[bool]] = ([], [])
    early: dict[str, list[bool]] = {}
    for case in quality.cases.make_cases(seed, CASES_PER_FAMILY, None, quick):
        errors = quality.truth.image_errors(case, aligner)
        for method in METHODS:
            ranking = _ranking({name: stack.copy() for name, stack in case.stacks.items()}, method)
            row = quality.metrics.case_row(ranking.scores, errors)
            rows[method].setdefault(case.family, []).append(row)
            if method != METHODS[0]:
                continue
            for name, found in ranking.stacks.items():
                images[0].extend(found.probability)
                images[1].extend(errors[name] <= quality.truth.GOOD)
                stacks[0].append(found.trust)
                stacks[1].append(quality.truth.aligns(errors[name]))
            aligns = {name: quality.truth.aligns(error) for name, error in errors.items()}
            if any(aligns.values()):
                choices = early_choices(case.stacks, aligns)
                for number in EARLY:
                    early.setdefault(str(number), []).append(choices[min(number, len(choices)) - 1])
                early.setdefault("all", []).append(choices[-1])
    figures = {}
    for method, families in rows.items():
        every = [row for some in families.values() for row in some]
        decided = {name: quality.metrics.summary(some, 0)["top1_decisive"] for name, some in families.items()}
        known = {name: value for name, value in decided.items() if not np.isnan(value)}
        worst = ", ".join(f"{name} {known[name]:.2f}" for name in sorted(known, key=known.__getitem__)[:2])
        figures[method] = {**quality.metrics.summary(every), "worst": worst}
    shares = {number: float(np.mean(right)) for number, right in early.items()}
    return Seed(seed, figures, (calibration_error(*images), calibration_error(*stacks)), shares)


def table(seeds: Iterable[Seed]) -> list[str]:
    """Lines of markdown."""
    lines = [
        "| seed | method | right choices (95 %) | decisive cases | regret, px | AUC | worst kinds of damage |",
        "|---|---|---|---|---|---|---|",
    ]
    seeds = list(seeds)
    for each in seeds:
        for method, found in each.figures.items():
            low, high = found["ci95"]["top1"]
            lines.append(
                f"| {each.seed} | `{method}` | {found['top1']:.3f} ({low:.2f} to {high:.2f}) "
                f"| {found['top1_decisive']:.3f} | {found['regret']:.3f} | {found['auc']:.3f} | {found['worst']} |"
            )
    lines += ["", "| seed | calibration error of P (images) | of trust (stacks) |", "|---|---|---|"]
    lines += [f"| {each.seed} | {each.calibration[0]:.3f} | {each.calibration[1]:.3f} |" for each in seeds]
    lines += ["", f"| compared images | {' | '.join(seeds[0].early)} |", "|---" * (1 + len(EARLY) + 1) + "|"]
    for each in seeds:
        shares = " | ".join(f"{share:.3f}" for share in each.early.values())
        lines.append(f"| right choices so early, seed {each.seed} | {shares} |")
    if len(seeds) > 1:
        lines += ["", f"Mean over these seeds: {means(seeds)}."]
    return lines


def aligner_table(quality: Any, seeds: Iterable[int]) -> list[str]:
    """Share of right choices for each aligner of the benchmark, in several settings."""
    right: dict[tuple[str, str], list[float]] = {}
    for seed in seeds:
        for case in quality.cases.make_cases(seed, CASES_PER_FAMILY, None, True):
            errors = {name: quality.truth.image_errors(case, name) for name in quality.truth.ALIGNERS}
            for setting, options in SETTINGS.items():
                scores = _ranking(case.stacks, **options).scores
                for name, error in errors.items():
                    row = quality.metrics.case_row(scores, error)
                    if row["solvable"]:
                        right.setdefault((setting, name), []).append(row["top1"])
    names = list(quality.truth.ALIGNERS)
    lines = ["| setting | " + " | ".join(f"aligner `{name}`" for name in names) + " |"]
    lines.append("|---" * (1 + len(names)) + "|")
    for setting in SETTINGS:
        shares = " | ".join(f"{np.mean(right[setting, name]):.3f}" for name in names)
        lines.append(f"| {setting} | {shares} |")
    return lines


def means(seeds: Sequence[Seed]) -> str:
    """Share of right choices of every method."""
    shares = {method: np.mean([each.figures[method]["top1"] for each in seeds]) for method in METHODS}
    return ", ".join(f"`{method}` {share:.3f}" for method, share in shares.items())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python benchmarks/quality.py", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the package `quality` is")
    parser.add_argument(
        "--chosen", type=int, nargs="*", default=[], help="seeds that the method was made with"
    )
    parser.add_argument("--fresh", type=int, nargs="*", default=[], help="seeds never looked at before")
    parser.add_argument("--aligner", default="phase", help="as the benchmark names them")
    parser.add_argument(
        "--aligners", type=int, nargs="*", default=[], help="seeds to try other aligners with"
    )
    parser.add_argument("--full", action="store_true", help="images of full size: slow")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/method.md")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(options.folder))
    quality = importlib.import_module("quality")
    for module in ("cases", "metrics", "truth"):
        importlib.import_module(f"quality.{module}")
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    mode = "full" if options.full else "quick"
    lines = [f"Measured on {today}, {mode} mode, aligner `{options.aligner}`."]
    np.seterr(all="ignore")
    for title, numbers in (
        ("Seeds the method was made with", options.chosen),
        ("Seeds never looked at before", options.fresh),
    ):
        if not numbers:
            continue
        measured = [
            measure(quality, seed, aligner=options.aligner, quick=not options.full) for seed in numbers
        ]
        lines += ["", f"{title}:", "", *table(measured)]
        print("\n".join(lines[-len(table(measured)) - 3 :]), flush=True)
    if options.aligners:
        seeds = ", ".join(map(str, options.aligners))
        lines += ["", f"Other aligners, seeds {seeds}, share of right choices:", ""]
        lines += aligner_table(quality, options.aligners)
        print("\n".join(lines[-len(SETTINGS) - 3 :]), flush=True)
    if options.write:
        text = PAGE.read_text()
        before, _, rest = text.partition(START)
        _, _, after = rest.partition(END)
        PAGE.write_text("\n".join([before + START, "", *lines, "", END]) + after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
