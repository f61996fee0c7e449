# SPDX-License-Identifier: MIT
"""Reasons and numbers of stacks in full, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..results import TRUSTED, UNLIKELY, percent, trust_word
from ..text import TEXT_WIDTH, abbreviate, padded, printable, wrapped
from .table import LONGEST, TOLD_ONCE, median, rounded, score_number, shift_range

if TYPE_CHECKING:
    from ..results import RankingData, StackScore

RANGES: Final = 100
"""Largest number of ranges of images that are named."""

LEAST: Final = 24
"""Smallest width of the lines, in columns."""


def why(ranking: RankingData, names: Sequence[Any] | None = None, *, width: int = 0) -> str:
    """All reasons, warnings and useful numbers of stacks: a paragraph for each.

    Parameters
    ----------
    ranking : RankingData
    names : sequence, optional
        Keys of the stacks that are wanted, in this order; else all, best first.
    width : int
        Columns of the terminal; 0 where nobody knows.
    """
    width = max(width or TEXT_WIDTH, LEAST)
    stacks = ranking.stacks
    if not stacks:
        return "\n".join(wrapped("No reasons: no ranking was computed.", width))
    ranks = {id(stack): rank for rank, stack in enumerate(stacks.values(), start=1)}
    chosen = (
        list(stacks.items()) if names is None else [(name, stacks[name]) for name in dict.fromkeys(names)]
    )
    paragraphs = []
    for name, stack in chosen:
        rank = ranks[id(stack)] if ranking.ranked_stack_names is not None and stack.rankable else None
        lines = wrapped(_heading(printable(name, LONGEST), stack, rank, len(stacks)), width, indent="    ")
        told = [(label, printable(text, LONGEST)) for label, text in _told(stack)]
        room = max(len(label) for label, _ in told)
        for label, text in told:
            first = f"  {padded(label, room)}  "
            lines += wrapped(text, width, " " * len(first) if width >= 2 * len(first) else "    ", first)
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs)


def _heading(name: str, stack: StackScore, rank: int | None, of: int) -> str:
    if stack.error is not None:
        return f"{name}: not read, ranked last"
    if not len(stack.image_indices):
        return f"{name}: not ranked, no image was compared"
    where = f"rank {rank} of {of}" if rank is not None else "not ranked"
    text = f"{name}: {where}, score {score_number(stack.score)}"
    word = trust_word(stack.trust)
    return (
        f"{text}, {word}{' aligns' * (word in ('probably', 'perhaps', 'hardly'))} ({percent(stack.trust)})"
        if word
        else text
    )


def _told(stack: StackScore) -> list[tuple[str, str]]:
    """What there is to say, with what it is."""
    if stack.error is not None:
        return [("error", stack.error), *_place(stack)]
    m = len(stack.image_indices)
    found = [("reason", text) for text in stack.reasons]
    if not found:
        found.append(("reason", _without_reasons(stack, m)))
    found += [(_label(text), text) for text in stack.warnings]
    height, wide = stack.shape
    images = f"{stack.n_images} of {height} x {wide}, {stack.dtype}"
    if m:
        # With pairing="previous" each image has a reference image of its own.
        alike = len(np.unique(stack.reference_indices)) == 1
        to = f"image {stack.reference_indices[0]}" if alike else "the one before it"
        images += f"; {m} compared with {to}" if m > 1 or alike else "; 1 compared with another"
        if stack.n_judged < m:
            images += f", {m - stack.n_judged} without evidence"
    found.append(("images", images))
    if m:
        found += _of_images(stack, m)
    return [*found, *_place(stack)]


def _label(warning: str) -> str:
    """Word for a warning: some say where a stack was found, and nothing that is against it."""
    return next((label.split()[0] for words, label in TOLD_ONCE.items() if words in warning), "warning")


def _without_reasons(stack: StackScore, m: int) -> str:
    if not m:
        return "none: no image was compared"
    if not np.isfinite(stack.probability).any():
        return f"none: the method {stack.method.name!r} gives no reasons"
    return "none: every image is trusted"


def _of_images(stack: StackScore, m: int) -> list[tuple[str, str]]:
    found = []
    if np.isfinite(stack.probability).any():
        doubted = np.asarray(stack.image_indices)[np.asarray(stack.probability) < TRUSTED]
        rule = f"P below {TRUSTED}"
        found.append(("P", f"median {rounded(median(stack.probability))}, worst {_worst(stack)}"))
    else:
        doubted = np.asarray(stack.image_indices)[np.asarray(stack.p_value) > UNLIKELY]
        rule = f"p-value above {UNLIKELY}"
    which = f": {abbreviate(doubted, RANGES)}" if len(doubted) else ""
    found.append(("doubtful", f"{len(doubted)} of {m} images ({rule}){which}"))
    found.append(("shift", f"median {shift_range(stack)}"))
    replaced = int(np.sum(stack.invalid_pixels))
    if replaced:
        share = replaced / (m * stack.shape[0] * stack.shape[1])
        found.append(("replaced", f"{replaced} invalid pixels, {100 * share:.2g} % of those compared"))
    return found


def _worst(stack: StackScore) -> str:
    position = int(np.argmin(stack.probability))
    return f"{rounded(float(stack.probability[position]))} (image {stack.image_indices[position]})"


def _place(stack: StackScore) -> list[tuple[str, str]]:
    return [("from", stack.location)] if stack.location else []
