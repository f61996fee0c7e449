# SPDX-License-Identifier: MIT
"""Makes the manual page of the command line of its parser: `python tools/man_page.py`, after a change of options.

tests/cli/test_completion.py fails where the stored page is not the one that this makes.
"""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path

from argparse_manpage.manpage import Manpage

import ndreg_preeval
from ndreg_preeval.cli.completion import MAN_PAGE
from ndreg_preeval.cli.parser import make_parser


def man_page() -> str:
    """The page, the same whenever and wherever it is made."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        return _page()
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def _page() -> str:
    parser = make_parser()
    epilogs = []
    for name, command in parser.commands.items():
        for action in command._actions:
            if action.help and "\n" in action.help:
                first, *items = action.help.splitlines()
                listed = [re.sub(r"\s{2,}", ": ", item.strip(), count=1) for item in items]
                action.help = f"{first}. {'; '.join(listed)}"
        if command.epilog:
            epilogs.append((name, textwrap.dedent(command.epilog)))
            command.epilog = None
    parser.epilog = None
    body = str(Manpage(parser, format="single-commands-section")).split("\n", 1)[1]
    title = f'.TH NDREG\\-PREEVAL "1" "" "ndreg\\-preeval {ndreg_preeval.__version__}" "User Commands"'
    body = body.replace(".SH\nCOMMANDS", ".SH COMMANDS")
    body = body.replace(
        ".SH NAME\nndreg\\-preeval\n",
        ".SH NAME\nndreg\\-preeval \\- which image stack is the best one to align with\n",
    )
    return "\n".join([title, body.rstrip(), *(_notes(name, text) for name, text in epilogs), ""])


def _notes(command: str, text: str) -> str:
    """A section as it is written: items and commands to copy keep their lines."""
    escaped = text.rstrip().replace("\\", "\\e").replace("-", "\\-")
    lines = ["\\&" + line if line.startswith((".", "'")) else line for line in escaped.splitlines()]
    return "\n".join([f'.SH "NOTES ON {command.upper()}"', ".nf", *lines, ".fi"])


if __name__ == "__main__":
    Path(MAN_PAGE).write_text(man_page(), encoding="utf-8")
