# SPDX-License-Identifier: MIT
# ruff: noqa: PTH100, PTH110, PTH112, PTH120, PTH121 - os.path says no where Path raises
"""Meanings of the URIs, file names and options of the command line."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..options import DECLARED_OPTIONS, NONE


def ranking_options(arguments: Namespace) -> dict[str, Any]:
    """Options of `rank_stacks` as they were given."""
    given = {option.name: getattr(arguments, option.name) for option in DECLARED_OPTIONS if option.flag}
    return {name: None if value == NONE else value for name, value in given.items()}


def parse_stacks(texts: Sequence[str]) -> list[str] | dict[str, str]:
    """Stacks to rank, from the arguments: URIs, or names with their URIs."""
    named = [_split_name(text) for text in texts]
    if all(name is None for name, _ in named):
        return list(texts)
    stacks: dict[str, str] = {}
    for name, uri in named:
        if name is None:
            raise ValueError(
                f"{uri!r} has no name but others have: write NAME=URI for all stacks or for none"
            )
        if name in stacks:
            raise ValueError(f"two stacks are named {name!r}: {stacks[name]!r} and {uri!r}")
        stacks[name] = uri
    return stacks


def _split_name(text: str) -> tuple[str | None, str]:
    name, equal, uri = text.partition("=")
    # An = may also belong to a query (?path=...), to a folder or pattern, or to the name of a file that exists.
    if not equal or not name or re.search(r"[/\\?:]|&(slice|axis|stacks|series)$", name):
        return None, text
    if os.path.exists(text.partition("::")[0]) or (re.search(r"[*?\[]", text) and _files_of(text)):
        return None, text
    return name, uri


def check_outputs(outputs: Iterable[str], inputs: Iterable[str]) -> None:
    """Refuse to write to a folder that is missing, to an input, or twice to one file."""
    outputs = list(outputs)
    inputs = list(inputs)
    meanings = {r for text in inputs for r in _file_meanings(text) if os.path.exists(r)}
    if any(map(os.path.exists, outputs)):
        meanings |= {
            file for text in inputs for file in _files_of(_split_name(text)[1]) if os.path.exists(file)
        }
    seen: dict[str, str] = {}
    for path in outputs:
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise FileNotFoundError(2, f"cannot write {path!r}: its folder does not exist", folder)
        if os.path.isdir(path):
            raise IsADirectoryError(21, "is a folder, not a file to write", path)
        real = os.path.realpath(path)
        if real in seen:
            raise ValueError(f"{path!r} and {seen[real]!r} are one file: two outputs cannot share it")
        seen[real] = path
        for meaning in meanings if os.path.exists(path) else ():
            if os.path.samefile(path, meaning):
                raise ValueError(f"{path!r} is an input ({meaning!r}): it is not overwritten with results")


def _files_of(text: str) -> list[str]:
    """Files that a pattern or a folder stands for."""
    from ..stacks import files_of

    return files_of(text)


def _file_meanings(text: str) -> Iterator[str]:
    """Every file that a URI may mean, however it is read."""
    texts = {text, text.partition("=")[2]}
    for scheme in ("silx://", "silx:", "file://", "file:"):
        texts |= {each[len(scheme) :] for each in texts if each.startswith(scheme)}
    for each in texts:
        yield from (part for part in (each, each.partition("::")[0], each.rpartition("::")[0]) if part)
        yield from (part for part in (each.partition("?")[0], each.rpartition("?")[0]) if part)
