# SPDX-License-Identifier: MIT
"""Ways out, for messages about input that is not read as it is."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH110, PTH113, PTH122, PTH123

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import re
from typing import Final

from ..errors import shorten
from ..text import nearest
from .regular_file import check_regular_file

TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF file."""

NUMPY: Final = b"\x93NUMPY"
"""First bytes of a NumPy file."""

CBF: Final = b"###CBF"
"""First bytes of a CBF file."""

MRC: Final = tuple((208, stamp) for stamp in (b"MAP ", b"MAP\0"))
"""Places and bytes, one of which an MRC file has."""

IMAGES: Final = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
)
"""First bytes of files of one image."""

OTHER_FILES: Final = (
    (b"SIMPLE  =", "FITS", "astropy.io.fits"),
    (b"CDF\x01", "netCDF-3", "scipy.io.netcdf_file or xarray"),
    (b"CDF\x02", "netCDF-3", "scipy.io.netcdf_file or xarray"),
    (b"CDF\x05", "netCDF-3 (CDF-5)", "netCDF4 or xarray"),
    (b"MATLAB 5.0", "MATLAB 5", "scipy.io.loadmat"),
    (b"\xd2\x04\0\0", "mar345", "fabio"),
    (b"\0\0\x04\xd2", "mar345", "fabio"),
    (b"\x1f\x8b", "gzip", ""),
    (b"BZh", "bzip2", ""),
    (b"\xfd7zXZ", "xz", ""),
    (b"PK\x03\x04", "zip", ""),
    (b"(\xb5/\xfd", "zstd", ""),
)
"""First bytes of other files, their kinds, and what reads them."""

HDF5_ENDINGS: Final = (
    ".h5",
    ".hdf5",
    ".hdf",
    ".he5",
    ".nxs",
    ".nx",
    ".nx5",
    ".nexus",
    ".nc",
    ".nc4",
    ".cxi",
    ".emd",
)
"""Endings of files that may be meant as HDF5."""

MAY_READ: Final = (("ncempy", "em", "MRC, DM3, DM4 and SER files of electron microscopes"),)
"""Modules that may know a file that is not known here, the extras that bring them, and what they read."""

HEAD_BYTES: Final = 1024
FIRST_BYTES: Final = 8


def is_tiff(head: bytes) -> bool:
    """Return whether a file that begins like this is a TIFF file."""
    return head[:4] in TIFF


def is_edf(head: bytes) -> bool:
    """Return whether a file that begins like this is an EDF file, and not one of d*TREK."""
    words = (b"HeaderID", b"ByteOrder", b"EDF_")
    return head.lstrip()[:1] == b"{" and any(word in head for word in words) and b"HEADER_BYTES" not in head


def dm_version(head: bytes) -> int:
    """Return 3 or 4 for a file that begins as DM3 or DM4: with its version, and later on its byte order; else 0."""
    for version, place in ((3, 8), (4, 12)):
        order = head[place : place + 4]
        if head[:4] == bytes((0, 0, 0, version)) and order in (b"\0\0\0\0", b"\0\0\0\x01"):
            return version
    return 0


def what_it_is(path: str) -> str:
    """Return what a file that is no HDF5 file is, by its first bytes, and how to rank it."""
    head = head_of(path)
    if head.startswith(NUMPY):
        return "it is a NumPy file, which holds one array: give its name alone"
    if any(head.startswith(stamp, place) for place, stamp in MRC):
        return "it is an MRC file, which holds no datasets: give its name alone"
    if is_edf(head):
        return "it is an EDF file, which holds no paths: give its name alone"
    if head.startswith(CBF):
        return "it is a CBF file, which holds no paths: give its name alone"
    if is_tiff(head):
        return "it is a TIFF file, which holds no datasets: give its name alone"
    if dm_version(head):
        return f"it is a DM{dm_version(head)} file, which holds no datasets: give its name alone"
    for start, kind in IMAGES:
        if head.startswith(start):
            return f"it is a {kind} picture, which holds no paths: give its name alone"
    for start, kind, reader in OTHER_FILES:
        if head.startswith(start):
            return f"it is a {kind} file: give an array of its pixels{f', as {reader} reads it' if reader else ', unpacked first'}"
    if path.lower().endswith(HDF5_ENDINGS) or not head:
        return f"it is no HDF5 file, or still being created{_begins(head)}"
    more = "".join(
        f', or install the extra "{extra}", which reads {what}'
        for module, extra, what in MAY_READ
        if importlib.util.find_spec(module) is None
    )
    return f"it is of no kind that is known here{_begins(head)}: give an array of its pixels{more}"


