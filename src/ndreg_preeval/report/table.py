# SPDX-License-Identifier: MIT
"""A ranking as a table for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..results import worst_position
from ..text import (
    ELLIPSIS,
    FOUND_IN_FILE,
    FOUND_IN_GROUP,
    NATURAL_ORDER,
    TEXT_WIDTH,
    aligned,
    columns,
    printable,
    terminal_width,
    wrapped,
)

if TYPE_CHECKING:
    from ..results import RankingData, StackScore

NAME_WIDTH: Final = 28
"""Columns of a name in a heading."""

WIDE: Final = 120
"""Columns of a table where nobody says how many there are."""

LEAST: Final = 24
"""Smallest width of a table, in columns."""

LONGEST: Final = 4096
"""Largest width of a cell, in columns: names may be of any length."""

LONGEST_NAME: Final = 60
"""Largest width of a name in the table, in columns."""

NOTE_LEAST: Final = 36
"""Width of the notes, in columns, for which other columns are left out."""

NOTE_SHORTEST: Final = 16
"""Smallest width of the notes, in columns, that says something: narrower ones are left out."""

LAYOUTS: Final = (
    ("rank", "stack", "score", "images", "worst image", "median P", "median shift (range)", "note"),
    ("rank", "stack", "score", "images", "median P", "median shift (range)", "note"),
    ("rank", "stack", "score", "images", "median P", "median shift", "note"),
    ("rank", "stack", "score", "median P", "median shift", "note"),
    ("rank", "stack", "score", "median P", "note"),
    ("rank", "stack", "score", "note"),
    ("rank", "stack", "score"),
)
"""Columns of the table, the widest first; what is missing in a later one is the least important."""

LEFT: Final = ("stack", "note")

TOLD_ONCE: Final = {NATURAL_ORDER: "order of", FOUND_IN_FILE: "place of", FOUND_IN_GROUP: "place of"}
"""Sentences that all stacks of a file have, of which a table tells one; and what it calls them."""


def table(ranking: RankingData, *, width: int | None = None, warnings: bool = True, hint: str = "") -> str:
    """A table for people: one line per stack, best first.

    Parameters
    ----------
    ranking : RankingData
        What to show.
    width : int, optional
        Columns of the terminal; 0 for lines of any length, with nothing cut. By default those of the terminal
        that standard output is, or 120.
    warnings : bool
        Append the warnings that concern the ranking as a whole. Why a stack could not be read is
        appended either way.
    hint : str
        What to say below a table whose notes are cut.
    """
    if width is None:
        width = terminal_width() or WIDE
    width = max(width, LEAST) if width else 0
    texts = [_heading(ranking)]
    lines: list[str] = []
    if ranking.stacks:
        lines, cut = _fitted(ranking, width)
        if ranking.ranked_stack_names is not None and _uses_probability(ranking):
            texts.append(f"Trust: {printable(ranking.trust, 400)}")
            if "median P" in lines[0]:
                texts.append("P is about the probability that an image aligns within a pixel.")
        if cut and hint:
            texts.append(hint)
    paragraphs = [wrapped(text, width or TEXT_WIDTH) for text in texts]
    found = [*paragraphs[0], *([""] if lines else []), *lines]
    if paragraphs[1:]:
        found += ["", *(line for paragraph in paragraphs[1:] for line in paragraph)]
    more = _told_once(ranking)
    more += [f"not read: {stack.error}" for stack in ranking.stacks.values() if stack.error is not None]
    if warnings:
        more += [f"warning: {warning}" for warning in ranking.warnings]
    for text in more:
        found += ["", *wrapped(printable(text, LONGEST), width or TEXT_WIDTH)]
    return "\n".join(found)


def _told_once(ranking: RankingData) -> list[str]:
    """Tell of the best stack that has it what a note would tell of every stack: the order of its files, its place."""
    found = []
    for words, label in TOLD_ONCE.items():
        told = [
            (key, text) for key, stack in ranking.stacks.items() for text in stack.warnings if words in text
        ]
        if told:
            key, text = told[0]
            found.append(f"{label} {printable(key, NAME_WIDTH)}: {text[:1].lower()}{text[1:]}")
    return found


def _heading(ranking: RankingData) -> str:
    method = printable(ranking.method.name, NAME_WIDTH)
    if ranking.reference_stack is None:
        return "Reference stack: none (no ranking was asked for)"
    best = printable(ranking.reference_stack, 2 * NAME_WIDTH)
    if ranking.ranked_stack_names is None:
        return f"Reference stack: {best} (chosen by the caller: no ranking)"
    number = len(ranking.ranked_stack_names)
    stacks = "1 stack" if number == 1 else f"{number} stacks"
    return f"Reference stack: {best} (best of {stacks}, method {method})"


def _uses_probability(ranking: RankingData) -> bool:
    return any(np.isfinite(stack.probability).any() for stack in ranking.stacks.values())


def _fitted(ranking: RankingData, width: int) -> tuple[list[str], bool]:
    """Lines of a table of at most some width, 0 for any; and whether notes are cut in it."""
    cells = _cells(ranking)
    notes = [_notes(stack) for stack in ranking.stacks.values()]
    longest = {name: max(columns(name), *map(columns, some)) for name, some in cells.items()}
    whole = [" | ".join(each) for each in notes]
    longest["note"] = max(columns("note"), *map(columns, whole))
    least = longest | {
        "stack": min(longest["stack"], max(width // 4, 8)),
        "note": min(longest["note"], NOTE_LEAST),
    }
    shortest = least | {"note": min(longest["note"], NOTE_SHORTEST)}
    layouts = LAYOUTS if any(notes) else [tuple(name for name in each if name != "note") for each in LAYOUTS]
    layout = layouts[0]
    if width:
        fitting = [each for each in layouts[:-1] if _width(each, least) <= width]
        fitting += [each for each in layouts[-2:] if _width(each, shortest) <= width]
        layout = fitting[0] if fitting else layouts[-1]
        free = width - _width(layout, least)
        if "note" in layout and free < 0:  # names and notes are short, and notes have what is left
            least |= {"note": least["note"] + free}
            free = 0
        of_name = max(least["stack"] + free, 4)
        cells["stack"] = [printable(name, of_name) for name in cells["stack"]]
        free -= min(longest["stack"], of_name) - least["stack"]
        shown = [_shown(each, least["note"] + free) for each in notes]
    else:
        shown = whole
    cells["note"] = shown
    rows = zip(*([name, *cells[name]] for name in layout), strict=True)
    right = [index for index, name in enumerate(layout) if name not in LEFT]
    cut = any(notes) if "note" not in layout else shown != whole
    return aligned([*rows], right, rule=True), cut


def _width(layout: tuple[str, ...], widths: dict[str, int]) -> int:
    return sum(widths[name] for name in layout) + 2 * (len(layout) - 1)


def _cells(ranking: RankingData) -> dict[str, list[str]]:
    """Cells of every column but the notes, by the heading of the column."""
    ranked = ranking.ranked_stack_names is not None
    stacks = list(ranking.stacks.items())
    ranges = [shift_range(stack) for _, stack in stacks]
    return {
        "rank": [
            str(rank) if ranked and stack.rankable else "-" for rank, (_, stack) in enumerate(stacks, start=1)
        ],
        "stack": [printable(key, LONGEST_NAME) for key, _ in stacks],
        "score": [score_number(stack.score) if stack.rankable or not ranked else "-" for _, stack in stacks],
        "images": [str(stack.n_images) for _, stack in stacks],
        "worst image": [worst(stack) for _, stack in stacks],
        "median P": [rounded(median(stack.probability)) for _, stack in stacks],
        "median shift (range)": ranges,
        "median shift": [text.partition(" (")[0] + " px" * text.endswith("px") for text in ranges],
    }


def score_number(value: float, digits: int = 4) -> str:
    """A score; a dash for a missing one."""
    if not math.isfinite(value):
        return "-"
    if value != 0 and (abs(value) >= 1e5 or abs(value) < 10.0**-digits):
        return f"{value:.2e}"
    return f"{value:.{digits}f}"


def rounded(value: float) -> str:
    """Two decimals: enough for a probability."""
    return "<0.01" if 0 < value < 0.01 else score_number(value, 2)


def median(values: Any) -> float:
    """The median, NaN of nothing."""
    return float(np.median(values)) if len(values) else float("nan")


def worst(stack: StackScore) -> str:
    """The worst image and its value, or a dash."""
    position = worst_position(stack)
    if position is None:
        return "-"
    value = float(stack.values[position])
    return f"{stack.image_indices[position]} ({rounded(value)})"


def shift_range(stack: StackScore) -> str:
    """Length of the shifts, in pixels."""
    if not len(stack.shifts):
        return "-"
    length = np.hypot(*np.asarray(stack.shifts, dtype=float).T)
    return f"{np.median(length):.1f} ({length.min():.1f} to {length.max():.1f}) px"


def _notes(stack: StackScore) -> list[str]:
    """What there is to say of a stack, the most important first."""
    if stack.error is not None:
        return ["not read: see below"]
    told = (text for text in stack.warnings if not any(words in text for words in TOLD_ONCE))
    texts = [*stack.reasons, *told]
    return [printable(text, LONGEST) for text in texts]


def _shown(notes: list[str], width: int) -> str:
    """As many notes as have room, and the number of the others; the first one is cut where it has none."""
    for number in range(len(notes), 0, -1):
        more = len(notes) - number
        suffix = f" (+{more})" if more else ""
        text = " | ".join(notes[:number])
        if columns(text + suffix) <= width:
            return text + suffix
    if not notes:
        return ""
    suffix = f" (+{len(notes) - 1})" if notes[1:] else ""
    text = printable(notes[0], width - len(suffix), keep_end=False)
    words, _, part = text.removesuffix(ELLIPSIS).rpartition(" ")
    whole_word = text.endswith(ELLIPSIS) and len(words) > 2 * len(part)
    return (words.rstrip(",;:") + ELLIPSIS if whole_word else text) + suffix
