# SPDX-License-Identifier: MIT
"""Text, Path or DataUrl -> the file, the path within it and the slice that it may mean.

silx's `DataUrl` decides what a URI is, but it cannot name every file or dataset: it takes ``+`` for
a blank, decodes ``%20``, cuts off ``#`` and ``;`` in file names and loses a data path with ``&`` or
``=``. So a text has several meanings. The first is the literal one, which alone can name
everything, the last the one of `DataUrl`; the files at hand tell which is meant.
"""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ..errors import shorten
from .optional_modules import load_h5py
from .selection import Indices, check_slice, format_slice, parse_slice

AXES_ALLOWED: Final = "give 0, 1 or 2 of the three axes of a stack, or -1, -2 or -3 from the end"

MAX_SPLITS: Final = 16
"""Largest number of ``::`` or ``?`` that are tried: more of them are no honest URI."""


class UriMeaning(NamedTuple):
    """One meaning of a URI."""

    file: str
    path: str
    """Path within the file; empty when the URI names a file only."""
    indices: Indices | None = None
    problem: str = ""
    """Reason why this meaning cannot be used, for instance an invalid slice."""
    image_axis: int | None = None
    """The axis that counts the images, of those that the slice leaves."""

    def at(self, path: str) -> UriMeaning:
        """Return the same of another path in the file."""
        return self._replace(path=path)

    def __str__(self) -> str:
        text = f"{self.file}::{self.path}" if self.path else self.file
        return text + "".join(f"&{part}" for part in self.query())

    def query(self) -> list[str]:
        """Return what follows file and path in a URI."""
        cut = [] if self.indices is None else [f"slice={format_slice(self.indices)}"]
        return cut + ([] if self.image_axis is None else [f"axis={self.image_axis}"])


def is_uri(value: object) -> bool:
    """Return whether this is text, a path or a DataUrl."""
    return isinstance(value, (str, os.PathLike)) or is_data_url(value)


def is_data_url(value: object) -> bool:
    """Return whether this is a silx DataUrl, without importing silx to find out."""
    module = sys.modules.get("silx.io.url")
    return module is not None and isinstance(value, module.DataUrl)


def uri_text(value: Any) -> str:
    """Return the text of a URI as its user knows it, for messages."""
    if is_data_url(value):
        try:
            return str(value.path())
        except Exception:  # noqa: BLE001 - DataUrl does not check its fields
            return f"{value.file_path()}::{value.data_path()}"
    return _plain_text(value)


def parse_uri(value: Any) -> list[UriMeaning]:
    """Return what a URI can mean, the likeliest first.

    Where some of the files exist, meanings of other files are left out.

    Parameters
    ----------
    value : str, os.PathLike or silx.io.url.DataUrl

    Raises
    ------
    TypeError
        For anything else, bytes among them.
    ValueError
        When no meaning is possible: an empty text, NUL, a scheme other than silx.
    """
    text = uri_text(value)
    if "\0" in text:
        raise ValueError(f"the URI {shorten(text)} holds a NUL character, which no file or dataset name can")
    scheme = value.scheme() or "" if is_data_url(value) else _scheme(text)
    readable = scheme in ("", "silx")
    literal = _read_literally(text)
    silx = _read_as_data_url(value if is_data_url(value) else text) if readable else []
    if not is_data_url(value):
        meanings = literal + [meaning for meaning in silx if not _is_cut(meaning, literal, text)]
    elif silx and silx[0].file in {meaning.file for meaning in literal}:
        # An axis is no field of a DataUrl.
        same = (each for each in literal if each[:2] == silx[0][:2] and each.image_axis is not None)
        silx = [each._replace(image_axis=next(same, each).image_axis) for each in silx]
        # The fields of a DataUrl come first: they can name what no text can.
        meanings = silx + literal
    else:
        meanings = literal + silx
    meanings = _distinct(meaning for meaning in meanings if meaning.file)
    if not meanings:
        raise ValueError(f"the URI {shorten(text)} names no file: give file::/path/of/dataset")
    meanings = [meaning for meaning in meanings if _exists(meaning.file)] or meanings
    if not readable and not _exists(meanings[0].file):
        raise ValueError(
            f"the URI {shorten(text)} has the scheme {scheme!r}: only silx, or none, can be read; nothing is "
            "fetched from a network: give the array that another package opened"
        )
    return meanings


