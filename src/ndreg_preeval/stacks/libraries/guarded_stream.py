# SPDX-License-Identifier: MIT
"""A file as a library gets it that trusts its headers: it cannot read for ever."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.

from __future__ import annotations

import errno
import importlib
import io
import os
import re
import threading
from typing import IO, TYPE_CHECKING, Any, Final, Self

from ...errors import clip, shorten
from ..pixel_checks import refuse_above
from ..regular_file import open_without_waiting

if TYPE_CHECKING:
    from ...options import Limits

MOST_READS: Final = 1 << 20
"""Calls that reading one file may take."""

MOST_AT_END: Final = 64
"""Calls at the end of a file: a loop that waits for something would go on."""

MOST_BEYOND: Final = 1 << 20
"""Bytes that may be asked for beyond the end of a file: loops count to what headers claim."""

OVERLAP: Final = 16
"""Bytes of what was read before that a pattern is looked for in, too."""

SPARE_BYTES: Final = 16 << 20
"""Bytes that may be read beyond four times the size of the file."""


class GuardedStream:
    """A file to be read by a library; an OSError ends what would never end by itself.

    Parameters
    ----------
    path : str
    content : bytes, optional
        What it holds, where the file itself is compressed.
    refused : compiled pattern, optional
        What must not be among the bytes that are read until `trust`: the library would work on it for ever.
    """

    filename: str

    def __init__(
        self, path: str, content: bytes | None = None, refused: re.Pattern[bytes] | None = None
    ) -> None:
        self.name = self.filename = path
        self.lock: threading.Semaphore = threading.Semaphore()
        self.mode = "rb"
        self._file: IO[bytes] = (
            open(path, "rb", opener=open_without_waiting) if content is None else io.BytesIO(content)  # noqa: SIM115
        )
        self.size: int = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        self._refused, self._last = refused, b""
        self._reads = self._at_end = 0
        self._bytes = 4 * self.size + SPARE_BYTES

    def read(self, size: int | None = -1) -> bytes:
        """Read bytes, as a file does."""
        there = max(0, self.size - self._file.tell())
        wanted = there if size is None or size < 0 else size
        if wanted > there + MOST_BEYOND:
            raise OSError(
                errno.EIO,
                f"it is cut off or damaged: it wants {wanted} bytes more, and has {there}",
                clip(self.name),
            )
        found = self._file.read(wanted)
        self._count(found)
        return found

    def trust(self) -> None:
        """Take what comes from here on for pixels."""
        self._refused = None

    def readline(self, size: int = -1) -> bytes:
        """Read a line, as a file does."""
        found = self._file.readline(size)
        self._count(found)
        return found

    def write(self, _: Any) -> int:
        """Refuse; libraries take what has it for a file."""
        raise io.UnsupportedOperation("not writable")

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as a file does."""
        self._count(b".")
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError) as error:
            raise OSError(
                errno.EIO, f"it is damaged: its header leads to byte {offset} of nowhere", clip(self.name)
            ) from error

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def getSize(self) -> int:
        """Return the size in bytes."""
        return self.size

    measure_size = getSize

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self._file.closed

    def fileno(self) -> int:
        """Refuse: what is read by the system is not counted."""
        raise io.UnsupportedOperation("fileno")

    def close(self) -> None:
        """Close; safe to call twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def _count(self, found: bytes) -> None:
        if self._refused is not None:
            bad = self._refused.search(self._last + found)
            if bad:
                raise OSError(
                    errno.EIO,
                    f"it is damaged: its header has {shorten(bad[0].decode('latin1'))}",
                    clip(self.name),
                )
            self._last = found[-OVERLAP:]
        self._reads += 1
        self._bytes -= len(found)
        self._at_end = 0 if found else self._at_end + 1
        if self._at_end > MOST_AT_END:
            raise OSError(
                errno.EIO, "it is cut off or damaged: it ends before its header does", clip(self.name)
            )
        if self._reads > MOST_READS or self._bytes < 0:
            raise OSError(errno.EIO, "it is damaged: its headers lead in circles", clip(self.name))


def uncompressed(path: str, limits: Limits) -> bytes | None:
    """Return what a .gz or .bz2 file holds, None for a file that is not compressed.

    Raises
    ------
    OSError
        When it is damaged.
    ValueError
        When it holds more than an image may take.
    """
    name = path.lower()
    if not name.endswith((".gz", ".bz2")):
        return None
    opened: Any = importlib.import_module("gzip" if name.endswith(".gz") else "bz2").open
    most = 1 << 62 if limits.image_bytes is None else limits.image_bytes
    if limits.ratio is not None:
        most = min(most, max(limits.ratio_floor, limits.ratio * os.path.getsize(path)))  # noqa: PTH202
    parts, length = [], 0
    with open(path, "rb", opener=open_without_waiting) as raw, opened(raw) as file:
        while part := file.read(1 << 20):
            parts.append(part)
            length += len(part)
            refuse_above("image_bytes", length, most, "what the compressed file holds")
    return b"".join(parts)
