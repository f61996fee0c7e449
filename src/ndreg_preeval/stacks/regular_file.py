# SPDX-License-Identifier: MIT
"""Regular files: which may be opened, bytes at a place of them, and whether they changed."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH109, PTH116, PTH118

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import Final, NamedTuple

from ..errors import clip, shorten

MOST_AT_ONCE: Final = 1 << 30
"""Largest number of bytes that the system is asked for at a time: no system gives more than 2 GiB."""


class FileState(NamedTuple):
    """A file as it was when it was opened."""

    path: str
    size: int
    identity: tuple[int, int] | None
    """Device and inode; None for a file that is on no disk."""
    modified: int = 0
    """When it was last written to, in nanoseconds."""


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


def missing_files(states: Iterable[FileState]) -> list[str]:
    """Return which files no longer are where they were opened."""
    found = []
    for state in states:
        try:
            now = os.stat(state.path)
        except (OSError, ValueError):
            now = None
        if state.identity is not None and (now is None or (now.st_dev, now.st_ino) != state.identity):
            found.append(state.path)
    return found


def check_regular_file(path: str) -> int:
    """Return the size in bytes of a file that can be read.

    Raises
    ------
    OSError
        An error of the class that fits (FileNotFoundError, PermissionError, ...), with its errno: when there
        is no such file, it may not be read, or it is a folder, pipe, device or socket. Never blocks.
    """
    short = clip(path)
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            # Only opening tells whether it may be read.
            descriptor = open_without_waiting(path)
            try:
                mode, size = (status := os.fstat(descriptor)).st_mode, status.st_size
            finally:
                os.close(descriptor)
    except OSError as error:
        # Again, with a name that keeps the message short.
        hint = ""
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            from .hints import meant_by  # which asks this module about files

            hint = ": a pattern is no file" if "*" in path else meant_by(path)
        raise type(error)(error.errno, f"{error.strerror}{hint}", short) from None
    except ValueError as error:  # NUL or a lone surrogate in the name
        raise ValueError(f"{shorten(path)} can be no file name: {error}") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file: give the name of a file in it", short)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"only regular files are read, and this is a {_kind(mode)}", short)
    return size


def open_without_waiting(path: str, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of a file, also where it was swapped for a pipe after it was looked at; for `open`, too."""
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    return os.open(path, flags)


def read_at(descriptor: int, out: memoryview, offset: int) -> int:
    """Fill memory with the bytes of a file from a place on, in any thread; return how many there were.

    These are fewer where the file ends before.
    """
    done = 0
    while done < len(out):
        count = os.preadv(descriptor, [out[done : done + MOST_AT_ONCE]], offset + done)
        if count == 0:
            break
        done += count
    return done


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "pipe"
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        return "device"
    return "socket" if stat.S_ISSOCK(mode) else "special file"


def absolute(path: str) -> str:
    """Return a file path that survives a change of folder; "." and ".." stay, for links' sake."""
    return os.path.join(os.getcwd(), path)
