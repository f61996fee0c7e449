# SPDX-License-Identifier: MIT
"""What `rank_stacks` costs, beside named peers and against goals.

    python benchmarks/speed.py [--sizes 256 512 1024] [--runs 7] [--quick] [--write]

Every program first has to give the known answer: the shift of the image, the peak and the mean
that plain numpy finds in float64, or, for bare pairs of transforms, the image itself. What is
compared is timed in turn, and ratios are medians of the ratios of single runs. `--write` puts the
tables into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from common.report import Section, machine, write
from common.settings import Settings
from ndreg_preeval import build_config
from speed_parts.awkward_sizes import awkward_sizes
from speed_parts.image_counts import image_counts
from speed_parts.image_sizes import image_sizes
from speed_parts.instruction_sets import instruction_sets
from speed_parts.memory import memory
from speed_parts.peers import DISTRIBUTIONS
from speed_parts.pixel_layouts import pixel_layouts
from speed_parts.processes import processes
from speed_parts.small_calls import small_calls
from speed_parts.stacks import stacks

PARTS: dict[str, Callable[[Settings], Section]] = {
    "stacks": stacks,
    "processes": processes,
    "small_calls": small_calls,
    "awkward_sizes": awkward_sizes,
    "image_sizes": image_sizes,
    "image_counts": image_counts,
    "pixel_layouts": pixel_layouts,
    "instruction_sets": instruction_sets,
    "memory": memory,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="image sizes beside peers (256 ... 2048)")
    parser.add_argument("--runs", type=int, help="interleaved runs of each program (7)")
    parser.add_argument("--quick", action="store_true", help="small images, 3 runs: about a minute")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument("--write", action="store_true", help="put all tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.write and set(options.parts) != set(PARTS):
        parser.error("--write needs all parts: figures of different runs do not belong together")

    runs = options.runs or (3 if options.quick else 7)
    chosen = options.sizes or ((256, 512) if options.quick else Settings.sizes)
    settings = Settings(sizes=tuple(chosen), runs=runs, quick=options.quick)
    sections = [PARTS[name](settings) for name in options.parts]
    note = f"Medians of {runs} interleaved runs. {machine(build_config(), DISTRIBUTIONS)}"
    overview = Section("Goals", note, [settings.goals.summary()])
    text = "\n\n".join(str(section) for section in (overview, *sections))
    print(text)
    if options.write:
        write("speed", text)


if __name__ == "__main__":
    main()
