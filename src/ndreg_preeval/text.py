# SPDX-License-Identifier: MIT
"""Names and numbers for people: printable, short, listed, in columns."""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TextIO

from .errors import shorten

NAMES_SHOWN = 6
"""Largest number of stacks that a sentence names."""

NAMES_TRIED: Final = 500
"""Largest number of names that one which nobody knows is compared with."""

ALIKE: Final = 0.65
"""Least likeness of two names of which one may stand for the other, of 0 to 1."""

NATURAL_ORDER = "images are in the natural order of their names"
"""Words of a sentence on the order of images: tables tell that of one stack, as all stacks have such."""

FOUND_IN_GROUP = "A search below the group that was named found it"
"""Words of a sentence on where a stack was found: told of one stack, too, as all of a group have such."""

FOUND_IN_FILE = "A search in the file found it"
"""The same where a file alone was named."""

TEXT_WIDTH = 110
"""Columns of a line of sentences, where nobody knows how wide the terminal is."""

ELLIPSIS = "..."
"""Stands for the part of a text that was left out."""


LONGEST_RULE = 46
"""Columns of a line below the heading of a last column, whose cells may be very long."""


def text_of(key: object) -> str:
    """The caller's key as text that can be encoded and stored, whatever it is."""
    if isinstance(key, bytes):
        text = repr(key)  # str() of bytes is an error under `python -bb`
    else:
        try:
            text = str(key)
        except Exception:  # noqa: BLE001 - the key is the caller's own object
            text = f"<{type(key).__name__}>"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def short_number(value: float) -> str:
    """A number where there is little room: four or so of its digits, or a dash for a missing one."""
    if not math.isfinite(value):
        return "-"
    if value == 0 or 1e-3 <= abs(value) < 10:
        return f"{value:.3f}"
    return f"{value:.1f}" if 10 <= abs(value) < 1e4 else f"{value:.1e}"


def printable(key: object, width: int, *, keep_end: bool = True) -> str:
    """Text of at most `width` columns, without line breaks or control characters.

    Long names lose their middle: names of one scan often differ only at the end.
    Sentences (`keep_end=False`) lose their end.
    """
    text = text_of(key)
    cut = len(text) > 8 * width + 8  # marks take no column, but so many are none
    if cut:
        text = text[: 4 * width + 4] + text[-4 * width - 4 :]
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if columns(text) <= width and not cut:
        return text
    room = width - len(ELLIPSIS)
    if room < 2:
        return _start_of(text, width)
    head = _start_of(text, (room + 1) // 2 if keep_end else room)
    if not keep_end:
        return head.rstrip() + ELLIPSIS
    room -= columns(head)
    tail = ""
    for c in reversed(text):
        if columns(c + tail) > room:
            break
        tail = c + tail
    while tail and columns(tail[0]) == 0:  # its letter was left out: the mark would go to the dots
        tail = tail[1:]
    return head + ELLIPSIS + tail


def _start_of(text: str, width: int) -> str:
    """As much of a text as has room, marks with their letter."""
    used = 0
    for index, c in enumerate(text):
        used += columns(c)
        if used > width:
            return text[:index]
    return text


def columns(text: str) -> int:
    """Columns that text takes in a terminal: East Asian wide characters take two, marks on a letter none."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(c: str) -> int:
    from unicodedata import category, east_asian_width

    # Vowels and final consonants of Hangul that are written one by one share the place of the first consonant.
    if category(c) in ("Mn", "Me", "Cf") or "\u1160" <= c <= "\u11ff" or "\ud7b0" <= c <= "\ud7ff":
        return 0
    return 2 if east_asian_width(c) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Text with blanks to a width in columns, behind it or before it."""
    blank = " " * (width - columns(text))
    return blank + text if right else text + blank


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = (), *, rule: bool = False) -> list[str]:
    """Lines of rows of equally many cells, two blanks between columns.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first one may be a heading.
    right : collection of int
        Numbers of the columns that are aligned at the right.
    rule : bool
        Draw a line below the first row.
    """
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            padded(cell, width, right=index in right)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    if rule:
        widths[-1] = min(widths[-1], LONGEST_RULE)
        lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def wrapped(text: str, width: int, indent: str = "  ", first: str = "") -> list[str]:
    """Lines of a text, at most `width` columns each; words that are wider than a line are cut.

    Parameters
    ----------
    text : str
        Without line breaks or control characters: `printable`.
    width : int
        In columns.
    indent : str
        What all lines but the first begin with.
    first : str
        What the first line begins with.
    """
    lines, line, begun = [], first, False
    for each in text.split():
        word = each
        if begun and columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line, begun = indent, False
        while not begun and columns(line) + columns(word) > width:
            part = _start_of(word, max(width - columns(line), 2)) or word[:1]
            lines.append(line + part)
            line, word = indent, word[len(part) :]
        line += " " * begun + word
        begun = bool(word)
    return [*lines, line] if begun or not lines else lines


def fitting(text: str, stream: TextIO) -> str:
    """Text in lines that fit the terminal that a stream is; as it is where that is none."""
    width = terminal_width(stream) if stream.isatty() else None
    return text if width is None else "\n".join(wrapped(printable(text, len(text)), max(width, 20)))


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal that a stream is, by default standard output; None where it is none.

    The environment variable COLUMNS goes first, whatever the stream is.
    """
    stream = stream or sys.stdout
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told[:6]) > 0:
        return int(told[:6])
    try:
        return (os.get_terminal_size(stream.fileno()).columns or None) if stream.isatty() else None
    except (AttributeError, OSError, ValueError):  # closed, or an object that somebody put there
        return None


def abbreviate(indices: Iterable[Any], most: int = 6) -> str:
    """Name images: "image 3", "images 1, 4-9, 12", cut after some ranges."""
    ranges: list[list[int]] = []
    numbers = sorted(int(index) for index in indices)
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    words = [str(low) if low == high else f"{low}-{high}" for low, high in ranges[:most]]
    more = ", ..." if len(ranges) > most else ""
    return ("image " if len(numbers) == 1 else "images ") + ", ".join(words) + more


def nearest(word: object, known: Iterable[object], most: int = 3) -> list[str]:
    """Names that somebody may have meant who wrote `word`, the likeliest first.

    Case, and ``_`` or a blank in place of ``-``, make no difference; a name may also be cut short.
    """
    from difflib import SequenceMatcher

    written = _plain(word)
    if not written:
        return []
    names: dict[str, float] = {}
    for each in itertools.islice(known, NAMES_TRIED):
        name = _plain(each)
        matcher = SequenceMatcher(None, name, written)
        likeness = 1.0 if name == written else 0.0
        if not likeness and matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
            likeness = matcher.ratio()
        if name.lstrip("-").startswith(written.lstrip("-")) and len(written.lstrip("-")) > 1:
            likeness = max(likeness, 0.9)
        if likeness >= ALIKE:
            names[text_of(each)] = likeness
    best = max(names.values(), default=0.0)
    return sorted((name for name in names if names[name] > best - 0.1), key=lambda name: -names[name])[:most]


def did_you_mean(word: object, known: Iterable[object], show: Callable[[str], str] = shorten) -> str:
    """The end of a message about an unknown word, from the semicolon on; empty where no known one is like it."""
    names = [show(name) for name in nearest(word, known)]
    return f"; did you mean {' or '.join(names)}?" if names else ""


def _plain(word: object) -> str:
    return text_of(word)[:200].casefold().replace("_", "-").replace(" ", "-")


def list_names(names: Sequence[Any], most: int = NAMES_SHOWN) -> str:
    shown = ", ".join(shorten(name, 80) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
