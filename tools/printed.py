# SPDX-License-Identifier: MIT
"""Printed examples of the pages: blocks of commands with what they print.

Such a block has the language ``console``: a line ``$ ndreg-preeval ...``, and below it what that prints in a
terminal of 100 columns, warnings first. The blocks of a page are run one after the other in one empty folder.
`python tools/printed.py` writes anew what they print; `tests/packaging/test_printed.py` compares.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from pages import Block, blocks, pages

LANGUAGE: Final = "console"

PROMPT: Final = "$ "

PROGRAM: Final = "ndreg-preeval"

COLUMNS: Final = 100
"""Width of the terminal, in columns."""

NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


def examples(page: Path) -> list[Block]:
    """The blocks of a page that show what commands print."""
    return [block for block in blocks(page.read_text()) if block.language == LANGUAGE]


def commands_of(block: Block) -> list[str]:
    """The commands of a block.

    Raises
    ------
    ValueError
        When it does not begin with one, or one is none of this package.
    """
    lines = block.text.splitlines()
    found = [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]
    if not lines or not lines[0].startswith(PROMPT):
        raise ValueError(f"line {block.line}: the block does not begin with a command: {PROMPT}{PROGRAM} ...")
    for command in found:
        if shlex.split(command)[:1] != [PROGRAM]:
            raise ValueError(f"line {block.line}: {command!r} is no command of {PROGRAM}")
    return found


def printed(block: Block, folder: Path) -> str:
    """The text of a block as it has to be: its commands with what they print in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NDREG_")}
    environment |= {"COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "agg"}
    parts = []
    for command in commands_of(block):
        done = subprocess.run(
            [sys.executable, "-m", "ndreg_preeval", *shlex.split(command)[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        parts.append(f"{PROMPT}{command}\n{done.stdout}")
    return "".join(parts)


def difference(shown: str, found: str) -> str:
    """Tell the first line in which two texts differ; empty where they do not.

    Numbers may differ as those of other processors and other versions of NumPy do, and blanks with them.
    """
    for line, other in zip([*shown.splitlines(), ""], [*found.splitlines(), ""], strict=False):
        if not _same(line, other):
            return f"shown is {line!r}, printed is {other!r}"
    more = len(found.splitlines()) - len(shown.splitlines())
    return f"{abs(more)} lines are {'missing' if more > 0 else 'too many'}" if more else ""


def _same(line: str, other: str) -> bool:
    words = [" ".join(re.sub(r"--+", "--", NUMBER.sub("#", each)).split()) for each in (line, other)]
    if words[0] != words[1]:
        return False
    numbers = [list(map(float, NUMBER.findall(each))) for each in (line, other)]
    return all(abs(a - b) <= 0.02 + 0.05 * max(a, b) for a, b in zip(*numbers, strict=True))


def updated(page: Path) -> str:
    """The text of a page with what its commands print."""
    lines = page.read_text().splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        found = [(block, printed(block, Path(folder))) for block in examples(page)]
    for block, text in reversed(found):
        first = block.line  # lines count from 1, and the fence is the first
        lines[first : first + len(block.text.splitlines())] = [text]
    return "".join(lines)


def main() -> None:
    """All pages, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, help="all without any")
    arguments = parser.parse_args()
    for page in [each.resolve() for each in arguments.pages] or pages():
        if examples(page):
            page.write_text(updated(page))
            print(f"{page}: {len(examples(page))} blocks")


if __name__ == "__main__":
    main()
