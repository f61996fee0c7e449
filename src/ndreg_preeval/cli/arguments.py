# SPDX-License-Identifier: MIT
# ruff: noqa: PTH110 - os.path says no where Path raises
"""Meanings of the URIs, file names and options of the command line."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from ..options import DECLARED_OPTIONS, NONE


def ranking_options(arguments: Namespace) -> dict[str, Any]:
    """Options of `rank_stacks` as they were given."""
    given = {option.name: getattr(arguments, option.name) for option in DECLARED_OPTIONS if option.flag}
    return {name: None if value == NONE else value for name, value in given.items()}


def parse_stacks(texts: Sequence[str]) -> list[str] | dict[str, str]:
    """Stacks to rank, from the arguments: URIs, or names with their URIs."""
    named = [split_name(text) for text in texts]
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


def split_name(text: str) -> tuple[str | None, str]:
    """Return the name that an argument gives to a stack, if any, and its URI."""
    name, equal, uri = text.partition("=")
    # An = may also belong to a query (?path=...), to a folder or pattern, or to the name of a file that exists.
    if not equal or not name or re.search(r"[/\\?:]|&(slice|axis|stacks|series)$", name):
        return None, text
    if os.path.exists(text.partition("::")[0]) or (re.search(r"[*?\[]", text) and files_of(text)):
        return None, text
    return name, uri


def files_of(text: str) -> list[str]:
    """Files that a pattern or a folder stands for."""
    from ..stacks import files_of as files

    return files(text)


def file_meanings(text: str) -> Iterator[str]:
    """Every file that a URI may mean, however it is read."""
    texts = {text, text.partition("=")[2]}
    for scheme in ("silx://", "silx:", "file://", "file:"):
        texts |= {each[len(scheme) :] for each in texts if each.startswith(scheme)}
    for each in texts:
        yield from (part for part in (each, each.partition("::")[0], each.rpartition("::")[0]) if part)
        yield from (part for part in (each.partition("?")[0], each.rpartition("?")[0]) if part)
