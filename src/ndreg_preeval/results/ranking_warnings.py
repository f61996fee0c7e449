# SPDX-License-Identifier: MIT
"""Sentences about all stacks of a ranking together, and about the one that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .. import core
from ..text import NAMES_SHOWN, list_names
from .reasons import why_at_zero
from .trust import (
    NOTHING,
    at_zero,
    beyond_limit,
    creeping,
    has_contrast,
    has_evidence,
    least_trusted,
    moves,
    only_zero,
)

if TYPE_CHECKING:
    from ..options import Options
    from .stack_score import StackScore

NEARLY_NONE: Final = 0.1
"""Largest share of images that move in a stack of which nearly every peak is at zero shift."""


def ranking_warnings(
    ranked: Sequence[StackScore], given: Sequence[StackScore], options: Options
) -> tuple[list[str], list[str]]:
    """Sentences about the ranking as a whole, and those of them that are worth a Python warning."""
    notes: list[str] = []
    to_issue: list[str] = []
    readable = [stack for stack in given if stack.error is None]
    lengths: dict[int, list[Any]] = {}
    for stack in readable:
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
    to_issue += _unlike_sizes(readable)
    to_issue += beyond_warnings(readable, options)
    best = ranked[0]
    moving = [stack.name for stack in ranked if moves(stack)]
    if moving:
        stuck = [stack.name for stack in ranked if at_zero(stack)]
        if stuck:
            to_issue.append(
                f"A static pattern is suspected in {list_names(stuck)}: every peak is at exactly zero shift, "
                f"while the images of {list_names(moving, 2)} move."
            )
    if not moving or not at_zero(best):
        alarming, text = at_zero_words(best, "the best stack, " + list_names([best.name]), options)
        if text:
            (to_issue if alarming else notes).append(text)
    blank = blank_reference([stack for stack in given if stack.rankable], options.pairing)
    if blank is not None:
        to_issue.append(blank)
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


def _unlike_sizes(stacks: Sequence[StackScore]) -> list[str]:
    """Tell of stacks whose images differ in height or width."""
    sizes: dict[tuple[int, int], list[Any]] = {}
    for stack in stacks:
        sizes.setdefault(stack.shape, []).append(stack.name)
    if len(sizes) < 2:
        return []
    figures = ", ".join(
        f"{height} x {width} in {list_names(names, 2)}"
        for (height, width), names in list(sizes.items())[:NAMES_SHOWN]
    )
    more = ", ..." if len(sizes) > NAMES_SHOWN else ""
    text = (
        f"The stacks differ in the size of their images ({figures}{more}): "
        "shifts found in one hold for another only where their pixels are of the same size."
    )
    return [text]


def lone_stack_warnings(stack: StackScore, options: Options) -> list[str]:
    """Tell of one stack what is told of the best of several."""
    if not stack.rankable:
        return []
    blank = blank_reference([stack], options.pairing)
    alarming, text = at_zero_words(stack, "this stack", options)
    return [
        *beyond_warnings([stack], options),
        *([text] if alarming else []),
        *([] if blank is None else [blank]),
    ]


def beyond_warnings(stacks: Sequence[StackScore], options: Options) -> list[str]:
    """Tell of stacks with images whose highest peak, one to be trusted, lies beyond `max_shift`."""
    told = []
    for stack in stacks:
        number, farthest = beyond_limit(stack)
        # Of coloured noise p-values are too small: a single image may be so by chance.
        if number < (1 if stack.method.asks_opinion else 2):
            continue
        farther = f", up to {farthest} px along an axis" if farthest else ""
        told.append(f"{list_names([stack.name])} ({number} of {len(stack.flags)} images{farther})")
    if not told:
        return []
    more = f" and {len(told) - NAMES_SHOWN} more" if len(told) > NAMES_SHOWN else ""
    text = (
        f"The highest peaks lie beyond max_shift = {options.max_shift:g} px in {', '.join(told[:NAMES_SHOWN])}{more}: "
        "raise max_shift if the sample can move so far."
    )
    return [text]


def at_zero_words(stack: StackScore, who: str, options: Options) -> tuple[bool, str]:
    """Tell of a stack with every peak, or nearly every one, at zero shift; "" for others.

    Returns
    -------
    bool, str
        Whether a person has to be warned: not of a sample that is known to rest. And the sentence.
    """
    judged, moved = stack.n_judged, stack._summary.moved
    if only_zero(options.max_shift):
        return False, ""
    if not judged or moved > NEARLY_NONE * judged or creeping(stack):
        return False, ""
    flags = stack._summary.any_flags
    comma = "," if "," in who else ""
    if not flags & core.AT_REST and stack._summary.all_flags & core.IDENTICAL:
        same = f"The images of {who}{comma} are all the same but for brightness: "
        return True, same + "a sample at rest looks like that, and so does a detector that repeats an image."
    every = "Every peak" if not moved else "Nearly every peak"
    text = f"{every} of {who}{comma} is at zero shift ({judged - moved} of {judged} images): {why_at_zero(flags)}."
    return not flags & core.AT_REST, text


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
