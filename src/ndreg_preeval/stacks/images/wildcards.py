# SPDX-License-Identifier: MIT
"""One component of a pattern: ``*``, ``?``, ``[...]`` and ``{stack}`` against one name."""

from __future__ import annotations

import fnmatch
import os
import re
from typing import Final, NamedTuple

from ..uris import escape

STACK: Final = "{stack}"
"""Stands for the name of a stack: the same wherever it comes in a pattern."""

ANY_DEPTH: Final = "**"
"""A component that stands for any number of folders, none among them."""

WILDCARDS: Final = re.compile(r"[*?\[]")


class Hit(NamedTuple):
    """A name that a component matches."""

    stack: str | None
    """What ``{stack}`` is; None where the component has none, and nothing before had one."""
    rest: str
    """The name with ``{stack}`` in the place of its value: the same for the same image of another stack."""


class Component:
    """A component of a pattern, where it is known what ``{stack}`` is, or not yet.

    Parameters
    ----------
    text : str
    stack : str, optional
        What ``{stack}`` is.
    of_file : bool
        Whether it is compared as the system compares names of files.
    """

    def __init__(self, text: str, stack: str | None = None, *, of_file: bool = False) -> None:
        self.stack = stack
        self.shows_hidden: bool = (
            not of_file or text.startswith(".") or (text.startswith(STACK) and (stack or "")[:1] == ".")
        )
        first, *others = text.split(STACK)
        pattern = _frugal(first) if others else _translated(first)
        for number, piece in enumerate(map(_translated, others)):
            value = "(?P=s0)" if number else ".+" if stack is None else re.escape(stack)
            pattern += f"(?P<s{number}>{value}){piece}"
        self._pattern = re.compile(pattern, re.DOTALL | (re.IGNORECASE if of_file and os.name == "nt" else 0))

    def match(self, name: str) -> Hit | None:
        """Return what a name is to this component; None where it does not match.

        A ``{stack}`` takes as much as it can, and a ``*`` before it as little: of ``im_001_Ca_K`` and
        ``im_001_Fe_K``, ``im_*_{stack}`` makes two stacks, and not one of both elements. A leading
        point of a file name is matched by a point alone.
        """
        if name.startswith(".") and not self.shows_hidden:
            return None
        found = self._pattern.fullmatch(name)
        if found is None:
            return None
        spans = [found.span(group) for group in found.groupdict()]
        rest = name
        for start, end in reversed(spans):
            rest = rest[:start] + STACK + rest[end:]
        return Hit(found["s0"] if spans else self.stack, rest)


def _translated(piece: str) -> str:
    """Return a piece of a pattern as fnmatch has it, without its anchor."""
    return fnmatch.translate(piece)[len("(?s:") : -len(r")\Z")]


def _frugal(piece: str) -> str:
    """Return the same with a last ``*`` that takes as little as it can."""
    whole = _translated(piece)
    for star in reversed(list(re.finditer(r"\*", piece))):
        rest = _translated(piece[star.end() :])
        if whole.endswith(f".*{rest}"):  # else it is one of the characters in brackets
            return f"{whole[: len(whole) - len(rest)]}?{rest}"
    return whole


def has_wildcards(text: str) -> bool:
    """Return whether a text holds what means something in a pattern."""
    return STACK in text or WILDCARDS.search(text) is not None


def escape_one(name: str) -> str:
    """Return a pattern with a wildcard that matches this component of a path in a file alone.

    >>> escape_one("Fe")
    '[F]e'
    """
    place = next((place for place, letter in enumerate(name) if letter != "!"), None)
    if place is None:
        return name  # [!] would begin a set of what is not meant
    return f"{name[:place]}[{name[place]}]{escape(name[place + 1 :])}"


def as_wildcards(text: str, stack: str | None) -> str:
    """Return a pattern without ``{stack}``: its value, or ``*`` where that is not known."""
    return text.replace(STACK, "*" if stack is None else escape(stack))


def without_wildcards(component: str) -> str:
    """Return what a component is called where names are told apart: its fixed text.

    >>> without_wildcards("im_Ca_*")
    'im_Ca'
    """
    return re.sub(r"\[[^\]]*\]|[*?]+|" + re.escape(STACK), "", component).strip("_-. ")
