# SPDX-License-Identifier: MIT
"""Ways out, for messages about input that is not read as it is."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH123

from __future__ import annotations

import os
from typing import Final

from .regular_file import check_regular_file

ONE_IMAGE_PER_FILE: Final = (
    "images one per file or URI are not read by name yet: give arrays, as in [tifffile.imread(f) for f in files] or "
    "[fabio.open(f).data for f in files], or open h5py datasets"
)

TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF file."""

HEAD_BYTES: Final = 1024


def is_tiff(path: str) -> bool:
    """Return whether a file begins as TIFF files do, whatever its ending."""
    return head_of(path)[:4] in TIFF


def what_it_is(path: str) -> str:
    """Return what a file that is no HDF5 file is, by its first bytes, and how to rank it; "" where they do not tell."""
    head = head_of(path)
    name = repr(os.path.basename(path)[:100])
    if head.startswith(b"\x93NUMPY"):
        return f"it is a NumPy file: give numpy.load({name}, mmap_mode='r')"
    if head.startswith(b"PK\x03\x04") and path.lower().endswith(".npz"):
        return f"it is a NumPy archive: give numpy.load({name}) as the mapping of stacks, or one array of it"
    if head[208:212] == b"MAP ":
        return f"it is an MRC file: give mrcfile.mmap({name}).data"
    if head.lstrip()[:1] == b"{" and (b"HeaderID" in head or b"ByteOrder" in head or b"EDF_" in head):
        return f"it is an EDF file: give fabio.open({name}).data, or [fabio.open(f).data for f in files] for one image each"
    if head[:4] in TIFF:
        return "it is a TIFF file, which holds no datasets: give its name alone"
    for start, kind in ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP")):
        if head.startswith(start):
            return f"it is a {kind} image; {ONE_IMAGE_PER_FILE}"
    return ""


def head_of(path: str) -> bytes:
    """Return the first bytes of a regular file, none where it cannot be read."""
    try:
        check_regular_file(path)
        with open(path, "rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""
