# SPDX-License-Identifier: MIT
"""Archives of NumPy as groups of stacks: by URI, or as numpy has them open."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import contextlib
import fnmatch
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...errors import naming, printable_location, shorten
from ..names import short_names
from ..regular_file import check_regular_file
from ..uris import UriMeaning
from .backend import LibraryBackend
from .base import NotRead, errors_of_library
from .npz import Archive, NpzFormat

if TYPE_CHECKING:
    from ...options import Limits
    from .source import LibrarySpec


class NpzBackend(LibraryBackend):
    """NumPy's archives: an array is a stack, the file a group of those."""

    one_per_file = False

    def __init__(self) -> None:
        super().__init__(NpzFormat)

    def claims(self, meaning: UriMeaning) -> bool:
        """Return whether it names an archive, or an array in one."""
        return meaning.file.lower().endswith(self.endings)

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:  # noqa: ARG002
        """Return the array, or all that are stacks."""
        meaning = self._likeliest(meanings)
        if meaning.problem:
            raise ValueError(meaning.problem)
        if meaning.path.strip("/"):
            return self.split(meaning)
        asked = self.choices.stacks_axis if meaning.stacks_axis is None else meaning.stacks_axis
        names, others = self._stacks(meaning.file, asked)
        if not names:
            raise ValueError(
                f"{shorten(text)} holds no array of three axes{f', but {others}' if others else ''}"
            )
        if meaning.indices is not None and len(names) > 1:
            raise ValueError(
                f"slice= needs an array, and {shorten(text)} holds {len(names)}: give file::name&slice="
            )
        several = meaning._replace(stacks_axis=None)
        return [each for name in names for each in self.split(several.at(name), asked)]

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return "array" for one."""
        meaning = self._likeliest(meanings)
        return "array" if meaning.path.strip("/") and not self.split(meaning)[0].label else ""

    def paths_like(self, file: str, pattern: str) -> list[str]:
        """Return the names of arrays that a pattern matches; what exists as it is written is meant so."""
        parts = pattern.strip("/").split("/")
        with self._open(file) as archive:
            literal = "/".join(parts)
            if literal in archive.members:
                return [literal]
            return [
                name
                for name in archive.members
                if len(names := name.split("/")) == len(parts)
                and all(map(fnmatch.fnmatchcase, names, parts))
                and _may_be_image(archive, name)
            ]

    def images_within(self, meaning: UriMeaning) -> dict[str, UriMeaning]:
        """Return the arrays of two axes of an archive that holds no stack."""
        if meaning.path.strip("/"):
            return {}
        try:
            with self._open(meaning.file) as archive:
                if archive.stacks()[0]:
                    return {}
                names = [name for name in archive.members if _may_be_image(archive, name)]
        except (OSError, ValueError):
            return {}
        return {name: meaning.at(name) for name in names}

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the stacks of an archive, or the array itself."""
        with naming(printable_location(text)):
            found = self.expand(meanings, text, plain=True)
            with self._open(found[0].file) as archive:
                for each in found:
                    archive.named(each.path)
        return dict(zip(short_names([each.named_path for each in found]), map(str, found), strict=True))

    def object_spec(self, value: Any, limits: Limits) -> LibrarySpec | None:
        """Return the spec of the one stack of an archive that numpy has open."""
        path = _path_of(value)
        if path is None:
            return None
        (meaning, *more) = self.expand([UriMeaning(path, "")], path, plain=False)
        if more:
            names = ", ".join(shorten(each.path, 60) for each in (meaning, *more[:9]))
            raise ValueError(
                f"this archive holds {1 + len(more)} stacks, {names}: give one of them, or it as all stacks"
            )
        return self.spec(meaning, limits)

    def stacks_of(self, value: Any) -> dict[str, Any] | None:
        """Return the arrays of an archive that are stacks, by name."""
        path = _path_of(value)
        if path is None:
            return None
        return {each.named_path: str(each) for each in self.expand([UriMeaning(path, "")], path, plain=True)}

    @staticmethod
    def location(meaning: UriMeaning) -> str:
        """Return the URI of an array."""
        return str(meaning)

    def _likeliest(self, meanings: list[UriMeaning]) -> UriMeaning:
        """Return the first meaning that names an array there is, else the first one."""
        if any(meaning.path.strip("/") for meaning in meanings):
            with contextlib.suppress(OSError, ValueError), self._open(meanings[0].file) as archive:
                for meaning in meanings:
                    if (
                        meaning.path.strip("/").removesuffix(".npy") in archive.members
                        and not meaning.problem
                    ):
                        return meaning
        return meanings[0]

    def _stacks(self, file: str, stacks_axis: int | None) -> tuple[list[str], str]:
        with self._open(file) as archive:
            return archive.stacks(stacks_axis)

    @contextlib.contextmanager
    def _open(self, file: str) -> Iterator[Archive]:
        check_regular_file(file)
        with errors_of_library(self.of, file):
            archive = Archive(file)
            try:
                yield archive
            finally:
                archive.close()


def _may_be_image(archive: Archive, name: str) -> bool:
    """Return whether an array has two axes or more, of numbers; a damaged one may have, and is an error where it is read."""
    try:
        header = archive.header(name)
    except NotRead:
        return False
    except (OSError, ValueError):
        return True
    return len(header.shape) >= 2 and header.dtype.kind in "biuf"


def _path_of(value: Any) -> str | None:
    """Return the file of an archive that numpy has open; None where it is none, or not that file any more."""
    if type(value).__name__ != "NpzFile" or type(value).__module__.partition(".")[0] != "numpy":
        return None
    try:
        path = os.fspath(value.zip.filename)
        here, there = os.stat(path), os.fstat(value.zip.fp.fileno())
    except (AttributeError, OSError, TypeError, ValueError):
        return None
    return (
        path if isinstance(path, str) and (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) else None
    )
