# SPDX-License-Identifier: MIT
"""Texts that are patterns: the images they match, those of each stack on their own."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH113

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from ...errors import naming, printable_location, shorten
from ...text import list_names
from ..backend import FormatTable
from ..uris import UriMeaning, escape, is_data_url, parse_uri, uri_text
from .file_patterns import MAX_IMAGES, FileMatch, files_like
from .natural_order import Names, natural_sorted
from .wildcards import STACK, Component, as_wildcards, escape_one, has_wildcards

QUERY: Final = re.compile(r"(?:[?&](?:slice|axis|stacks|series)=[^?&=]*)*\Z")
"""End of a text, after file and path: it holds for every image."""

FILES_TOLD: Final = 4
"""Largest number of files that a warning names."""


class Pattern(NamedTuple):
    """A text taken apart."""

    file: str
    path: str
    """Empty where files are meant as a whole."""
    asked: UriMeaning
    """What follows: it holds for every image."""

    def of_stack(self, value: str, *, in_some: bool = False) -> str:
        """Return the text of the same for one value of ``{stack}``.

        Parameters
        ----------
        value : str
        in_some : bool
            Whether only some of the files have it: a path with a wildcard need not be in all of them.
        """
        file, path = (text.replace(STACK, escape(value)) for text in (self.file, self.path))
        if in_some and path and not has_wildcards(path):
            path = self.path.replace(STACK, escape_one(value))
        return str(self.meaning(file, path))

    def meaning(self, file: str, path: str) -> UriMeaning:
        """Return the meaning of a file or dataset that it matches."""
        return self.asked._replace(file=file, path=path)

    def __str__(self) -> str:
        return str(self.meaning(self.file, self.path))


class Match(NamedTuple):
    """A file, folder or dataset that a pattern matches."""

    meaning: UriMeaning
    stack: str | None
    """What ``{stack}`` is; None where it does not come."""
    rest: tuple[str, str]
    """File and path with ``{stack}`` for its value: what images of several stacks have in common."""
    is_folder: bool = False


class Found(NamedTuple):
    """What a pattern matches."""

    pattern: Pattern
    matches: list[Match]
    """In natural order of the files."""
    without: list[str]
    """Files that match, in which nothing does."""

    def of_stacks(self) -> dict[str, list[Match]]:
        """Return the matches for each value of ``{stack}``, in natural order of the values."""
        values = natural_sorted({match.stack for match in self.matches if match.stack is not None})
        found: dict[str, list[Match]] = {value: [] for value in values}
        for match in self.matches:
            if match.stack is not None:
                found[match.stack].append(match)
        return found

    def lacking(self, value: str | None) -> list[Names]:
        """Return the images that other stacks have and one stack has not, but where that is no exception."""
        everywhere: dict[Names, None] = dict.fromkeys(match.rest for match in self.matches)
        mine = {match.rest for match in self.matches if match.stack == value}
        lacking: list[Names] = [rest for rest in everywhere if rest not in mine] if value is not None else []
        # File names that differ between stacks for another reason, such as times, have hardly any in common.
        return lacking if STACK not in self.pattern.file or 2 * len(lacking) < len(everywhere) else []

    def names_of(self, value: str | None) -> list[Names] | None:
        """Return the names of the images of all stacks, if one stack should have them all; else None."""
        return None if not self.lacking(value) else list(dict.fromkeys(match.rest for match in self.matches))

    def warnings(self, value: str | None = None) -> tuple[str, ...]:
        """Return what is missing of one stack, or of the only one."""
        said = []
        if self.without:
            said.append(
                f"In {len(self.without)} of {len(self._files())} files nothing matches "
                f"{self.pattern.path!r}: {list_names(self.without, FILES_TOLD)}."
            )
        lacking = self.lacking(value)
        if lacking:
            number = len({match.rest for match in self.matches})
            one_file = len(self._files()) == 1
            named = ["::".join(each) if one_file and each[1] else each[0] for each in lacking]
            words = "is" if len(lacking) == 1 else "are"
            said.append(
                f"{len(lacking)} of the {number} images that other stacks of the pattern have {words} missing: "
                f"{list_names(named, FILES_TOLD)}."
            )
        return tuple(said)

    def _files(self) -> set[str]:
        return {match.meaning.file for match in self.matches} | set(self.without)


def read_pattern(value: Any) -> Pattern | None:
    """Return a URI as a pattern; None where it has no wildcards, but in the name of a file that exists.

    Raises
    ------
    TypeError, ValueError
        As `parse_uri`, and when its slice is not valid.
    """
    text = uri_text(value)
    if not has_wildcards(text):
        return None
    for meaning in parse_uri(value):
        if _is_there(meaning, text):
            # The name is literal, and the path may be a pattern.
            return Pattern(meaning.file, meaning.path, meaning) if has_wildcards(meaning.path) else None
    if is_data_url(value):
        file, path, query = str(value.file_path()), value.data_path() or "", _query_of(text)
    else:
        text = re.sub(r"^silx:(//)?", "", text, flags=re.IGNORECASE)
        query = _query_of(text)
        text = text[: len(text) - len(query)]
        # A question mark is a wildcard, but for this one.
        file, _, path = text.partition("::" if "::" in text else "?path=")
        path = path.removeprefix("path=")
    if not file or (not has_wildcards(file) and not has_wildcards(path)):
        return None
    # The query is read as that of any other URI; no file has such a name.
    meanings = parse_uri(f"\n::/p{'&' if query else ''}{query[1:]}")
    asked = next((each for each in meanings if each.path == "/p"), None)
    if asked is None:
        raise ValueError(f"{shorten(query)} is not valid: each of slice, axis, stacks and series comes once")
    if asked.problem:
        raise ValueError(asked.problem)
    return Pattern(file, path, asked)


def _is_there(meaning: UriMeaning, text: str) -> bool:
    """Return whether the file of a meaning exists, and its path is no rest of a pattern: ``scan?/im.tif`` beside ``scan``."""
    if meaning.path and "::" not in text and "path=" not in text:
        return meaning.path.startswith("/") and os.path.isfile(meaning.file)
    return os.path.lexists(meaning.file)


def _query_of(text: str) -> str:
    found = QUERY.search(text)
    return found[0] if found else ""


def matches_of(pattern: Pattern, formats: FormatTable) -> Found | None:
    """Return what a pattern matches; None where it means itself, since that exists.

    Raises
    ------
    FileNotFoundError, KeyError
        When nothing matches; says which part does not, and what is there.
    OSError
        When a folder or file cannot be read.
    ValueError
        When it matches too much.
    """
    files = files_like(pattern.file)
    alone = len(files) == 1 and files[0].name == pattern.file and files[0].stack is None
    if not has_wildcards(pattern.path):
        if alone:
            return None
        matches = [
            Match(
                pattern.meaning(each.name, pattern.path),
                each.stack,
                (each.rest, pattern.path),
                each.is_folder,
            )
            for each in files
        ]
        return Found(pattern, matches, [])
    return _in_files(pattern, files, formats, alone=alone)


def _in_files(pattern: Pattern, files: list[FileMatch], formats: FormatTable, *, alone: bool) -> Found | None:
    """Match the path in every file."""
    first = pattern.meaning(files[0].name, pattern.path)
    path = pattern.path
    if STACK in path and files[0].stack is None and formats.of([first]).paths_like(first.file, path):
        literal = True  # a dataset is called so
    else:
        literal = STACK not in path
    matches: list[Match] = []
    without = []
    for each in files:
        backend = formats.of([first._replace(file=each.name)])
        wanted = path if literal else as_wildcards(path, each.stack)
        like = _path_matcher(path, each.stack, literal=literal)
        found = [hit for text in natural_sorted(backend.paths_like(each.name, wanted)) for hit in like(text)]
        if alone and len(found) == 1 and _parts(found[0][0]) == _parts(path):
            return None
        if not found:
            without.append(each.name)
        for text, stack, rest in found:
            matches.append(Match(first._replace(file=each.name, path=text), stack, (each.rest, rest)))
        if len(matches) > MAX_IMAGES:
            raise ValueError(
                f"the pattern {shorten(str(pattern))} matches more than {MAX_IMAGES} images: narrow it"
            )
    if not matches:
        with naming(printable_location(files[0].name)):
            raise _nothing_in(files, path, formats)
    return Found(pattern, matches, without)


def _path_matcher(
    path: str, stack: str | None, *, literal: bool
) -> Callable[[str], list[tuple[str, str | None, str]]]:
    """Return a function that gives a path with its ``{stack}`` and what remains without; [] where it has no such."""
    components: dict[tuple[str, str | None], Component] = {}

    def match(text: str) -> list[tuple[str, str | None, str]]:
        if literal:
            return [(text, stack, text)]
        value, rest = stack, []
        for part, name in zip(_parts(path), _parts(text), strict=False):
            if STACK not in part:
                rest.append(name)
                continue
            if (part, value) not in components:
                components[part, value] = Component(part, value)
            hit = components[part, value].match(name)
            if hit is None:
                return []
            value = hit.stack
            rest.append(hit.rest)
        return [(text, value, "/".join(rest))]

    return match


def _nothing_in(files: Sequence[FileMatch], path: str, formats: FormatTable) -> Exception:
    """Return the error on a path that nothing matches in any file: where it ends in the first one, and what is there."""
    file = files[0].name
    backend = formats.of([UriMeaning(file, path)])
    parts = _parts(as_wildcards(path, files[0].stack))
    among = f"; it is the first of {len(files)} files, and none of them has it" if len(files) > 1 else ""
    above = [""]
    for number, (part, wanted) in enumerate(zip(parts, _parts(path), strict=True)):
        group = "/" if number < len(parts) - 1 else ""
        below = [each for place in above[:1] for each in backend.paths_like(file, f"{place}/{part}{group}")]
        if not below:
            try:
                backend.names_one([UriMeaning(file, f"{above[0]}/{wanted}")])
            except KeyError as error:
                return KeyError(f"no dataset of images matches {shorten(path)}: {error.args[0]}{among}")
            break
        above = below
    where = printable_location(f"{file}::{above[0]}")
    return KeyError(f"no dataset of images matches {shorten(path)} in {where}{among}")


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
