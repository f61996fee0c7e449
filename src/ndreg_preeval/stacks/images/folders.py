# SPDX-License-Identifier: MIT
"""Folders: the images in them, which are of one kind, and what else is there."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH118, PTH122

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from ...errors import shorten
from .file_patterns import MAX_ENTRIES
from .natural_order import natural_sorted

OTHER_ENDINGS: Final = frozenset(
    f".{ending}"
    for ending in [
        "txt",
        "text",
        "json",
        "jsonl",
        "md",
        "rst",
        "csv",
        "tsv",
        "log",
        "xml",
        "xsd",
        "html",
        "htm",
        "py",
        "pyc",
        "ipynb",
        "m",
        "jl",
        "r",
        "sh",
        "bat",
        "yaml",
        "yml",
        "toml",
        "ini",
        "cfg",
        "conf",
        "par",
        "pdf",
        "doc",
        "docx",
        "odt",
        "xls",
        "xlsx",
        "ods",
        "ppt",
        "pptx",
        "db",
        "lnk",
        "tmp",
        "bak",
        "swp",
        "lock",
        "sqlite",
        "md5",
        "sha1",
        "sha256",
        "bib",
        "tex",
        "eml",
    ]
)
"""Endings of files that are no images, whatever is beside them."""

IMAGE_ENDINGS: Final = frozenset(
    f".{ending}"
    for ending in [
        "tif",
        "h5",
        "hdf5",
        "hdf",
        "he5",
        "nxs",
        "nx",
        "nx5",
        "nexus",
        "nc",
        "nc4",
        "cxi",
        "emd",
        "edf",
        "edf.gz",
        "edf.bz2",
        "cor",
        "cbf",
        "cbf.gz",
        "cbf.bz2",
        "mccd",
        "mar",
        "mar3450",
        "img",
        "sfrm",
        "esper",
        "esperanto",
        "f2d",
        "kcd",
        "ge",
        "ge1",
        "ge2",
        "ge3",
        "ge4",
        "ge5",
        "mpa",
        "spe",
        "npy",
        "npz",
        "mrc",
        "mrcs",
        "map",
        "st",
        "rec",
        "ali",
        "preali",
        "ccp4",
        "dm3",
        "dm4",
        "ser",
        "hspy",
        "png",
        "jpg",
        "jp2",
        "j2k",
        "jpx",
        "jpf",
        "bmp",
        "gif",
        "pgm",
        "ppm",
        "pnm",
        "lsm",
        "stk",
        "svs",
        "qptiff",
        "tf8",
        "btf",
        "fits",
        "raw",
    ]
)
"""Endings of files that may be images: where one of these kinds is there, other files are not."""

SAME: Final = {".tiff": ".tif", ".jpeg": ".jpg", ".jpe": ".jpg"}
"""Endings of one kind of files."""

PACKED: Final = (".gz", ".bz2", ".xz", ".zst")

NUMBERED: Final = "numbers"
"""Kind of the files ``scan.0001``, ``scan.0002``, ...: their ending is a number."""

PART: Final = re.compile(r"(.+)_data_[0-9]{6}(\.[^.]+)", re.DOTALL)
"""Names of files that hold the parts of a series, beside its master file."""

SHOWN: Final = 8
"""Largest number of kinds, or folders, that a message lists."""


class Contents(NamedTuple):
    """What a folder holds; hidden files and folders do not count."""

    folder: str
    kinds: dict[str, list[str]]
    """Names of the files that may be images, by ending."""
    others: dict[str, int]
    """How many other files there are, by ending."""
    folders: list[str]
    """Names of its folders, in natural order."""

    @property
    def images(self) -> list[str]:
        """The images of the only kind there is, in natural order.

        Raises
        ------
        ValueError
            When there are several kinds, or none; lists what is there and what to write.
        """
        if len(self.kinds) == 1:
            return natural_sorted(next(iter(self.kinds.values())))
        if self.kinds:
            raise ValueError(
                f"the folder {shorten(self.folder)} holds files of several kinds: {self.listed()}; name those that are "
                f"meant by a pattern: {' or '.join(map(self.pattern, list(self.kinds)[:SHOWN]))}"
            )
        there = f": there are {self.listed()}" if self.others else ""
        if self.folders:
            some = ", ".join(map(shorten, self.folders[:SHOWN])) + (
                ", ..." if len(self.folders) > SHOWN else ""
            )
            there += (
                f"; its folders are not looked into ({some}): give one of them, or "
                f"{os.path.join(self.folder, '{stack}', '*')!r} for a stack of each"
            )
        raise ValueError(f"the folder {shorten(self.folder)} holds no images{there}")

    @property
    def known(self) -> bool:
        """Whether there are files of a kind that images are known to have."""
        return any(kind_of(names[0]) in {*IMAGE_ENDINGS, NUMBERED} for names in self.kinds.values())

    @property
    def note(self) -> str:
        """What is there and was left out; "" where nothing is."""
        said = self.listed(self.others)
        if self.folders:
            said += (", " if said else "") + f"{len(self.folders)} folder{'s' * (len(self.folders) > 1)}"
        return f"Left out of the folder, as no images: {said}." if said else ""

    def listed(self, kinds: dict[str, int] | None = None) -> str:
        """Return the endings that are there, with their numbers, in words."""
        if kinds is None:
            kinds = {kind: len(names) for kind, names in self.kinds.items()} | self.others
        shown = [f"{number} {kind or 'without ending'}" for kind, number in list(kinds.items())[:SHOWN]]
        return ", ".join(shown) + (", ..." if len(kinds) > SHOWN else "")

    def pattern(self, kind: str) -> str:
        """Return the pattern, in quotes, of the files of a kind."""
        return repr(os.path.join(self.folder, "*.[0-9]*" if kind == NUMBERED else f"*{kind}"))


def contents(folder: str) -> Contents:
    """Return what a folder holds.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it holds more than can be looked at.
    """
    names: dict[str, list[str]] = {}
    folders = []
    with os.scandir(folder or os.curdir) as entries:
        for number, entry in enumerate(entries):
            if number >= MAX_ENTRIES:
                raise ValueError(f"the folder {shorten(folder)} holds more than {MAX_ENTRIES} files")
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            else:
                names.setdefault(kind_of(entry.name), []).append(entry.name)
    parts = 0
    for kind, some in names.items():
        names[kind] = without_parts(some)
        parts += len(some) - len(names[kind])
    # Two spellings of one kind are one; messages show the one that is there.
    known = [kind for kind in names if kind in IMAGE_ENDINGS or kind == NUMBERED]
    kinds = known or [kind for kind in names if kind not in OTHER_ENDINGS]
    others = Counter({kind: len(each) for kind, each in names.items() if kind not in kinds})
    if parts:
        others["of the parts of series with master files"] = parts
    return Contents(
        folder,
        {_as_written(kind, names[kind]): names[kind] for kind in natural_sorted(kinds)},
        dict(others.most_common()),
        natural_sorted(folders),
    )


def without_parts(names: Sequence[str]) -> list[str]:
    """Return the names of files without those of parts of a series whose master file is there, too.

    >>> without_parts(["x_master.h5", "x_data_000001.h5", "y_data_000001.h5"])
    ['x_master.h5', 'y_data_000001.h5']
    """
    all_names = set(names)
    found = ((name, PART.fullmatch(name)) for name in names)
    return [name for name, part in found if part is None or f"{part[1]}_master{part[2]}" not in all_names]


def kind_of(name: str) -> str:
    """Return the kind of a file by its ending, in lower case.

    >>> [kind_of(name) for name in ("im_1.TIFF", "a.edf.gz", "scan.0001", "README")]
    ['.tif', '.edf.gz', 'numbers', '']
    """
    stem, ending = os.path.splitext(name.lower())
    if ending in PACKED:
        ending = os.path.splitext(stem)[1] + ending
    if ending[1:].isdigit():
        return NUMBERED
    return SAME.get(ending, ending)


def _as_written(kind: str, names: list[str]) -> str:
    """Return the ending that most files of a kind have."""
    if kind == NUMBERED or kind in PACKED or kind.endswith(PACKED):
        return kind
    return Counter(os.path.splitext(name)[1] for name in names).most_common(1)[0][0]
