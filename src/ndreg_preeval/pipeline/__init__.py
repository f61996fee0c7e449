# SPDX-License-Identifier: MIT
"""Images through the core: in bounded memory, the same bits however it runs."""

from __future__ import annotations

from .core_scorer import check_valid, core_mask, core_threads, make_scorer, masked_pixels
from .run import choose_engine, score_stacks
from .stack_state import Failed, RangeScore, Records, Scored, StackInfo, inspect_stack

__all__ = [
    "Failed",
    "RangeScore",
    "Records",
    "Scored",
    "StackInfo",
    "check_valid",
    "choose_engine",
    "core_mask",
    "core_threads",
    "inspect_stack",
    "make_scorer",
    "masked_pixels",
    "score_stacks",
]
