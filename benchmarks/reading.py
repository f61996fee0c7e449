# SPDX-License-Identifier: MIT
"""What a ranking of stacks in HDF5 files costs, beside the original package and beside bare reading.

    python benchmarks/reading.py [--images 48] [--size 1024] [--runs 5] [--files 500] [--gigabytes 10]
                                 [--quick] [--write]

Files are made on the fly, in layouts from contiguous to map-wise chunks. Every ranking has to name
the known best stack with the numbers that the same pixels give in memory, bit for bit, and every
reader has to give the pixels that were written. `--write` puts the tables into
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import h5py

from common.report import Section, machine, write
from common.settings import ReadingSettings
from ndreg_preeval import build_config
from reading_parts.cold_cache import cold_cache
from reading_parts.large_stacks import large_stacks
from reading_parts.many_files import many_files
from reading_parts.page_cache import page_cache

PARTS: dict[str, Callable[[ReadingSettings], Section]] = {
    "page_cache": page_cache,
    "cold_cache": cold_cache,
    "large_stacks": large_stacks,
    "many_files": many_files,
}
DISTRIBUTIONS = ("numpy", "h5py", "hdf5plugin", "imagecodecs", "silx", "ewoksndreg")
QUICK = ReadingSettings(images=8, size=256, runs=2, files=20, gigabytes=0.05)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, help="per stack, at least 8 (48)")
    parser.add_argument("--size", type=int, help="rows and columns of an image, at least 64 (1024)")
    parser.add_argument("--runs", type=int, help="interleaved runs of each program (5)")
    parser.add_argument("--files", type=int, help="of the part 'many_files', one image each (500)")
    parser.add_argument("--gigabytes", type=float, help="longest stack of the part 'large_stacks' (10)")
    parser.add_argument(
        "--quick", action="store_true", help="8 images of 256 x 256, 2 runs, 20 files, 0.05 GB"
    )
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument("--write", action="store_true", help="put all tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.write and set(options.parts) != set(PARTS):
        parser.error("--write needs all parts: figures of different runs do not belong together")

    default = QUICK if options.quick else ReadingSettings()
    settings = ReadingSettings(
        images=options.images or default.images,
        size=options.size or default.size,
        runs=options.runs or default.runs,
        files=options.files or default.files,
        gigabytes=options.gigabytes or default.gigabytes,
    )
    if settings.images < 8 or settings.size < 64:
        parser.error("stacks need 8 images of 64 x 64 pixels or more")
    sections = [PARTS[name](settings) for name in options.parts]
    note = (
        f"Medians of {settings.runs} interleaved runs, HDF5 {h5py.version.hdf5_version}. "
        f"{machine(build_config(), DISTRIBUTIONS)}"
    )
    overview = Section("Goals for files", note, [settings.goals.summary()])
    text = "\n\n".join(str(section) for section in (overview, *sections))
    print(text)
    if options.write:
        write("reading", text)


if __name__ == "__main__":
    main()
