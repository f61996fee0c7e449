# SPDX-License-Identifier: MIT
"""What more CPUs gain: threads of one call, beside as many processes that share nothing.

    python benchmarks/scaling.py [--sizes 64 1024] [--numbers 16] [--runs 5] [--quick] [--write]

For images of several sizes, for the core's `Scorer` and for `rank_stacks`; for one huge image; and how
many pages the system has to find for the first and the second of two equal stacks. Processes are
pinned to CPUs where the system allows that. All numbers of threads have to give the same bits, and the
numbers that plain numpy finds. On one CPU only page faults are measured. `--write` puts the tables
into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from common.report import Section, machine, write
from ndreg_preeval import build_config
from scaling_parts.cpus import powers_up_to, usable_cpus
from scaling_parts.many_images import many_images
from scaling_parts.one_image import one_image
from scaling_parts.page_faults import page_faults
from scaling_parts.settings import ScalingSettings

PARTS: dict[str, Callable[[ScalingSettings], Section]] = {
    "many_images": many_images,
    "one_image": one_image,
    "page_faults": page_faults,
}
SIZES = (64, 128, 256, 512, 1024, 2048, 4096, 8192)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", help="of the images of stacks (64 ... 8192)")
    parser.add_argument(
        "--numbers", type=int, nargs="+", help="of threads and processes (2, 4 ... all usable CPUs)"
    )
    parser.add_argument("--runs", type=int, help="of each case (5)")
    parser.add_argument("--quick", action="store_true", help="small images, 2 short runs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument("--write", action="store_true", help="put all tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.write and set(options.parts) != set(PARTS):
        parser.error("--write needs all parts: figures of different runs do not belong together")
    cpus = usable_cpus()
    numbers = tuple(sorted(set(options.numbers or powers_up_to(len(cpus)))))
    if numbers and not 2 <= numbers[0] <= numbers[-1] <= len(cpus):
        parser.error(f"--numbers are from 2 to the {len(cpus)} usable CPUs")

    runs = options.runs or (2 if options.quick else ScalingSettings.runs)
    sizes = tuple(options.sizes or ((64, 512) if options.quick else SIZES))
    settings = ScalingSettings(sizes, numbers, cpus, runs)
    if options.quick:
        settings = ScalingSettings(sizes, numbers, cpus, runs, seconds=0.05, huge=(1024,))
    sections = [PARTS[name](settings) for name in options.parts]
    note = f"Medians of {runs} interleaved runs. {machine(build_config())}"
    overview = Section(
        f"Scaling on {len(cpus)} CPU{'s' if len(cpus) > 1 else ''}", note, [settings.goals.summary()]
    )
    text = "\n\n".join(str(section) for section in (overview, *sections))
    print(text)
    if options.write:
        write("scaling", text)


if __name__ == "__main__":
    main()
