# SPDX-License-Identifier: MIT
"""Trust in stacks: which of them will align, by their numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from .. import core
from .jumps import creeps
from .reasons import NAMED, TRUSTED, UNLIKELY

if TYPE_CHECKING:
    from .stack_score import StackScore


NOTHING: Final = core.NO_CONTRAST | core.ALL_INVALID
"""Flags of an image that can be compared with none."""


LEVELS: Final = (("aligns", 0.9, 1.01), ("probably", 0.5, 0.9), ("perhaps", 0.2, 0.5))
"""Words on how likely a stack aligns, and the probabilities from and below which they hold."""


def trust_word(trust: float) -> str:
    """Say in a word how likely a stack aligns; nothing where nobody knows."""
    if math.isnan(trust):
        return ""
    return next((word for word, low, high in LEVELS if low <= trust < high), "hardly")


def has_evidence(stack: StackScore) -> bool:
    """Whether any compared image has evidence."""
    return stack.n_judged > 0


def has_contrast(stack: StackScore) -> bool:
    """Whether any of its images has contrast, alone."""
    summary = stack._summary
    return summary.n_compared > 0 and (summary.contrast or not stack.reference_flags & NOTHING)


def about_words(stack: StackScore) -> str:
    """Say what the trust is about: "118 of 119 images" where that is not all of them, and "at rest" where nothing moves."""
    of = stack._summary.n_compared
    words = [] if stack.n_judged == of else [f"{stack.n_judged} of {of} images"]
    if at_rest(stack):
        words.append("at rest")
    return ", ".join(words)


def all_invalid(stack: StackScore) -> bool:
    """Whether none of its pairs has a valid pixel on both sides."""
    return stack._summary.all_flags & core.ALL_INVALID != 0


def trusted(stack: StackScore) -> bool:
    """Whether it has evidence, and every image that has is trusted.

    Methods without a second opinion have no probability: there the p-value decides.
    """
    if not has_evidence(stack):
        return False
    if stack.method.asks_opinion:
        return stack._summary.least_probability >= TRUSTED
    return stack._summary.largest_p_value <= UNLIKELY


def least_trusted(stack: StackScore) -> tuple[int, str] | None:
    """Return the least certain image that has evidence and the figure against it; None where all are trusted."""
    if trusted(stack) or not has_evidence(stack):
        return None
    summary = stack._summary
    if stack.method.asks_opinion:
        worst, figure = summary.least_probable, f"P = {summary.least_probability:.2g}, below {TRUSTED}"
    else:
        worst, figure = summary.by_chance, f"p-value {summary.largest_p_value:.2g}, above {UNLIKELY}"
    return int(stack.image_indices[worst]), figure


def at_zero(stack: StackScore) -> bool:
    """Whether every peak is at zero shift, of the images that have evidence, and nothing creeps from image to image."""
    return has_evidence(stack) and stack._summary.moved == 0 and not creeping(stack)


def creeping(stack: StackScore) -> bool:
    """Whether shifts of less than a pixel from image to image add up to motion."""
    if not np.array_equal(stack.reference_indices, stack.image_indices - 1):
        return False
    return creeps(np.asarray(stack.shifts, dtype=float)[stack.mean > 0])


def beyond_limit(stack: StackScore) -> tuple[int, int]:
    """Return how many images have their highest peak beyond `max_shift`, and how far, 0 where that is no longer known."""
    if not stack._summary.any_flags & core.BEYOND_LIMIT:
        return 0, 0
    origin = vars(stack).get("_origin")
    farthest = 0 if origin is None else int(origin.numbers.records["beyond_max_shift"].max())
    return int(np.count_nonzero(stack.flags & core.BEYOND_LIMIT)), farthest


def only_zero(max_shift: float | None) -> bool:
    """Whether no other whole shift than zero is allowed, so that a peak there tells nothing."""
    return max_shift is not None and max_shift < 1


def at_rest(stack: StackScore) -> bool:
    """Whether every peak is at zero shift, and the images tell that the sample rests."""
    return at_zero(stack) and stack._summary.any_flags & core.AT_REST != 0


def moves(stack: StackScore) -> bool:
    """Whether it is trusted, and most of its images that have evidence moved by a pixel or more, or all crept on."""
    return trusted(stack) and (2 * stack._summary.moved > stack.n_judged or creeping(stack))


def trust_words(trusts: list[tuple[str, float]], about: Sequence[str] | None = None) -> str:
    """Say which stacks align, most likely first.

    Parameters
    ----------
    trusts : list of (str, float)
        Names and probabilities, in rank order.
    about : sequence of str, optional
        What each probability is about, where there is something to say: `about_words`.
    """
    notes = []
    told = [
        f"{percent(value)}, {images}" if images else percent(value)
        for (_, value), images in zip(trusts, about or [""] * len(trusts), strict=True)
    ]
    for words, low, high in LEVELS:
        some = [
            f"{name} {words} ({figure})"
            for (name, value), figure in zip(trusts, told, strict=True)
            if low <= value < high
        ]
        notes += some[:NAMED]
        if len(some) > NAMED:
            notes.append(f"{len(some) - NAMED} more {'align' if words == 'aligns' else words}")
    rest = sum(value < 0.2 for _, value in trusts)
    if rest and not notes:
        return (
            "No stack is likely to align." if len(trusts) > 1 else f"{trusts[0][0]} is not likely to align."
        )
    if rest:
        notes.append("the other one hardly" if rest == 1 else "none of the others")
    return "; ".join(notes) + "."


def percent(value: float) -> str:
    """Say a probability in percent; never 100, which would be a promise."""
    return f"{min(99, int(100 * value))} %"
