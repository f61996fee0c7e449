# SPDX-License-Identifier: MIT
"""Layout of what `--help` prints: as wide as the terminal, and no wider than lines are read well."""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from typing import Final

WIDEST: Final = 100
"""Longest line, in columns, however wide the terminal is."""

NARROWEST: Final = 40

NAME_COLUMNS: Final = 22
"""Columns for the names of options; the help of longer ones begins on the next line."""


def help_width() -> int:
    """Number of columns of a line of help."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns - 2))


class HelpLayout(argparse.HelpFormatter):
    """Paragraphs are filled; lines that begin with two blanks are items, ``item  meaning``, one below the other."""

    def __init__(self, prog: str, **others: int) -> None:
        width = help_width()
        # At 60 columns the names take a third of the line.
        super().__init__(prog, max_help_position=min(NAME_COLUMNS, width // 3), width=width, **others)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        blocks = [block.splitlines() for block in text.strip("\n").split("\n\n")]
        return "\n\n".join(
            "\n".join(
                item_lines(block, width) if block[0].startswith("  ") else self._filled(block, width, indent)
            )
            for block in blocks
        )

    def _split_lines(self, text: str, width: int) -> list[str]:
        first, *items = text.splitlines()
        return [
            *textwrap.wrap(first, width, break_on_hyphens=False, break_long_words=False),
            *item_lines(items, width),
        ]

    def _filled(self, lines: list[str], width: int, indent: str) -> list[str]:
        text = " ".join(line.strip() for line in lines)
        return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def item_lines(lines: list[str], width: int) -> list[str]:
    """Lines ``  item  meaning`` in two columns; where an item leaves no room, its meaning is below it."""
    items = [re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in lines]
    column = max((len(item[0]) for item in items if len(item) > 1), default=0) + 4
    beside = column <= width * 3 // 5
    laid: list[str] = []
    for item, *meaning in items:
        if not meaning:
            laid.append(f"  {item}")
        elif beside:
            head = f"  {item}".ljust(column)
            laid += textwrap.wrap(
                meaning[0],
                width,
                initial_indent=head,
                subsequent_indent=" " * column,
                break_on_hyphens=False,
                break_long_words=False,
            )
        else:
            laid.append(f"  {item}")
            laid += textwrap.wrap(
                meaning[0],
                width,
                initial_indent=" " * 6,
                subsequent_indent=" " * 6,
                break_on_hyphens=False,
                break_long_words=False,
            )
    return laid
