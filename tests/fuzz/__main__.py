# SPDX-License-Identifier: MIT
"""``python -m tests.fuzz --seconds 600 --seed 1``: see `tests.fuzz`; fails when a file is not withstood."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from .layouts import BUILDERS, FILE, Layout, build
from .mutations import damaged
from .verdict import FAULTS, FINE, PATIENCE, Judge, Verdict

Counts = dict[str, Counter[str]]
OUTCOMES = (*FINE, *FAULTS)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    chosen = [name for name in BUILDERS if not options.layout or name in options.layout]
    layouts = [build(name) for name in chosen]
    counts: Counts = {layout.name: Counter() for layout in layouts}
    began = time.monotonic()
    done = 0
    with (
        Judge(isolate=options.isolate, bare=options.bare, patience=options.patience) as judge,
        tempfile.TemporaryDirectory(prefix="fuzz-") as name,
    ):
        folder = Path(name)
        if options.replay:
            return replay(judge, folder, options.replay)
        for number in range(options.first, options.first + options.cases):
            if time.monotonic() - began > options.seconds:
                break
            layout = layouts[number % len(layouts)]
            rng = Random(f"{options.seed} {number} {layout.name}")
            files = damaged(layout, rng)
            verdict = judge.judge(layout, files, folder, rng.choice((1, 2)))
            counts[layout.name][verdict.outcome] += 1
            done += 1
            if verdict.fault or verdict.outcome in options.show:
                report(options.keep, f"{options.seed}-{number}", layout, files, verdict)
    print(table(counts))
    faults = sum(count[outcome] for count in counts.values() for outcome in FAULTS)
    print(f"\n{done} files in {time.monotonic() - began:.0f} s, seed {options.seed}: {faults} not withstood")
    return 1 if faults else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long")
    parser.add_argument("--cases", type=int, default=sys.maxsize, help="how many files at most")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first one")
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="after which a file counts as hanging",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--isolate", action="store_true", help="rank with isolate=True: then no crash counts as libhdf5's"
    )
    parser.add_argument("--bare", action="store_true", help="without optional packages that decode")
    parser.add_argument(
        "--layout", action="append", choices=list(BUILDERS), help="only this one; may be repeated"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where files that are not withstood go")
    parser.add_argument(
        "--show", action="append", default=[], choices=list(FINE), help="report this outcome, too"
    )
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="judge one kept file again")
    return parser.parse_args(arguments)


def report(keep: Path | None, case: str, layout: Layout, files: dict[str, bytes], verdict: Verdict) -> None:
    """Print what became of a case, and keep its files."""
    print(f"{case} {layout.name}: {describe(verdict)}", flush=True)
    if keep is None:
        return
    folder = keep / f"{verdict.outcome.replace(' ', '-')}-{case}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    seen = {"layout": layout.name, "uri": layout.uri, "outcome": verdict.outcome, **verdict.seen}
    (folder / "seen.json").write_text(json.dumps({**seen, "note": verdict.note}, indent=1))


def describe(verdict: Verdict) -> str:
    """One or two lines."""
    words = [verdict.outcome.upper(), verdict.note]
    for who, answer in verdict.seen.items():
        if "error" in answer:
            said = f"{answer['error']}: {answer['message'][:200]!r}"
        elif "stacks" in answer:
            said = "; ".join(each["summary"] for each in answer["stacks"].values())
        else:
            said = ", ".join(f"{key} {value}" for key, value in answer.items() if key != "trace")
        words.append(f"[{who}] {said}")
    return " ".join(filter(None, words))


def replay(judge: Judge, folder: Path, kept: Path) -> int:
    """Judge kept files again."""
    layout = build(json.loads((kept / "seen.json").read_text())["layout"])
    files = {each.name: each.read_bytes() for each in kept.iterdir() if each.name != "seen.json"}
    assert FILE in files
    verdict = judge.judge(layout, files, folder, 1)
    print(describe(verdict))
    for who, answer in verdict.seen.items():
        print(f"\n{who}:\n{answer.get('trace', '')}")
    return int(verdict.fault)


def table(counts: Counts) -> str:
    """Numbers of each outcome for each layout."""
    totals: Counter[str] = sum(counts.values(), Counter())
    shown = [each for each in OUTCOMES if totals[each]]
    wide = max(map(len, counts))
    lines = [" ".join([" " * wide, *(f"{each:>9}" for each in shown)])]
    for name, count in [*counts.items(), ("all", totals)]:
        lines.append(" ".join([name.ljust(wide), *(f"{count[each]:9}" for each in shown)]))
    lines.append("")
    lines += [f"{each}: {FINE.get(each) or FAULTS[each]}" for each in shown]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
