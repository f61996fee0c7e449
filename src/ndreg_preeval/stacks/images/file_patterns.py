# SPDX-License-Identifier: MIT
"""Files and folders that a pattern matches: as a shell has it, but what exists literally is meant literally."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH112, PTH116, PTH118

from __future__ import annotations

import difflib
import errno
import os
import re
import warnings
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...errors import RankingWarning, clip, shorten
from .natural_order import natural_sorted
from .wildcards import ANY_DEPTH, STACK, Component, has_wildcards

MAX_ENTRIES: Final = 1_000_000
"""Largest number of names that are looked at for one pattern."""

MAX_IMAGES: Final = 100_000
"""Largest number of files, or datasets, that a pattern may match."""

NAMES_TOLD: Final = 5
"""Largest number of names that an error lists."""

SEPARATORS: Final = r"[/\\]" if os.name == "nt" else "/"


class FileMatch(NamedTuple):
    """A file or folder that a pattern matches."""

    name: str
    stack: str | None
    """What ``{stack}`` is; None where it does not come."""
    rest: str
    """The name with ``{stack}`` for its value."""
    is_folder: bool


def files_like(pattern: str) -> list[FileMatch]:
    """Return the files that a pattern matches, in natural order; folders where there are no files.

    Parameters
    ----------
    pattern : str
        Of ``*``, ``?``, ``[...]`` and ``{stack}`` within one component, and of ``**``: any folders. A
        component that exists just as it is written means itself.

    Raises
    ------
    FileNotFoundError
        When nothing matches; says which component does not, and what is there.
    PermissionError
        When that is because a folder cannot be read.
    ValueError
        When it matches too much, or too much would have to be looked at.

    Warns
    -----
    RankingWarning
        For folders that cannot be read.
    """
    walk = _Walk(pattern)
    found: dict[str, FileMatch] = {}
    for match in walk.matches():
        found[match.name] = match
        if len(found) > MAX_IMAGES:
            raise ValueError(
                f"the pattern {shorten(pattern)} matches more than {MAX_IMAGES} files: narrow it"
            )
    files = [match for match in found.values() if not match.is_folder]
    if not found:
        raise walk.nothing()
    for folder, error in walk.unreadable.items():
        warnings.warn(
            f"{shorten(pattern)}: the folder {shorten(folder)} cannot be read ({error.strerror}): left out",
            RankingWarning,
            stacklevel=2,
        )
    of_name = {match.name: match for match in files or found.values()}
    return [of_name[name] for name in natural_sorted(of_name)]


class _Walk:
    """One walk through the folders, which counts what it looks at."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.unreadable: dict[str, OSError] = {}
        drive, rest = os.path.splitdrive(pattern)
        found = re.match(f"(?:{SEPARATORS})*", rest)
        root = found[0] if found else ""
        self._root = drive + root
        self._parts = [part for part in re.split(SEPARATORS, rest[len(root) :]) if part]
        self._only_folders = re.search(f"{SEPARATORS}$", pattern) is not None
        self._looked = 0
        self._failed: tuple[int, str, str] = (-1, "", "")
        """How many components matched before one did not, the folder it was looked for in, and the component."""

    def matches(self) -> Iterator[FileMatch]:
        """Everything that matches, in the order of the system."""
        if self._parts:
            yield from self._below(self._root, self._root, 0, None)
        elif os.path.isdir(self._root):
            yield FileMatch(self._root, None, self._root, is_folder=True)

    def nothing(self) -> OSError:
        """Return the error that says what was there instead."""
        depth, folder, part = self._failed
        last = depth == len(self._parts) - 1 and not self._only_folders
        there = self._there(folder, part, only_folders=not last)
        if folder in self.unreadable:
            error = self.unreadable[folder]
            return type(error)(
                error.errno, f"{error.strerror}: no pattern can be looked for in it", clip(folder)
            )
        what = f"there is no {'file' if last else 'folder'} {shorten(part)}"
        if has_wildcards(part):
            what = f"nothing matches {shorten(part)}"
        braces = re.search(r"\{\w+\}", part.replace(STACK, ""))
        if braces:
            there += (
                f"; {braces[0]} is no wildcard: * stands for any text, and {STACK} for the name of a stack"
            )
        place = f"in the folder {shorten(folder)}" if folder else "in the current folder"
        return FileNotFoundError(errno.ENOENT, f"{what} {place}{there}", clip(self.pattern))

    def _below(self, folder: str, rest: str, at: int, stack: str | None) -> Iterator[FileMatch]:
        """Matches of the components from a place on."""
        part = self._parts[at]
        last = at == len(self._parts) - 1
        literal = self._literal(part, stack)
        for name in [part] if literal is None and part != ANY_DEPTH else filter(None, [literal]):
            path = os.path.join(folder, name)
            if os.path.lexists(path) if last and not self._only_folders else os.path.isdir(path):
                yield from self._at(path, os.path.join(rest, part), at, stack, os.path.isdir(path))
                return
        if literal is not None:
            self._fail(at, folder, literal)
            return
        if part == ANY_DEPTH:
            yield from self._any_depth(folder, rest, at, stack)
            return
        component = Component(part, stack, of_file=True)
        any_match = False
        for entry in self._entries(folder):
            hit = component.match(entry.name)
            if hit is None:
                continue
            is_folder = _is_folder(entry)
            if is_folder or (last and not self._only_folders):
                any_match = True
                path, of_rest = os.path.join(folder, entry.name), os.path.join(rest, hit.rest)
                yield from self._at(path, of_rest, at, hit.stack, is_folder)
        if not any_match:
            self._fail(at, folder, part)

    @staticmethod
    def _literal(part: str, stack: str | None) -> str | None:
        """Return the only name that a component can mean; None for one with wildcards."""
        if stack is not None and not has_wildcards(part.replace(STACK, "")):
            return part.replace(STACK, stack)
        return None if has_wildcards(part) else part

    def _at(self, path: str, rest: str, at: int, stack: str | None, is_folder: bool) -> Iterator[FileMatch]:
        if at == len(self._parts) - 1:
            yield FileMatch(path, stack, rest, is_folder)
        else:
            yield from self._below(path, rest, at + 1, stack)

    def _any_depth(self, folder: str, rest: str, at: int, stack: str | None) -> Iterator[FileMatch]:
        """The folder and all below it, each once: links may lead back."""
        todo = [(folder, rest)]
        seen: set[tuple[int, int]] = set()
        last = at == len(self._parts) - 1
        while todo:
            here, its_rest = todo.pop(0)
            try:
                status = os.stat(here or os.curdir)
            except OSError:
                continue
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            if not last:
                yield from self._below(here, its_rest, at + 1, stack)
            # A folder comes under its own name before it comes under that of a link.
            for entry in sorted(self._entries(here), key=lambda each: (each.is_symlink(), each.name)):
                if entry.name.startswith("."):
                    continue
                path, of_rest = os.path.join(here, entry.name), os.path.join(its_rest, entry.name)
                if _is_folder(entry):
                    todo.append((path, of_rest))
                elif last and not self._only_folders:
                    yield FileMatch(path, stack, of_rest, is_folder=False)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        found: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder or os.curdir) as entries:
                for entry in entries:
                    found.append(entry)
                    self._looked += 1
                    if self._looked > MAX_ENTRIES:
                        raise ValueError(
                            f"the pattern {shorten(self.pattern)} leads through more than {MAX_ENTRIES} files "
                            "and folders: narrow it"
                        )
        except OSError as error:
            self.unreadable[folder] = error
        return found

    def _fail(self, at: int, folder: str, part: str) -> None:
        if at > self._failed[0]:
            self._failed = (at, folder, part)

    def _there(self, folder: str, part: str, *, only_folders: bool) -> str:
        entries = [entry for entry in self._entries(folder) if not entry.name.startswith(".")]
        names = [entry.name for entry in entries if not only_folders or _is_folder(entry)]
        if not names:
            return f", which has no {'folders' if entries else 'files'}"
        some = names[:2000]
        near = difflib.get_close_matches(part, some, NAMES_TOLD, 0.5)
        shown = list(dict.fromkeys([*natural_sorted(near), *natural_sorted(some)]))[:NAMES_TOLD]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        there = "is" if len(names) == 1 else "are"
        return f"; there {there} {', '.join(shorten(name, 60) for name in shown)}{more}"


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