def _begins(head: bytes) -> str:
    """Return words for the first bytes of a file, which its user may know."""
    if not head:
        return ""
    first = head[:FIRST_BYTES]
    text = first.decode("latin1")
    return (
        f"; it begins with {first.hex(' ')}{f' ({text!r})' if text.isascii() and text.isprintable() else ''}"
    )


def head_of(path: str) -> bytes:
    """Return the first bytes of a regular file, none where it cannot be read."""
    try:
        check_regular_file(path)
        with open(path, "rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


BORDERS: Final = ":#@|/\\ ,;!>"
"""Characters that somebody may write between a file and the path in it, instead of two colons."""

BORDERS_TRIED: Final = 64
"""Largest number of these that are tried: more of them are no honest URI."""

NAMES_LISTED: Final = 500
"""Largest number of files of a folder that a missing one is compared with."""


def meant_by(text: str) -> str:
    """Return the end of a message about a URI or file that is not there: what was probably meant; empty for no idea.

    >>> meant_by("scan.h5:/entry")
    "; did you mean 'scan.h5::/entry'?"
    """
    if "\0" in text or len(text) > 4096:
        return ""
    meant = ""
    with contextlib.suppress(OSError, ValueError):
        meant = _without_scheme(text) or _with_colons(text) or _like_a_neighbour(text)
    if not meant and re.match(r"[\w-]+\.\w+:(?!:)", text):
        name, _, path = text.partition(":")
        meant = (
            f"{name}::/{path.lstrip(BORDERS)}"
            if f".{name.rpartition('.')[2].lower()}" in HDF5_ENDINGS
            else ""
        )
    return f"; did you mean {shorten(meant)}?" if meant else ""


def _without_scheme(text: str) -> str:
    """Return the URI without ``file:``, where its file is there."""
    rest = re.sub(r"^file:/*(?=/)|^file:", "", text, flags=re.IGNORECASE)
    rest = rest[1:] if re.match(r"/[A-Za-z]:[/\\]", rest) else rest
    return rest if rest != text and os.path.exists(rest.partition("::")[0].partition("?")[0]) else ""


def _with_colons(text: str) -> str:
    """Return the URI with two colons behind the longest beginning that is a file."""
    borders = [at for at, character in enumerate(text) if character in BORDERS][:BORDERS_TRIED]
    for at in reversed(borders):
        file, path = text[:at].rstrip(), text[at:].lstrip(BORDERS)
        if path and os.path.isfile(file):
            return f"{file}::/{path}"
    return ""


def _like_a_neighbour(text: str) -> str:
    """Return the URI with a file of the same folder that is called almost so; not the next one of a series."""
    file, colons, path = text.partition("::")
    folder, name = os.path.split(file)
    with os.scandir(folder or ".") as entries:
        names = [entry.name for entry in itertools.islice(entries, NAMES_LISTED)]
    stem, ending = os.path.splitext(name)
    # Of files that differ in their endings alone, the one with the ending most like what was written.
    names.sort(key=lambda each: (_likeness(ending, os.path.splitext(each)[1]), each))
    stems = {os.path.splitext(each)[0]: each for each in names if _letters(each) != _letters(name)}
    found = nearest(stem, stems, most=1)
    return file[: len(file) - len(name)] + stems[found[0]] + colons + path if found else ""


def _likeness(ending: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, ending.casefold().strip(), other.casefold()).ratio()


def _letters(name: str) -> str:
    return re.sub(r"\d+", "", name)
