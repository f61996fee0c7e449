# SPDX-License-Identifier: MIT
"""Names for stacks that came without: what tells their paths apart."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH100, PTH119, PTH122

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from .regular_file import absolute
from .selection import format_slice
from .uris import UriMeaning

QUERY: Final = re.compile(r"[?&](?:slice|axis|stacks|series|path)=")
"""Begins what follows file and path in a URI."""


def relative_names(paths: Sequence[str]) -> list[str]:
    """Return the paths relative to their common parent; of a single path its last component.

    >>> relative_names(["/entry/maps/Ca", "/entry/maps/Fe", "/entry/sum/Ca"])
    ['maps/Ca', 'maps/Fe', 'sum/Ca']
    """
    split = [_components(path) for path in paths]
    common = _common_length([parts[:-1] for parts in split])
    return ["/".join(parts[common:]) for parts in split]


def short_names(paths: Sequence[str]) -> list[str]:
    """Return relative names without the end that all of them share, as the signals of NXdata do.

    >>> short_names(["/entry/Ca/data", "/entry/Fe/data"])
    ['Ca', 'Fe']
    """
    split = [_components(name)[::-1] for name in relative_names(paths)]
    shared = _common_length([parts[:-1] for parts in split]) if len(split) > 1 else 0
    return ["/".join(parts[shared:][::-1]) for parts in split]


def with_paths(
    meanings: Sequence[UriMeaning], whole: Sequence[bool], *, short: bool = False
) -> list[UriMeaning]:
    """Give what has no dataset the path that tells its file from others: it names the stack.

    Parameters
    ----------
    meanings : sequence of UriMeaning
    whole : sequence of bool
        Which are files, patterns of files and folders, whatever their paths.
    short : bool
        Whether to leave out the end that all of these share.
    """
    named = list(meanings)
    places = [place for place, each in enumerate(whole) if each]
    files = [os.path.splitext(absolute(named[place].file))[0].replace(os.sep, "/") for place in places]
    for place, name in zip(places, (short_names if short else relative_names)(files), strict=True):
        named[place] = named[place].at(name)
    return named


def provisional_name(location: str) -> str:
    """Return what messages call a stack before its name among others is known: its dataset, its file without ending, or its pattern.

    >>> provisional_name("run/scan_7.h5::/entry/Ca"), provisional_name("run/scan_7.h5")
    ('Ca', 'scan_7')
    """
    file, _, path = QUERY.split(location, maxsplit=1)[0].partition("::")
    name = path.rstrip("/").rpartition("/")[2]
    file = file.rstrip("/" + os.sep)
    if any(mark in location for mark in "*?[{"):
        return location
    return name or os.path.splitext(os.path.basename(file))[0] or location


def unique_names(meanings: Sequence[UriMeaning]) -> list[str]:
    """Return one name for each URI of a list.

    They are the dataset paths relative to their common parent. Names that clash are told apart by
    the file, then by the slice, then by counting.
    """
    names = relative_names([meaning.named_path for meaning in meanings])
    files = _file_names([meaning.file for meaning in meanings])
    names = _apart(names, [f"{file}/{name}" for file, name in zip(files, names, strict=True)])
    slices = ["" if r.indices is None else f"[{format_slice(r.indices)}]" for r in meanings]
    names = _apart(names, [name + text for name, text in zip(names, slices, strict=True)])
    taken = Counter(names)
    if len(taken) == len(names):
        return names
    result: list[str] = []
    for name in names:
        count, chosen = 1, name
        while chosen in result or (count > 1 and chosen in taken):
            count += 1
            chosen = f"{name} ({count})"
        result.append(chosen)
    return result


def _apart(names: list[str], longer: list[str]) -> list[str]:
    """Replace the names that clash."""
    count = Counter(names)
    return [more if count[name] > 1 else name for name, more in zip(names, longer, strict=True)]


def _file_names(files: Sequence[str]) -> list[str]:
    """File names without ending, with as much of the folder as it takes to tell the files apart."""
    absolute = [os.path.abspath(file) for file in files]
    distinct = list(dict.fromkeys(absolute))
    stems = dict(
        zip(distinct, (os.path.splitext(os.path.basename(file))[0] for file in distinct), strict=True)
    )
    if len(set(stems.values())) < len(distinct):
        relative = relative_names([file.replace(os.sep, "/") for file in distinct])
        stems = dict(zip(distinct, relative, strict=True))
    return [stems[file] for file in absolute]


def _components(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")] or ["data"]


def _common_length(lists: Sequence[Sequence[str]]) -> int:
    length = 0
    for column in zip(*lists, strict=False):
        if len(set(column)) > 1:
            break
        length += 1
    return length
