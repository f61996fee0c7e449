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
def replacing(path: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[str]:
    """Name of a file to write; it takes the place of `path` when the block ends well.

    Parameters
    ----------
    path : str or path-like
    overwrite : bool
        Whether it may take the place of a file that is there; also of one that came meanwhile.

    The temporary file lies in the folder of `path`, so that the last step is one rename:
    a reader sees the old file or the new one, never half of it, and an error or Ctrl-C
    leaves what was there. A symbolic link stays a link: its target is replaced. Devices
    and pipes (`/dev/stdout`) cannot be replaced: they are written directly.

    Raises
    ------
    FileExistsError
        The file exists and is not to be replaced.
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
    if mode is not None and not overwrite:
        raise FileExistsError(errno.EEXIST, "exists and is not to be replaced", wanted)
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
        if overwrite:
            temporary.replace(final)
        else:
            _appear(temporary, final, wanted)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _appear(temporary: Path, final: Path, wanted: str) -> None:
    """Give a file its name if no other file has it: a rename would replace that one, a second link does not."""
    try:
        os.link(temporary, final)
    except OSError as error:
        if isinstance(error, FileExistsError) or final.exists():
            told = "another program made this file meanwhile: it stays as it is"
            raise FileExistsError(errno.EEXIST, told, wanted) from None
        # A file system without links (FAT, some shares): a file that comes just now is replaced.
        temporary.replace(final)
    else:
        temporary.unlink()


def write_text(path: str | os.PathLike[str], text: str, *, overwrite: bool = True) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all; lone surrogates as \\udc80."""
    with (
        replacing(path, overwrite=overwrite) as temporary,
        Path(temporary).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        file.write(text)
