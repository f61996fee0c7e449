# SPDX-License-Identifier: MIT
"""Ranking of image stacks by how likely phase cross-correlation will align them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import core

if TYPE_CHECKING:
    from .core import release_memory as release_memory
    from .errors import FormatVersionError as FormatVersionError
    from .errors import RankingWarning as RankingWarning
    from .installation import build_config as build_config
    from .installation import get_cmake_dir as get_cmake_dir
    from .installation import get_include as get_include
    from .installation import get_pkgconfig_dir as get_pkgconfig_dir
    from .live import StackRanker as StackRanker
    from .live import StackScorer as StackScorer
    from .methods import METHODS as METHODS
    from .methods import Method as Method
    from .options import Limits as Limits
    from .ranking import rank_stacks as rank_stacks
    from .reg2d import reg2d_preeval as reg2d_preeval
    from .reported_ranking import Ranking as Ranking
    from .scoring import StackScore as StackScore
    from .scoring import score_stack as score_stack
    from .stacks import find_stacks as find_stacks

__version__: str = core.build_config()["version"]

# Where the public names live. They are imported on first use: some programs import many packages and
# use few of them.
_HOMES = {
    "FormatVersionError": "errors",
    "METHODS": "methods",
    "Limits": "options",
    "Method": "methods",
    "Ranking": "reported_ranking",
    "RankingWarning": "errors",
    "StackRanker": "live",
    "StackScore": "scoring",
    "StackScorer": "live",
    "build_config": "installation",
    "find_stacks": "stacks",
    "get_cmake_dir": "installation",
    "get_include": "installation",
    "get_pkgconfig_dir": "installation",
    "rank_stacks": "ranking",
    "reg2d_preeval": "reg2d",
    "release_memory": "core",
    "score_stack": "scoring",
}
if not TYPE_CHECKING:  # type checkers cannot follow it: the imports above are theirs
    __all__ = sorted([*_HOMES, "__version__"])  # noqa: PLE0605 - it is a list


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    # What completion offers: no module of the package is public but by what it gives these names.
    return sorted({*(name for name in globals() if name.startswith("__")), *_HOMES})
