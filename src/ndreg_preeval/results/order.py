# SPDX-License-Identifier: MIT
"""Order of the stacks, and whether there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import core
from ..errors import clip
from ..text import list_names
from .trust import all_invalid, has_evidence

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
            first = clip(str(failure.args[0] if isinstance(failure, KeyError) and failure.args else failure))
            raise ValueError(
                f"no stack can be ranked, none could be read with two images or more: {names}; {first}"
            ) from failure
        raise ValueError(f"no stack can be ranked, each needs two images or more: {names}")
    if all(all_invalid(stack) for stack in rankable):
        names = list_names([stack.name for stack in rankable])
        raise ValueError(f"no stack can be ranked, no pair of images has valid pixels: {names}")
