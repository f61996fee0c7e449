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

import errno
import os
import re
import sys
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from ..errors import clip, shorten
from .hints import meant_by
from .optional_modules import is_plain, load_h5py
from .query import read_query
from .selection import Indices, check_slice, format_slice

MAX_SPLITS: Final = 16
"""Largest number of ``::`` or ``?`` that are tried: more of them are no honest URI."""

SPECIAL: Final = re.compile(r"([*?\[{&=:])")
"""Characters that mean something in a pattern, or begin its query."""


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
    stacks_axis: int | None = None
    """The axis that counts stacks, of those that the slice leaves: one more than a stack has."""
    series: int | None = None
    """The series of the file, of several that it holds."""
    label: str = ""
    """Name of one of the stacks that an axis counts; it is no part of the URI."""

    def at(self, path: str) -> UriMeaning:
        """Return the same of another path in the file."""
        return self._replace(path=path)

    @property
    def named_path(self) -> str:
        """The path, and below it the name of the stack where the dataset holds several: what stacks are called by."""
        return f"{self.path.rstrip('/')}/{self.label}" if self.label else self.path

    def __str__(self) -> str:
        query = "&".join(self.query())
        if not self.path:
            return f"{self.file}?{query}" if query else self.file
        return f"{self.file}::{self.path}" + (f"&{query}" if query else "")

    def query(self) -> list[str]:
        """Return what follows file and path in a URI."""
        cut = [] if self.indices is None else [f"slice={format_slice(self.indices)}"]
        numbers = {"axis": self.image_axis, "stacks": self.stacks_axis, "series": self.series}
        return cut + [f"{key}={number}" for key, number in numbers.items() if number is not None]


def is_uri(value: object) -> bool:
    """Return whether this is text, a path or a DataUrl."""
    return not is_plain(value) and (isinstance(value, (str, os.PathLike)) or is_data_url(value))


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
        # Axes and series are no fields of a DataUrl.
        silx = [_with_numbers_of(each, literal) for each in silx]
        # The fields of a DataUrl come first: they can name what no text can.
        meanings = silx + literal
    else:
        meanings = literal + silx
    meanings = _distinct(meaning for meaning in meanings if meaning.file)
    if not meanings:
        raise ValueError(f"the URI {shorten(text)} names no file: give file::/path/of/dataset")
    meanings = [meaning for meaning in meanings if _exists(meaning.file)] or meanings
    if not readable and not _exists(meanings[0].file):
        meant = meant_by(text)
        if meant and "." in scheme:
            raise FileNotFoundError(errno.ENOENT, f"no such file{meant}", clip(text))
        raise ValueError(
            f"the URI {shorten(text)} has the scheme {scheme!r}: only silx, or none, can be read; nothing is "
            f"fetched from a network: give the array that another package opened{meant}"
        )
    return meanings


def format_uri(
    file: str,
    path: str,
    indices: Indices | None = None,
    image_axis: int | None = None,
    stacks_axis: int | None = None,
    series: int | None = None,
) -> str:
    """Return the literal text of a URI, which `parse_uri` reads first as just that."""
    return str(UriMeaning(file, path, indices, "", image_axis, stacks_axis, series))


def escape(name: str) -> str:
    """Return a pattern that matches this name, or component of a path, alone.

    >>> escape("Ca[2]*")
    'Ca[[]2][*]'
    """
    return SPECIAL.sub(r"[\1]", name)


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
        meanings += [UriMeaning(file, *each) for each in read_query(query)]
    meanings.append(UriMeaning(rest, ""))
    return meanings


def _with_numbers_of(meaning: UriMeaning, literal: list[UriMeaning]) -> UriMeaning:
    """Give a meaning the axes and the series that the text of its URI says, if it says any."""
    for each in literal:
        numbers = (each.image_axis, each.stacks_axis, each.series)
        if each[:2] == meaning[:2] and any(number is not None for number in numbers):
            return meaning._replace(image_axis=numbers[0], stacks_axis=numbers[1], series=numbers[2])
    return meaning


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
