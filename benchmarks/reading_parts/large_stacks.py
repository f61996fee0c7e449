# SPDX-License-Identifier: MIT
"""Memory and speed against the length of a stack, and against chunks that run through all images."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hdf5plugin

from common.child_process import Worker
from common.goals import growth_of
from common.report import Section, significant, table
from common.settings import ReadingSettings, progress
from common.usage import MIB, Usage

from .alternating_runs import number
from .hdf5_layouts import GZIP
from .long_stacks import CYCLE, FILLED, SMALL, rank_long, write_images, write_maps
from .programs import THREADS

SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the longest stack."""
FILTERS: Mapping[str, Mapping[str, Any]] = {"gzip": GZIP, "bitshuffle-LZ4": hdf5plugin.Bitshuffle()}
LIMITS: Mapping[int | None, int] = {64: 64, None: 256}
"""What is asked for in MiB, and what holds then."""
MAPS: Sequence[tuple[int, int | None, int]] = ((64, 64, 64), (64, None, 1024), (512, 64, 64))
"""Side of the chunks in pixels of 1024; memory_limit asked for, and what holds."""
MAP_IMAGES = 256

NOTE = """\
uint16 stacks of {size} x {size} pixels, {threads} threads, default method, one run each in a fresh process, growth of resident memory
as above. {cycle} different images come again and again, {filled:.0%} of their pixels are not zero: that keeps the files short, and
decoding faster than that of measured images. All images have to get the numbers that their like gets in memory, bit for bit.
In the second table chunks hold a square of all {images} images, so that a row of them is the whole stack; without a limit up to
1024 MiB may be held then."""


def cells(
    settings: ReadingSettings, uri: str, small: str, images: int, asked: int | None, held: int
) -> list[str]:
    """Growth and images per second with one limit."""
    limit = None if asked is None else asked * MIB
    with Worker() as worker:
        usage = Usage(*worker.call(rank_long, uri, small, images, settings.size, limit))  # type: ignore[arg-type]
    growth = None if usage.growth is None else usage.growth / MIB
    case = f"{images} images of {settings.size} x {settings.size}"
    grown = settings.goals.cell(growth_of(held), case, growth)
    return [grown, number(images / usage.seconds), number(1e3 * usage.cpu / images)]


def lengths(settings: ReadingSettings, folder: Path) -> str:
    """A row per filter and length."""
    rows = []
    for title, filters in FILTERS.items():
        small = write_images(folder / f"small {title}.h5", SMALL, SMALL, filters)
        for share in SHARES:
            total = share * settings.gigabytes * 1e9
            images = max(2, round(total / (2 * settings.size**2)))
            path = folder / "long.h5"
            uri = write_images(path, images, settings.size, filters)
            row = [f"{title}, {total / 1e9:.3g} GB", f"{images}", significant(path.stat().st_size / 1e6)]
            for asked, held in LIMITS.items():
                row += cells(settings, uri, small, images, asked, held)
            path.unlink()
            rows.append(row)
            progress(str(row))
    header = ["stack", "images", "file, MB"]
    for asked, held in LIMITS.items():
        title = f"memory_limit {asked} MiB" if asked else "default limit"
        header += [f"{title}: growth, MiB <= {growth_of(held).limit}", "images / s", "CPU ms per image"]
    return table(header, rows)


def maps(settings: ReadingSettings, folder: Path) -> str:
    """A row per size of chunks and limit."""
    rows = []
    images = MAP_IMAGES
    for side, asked, held in MAPS:
        chunk = max(1, side * settings.size // 1024)
        small = write_maps(folder / f"small {chunk}.h5", SMALL, SMALL, chunk)
        path = folder / "maps.h5"
        uri = write_maps(path, images, settings.size, chunk)
        row = [
            f"({images}, {chunk}, {chunk})",
            significant(2 * images * chunk**2 / MIB),
            significant(2 * images * settings.size**2 / MIB),
            "default" if asked is None else f"{asked}",
            *cells(settings, uri, small, images, asked, held),
        ]
        path.unlink()
        rows.append(row)
        progress(str(row))
    header = [
        "chunks",
        "one chunk, MiB",
        "row of chunks, MiB",
        "memory_limit, MiB",
        f"growth, MiB <= limit + {growth_of(0).limit}",
        "images / s",
        "CPU ms per image",
    ]
    return table(header, rows)


def large_stacks(settings: ReadingSettings) -> Section:
    """Both tables."""
    with tempfile.TemporaryDirectory(prefix="reading") as name:
        folder = Path(name).resolve()
        tables = [lengths(settings, folder), maps(settings, folder)]
    note = NOTE.format(size=settings.size, threads=THREADS, cycle=CYCLE, filled=FILLED, images=MAP_IMAGES)
    return Section("Stacks larger than memory", note, tables)
