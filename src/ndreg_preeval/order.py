# SPDX-License-Identifier: MIT
"""Which stack comes first, and what to say about all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .errors import shorten
from .findings import all_invalid, at_zero, has_evidence, least_trusted, moves

if TYPE_CHECKING:
    from .methods import Method
    from .scoring import StackScore

NAMES_SHOWN = 6
"""Of stacks, in a sentence."""


HOPELESS: Final = 0.05
"""Probability below which stacks are told from each other by their peaks, if none of them has more."""


def rank_order(stacks: Sequence[StackScore], method: Method) -> list[int]:
    """Return the positions of the stacks, best first; of equal ones the earlier first.

    Best is the largest score. Where it is the probability to align, and no stack has any worth the name,
    as with images that are rotated, scores differ by chance: the stack whose peaks stand out most is first.
    """
    probable = method.statistic == "evidence" and method.normalization == "phase"
    by_peaks = probable and not any(stack.score >= HOPELESS for stack in stacks)

    def key(position: int) -> tuple[bool, bool, bool, float]:
        stack = stacks[position]
        merit = _prominence(stack) if by_peaks else stack.score
        return stack.error is not None, not stack.rankable, not has_evidence(stack), -merit

    return sorted(range(len(stacks)), key=key)


def _prominence(stack: StackScore) -> float:
    """Harmonic mean of the ratios of peak and mean: one image that repeats the first cannot carry it."""
    ratios = stack.peak_to_mean
    return len(ratios) / float((1 / ratios).sum()) if len(ratios) and (ratios > 0).all() else 0.0


def check_rankable(results: Sequence[StackScore], failure: Exception | None) -> None:
    rankable = [stack for stack in results if stack.rankable]
    if not rankable:
        names = list_names([stack.name for stack in results])
        if failure is not None:
            raise ValueError(
                f"no stack can be ranked, none could be read with two images or more: {names}"
            ) from failure
        raise ValueError(f"no stack can be ranked, each needs two images or more: {names}")
    if all(all_invalid(stack) for stack in rankable):
        names = list_names([stack.name for stack in rankable])
        raise ValueError(f"no stack can be ranked, no pair of images has valid pixels: {names}")


def ranking_warnings(
    ranked: Sequence[StackScore], given: Sequence[StackScore]
) -> tuple[list[str], list[str]]:
    """What to say about the ranking as a whole, and which of it is worth a Python warning."""
    said: list[str] = []
    loud: list[str] = []
    lengths: dict[int, list[Any]] = {}
    for stack in given:
        if stack.error is not None:
            continue
        lengths.setdefault(stack.n_images, []).append(stack.name)
    if len(lengths) > 1:
        figures = ", ".join(
            f"{n} in {list_names(lengths[n], 2)}" for n in sorted(lengths, reverse=True)[:NAMES_SHOWN]
        )
        more = ", ..." if len(lengths) > NAMES_SHOWN else ""
        loud.append(
            f"The stacks differ in their number of images ({figures}{more}): "
            "scores are per image, but the longer stack faced more of them."
        )
    moving = [stack.name for stack in ranked if moves(stack)]
    if moving:
        stuck = [stack.name for stack in ranked if at_zero(stack)]
        if stuck:
            loud.append(
                f"A static pattern is suspected in {list_names(stuck)}: every peak is at exactly zero shift, "
                f"while the images of {list_names(moving, 2)} move."
            )
    best = ranked[0]
    doubt = least_trusted(best)
    if doubt is not None:
        image, figure = doubt
        text = (
            f"No stack deserves trust: image {image} of the best one, {list_names([best.name])}, "
            f"may not align ({figure})."
        )
        # Stacks without any contrast are plain to see: all their scores are 0.
        (loud if has_evidence(best) else said).append(text)
    return [*loud, *said], loud


def list_names(names: Sequence[Any], most: int = NAMES_SHOWN) -> str:
    shown = ", ".join(shorten(name, 80) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
