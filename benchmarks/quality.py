# SPDX-License-Identifier: MIT
"""How often each method picks a stack that aligns, and whether its probabilities are true.

Scorers for a benchmark of ranking quality, {name: (n, h, w)} -> {name: score}, higher is better, which any
benchmark can name, for instance `benchmarks.quality:robust` from the root of the project; and, with a
folder that holds the Python package ``quality`` (make_cases, image_errors, summary), the tables of
docs/method.md. Its cases are the synthetic part; those of the real part are made here, of photographs:

    python benchmarks/quality.py FOLDER --chosen 1000 1001 --fresh 31337 27182 --real-chosen 1 2 \\
        --real-fresh 201 202 --before OTHER --aligners 31337 --write

OTHER is a folder with another version (`pip install --target OTHER ...`): it judges the very same stacks.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

import ndreg_preeval

PAGE = Path(__file__).resolve().parents[1] / "docs" / "method.md"
START, END = "<!-- quality: made by benchmarks/quality.py -->", "<!-- end of quality -->"

Stacks = Mapping[str, NDArray[Any]]


def _scores(stacks: Stacks, method: str) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        ranking = ndreg_preeval.rank_stacks(stacks, method=method, num_threads=1)
    return {str(name): score for name, score in ranking.scores.items()}


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


def plain(stacks: Stacks) -> dict[str, float]:
    """The same for aligners by plain cross-correlation."""
    return _scores(stacks, "plain")


def tables(options: argparse.Namespace) -> list[str]:
    """Measure, and put it into lines of markdown."""
    # Not above: whoever imports the scorers has no package `quality_parts`.
    from quality_parts import findings, outcomes  # noqa: PLC0415
    from quality_parts import tables as shown  # noqa: PLC0415

    quality = outcomes.load(options.folder)
    best = outcomes.best_method(options.aligner)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    mode = "full" if options.full else "quick"

    def task(part: str, seed: int) -> outcomes.Task:
        return outcomes.Task(options.folder, part, seed, options.aligner, not options.full, options.before)

    parts = (outcomes.SYNTHETIC, outcomes.REAL)
    seeds = {
        "chosen on": dict(zip(parts, (options.chosen, options.real_chosen), strict=True)),
        "fresh": dict(zip(parts, (options.fresh, options.real_fresh), strict=True)),
    }
    seeds = {title: some for title, some in seeds.items() if any(some.values())}
    tasks = [task(part, seed) for some in seeds.values() for part in parts for seed in some[part]]
    with ProcessPoolExecutor(options.jobs) as pool:
        measured = dict(zip(tasks, pool.map(outcomes.measure, tasks), strict=True))
        found = list(
            pool.map(outcomes.settings, [task(outcomes.SYNTHETIC, seed) for seed in options.aligners])
        )
    groups = {
        title: {part: [case for seed in some[part] for case in measured[task(part, seed)]] for part in parts}
        for title, some in seeds.items()
    }
    lines = [f"Measured on {today}, {mode} mode, aligner `{options.aligner}`, method `{best}`."]
    if groups:
        said = "; ".join(
            f"{title}, {part}: {_numbers(some[part])}"
            for title, some in seeds.items()
            for part in parts
            if some[part]
        )
        lines += ["", f"Seeds {said}.", "", *findings.findings_table(quality, groups)]
    by_part = {
        part: {f"{part}, {title}": group[part] for title, group in groups.items() if group[part]}
        for part in parts
    }
    every = {title: cases for some in by_part.values() for title, cases in some.items()}
    if every:
        lines += ["", "All methods:", "", *shown.methods_table(quality, every, best)]
        lines += ["", *shown.early_table(every)]
    for part, some in by_part.items():
        if some:
            lines += ["", f"Decisive cases (some stacks align, some do not), {part}:", ""]
            lines += shown.families_table(some, best)
    for some in by_part.values():
        for title, cases in list(some.items())[-1:]:
            lines += ["", f"Reliability, {title}:", "", *shown.curve_table(cases)]
            lines += ["", f"Sub-pixel shifts, {title}:", "", *shown.subpixel_table(cases)]
    if found:
        right: dict[tuple[str, str], list[float]] = {}
        for each in found:
            for key, several in each.items():
                right.setdefault(key, []).extend(several)
        lines += [
            "",
            f"Other aligners, synthetic seeds {_numbers(options.aligners)}, share of right choices:",
            "",
        ]
        lines += shown.aligners_table(right, quality.truth.ALIGNERS)
    return lines


def _numbers(seeds: Sequence[int]) -> str:
    """In few words: 1 to 4, 7."""
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def replaced(page: str, lines: Sequence[str]) -> str:
    """The page with these lines between its markers."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return "\n".join([before + START, "", *lines, "", END]) + after


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/quality.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where the package `quality` is")
    parser.add_argument("--chosen", type=int, nargs="*", default=[], help="seeds the method was made with")
    parser.add_argument("--fresh", type=int, nargs="*", default=[], help="seeds never looked at before")
    parser.add_argument("--real-chosen", type=int, nargs="*", default=[], help="the same of real images")
    parser.add_argument("--real-fresh", type=int, nargs="*", default=[], help="the same of real images")
    parser.add_argument(
        "--before", type=Path, metavar="FOLDER", help="where another version is installed, to compare with"
    )
    parser.add_argument("--aligner", default="phase", help="as the benchmark names them")
    parser.add_argument(
        "--aligners", type=int, nargs="*", default=[], help="seeds to try other aligners with"
    )
    parser.add_argument("--full", action="store_true", help="images of full size: slow")
    parser.add_argument("--jobs", type=int, metavar="N", help="seeds at a time; default: one for each CPU")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/method.md")
    options = parser.parse_args(arguments)
    lines = tables(options)
    print("\n".join(lines))
    if options.write:
        PAGE.write_text(replaced(PAGE.read_text(), lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
