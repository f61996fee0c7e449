# SPDX-License-Identifier: MIT
"""Rank stacks of images by how likely phase cross-correlation will align them."""

from __future__ import annotations

from . import _core
from .config import build_config, get_cmake_dir, get_include
from .errors import RankingWarning
from .live import StackScorer
from .methods import METHODS, Method
from .options import Limits
from .ranking import Ranking, rank_stacks
from .reg2d import reg2d_preeval
from .scoring import StackScore, score_stack
from .stacks.nexus import find_stacks

__version__: str = _core.build_config()["version"]

__all__ = [
    "METHODS",
    "Limits",
    "Method",
    "Ranking",
    "RankingWarning",
    "StackScore",
    "StackScorer",
    "__version__",
    "build_config",
    "find_stacks",
    "get_cmake_dir",
    "get_include",
    "rank_stacks",
    "reg2d_preeval",
    "score_stack",
]
