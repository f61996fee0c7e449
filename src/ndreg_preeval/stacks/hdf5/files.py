# SPDX-License-Identifier: MIT
"""Opening HDF5 files read-only: regular files alone, without locking, beside other writers."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...errors import clip, shorten

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


class FileState(NamedTuple):
    """A file as it was when it was opened."""

    path: str
    size: int
    identity: tuple[int, int] | None
    """Device and inode; None for a file that is on no disk."""
    modified: int = 0
    """When it was last written to, in nanoseconds."""


def file_state(file: h5py.File) -> FileState:
    """Return what is known of an open HDF5 file."""
    path = str(file.filename)
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # in memory, or deleted meanwhile
        return FileState(path, int(file.id.get_filesize()), None)
    return FileState(path, status.st_size, (status.st_dev, status.st_ino), status.st_mtime_ns)


def check_not_cut(states: Iterable[FileState]) -> None:
    """Refuse what was read if a file has become shorter: HDF5 gives zeros beyond its end.

    Raises
    ------
    OSError
        Names the file.
    """
    for state in states:
        try:
            status = os.stat(state.path)
        except (OSError, ValueError):
            continue  # a file that was deleted can still be read
        if (status.st_dev, status.st_ino) == state.identity and status.st_size < state.size:
            raise OSError(
                errno.EIO,
                f"the file was cut from {state.size} to {status.st_size} bytes while it was read",
                clip(state.path),
            )


def changed_files(states: Iterable[FileState]) -> list[str]:
    """Return which files were written to, replaced or deleted since they were opened."""
    found = []
    for state in states:
        if state.identity is None:
            continue
        try:
            now = os.stat(state.path)
        except (OSError, ValueError):
            found.append(state.path)
            continue
        as_now = ((now.st_dev, now.st_ino), now.st_size, now.st_mtime_ns)
        if as_now != (state.identity, state.size, state.modified):
            found.append(state.path)
    return found


def check_regular_file(path: str) -> int:
    """Return the size in bytes of a file that can be read.

    Raises
    ------
    OSError
        Of the class that fits (FileNotFoundError, PermissionError, ...), with its errno: when there
        is no such file, it may not be read, or it is a folder, pipe, device or socket. Never blocks.
    """
    short = clip(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            # Only opening tells whether it may be read; O_NONBLOCK in case it was swapped for a pipe.
            descriptor = os.open(
                path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
            )
            try:
                mode, size = (status := os.fstat(descriptor)).st_mode, status.st_size
            finally:
                os.close(descriptor)
    except OSError as error:
        # Again, with a name that keeps the message short.
        raise type(error)(error.errno, error.strerror, short) from None
    except ValueError as error:  # NUL or a lone surrogate in the name
        raise ValueError(f"{shorten(path)} can be no file name: {error}") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file", short)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"only regular files are read, and this is a {_kind(mode)}", short)
    return size


def open_file(path: str) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises
    ------
    OSError
        As `check_regular_file`; and when the file is no HDF5 file, is damaged, or is being created.
    """
    size = check_regular_file(path)
    import hdf5plugin  # noqa: F401 - registers its filters, which must precede opening
    from silx.io.h5py_utils import File

    for options in LOCKING:
        try:
            return File(path, "r", **options)
        except OSError as error:
            reason: Exception = error
            if "flag values don't match" not in str(error):
                break
        except (RuntimeError, ValueError, KeyError, UnicodeError) as error:
            reason = error
            break
    raise OSError(
        getattr(reason, "errno", None) or errno.EIO,
        f"cannot be opened as HDF5 file ({_why(path, size)}): {clip(str(reason), 500)}",
        clip(path),
    ) from reason


def _why(path: str, size: int) -> str:
    import h5py

    if size == 0:
        return "it is empty"
    try:
        if not h5py.is_hdf5(path):
            return "it is no HDF5 file, or still being created"
    except Exception:  # noqa: BLE001 - this only looks for a better message
        return "it cannot be read"
    return "it is damaged, cut off or being written"


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "pipe"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "device"
    return "socket" if stat.S_ISSOCK(mode) else "special file"
