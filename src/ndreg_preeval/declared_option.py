# SPDX-License-Identifier: MIT
"""Declaration of an option: all that the command line, the Ewoks model and the Orange form need of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

__all__ = ["NONE", "DeclaredOption", "declare"]

NONE: Final = "none"
"""Word for None among the choices of an option, on command lines and in forms."""


NO_PURPOSES: Final[Mapping[str, str]] = MappingProxyType({})


class DeclaredOption(NamedTuple):
    """An option as the command line, the Ewoks task and its form ask for it."""

    name: str
    default: Any
    """Value where the caller gives none; a method by its name, and None for the usual limits."""
    help: str
    """Phrase that begins small and ends without a full stop."""
    type: type
    """Type of values other than None."""
    choices: tuple[str | None, ...]
    """All values; empty where these are not a few."""
    flag: str
    """Option of the command line; empty where a line of text cannot say it."""
    unit: str | None
    group: str
    """Heading in the help of the command line."""
    examples: tuple[Any, ...]
    form: str
    """Part of Orange's form that has a field for it: "ranking", which is always open, or a box that can be
    opened; empty where none has."""
    purposes: Mapping[str, str]
    """What each choice is for, in one line; empty where the names say it."""

    @property
    def may_be_none(self) -> bool:
        """Whether None is a value."""
        return self.default is None or None in self.choices


def declare(
    help: str,
    type: type,
    *,
    choices: tuple[str | None, ...] = (),
    flag: str | None = None,
    unit: str | None = None,
    group: str = "score",
    examples: tuple[Any, ...] = (),
    form: str = "",
    purposes: Mapping[str, str] = NO_PURPOSES,
) -> Mapping[str, Any]:
    """Return metadata for a field of `Options`: all of a `DeclaredOption` but name and default, which the field has."""
    return locals()
