# SPDX-License-Identifier: MIT
"""Order of the stacks, and what to say about all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import core
from ..text import NAMES_SHOWN, list_names
from .trust import all_invalid, at_zero, has_evidence, least_trusted, moves

if TYPE_CHECKING:
    from .stack_score import StackScore


def rank_order(results: Sequence[StackScore]) -> list[int]:
    """Return the places of the stacks, best first; those that could not be read come last."""
    order = core.rank([(stack.score, stack.flags) for stack in results])
    return sorted(order, key=lambda i: results[i].error is not None)


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
    """Sentences about the ranking as a whole, and those of them that are worth a Python warning."""
    notes: list[str] = []
    to_issue: list[str] = []
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
        to_issue.append(
            f"The stacks differ in their number of images ({figures}{more}): "
            "scores are per image, but the longer stack faced more of them."
        )
    moving = [stack.name for stack in ranked if moves(stack)]
    if moving:
        stuck = [stack.name for stack in ranked if at_zero(stack)]
        if stuck:
            to_issue.append(
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
        (to_issue if has_evidence(best) else notes).append(text)
    return [*to_issue, *notes], to_issue
