# SPDX-License-Identifier: MIT
# ruff: noqa: PTH100, PTH110, PTH112, PTH113, PTH116, PTH120, PTH121 - os.path says no where Path raises
"""One rule for all output files: checked before the work, and nothing is replaced unasked.

- A file that exists is refused, by its name, without ``--overwrite``.
- An input is never written to, nor is one file by two outputs.
- Folders, and files in folders that are missing or may not be written to, are refused.
- Pipes and devices are written to: there is nothing to replace.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from ..errors import clip
from .arguments import file_meanings, files_of, split_name

STANDARD_OUTPUT: Final = re.compile(r"-|/dev/stdout|(/dev|/proc/self)/fd/1")
"""Names of the standard output. Where it was sent to a file, that file is no output of its own."""


class Output(NamedTuple):
    """A file to write, and what the command line calls it."""

    option: str
    path: str

    @property
    def is_standard_output(self) -> bool:
        """Whether it goes to the standard output, under whatever name."""
        return STANDARD_OUTPUT.fullmatch(self.path) is not None

    def __str__(self) -> str:
        return f"{clip(self.path)!r} ({self.option})"


def check_outputs(
    outputs: Sequence[Output], inputs: Iterable[str], *, overwrite: bool, replaceable: Iterable[Output] = ()
) -> None:
    """Refuse outputs that cannot be written, or would replace what must stay.

    Parameters
    ----------
    outputs : sequence of Output
    inputs : iterable of str
        Arguments that name stacks, masks and the like.
    overwrite : bool
        Whether files that exist may be replaced.
    replaceable : iterable of Output
        Outputs that may be replaced nevertheless.

    Raises
    ------
    FileExistsError, ValueError, OSError
        Naming the file, and the way out where there is one.
    """
    for output in outputs:
        _check_place(output)
    _check_each_its_own(outputs)
    check_no_input(outputs, inputs)
    if not overwrite:
        _check_new([output for output in outputs if output not in set(replaceable)])


def check_no_input(outputs: Sequence[Output], inputs: Iterable[str]) -> None:
    """Refuse to write to an input, with ``--overwrite`` too."""
    there = [output for output in outputs if os.path.exists(output.path)]
    if not there:
        return
    meanings = set(_files_meant(inputs))
    for output in there:
        for meaning in meanings:
            if os.path.samefile(output.path, meaning):
                raise ValueError(f"{output} is an input ({meaning!r}): it is not overwritten with results")


def _files_meant(inputs: Iterable[str]) -> Iterator[str]:
    for text in inputs:
        for file in (*file_meanings(text), *files_of(split_name(text)[1])):
            if os.path.exists(file):
                yield file


def _check_place(output: Output) -> None:
    path = output.path
    if not path:
        raise ValueError(f"{output.option} needs the name of a file, and got an empty one")
    if path.endswith((os.sep, "/")):
        raise IsADirectoryError(errno.EISDIR, "is the name of a folder, not of a file to write", clip(path))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = 0
    except OSError as error:  # a loop of links, a name that is too long, a folder that is a file
        raise type(error)(
            error.errno, f"cannot be written ({output.option}): {error.strerror}", clip(path)
        ) from None
    except ValueError as error:
        raise ValueError(f"{output} can be no file name: {error}") from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not a file to write", clip(path))
    if mode and not stat.S_ISREG(mode):
        return
    folder = os.path.dirname(os.path.abspath(os.path.realpath(path)))
    if not os.path.isdir(folder):
        told = f"cannot write {clip(path)!r}: its folder does not exist"
        raise FileNotFoundError(errno.ENOENT, told, clip(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        told = f"cannot write {clip(path)!r}: its folder may not be written to"
        raise PermissionError(errno.EACCES, told, clip(folder))


def _check_each_its_own(outputs: Sequence[Output]) -> None:
    seen: dict[object, Output] = {}
    for output in outputs:
        real = os.path.realpath(output.path)
        if real == os.path.realpath(os.devnull):
            continue
        status = os.stat(real) if os.path.exists(real) else None
        place = real if status is None else (status.st_dev, status.st_ino)
        if place in seen:
            raise ValueError(f"{output} and {seen[place]} are one file: two outputs cannot share it")
        seen[place] = output


def _check_new(outputs: Sequence[Output]) -> None:
    there = [output for output in outputs if os.path.isfile(output.path)]
    if there:
        listed = " and ".join(map(str, there))
        raise FileExistsError(
            f"{listed} {'exists' if len(there) == 1 else 'exist'}: choose another name, or replace "
            f"{'it' if len(there) == 1 else 'them'} with --overwrite"
        )
