# SPDX-License-Identifier: MIT
"""Options of a ranking: declared and checked once, and as arguments of the public functions."""

from __future__ import annotations

from ..declared_option import NONE, DeclaredOption
from ..limits import Limits
from .arguments import OptionArguments, RankingArguments, make_options
from .declared import (
    DECLARED_OPTIONS,
    DeclaredInvalid,
    ImageKey,
    Invalid,
    OnError,
    Options,
    Pairing,
    Precision,
)

__all__ = [
    "DECLARED_OPTIONS",
    "NONE",
    "DeclaredInvalid",
    "DeclaredOption",
    "ImageKey",
    "Invalid",
    "Limits",
    "OnError",
    "OptionArguments",
    "Options",
    "Pairing",
    "Precision",
    "RankingArguments",
    "make_options",
]
