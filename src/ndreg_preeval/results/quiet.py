# SPDX-License-Identifier: MIT
"""Stacks of which no person needs to be warned, known before any sentence about them is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .. import core

if TYPE_CHECKING:
    from ..options import Options
    from ..pipeline import RangeScore, StackInfo
    from .summary import Summary

WORTH_A_LOOK: Final = core.HOT_PIXEL | core.WRAPPED
"""Flags of images of which a person may have to be warned."""


def is_quiet(info: StackInfo, numbers: RangeScore, options: Options, summary: Summary) -> bool:
    """Return whether none of the messages about a stack is worth a Python warning.

    False where that is not sure: the messages themselves tell then.
    """
    n, height, width = info.shape
    if info.warnings or n < 2:
        return False
    invalid = max(summary.most_invalid, numbers.reference_invalid)
    if invalid > info.masked or invalid == height * width:
        return False
    if summary.any_flags & WORTH_A_LOOK or numbers.reference_flags & core.NO_CONTRAST:
        return False
    # A static pattern shows as two peaks or more at zero, each between two that are elsewhere.
    at_zero = summary.n_judged - summary.moved
    return options.pairing == "previous" or at_zero < 2 or summary.moved < 3
