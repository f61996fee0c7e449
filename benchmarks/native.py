# SPDX-License-Identifier: MIT
"""A generic wheel beside one built with -march=native.

    python benchmarks/native.py [--sizes 512 1024] [--runs 15] [--write]

Both are built from this checkout into temporary folders and run in turn, each in a process of its
own. The native build runs with the kernels that it chooses and with its baseline kernels, which
the flag concerns most; the faster of the two counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from common.child_process import Worker
from common.goals import NATIVE, Goals
from common.report import Section, machine, table, write
from common.settings import progress
from common.timing import require
from speed_parts.cases import Case
from speed_parts.rankings import EVIDENCE, PEAK_TO_MEAN
from speed_parts.separate_processes import configuration, in_turn

ROOT = Path(__file__).resolve().parents[1]
GENERIC, FREE, BASELINE = "generic", "native", "native, baseline kernels"


def build(folder: Path, flags: str) -> None:
    """Install this checkout into a folder; nothing is left in the checkout."""
    if importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install"]
    else:
        installer = ["uv", "pip", "install", "--no-cache"]
    target = ["--target", str(folder / "site"), "-C", f"build-dir={folder / 'build'}"]
    flags = f"{os.environ.get('CXXFLAGS', '')} {flags}".strip()
    command = [*installer, "--quiet", "--no-deps", *target, str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, "CXXFLAGS": flags})


def start(folder: Path, isa: str = "") -> Worker:
    """A process that runs this build."""
    worker = Worker({"NDREG_PREEVAL_ISA": isa} if isa else {}, [folder / "site"])
    config = worker.call(configuration)
    require(Path(config["core"]).is_relative_to(folder), f"{config['core']} was loaded")
    progress(f"{folder.name}: kernels {config['isa']} of {config['isas']}")
    return worker


def compare(sizes: list[int], runs: int) -> Section:
    """Build, run and compare."""
    goals = Goals()
    rows = []
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folders = {name: Path(temporary).resolve() / name for name in (GENERIC, FREE)}
        for name, folder in folders.items():
            progress(f"building the {name} wheel")
            build(folder, "-march=native" if name == FREE else "")
        workers = {
            GENERIC: stack.enter_context(start(folders[GENERIC])),
            FREE: stack.enter_context(start(folders[FREE])),
            # The same again where the native build chooses them by itself.
            BASELINE: stack.enter_context(start(folders[FREE], "baseline")),
        }
        # Not of the installed package, which may be another build.
        measured_on = machine(workers[GENERIC].call(configuration))
        for method in (PEAK_TO_MEAN, EVIDENCE):
            for precision in ("single", "double"):
                for size in sizes:
                    program = f"{method} in {precision}"
                    where = {name: (worker, program) for name, worker in workers.items()}
                    found = in_turn(where, Case(5, size, size, "float64"), runs)
                    title = f"`{method}` in {precision}, {size} x {size}"
                    best = found.fastest((FREE, BASELINE))
                    cells = [found.milliseconds(name) for name in workers]
                    rows.append([title, *cells, goals.cell(NATIVE, title, found.ratio(GENERIC, best))])
                    progress(str(rows[-1]))
    note = f"Medians of {runs} interleaved runs of `rank_stacks` on 5 float64 images, per image, one thread. {measured_on}"
    header = ["milliseconds", GENERIC, FREE, BASELINE, f"generic / faster native <= {NATIVE.limit}"]
    return Section("A generic wheel beside -march=native", note, [goals.summary(), table(header, rows)])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    text = str(compare(options.sizes, options.runs))
    print(text)
    if options.write:
        write("native", text)


if __name__ == "__main__":
    main()
