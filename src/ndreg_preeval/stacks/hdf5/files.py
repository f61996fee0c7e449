# SPDX-License-Identifier: MIT
"""HDF5 files opened read-only: without locking, beside other writers."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ...errors import clip
from ..hints import what_it_is
from ..optional_modules import load_h5py, why_no_plugins
from ..regular_file import FileState, check_regular_file

if TYPE_CHECKING:
    import h5py

# HDF5 refuses to open a file twice in one process with other locking flags. silx opens without
# locking; a caller who has the file open already decides for us.
LOCKING: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"locking": "best-effort"},
    {"locking": True},
    {"locking": False},
)

LOCKING_VARIABLE: Final = "HDF5_USE_FILE_LOCKING"
"""Environment variable that says whether HDF5 locks files, whatever a program asks for."""

OTHER_LOCKING: Final = "flag values don't match"
"""Words of HDF5 where a file is open already, with other locking."""


_ACCESS: dict[str | None, Any] = {}
"""Property lists that files were opened with, by the setting of locking in the environment."""


def stored_itemsize(dataset: h5py.Dataset) -> int:
    """Return how many bytes a pixel takes in the file, which with reduced precision are not those of numpy's dtype."""
    return int(dataset.id.get_type().get_size())


def file_state(file: h5py.File) -> FileState:
    """Return what is known of an open HDF5 file."""
    path = str(file.filename)
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # in memory, or deleted meanwhile
        return FileState(path, int(file.id.get_filesize()), None)
    return FileState(path, status.st_size, (status.st_dev, status.st_ino), status.st_mtime_ns)


def open_file(path: str, lockings: Sequence[dict[str, Any]] = LOCKING) -> h5py.File:
    """Open an HDF5 file for reading.

    Parameters
    ----------
    path : str
    lockings : sequence of dict
        Arguments of `h5py.File`, tried one after the other while the file is open with other locking.

    Raises
    ------
    OSError
        As `check_regular_file`; and when the file is no HDF5 file, is damaged, or is being created.
    ImportError
        When h5py cannot be imported.
    """
    size = check_regular_file(path)
    load_h5py()
    why_no_plugins()  # registers filters, which must precede opening
    from silx.io.h5py_utils import File

    again = _open_as_before(path) if lockings[0] == {} else None
    if again is not None:
        return again
    for options in lockings:
        try:
            found = File(path, "r", **options)
            if options == {}:
                _note_access(found)
            return found
        except OSError as error:
            reason: Exception = error
            if OTHER_LOCKING not in str(error):
                break
        except (RuntimeError, ValueError, KeyError, UnicodeError) as error:
            reason = error
            break
    raise OSError(
        getattr(reason, "errno", None) or errno.EIO,
        f"cannot be opened as HDF5 file ({_why(path, size, str(reason))}): {clip(str(reason), 500)}",
        clip(path),
    ) from reason


def _note_access(file: h5py.File) -> None:
    """Keep how silx opened a file: making that anew takes longer than opening the next one."""
    import h5py

    access = file.id.get_access_plist()
    if access.get_driver() == h5py.h5fd.SEC2 and file.id.get_intent() == h5py.h5f.ACC_RDONLY:
        _ACCESS[os.environ.get(LOCKING_VARIABLE)] = access


def _open_as_before(path: str) -> h5py.File | None:
    """Open a file as the last one; None for the first one, and where that fails."""
    import h5py

    access = _ACCESS.get(os.environ.get(LOCKING_VARIABLE))
    if access is None:
        return None
    try:
        found = h5py.File(h5py.h5f.open(os.fsencode(path), h5py.h5f.ACC_RDONLY, fapl=access))
    except (OSError, RuntimeError, ValueError, KeyError, UnicodeError):
        return None
    found.reads_system_file = True
    return found


def reads_system_file(file: h5py.File) -> bool:
    """Return whether HDF5 reads a file by plain system calls; noted of those that were opened as the last one."""
    import h5py

    noted = getattr(file, "reads_system_file", False)
    return noted or bool(file.id.get_access_plist().get_driver() == h5py.h5fd.SEC2)


def _why(path: str, size: int, said: str) -> str:
    import h5py

    if "unable to lock file" in said:
        value = os.environ.get(LOCKING_VARIABLE)
        setting = f"{LOCKING_VARIABLE}={value} has HDF5 heed locks" if value else "HDF5 heeds locks"
        return (
            f"somebody has it open for writing, and {setting}: unset {LOCKING_VARIABLE} or set it to FALSE "
            "before Python starts, and it is read as far as it was written"
        )
    if OTHER_LOCKING in said:
        return f"this process has it open with other locking: close it, or set {LOCKING_VARIABLE}=FALSE before Python starts"
    if size == 0:
        return "it is empty"
    try:
        if not h5py.is_hdf5(path):
            return what_it_is(path)
    except Exception:  # noqa: BLE001 - this only looks for a better message
        return "it cannot be read"
    return "it is damaged, cut off or being written"
