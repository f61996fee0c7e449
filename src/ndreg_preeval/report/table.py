# SPDX-License-Identifier: MIT
"""A ranking as a table for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..results import worst_position
from ..text import NATURAL_ORDER, columns, printable

if TYPE_CHECKING:
    from ..results import RankingData, StackScore

NAME_WIDTH: Final = 28
NOTE_WIDTH: Final = 46
TEXT_WIDTH: Final = 110


def table(ranking: RankingData, *, warnings: bool = True) -> str:
    """A table for people: one line per stack, best first.

    Parameters
    ----------
    ranking : RankingData
        What to show.
    warnings : bool
        Append the warnings that concern the ranking as a whole. Why a stack could not be read is
        appended either way.
    """
    lines = [_heading(ranking)]
    if ranking.stacks:
        lines += ["", *_aligned(_rows(ranking))]
        if ranking.ranked_stack_names is not None and _uses_probability(ranking):
            lines += ["", f"Trust: {printable(ranking.trust, 400)}"]
            lines += ["P is about the probability that an image aligns within a pixel."]
    texts = _order(ranking)
    texts += [f"not read: {stack.error}" for stack in ranking.stacks.values() if stack.error is not None]
    if warnings:
        texts += [f"warning: {warning}" for warning in ranking.warnings]
    if texts:
        import textwrap

        for text in texts:
            lines += ["", *textwrap.wrap(printable(text, 4096), TEXT_WIDTH, subsequent_indent="  ")]
    return "\n".join(lines)


def _order(ranking: RankingData) -> list[str]:
    """Tell in which order the images of the best stack are that has them in files of their own: a clipped note cannot."""
    told = [
        (key, text)
        for key, stack in ranking.stacks.items()
        for text in stack.warnings
        if NATURAL_ORDER in text
    ]
    if not told:
        return []
    key, text = told[0]
    return [f"order of {printable(key, NAME_WIDTH)}: {text[:1].lower()}{text[1:]}"]


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


def _rows(ranking: RankingData) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("rank", "stack", "score", "images", "worst image", "median P", "median shift (range)", "note")
    ]
    ranked = ranking.ranked_stack_names is not None
    for rank, (key, stack) in enumerate(ranking.stacks.items(), start=1):
        rows.append(
            (
                str(rank) if ranked and stack.rankable else "-",
                printable(key, NAME_WIDTH),
                _number(stack.score),
                str(stack.n_images),
                _worst(stack),
                _rounded(_median(stack.probability)),
                _shift_range(stack),
                _note(stack),
            )
        )
    return rows


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Text columns to the left, numbers to the right."""
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    left = {1, len(widths) - 1}
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blank = " " * (width - columns(cell))
            cells.append(cell + blank if index in left else blank + cell)
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def _number(value: float, digits: int = 4) -> str:
    if not math.isfinite(value):
        return "-"
    if value != 0 and (abs(value) >= 1e5 or abs(value) < 10.0**-digits):
        return f"{value:.2e}"
    return f"{value:.{digits}f}"


def _rounded(value: float) -> str:
    """Two decimals: enough for a probability."""
    return "<0.01" if 0 < value < 0.01 else _number(value, 2)


def _median(values: Any) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _worst(stack: StackScore) -> str:
    position = worst_position(stack)
    if position is None:
        return "-"
    value = float(stack.values[position])
    return f"{stack.image_indices[position]} ({_rounded(value)})"


def _shift_range(stack: StackScore) -> str:
    """Length of the shifts, in pixels."""
    if not len(stack.shifts):
        return "-"
    length = np.hypot(*np.asarray(stack.shifts, dtype=float).T)
    return f"{np.median(length):.1f} ({length.min():.1f} to {length.max():.1f}) px"


def _note(stack: StackScore) -> str:
    texts = [*stack.reasons, *(text for text in stack.warnings if NATURAL_ORDER not in text)]
    if not texts:
        return ""
    more = len(texts) - 1
    suffix = f" (+{more})" if more else ""
    return printable(texts[0], NOTE_WIDTH - len(suffix), keep_end=False) + suffix
