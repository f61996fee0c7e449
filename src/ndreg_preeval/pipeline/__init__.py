# SPDX-License-Identifier: MIT
"""Images through the core: in bounded memory, the same bits however it runs."""

from __future__ import annotations

from .core_scorer import core_mask, core_threads, make_scorer, masked_pixels
from .pairs import Pairs, PairScorer
from .run import choose_engine, options_with_mask, score_stacks
from .stack_state import (
    Failed,
    FilesRead,
    RangeScore,
    Records,
    Scored,
    StackInfo,
    choices_of,
    inspect_stack,
    joined_records,
)
from .static_pattern import LiveLook
from .turns import Turns

__all__ = [
    "Failed",
    "FilesRead",
    "LiveLook",
    "PairScorer",
    "Pairs",
    "RangeScore",
    "Records",
    "Scored",
    "StackInfo",
    "Turns",
    "choices_of",
    "choose_engine",
    "core_mask",
    "core_threads",
    "inspect_stack",
    "joined_records",
    "make_scorer",
    "masked_pixels",
    "options_with_mask",
    "score_stacks",
]
