# SPDX-License-Identifier: MIT
"""Trust in stacks: which of them will align, by their numbers and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import core
from .reasons import NAMED, TRUSTED, UNLIKELY

if TYPE_CHECKING:
    from .stack_score import StackScore


def has_evidence(stack: StackScore) -> bool:
    """Whether any of its images has contrast to be judged by."""
    return bool((stack.flags & (core.NO_CONTRAST | core.ALL_INVALID) == 0).any())


def all_invalid(stack: StackScore) -> bool:
    """Whether none of its pairs has a valid pixel on both sides."""
    return len(stack.flags) > 0 and bool((stack.flags & core.ALL_INVALID != 0).all())


def least_trusted(stack: StackScore) -> tuple[int, str] | None:
    """Return the least certain image and the figure against it; None where all are trusted.

    Methods without a second opinion have no probability: there the p-value decides.
    """
    if not len(stack.flags):
        return None
    if stack.method.asks_opinion:
        worst = int(stack.probability.argmin())
        value = float(stack.probability[worst])
        trusted = value >= TRUSTED
        figure = f"P = {value:.2g}, below {TRUSTED}"
    else:
        worst = int(stack.p_value.argmax())
        value = float(stack.p_value[worst])
        trusted = value <= UNLIKELY
        figure = f"p-value {value:.2g}, above {UNLIKELY}"
    return None if trusted else (int(stack.image_indices[worst]), figure)


def at_zero(stack: StackScore) -> bool:
    """Whether every peak is at zero shift."""
    return len(stack.peak_shifts) > 0 and has_evidence(stack) and not stack.peak_shifts.any()


def moves(stack: StackScore) -> bool:
    """Whether it is trusted, and most of its images moved by a pixel or more."""
    if not has_evidence(stack) or least_trusted(stack) is not None:
        return False
    return bool(np.mean(abs(stack.peak_shifts).max(axis=1) >= 1) > 0.5)


def trust_words(trusts: list[tuple[str, float]]) -> str:
    """Say which stacks align, most likely first.

    Parameters
    ----------
    trusts : list of (str, float)
        Names and probabilities, in rank order.
    """
    notes = []
    for words, low, high in (("aligns", 0.9, 1.01), ("probably", 0.5, 0.9), ("perhaps", 0.2, 0.5)):
        some = [f"{name} {words} ({_percent(value)})" for name, value in trusts if low <= value < high]
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


def _percent(value: float) -> str:
    return f"{min(99, int(100 * value))} %"
