# SPDX-License-Identifier: MIT
"""Datasets whose pixels lie in raw files beside the HDF5 file."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH100, PTH116, PTH117, PTH118, PTH120

from __future__ import annotations

import os
from typing import Any

from ...errors import clip, shorten
from .files import FileState, check_regular_file

UNLIMITED = 2**64 - 1


def external_files(dataset: Any) -> list[FileState]:
    """Return the raw files that hold the pixels of a dataset.

    Raises
    ------
    OSError
        When one is missing or no regular file, or together they are shorter than the dataset.
    """
    found = 0
    states: list[FileState] = []
    for name, offset, length in dataset.external:
        path = _find(dataset.file.filename, str(name))
        try:
            size = check_regular_file(path)
            status = os.stat(path)
        except OSError as error:
            message = f"a raw file of external storage cannot be read: {error.strerror}"
            raise type(error)(error.errno, message, clip(path)) from error
        states.append(FileState(path, size, (status.st_dev, status.st_ino), status.st_mtime_ns))
        there = max(size - int(offset), 0)
        found += there if int(length) == UNLIMITED else min(there, int(length))
        if int(length) != UNLIMITED and there < int(length):
            break  # what follows is found at the wrong place
    needed = dataset.size * dataset.dtype.itemsize
    if found < needed:
        names = ", ".join(shorten(str(name), 100) for name, _, _ in dataset.external[:3])
        raise OSError(f"the raw files of external storage ({names}) hold {found} of {needed} bytes")
    return states


def _find(file: str, name: str) -> str:
    prefix = os.environ.get("HDF5_EXTFILE_PREFIX", "")
    if prefix and not os.path.isabs(name):
        folder = os.path.dirname(os.path.abspath(file))
        return os.path.join(prefix.replace("${ORIGIN}", folder), name)
    return name
