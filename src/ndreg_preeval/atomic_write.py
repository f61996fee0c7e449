# SPDX-License-Identifier: MIT
"""Output files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[str]:
    """Name of a file to write; it takes the place of `path` when the block ends well.

    The temporary file lies in the folder of `path`, so that the last step is one rename:
    a reader sees the old file or the new one, never half of it, and an error or Ctrl-C
    leaves what was there. A symbolic link stays a link: its target is replaced. Devices
    and pipes (`/dev/stdout`) cannot be replaced: they are written directly.

    Raises
    ------
    OSError
        The folder is missing or not writable, or `path` is a folder; with errno and `path`.
    """
    wanted = os.fspath(path)
    try:
        mode: int | None = Path(wanted).stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file to write", wanted)
    if mode is not None and not stat.S_ISREG(mode):
        yield wanted
        return
    final = Path(os.path.realpath(wanted))
    # A short name: the longest names that a folder can hold leave no room for a suffix.
    temporary = final.with_name(f".{final.name[:40]}.{secrets.token_hex(6)}.part")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except OSError as error:
        raise type(error)(error.errno, error.strerror, wanted) from error
    try:
        yield str(temporary)
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all; lone surrogates as \\udc80."""
    with (
        replacing(path) as temporary,
        Path(temporary).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        file.write(text)
