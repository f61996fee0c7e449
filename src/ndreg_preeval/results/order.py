# SPDX-License-Identifier: MIT
"""Order of the stacks, and what to say about all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import core
from ..text import NAMES_SHOWN, list_names
from .trust import NOTHING, all_invalid, at_zero, has_contrast, has_evidence, least_trusted, moves

if TYPE_CHECKING:
    from .stack_score import StackScore


def rank_order(results: Sequence[StackScore]) -> list[int]:
    """Return the places of the stacks, best first; those that could not be read come last."""
    order = core.rank(
        [(stack.score, stack._summary.n_compared > 0, has_evidence(stack)) for stack in results]
    )
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
    ranked: Sequence[StackScore], given: Sequence[StackScore], pairing: str
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
    blank = blank_reference([stack for stack in given if stack.rankable], pairing)
    if blank is not None:
        to_issue.append(blank)
    best = ranked[0]
    doubt = least_trusted(best)
    if not has_evidence(best):
        # Stacks without any contrast are plain to see.
        (to_issue if any(has_contrast(stack) for stack in ranked) else notes).append(_no_evidence(ranked))
    elif doubt is not None:
        image, figure = doubt
        to_issue.append(
            f"No stack deserves trust: image {image} of the best one, {list_names([best.name])}, "
            f"may not align ({figure})."
        )
    return [*to_issue, *notes], to_issue


def _no_evidence(ranked: Sequence[StackScore]) -> str:
    text = "No stack deserves trust: no two images with contrast could be compared."
    if len({stack.score for stack in ranked if stack.rankable}) > 1:
        return text
    return f"{text} All scores are equal: the order is arbitrary, that of the arguments."


def blank_reference(stacks: Sequence[StackScore], pairing: str) -> str | None:
    """Name stacks whose reference image is blank while others of their images are not, and the way out."""
    if pairing == "previous":
        return None
    found = []
    common: set[int] | None = None
    for stack in stacks:
        if not stack.reference_flags & NOTHING:
            continue
        fine = stack.image_indices[stack.flags & NOTHING == 0]
        if len(fine):
            found.append(stack)
            common = set(fine.tolist()) if common is None else common & set(fine.tolist())
    if not found:
        return None
    references = {stack.reference_image for stack in found}
    number = f" {references.pop()}" if len(references) == 1 else ""
    valid = all(stack.reference_flags & core.ALL_INVALID for stack in found)
    lacks = "no valid pixel" if valid else "no contrast"
    where = f" in {list_names([stack.name for stack in found])}" if len(stacks) > 1 else ""
    hint = f"; image {min(common)} has contrast" if common else ""
    return (
        f"The reference image{number} has {lacks}{where}: nothing can be compared with it. "
        f"Choose another one by `reference_image=` (a live scorer has to begin with it){hint}."
    )
