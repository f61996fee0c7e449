# SPDX-License-Identifier: MIT
# ruff: noqa: PTH112 - os.path says no where Path raises
"""The option --why of the command rank: whose reasons are shown in full, or which URI stands in the wrong place."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ..text import did_you_mean, list_names, printable, terminal_width, text_of

if TYPE_CHECKING:
    from ..ranking import Ranking

ALL: Final[object] = object()
"""Stands for all stacks."""

SHOWN: Final = 200
"""Columns of a name in a message."""


class WrongUsage(Exception):
    """A stack on the command line that there is none of; the message says so."""


def settle(arguments: Namespace) -> list[str] | None:
    """Return the names that follow --why; none of them for all stacks, and None without the option.

    A URI right behind --why is taken as the name of a stack, as argparse sees no difference. Where that leaves no
    URI at all, it is the URI, which is then put where it belongs.

    Raises
    ------
    SystemExit
        Where there is no URI, or a name is a file or a pattern, and most likely another URI.
    """
    given: list[Any] = arguments.why or []
    names = [each for each in given if each is not ALL]
    if not arguments.uris:
        if len(names) != 1:
            arguments.wrong_usage("the following arguments are required: URI")
        arguments.uris, names = names, []
        return []
    for name in names:
        meant_so = name in arguments.uris or f"--why={name}" in arguments.command_line
        if not meant_so and _is_input(name):
            arguments.wrong_usage(
                f"--why: {_quoted(name)} stands in the place of a stack's name, and is most likely a URI: write --why "
                f"behind all URIs, or --why={printable(name, SHOWN)} if a stack is called so"
            )
    return None if not given else [] if ALL in given else names


def show(ranking: Ranking, names: Sequence[str], *, apart: bool, below_table: bool) -> str | None:
    """Print reasons in full: below a table, or on standard error, where standard output is for data.

    The others are shown, too, where a name is that of no stack; what is wrong with it is returned.

    Parameters
    ----------
    ranking : Ranking
    names : sequence of str
        Those who are wanted; all without any.
    apart : bool
        Whether standard output is for data.
    below_table : bool
        Whether a table was printed just before.
    """
    from ..report import why

    stream = sys.stderr if apart else sys.stdout
    keys: dict[str, Any] = {}
    for key in ranking.stacks:
        # As it is, and as the table shows it.
        keys.setdefault(printable(key, 4096), key)
        keys[text_of(key)] = key
    found = [keys[name] for name in names if name in keys]
    if found or not names or not keys:
        if below_table:
            print(file=stream)
        print(why(ranking, found or None, width=terminal_width(stream) or 0), file=stream, flush=True)
    missing = [name for name in names if name not in keys] if keys else []
    return _no_stack(missing[0], [text_of(key) for key in ranking.stacks]) if missing else None


def _no_stack(name: str, stacks: Sequence[str]) -> str:
    last = [each for each in stacks if name and re.split(r"[/:]", each)[-1] == name]
    if os.path.isdir(name):
        hint = f"; {_quoted(name)} is a folder: if it is to be ranked, write it before --why"
    elif last:
        hint = f"; did you mean {_quoted(last[0])}?"
    else:
        hint = did_you_mean(name, stacks, _quoted) or f"; the stacks are {list_names(stacks)}"
    return f"--why: no stack is called {_quoted(name)}{hint}"


def _is_input(text: str) -> bool:
    if "::" in text or re.search(r"[*?\[]|^(silx|file):", text):
        return True
    return any(map(os.path.isfile, {text, text.partition("=")[2]}))


def _quoted(name: str) -> str:
    return f"'{printable(name, SHOWN)}'"
