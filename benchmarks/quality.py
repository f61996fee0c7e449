# SPDX-License-Identifier: MIT
"""How often each method picks a stack that aligns, and whether its probabilities are true.

Scorers for a benchmark of ranking quality, {name: (n, h, w)} -> {name: score}, higher is better, which any
benchmark can name, for instance `benchmarks.quality:robust` from the root of the project; and, with a
folder that holds the Python package ``quality`` (make_cases, image_errors, summary), the tables of
docs/method.md:

    python benchmarks/quality.py FOLDER --chosen 1000 1001 --fresh 31337 27182 --aligners 31337 --write
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import warnings
from collections.abc import Mapping
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
    from quality_parts import outcomes  # noqa: PLC0415
    from quality_parts import tables as shown  # noqa: PLC0415

    quality = outcomes.load(options.folder)
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    mode = "full" if options.full else "quick"
    lines = [f"Measured on {today}, {mode} mode, aligner `{options.aligner}`."]

    def task(seed: int) -> outcomes.Task:
        return outcomes.Task(options.folder, seed, options.aligner, not options.full)

    groups: dict[str, list[outcomes.Measured]] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for title, seeds in (("chosen on", options.chosen), ("never looked at", options.fresh)):
            if seeds:
                groups[title] = list(pool.map(outcomes.measure, map(task, seeds)))
        found = list(pool.map(outcomes.settings, map(task, options.aligners)))
    names = {"chosen on": "Seeds the method was made with", "never looked at": "Seeds never looked at before"}
    for title, measured in groups.items():
        lines += ["", f"{names[title]}:", "", *shown.seeds_table(quality, measured)]
        lines += ["", *shown.early_table(measured)]
    if groups:
        lines += ["", "Decisive cases (some stacks align, some do not), all seeds together:", ""]
        lines += shown.families_table(quality, groups)
        last = list(groups)[-1]
        lines += ["", f"Reliability, seeds {last}:", "", *shown.curve_table(groups[last])]
        lines += ["", f"Sub-pixel shifts, seeds {last}:", "", *shown.subpixel_table(groups[last])]
    if found:
        right: dict[tuple[str, str], list[float]] = {}
        for each in found:
            for key, some in each.items():
                right.setdefault(key, []).extend(some)
        seeds_used = ", ".join(map(str, options.aligners))
        lines += ["", f"Other aligners, seeds {seeds_used}, share of right choices:", ""]
        lines += shown.aligners_table(right, quality.truth.ALIGNERS)
    return lines


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python benchmarks/quality.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where the package `quality` is")
    parser.add_argument("--chosen", type=int, nargs="*", default=[], help="seeds the method was made with")
    parser.add_argument("--fresh", type=int, nargs="*", default=[], help="seeds never looked at before")
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
        text = PAGE.read_text()
        before, _, rest = text.partition(START)
        _, _, after = rest.partition(END)
        PAGE.write_text("\n".join([before + START, "", *lines, "", END]) + after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
