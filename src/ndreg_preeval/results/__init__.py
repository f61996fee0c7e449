# SPDX-License-Identifier: MIT
"""The numbers of stacks and what they mean, without files or pictures."""

from __future__ import annotations

from .columns import OPINION
from .order import check_rankable, rank_order
from .provenance import InputRead, Provenance, made_by_command
from .ranking_data import RankingData, texts_of_names
from .ranking_warnings import blank_reference, lone_stack_warnings, ranking_warnings
from .reasons import TRUSTED, UNLIKELY
from .stack_score import (
    NOTEBOOK_VIEWS,
    StackScore,
    build_failed_score,
    build_stack_score,
    worst_position,
)
from .trust import percent, trust_word

__all__ = [
    "NOTEBOOK_VIEWS",
    "OPINION",
    "TRUSTED",
    "UNLIKELY",
    "InputRead",
    "Provenance",
    "RankingData",
    "StackScore",
    "blank_reference",
    "build_failed_score",
    "build_stack_score",
    "check_rankable",
    "lone_stack_warnings",
    "made_by_command",
    "percent",
    "rank_order",
    "ranking_warnings",
    "texts_of_names",
    "trust_word",
    "worst_position",
]
