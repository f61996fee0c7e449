# SPDX-License-Identifier: MIT
"""Names and numbers for people: printable, short, listed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import shorten

NAMES_SHOWN = 6
"""Largest number of stacks that a sentence names."""

NATURAL_ORDER = "images are in the natural order of their names"
"""Words of a sentence on the order of images: tables tell that of one stack, as all stacks have such."""


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
    if len(text) > 2 * width:
        text = text[: width + 1] + text[-width:]
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    if columns(text) <= width:
        return text
    room = width - 3
    head, tail = "", ""
    for c in text:
        if columns(head + c) > ((room + 1) // 2 if keep_end else room):
            break
        head += c
    if not keep_end:
        return head + "..."
    for c in reversed(text):
        if columns(c + tail) > room - columns(head):
            break
        tail = c + tail
    return head + "..." + tail


def columns(text: str) -> int:
    """Columns that text takes in a terminal: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


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


def list_names(names: Sequence[Any], most: int = NAMES_SHOWN) -> str:
    shown = ", ".join(shorten(name, 80) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
