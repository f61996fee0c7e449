# SPDX-License-Identifier: MIT
"""Ranking of image stacks by how likely phase cross-correlation will align them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import core

if TYPE_CHECKING:
    from .build_info import build_config, get_cmake_dir, get_include, get_pkgconfig_dir
    from .errors import RankingWarning
    from .live import StackRanker, StackScorer
    from .methods import METHODS, Method
    from .options import Limits
    from .ranking import Ranking, rank_stacks
    from .reg2d import reg2d_preeval
    from .results import StackScore
    from .scoring import score_stack
    from .stacks import find_stacks

__version__: str = core.build_config()["version"]

__all__ = [
    "METHODS",
    "Limits",
    "Method",
    "Ranking",
    "RankingWarning",
    "StackRanker",
    "StackScore",
    "StackScorer",
    "__version__",
    "build_config",
    "find_stacks",
    "get_cmake_dir",
    "get_include",
    "get_pkgconfig_dir",
    "rank_stacks",
    "reg2d_preeval",
    "score_stack",
]

# Where the names live. They are imported on first use: some programs import many packages and
# use few of them.
_HOMES = {
    "METHODS": "methods",
    "Limits": "options",
    "Method": "methods",
    "Ranking": "ranking",
    "RankingWarning": "errors",
    "StackRanker": "live",
    "StackScore": "results",
    "StackScorer": "live",
    "build_config": "build_info",
    "find_stacks": "stacks",
    "get_cmake_dir": "build_info",
    "get_include": "build_info",
    "get_pkgconfig_dir": "build_info",
    "rank_stacks": "ranking",
    "reg2d_preeval": "reg2d",
    "score_stack": "scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
