# SPDX-License-Identifier: MIT
"""Permission bits that bind root, too.

Root may read, write and enter everything, for two capabilities that it has. Without these it is bound by
the permission bits of its own files, as every user is, and keeps what belongs to it: a checkout or an
environment below a folder that nobody else may enter. What lies in folders of others must be imported, or
opened, before.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

VERSION = 0x20080522
"""Of the structures below: two words of bits for each set of capabilities."""

DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def obey_permission_bits() -> None:
    """Give up what sets root above permission bits, in this thread and those that it starts, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = _Header(VERSION, 0), (_Data * 2)()
    if libc.capget(ctypes.byref(header), data) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    keep = ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH) & 0xFFFFFFFF
    data[0].effective &= keep
    data[0].permitted &= keep
    data[0].inheritable &= keep
    if libc.capset(ctypes.byref(header), data) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def within_reach(folder: Path) -> Path:
    """Another name of a folder, for this process: whoever uses it need not enter the folders above."""
    return Path(f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}")


def forbidden(path: str | os.PathLike[str], flags: int) -> bool:
    """Whether opening a file that way is refused."""
    try:
        os.close(os.open(path, flags))
    except PermissionError:
        return True
    return False
