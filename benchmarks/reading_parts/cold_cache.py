# SPDX-License-Identifier: MIT
"""From files on the disk to a ranking: before each run the system is asked to forget the files."""

from __future__ import annotations

from pathlib import Path

from common.report import Section, significant, table
from common.settings import ReadingSettings, progress

from .alternating_runs import Reasons, in_turn, note_missing, number, sentences
from .drifting_scene import drifting_scene
from .hdf5_layouts import LAYOUTS, on_disk
from .page_cache import SMALL
from .programs import DEFAULT, EWOKSNDREG, H5PY

PROGRAMS = (DEFAULT, EWOKSNDREG, H5PY)

NOTE = """\
The same stacks, in milliseconds per image, cold: before each run `posix_fadvise(..., POSIX_FADV_DONTNEED)` asks the system to
drop the cached pages of the files. It need not obey, and a disk may have a cache of its own; "from disk" is what `/proc/self/io`
says that {program} had read from it in a run."""


def cold_cache(settings: ReadingSettings) -> Section:
    """A row per layout."""
    movie, short = drifting_scene(settings.images, settings.size), drifting_scene(*SMALL)
    rows = []
    reasons: Reasons = {}
    for layout in LAYOUTS:
        with on_disk(layout, movie) as stored, on_disk(layout, short) as small:
            taken = in_turn(PROGRAMS, stored, small, settings.runs, cold=True)
            size = sum(Path(name).stat().st_size for name in stored["files"])
        note_missing(reasons, layout.title, taken)
        times = taken.per_image()
        rows.append(
            [
                layout.title,
                *map(times.milliseconds, PROGRAMS),
                times.factor(EWOKSNDREG, DEFAULT),
                times.factor(H5PY, DEFAULT, 2),
                significant(size / 1e6),
                number(taken.fetched(DEFAULT)),
            ]
        )
        progress(str(rows[-1]))
    header = [
        "cold, ms per image",
        *PROGRAMS,
        f"{EWOKSNDREG} / {DEFAULT}",
        f"{H5PY} / {DEFAULT}",
        "files, MB",
        "from disk, MB",
    ]
    return Section("Cold files", NOTE.format(program=DEFAULT) + sentences(reasons), [table(header, rows)])
