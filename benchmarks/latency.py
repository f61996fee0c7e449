# SPDX-License-Identifier: MIT
"""How soon a call ends that is to stop, and how soon something is refused or imported, beside what is promised.

    python benchmarks/latency.py [--runs 9] [--parts stopping refusals importing] [--quick] [--write]

Prints median and worst of several runs. A wrong answer ends the benchmark (what was interrupted has to
raise, the next ranking has to be right, an error has to name the stack at fault); a figure that misses its
promise is marked and nothing else, since a busy machine is no fault of the package. `--write` puts the
tables into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from common.report import Section, machine, write
from latency_parts.importing import importing
from latency_parts.latencies import LatencySettings
from latency_parts.refusals import refusals
from latency_parts.stopping import stopping
from ndreg_preeval import build_config

PARTS: dict[str, Callable[[LatencySettings], Section]] = {
    "stopping": stopping,
    "refusals": refusals,
    "importing": importing,
}
DISTRIBUTIONS = ("numpy", "h5py", "hdf5plugin", "imagecodecs")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, help="of each case (9)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument("--quick", action="store_true", help="one thread, smaller images, 2 runs")
    parser.add_argument("--write", action="store_true", help="put all tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.write and set(options.parts) != set(PARTS):
        parser.error("--write needs all parts: figures of different runs do not belong together")

    runs = options.runs or (2 if options.quick else LatencySettings.runs)
    settings = LatencySettings(runs=runs, quick=options.quick)
    sections = [PARTS[name](settings) for name in options.parts]
    note = f"Worst of {runs} runs. {machine(build_config(), DISTRIBUTIONS)}"
    overview = Section("Promised latencies", note, [settings.goals.summary()])
    text = "\n\n".join(str(each) for each in (overview, *sections))
    print(text)
    if options.write:
        write("latency", text)


if __name__ == "__main__":
    main()
