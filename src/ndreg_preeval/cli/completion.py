# SPDX-License-Identifier: MIT
"""The commands completion and man: what shells and `man` need to know of the command line."""

from __future__ import annotations

import argparse
from argparse import Namespace
from pathlib import Path
from typing import Final

from ..installation import how_to_get, install_command
from .parsing import MainParser

SHELLS: Final = ("bash", "zsh", "tcsh")

FILES: Final = frozenset({"uris", "uri", "mask", "json", "csv", "plot", "html", "nexus", "output"})
"""Arguments that are completed by names of files."""

MAN_PAGE: Final = Path(__file__).with_name("ndreg-preeval.1")

WHERE: Final = """\
Save the script where your shell looks for completions:

  bash  ndreg-preeval completion bash > ~/.local/share/bash-completion/completions/ndreg-preeval
  zsh  ndreg-preeval completion zsh > FOLDER/_ndreg-preeval, a folder of $fpath
  tcsh  ndreg-preeval completion tcsh > ~/.ndreg-preeval.tcsh, and in ~/.tcshrc: source ~/.ndreg-preeval.tcsh
"""


def completion(arguments: Namespace) -> int:
    """Print a script that completes commands, options, methods, choices and names of files; exit code.

    Raises
    ------
    ImportError
        When shtab is not installed; names the extra.
    """
    from .parser import make_parser

    try:
        import shtab
    except ImportError as error:
        raise ImportError(
            f"completion of commands needs shtab: {how_to_get('shtab')}: {install_command('completion')}",
            name=error.name,
        ) from error
    parser = make_parser()
    _name_files(parser, shtab.FILE)
    print(shtab.complete(parser, arguments.shell))
    return 0


def man(_: Namespace) -> int:
    """Print the page for man, as tools/man_page.py made it of the parser; exit code."""
    print(MAN_PAGE.read_text(encoding="utf-8"), end="")
    return 0


def _name_files(parser: MainParser, files: object) -> None:
    for command in parser.commands.values():
        for action in command._actions:
            # A field that shtab looks for. Where choices are few, these are completed.
            if action.dest in FILES and not isinstance(action, argparse._StoreTrueAction):
                action.complete = files  # type: ignore[attr-defined]
