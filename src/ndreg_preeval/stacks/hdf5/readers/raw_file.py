# SPDX-License-Identifier: MIT
"""Bytes of a file at known places, read in any thread without HDF5's lock.

Reading, not mapping: a file that is cut while it is mapped kills the process.
"""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.

from __future__ import annotations

import errno
import os
import weakref
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from ....errors import clip
from ...regular_file import open_without_waiting, read_at

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"

MOST_OFFSET: Final = 2**62
"""Largest offset in a file, in bytes: beyond twice this the system takes no number."""


class RawFile:
    """A file opened for reading at given places; closed when no reader needs it any more."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._finalizer = weakref.finalize(self, os.close, descriptor)

    @classmethod
    def open(cls, path: str, identity: tuple[int, int] | None) -> RawFile | None:
        """Open a file, if it still is the one with this device and inode; None if not."""
        if identity is None or not hasattr(os, "preadv"):
            return None
        try:
            descriptor = open_without_waiting(path)
        except (OSError, ValueError):
            return None
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != identity:
            os.close(descriptor)
            return None
        return cls(path, descriptor)

    def read_into(self, out: NDArray[np.uint8], offset: int) -> None:
        """Fill a contiguous array with the bytes from `offset` on.

        Raises
        ------
        OSError
            When the file ends before; names it.
        """
        view = memoryview(cast("Any", out))
        if offset > MOST_OFFSET or read_at(self._descriptor, view, offset) < len(view):
            raise self._ends(len(view), offset)

    def _ends(self, wanted: int, offset: int) -> OSError:
        size = os.fstat(self._descriptor).st_size
        text = f"the file ends at {size} bytes, before the {wanted} bytes from {offset} on"
        return OSError(errno.EIO, text, clip(self.path))

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return `size` bytes from `offset` on; raises as `read_into`."""
        out = np.empty(size, np.uint8)
        self.read_into(out, offset)
        return out

    def read_bytes(self, offset: int, size: int) -> bytes:
        """Return the same as bytes; mostly without another copy."""
        if offset <= MOST_OFFSET and hasattr(os, "pread"):
            found = os.pread(self._descriptor, size, offset)
            if len(found) == size:
                return found
        return self.read(offset, size).tobytes()

    def allocated(self) -> int:
        """Return where HDF5 takes the file to end, as its superblock says.

        0 where it does not say, or counts from elsewhere than the beginning of the file.
        """
        try:
            head = self.read(0, 52).tobytes()
        except OSError:
            return 0
        if head[:8] != SIGNATURE:
            return 0
        version = head[8]
        offset_bytes, place = (head[13], 40 + 4 * version) if version < 2 else (head[9], 28)
        if offset_bytes != 8 or any(head[place - 16 : place - 8]):
            return 0
        return int.from_bytes(head[place : place + 8], "little")

    def announce(self, offset: int, size: int) -> None:
        """Tell the system that these bytes will be read soon, so that it can fetch them."""
        if hasattr(os, "posix_fadvise") and offset + size <= MOST_OFFSET:
            os.posix_fadvise(self._descriptor, offset, size, os.POSIX_FADV_WILLNEED)

    def close(self) -> None:
        """Close; safe to call twice."""
        self._finalizer()