def format_uri(file: str, path: str, indices: Indices | None = None, image_axis: int | None = None) -> str:
    """Return the literal text of a URI, which `parse_uri` reads first as just that."""
    return str(UriMeaning(file, path, indices, image_axis=image_axis))


def _plain_text(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"a URI must be str, Path or DataUrl, not {type(value).__name__}")
    text = value if isinstance(value, str) else os.fspath(value)
    if not isinstance(text, str):
        raise TypeError(f"a URI must be text, not a path of {type(text).__name__}")
    return str.__str__(text)


def _read_literally(text: str) -> list[UriMeaning]:
    rest = text
    if _scheme(text) == "silx":
        rest = text[len("silx:") :].removeprefix("//")
        if re.match(r"/[A-Za-z]:[/\\]", rest):
            rest = rest[1:]  # silx:///C:/folder
    meanings = []
    # A query may hold "::" (slice=::2) and a dataset name may hold "?": try each border.
    for match in list(re.finditer(r"::|\?", rest))[:MAX_SPLITS]:
        file, query = rest[: match.start()], rest[match.end() :]
        meanings += [UriMeaning(file, *meaning) for meaning in _read_query(query)]
    meanings.append(UriMeaning(rest, ""))
    return meanings


def _read_query(query: str) -> list[tuple[str, Indices | None, str, int | None]]:
    """Meanings of what follows the file name: (path, slice, problem, axis)."""
    found = re.fullmatch(r"(|.*?[&?])axis=([^&?=/]*)(|&.*)", query, re.DOTALL)
    meanings: list[tuple[str, Indices | None, str, int | None]] = []
    if found:
        axis = int(found[2]) if re.fullmatch("-?[0-9]", found[2]) else None
        wrong = "" if axis in range(-3, 3) else f"axis={shorten(found[2])} is not valid: {AXES_ALLOWED}"
        rest = found[1][:-1] + found[3] if found[1] else found[3][1:]
        for path, indices, problem in _read_slice(rest):
            meanings.append((path, indices, problem or wrong, None if wrong else axis))
    return meanings + [(*each, None) for each in _read_slice(query)]


def _read_slice(query: str) -> list[tuple[str, Indices | None, str]]:
    """Meanings of a query without an axis: (path, slice, problem)."""
    meanings: list[tuple[str, Indices | None, str]] = []
    found = re.fullmatch(r"(.*?)(?:^|[&?])slice=([^&?=]*)", query, re.DOTALL)
    for text, cut in ((found[1], found[2]), (query, None)) if found else ((query, None),):
        indices, problem = None, ""
        if cut is not None:
            try:
                indices = parse_slice(cut)
            except ValueError as error:
                problem = str(error)
        if text.startswith("path="):
            meanings.append((text.removeprefix("path="), indices, problem))
        meanings.append((text, indices, problem))
    return meanings


def _read_as_data_url(value: Any) -> list[UriMeaning]:
    load_h5py()  # silx needs it, and does not say why it cannot be imported
    from silx.io.url import DataUrl

    try:
        url = value if is_data_url(value) else DataUrl(value)
        file, path, indices = url.file_path(), url.data_path() or "", url.data_slice()
    except Exception:  # noqa: BLE001 - it fails on texts that urllib refuses, "silx://[" for one
        return []
    if not file or "\0" in f"{file}{path}":
        return []
    if not url.is_valid():
        return [UriMeaning(str(file), path, None, f"DataUrl says: {url.invalid_reason}")]
    try:
        return [UriMeaning(str(file), path, None if indices is None else check_slice(indices))]
    except (TypeError, ValueError) as error:
        return [UriMeaning(str(file), path, None, str(error))]


def _is_cut(meaning: UriMeaning, literal: list[UriMeaning], text: str) -> bool:
    """Return whether DataUrl lost a part of the text: what is left names something else."""
    if "#" in text or meaning.file not in {each.file for each in literal}:
        return True
    return not meaning.path and any(each.path for each in literal if each.file == meaning.file)


def _scheme(text: str) -> str:
    # One letter is a Windows drive; a name such as "scan:1.h5" is settled by the file existing.
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):(?!:)", text)
    return found[1].lower() if found else ""


def _exists(file: str) -> bool:
    try:
        os.stat(file)
    except (OSError, ValueError):
        return False
    return True


def _distinct(meanings: Iterable[UriMeaning]) -> list[UriMeaning]:
    kept: list[UriMeaning] = []
    for meaning in meanings:  # slices cannot be hashed before Python 3.12
        if meaning not in kept:
            kept.append(meaning)
    return kept
