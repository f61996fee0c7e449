# SPDX-License-Identifier: MIT
"""Checks of a dataset before libhdf5 reads its pixels, also of those in raw files beside its file."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH100, PTH116, PTH117, PTH118, PTH120

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Final

from ...errors import clip, shorten
from ..optional_modules import optional_module, why_no_plugins
from ..pixel_checks import refuse_above
from ..regular_file import FileState, check_regular_file
from .codecs import filter_of
from .files import file_state, stored_itemsize
from .virtual_sources import virtual_files

if TYPE_CHECKING:
    import h5py

    from ...options import Limits

UNLIMITED: Final = 2**64 - 1


def check_layout(dataset: h5py.Dataset, limits: Limits) -> None:
    """Refuse chunks and filters that cannot be read.

    Raises
    ------
    ValueError
        When a chunk is larger than the limit.
    OSError
        When a filter is missing, or what tells whether its chunks are whole.
    """
    if dataset.chunks is not None:
        size = math.prod(dataset.chunks) * dataset.dtype.itemsize
        refuse_above("chunk_bytes", size, limits.chunk_bytes, f"one chunk of shape {dataset.chunks}")
    import h5py

    properties = dataset.id.get_create_plist()
    for index in range(properties.get_nfilters()):
        code, _, values, name = properties.get_filter(index)
        each = filter_of(code, tuple(values))
        if not h5py.h5z.filter_avail(code):
            called = shorten(bytes(name).decode("utf-8", "replace"), 60) if name else "without a name"
            why = why_no_plugins() if each.provided_by.startswith("hdf5plugin") else ""
            raise OSError(
                f"the pixels need the HDF5 filter {code} ({called}), which is not installed: "
                f"{each.provided_by} brings it{why}"
            )
        if each.measured_by and optional_module(each.measured_by) is None and each.decoder is None:
            raise OSError(
                f"the pixels need Python's module {each.measured_by} (HDF5 filter {code}), and this Python was "
                f"built without it: use one that has it{each.instead}"
            )


def check_storage(
    dataset: h5py.Dataset, limits: Limits, *, depth: int = 0, seen: tuple[Any, ...] = ()
) -> list[FileState]:
    """Check where the pixels lie, and return the files that hold them, that of the dataset first.

    Parameters
    ----------
    dataset : h5py.Dataset
    limits : Limits
    depth : int
        Virtual datasets that lead here.
    seen : tuple
        Their identities.

    Raises
    ------
    OSError
        When nothing was ever written, or a source of a virtual dataset or a file of external
        storage is missing, too short or nothing to read.
    ValueError
        When virtual datasets are nested too deep; when chunks are too large.
    """
    own = file_state(dataset.file)
    if dataset.is_virtual:
        return [own, *virtual_files(dataset, limits, check_storage, depth=depth, seen=seen)]
    if dataset.external:
        return [own, *external_files(dataset)]
    check_layout(dataset, limits)
    try:
        stored = dataset.id.get_storage_size()
    except (RuntimeError, ValueError) as error:
        raise OSError(f"the index of the chunks cannot be read: {error}") from error
    if dataset.size and stored == 0:
        raise OSError("nothing was ever written to the dataset: HDF5 would give its fill value")
    return [own]


def external_files(dataset: h5py.Dataset) -> list[FileState]:
    """Return the raw files that hold the pixels of a dataset.

    Raises
    ------
    OSError
        When one is missing or no regular file, or together they are shorter than the dataset.
    """
    found = 0
    states: list[FileState] = []
    for name, offset, length in dataset.external:
        path = _find_raw_file(dataset.file.filename, str(name))
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
    needed = dataset.size * stored_itemsize(dataset)
    if found < needed:
        names = ", ".join(shorten(str(name), 100) for name, _, _ in dataset.external[:3])
        raise OSError(f"the raw files of external storage ({names}) hold {found} of {needed} bytes")
    return states


def _find_raw_file(file: str, name: str) -> str:
    prefix = os.environ.get("HDF5_EXTFILE_PREFIX", "")
    if prefix and not os.path.isabs(name):
        folder = os.path.dirname(os.path.abspath(file))
        return os.path.join(prefix.replace("${ORIGIN}", folder), name)
    return name
