# SPDX-License-Identifier: MIT
"""A ranking as table, JSON, CSV, figure and NeXus."""

from __future__ import annotations

from .colours import BLUE, TRUST, VERMILION, trust_of
from .drawn import DrawnRanking
from .export import flag_words, to_csv, to_dict, to_json
from .figure import (
    check_format,
    plot_correlogram,
    plot_images,
    plot_ranking,
    plot_scores,
    require_matplotlib,
)
from .nexus import save_nexus
from .nexus_file import find_target
from .table import table

__all__ = [
    "BLUE",
    "TRUST",
    "VERMILION",
    "DrawnRanking",
    "check_format",
    "find_target",
    "flag_words",
    "plot_correlogram",
    "plot_images",
    "plot_ranking",
    "plot_scores",
    "require_matplotlib",
    "save_nexus",
    "table",
    "to_csv",
    "to_dict",
    "to_json",
    "trust_of",
]
