# SPDX-License-Identifier: MIT
"""A ranking as table, JSON, CSV, figure and NeXus."""

from __future__ import annotations

from .export import flag_words, to_csv, to_dict, to_json
from .figure import check_format, plot_ranking, require_matplotlib
from .figure_panels import BLUE, TRUST, VERMILION, trust_of
from .nexus import save_nexus
from .nexus_file import find_target
from .table import table

__all__ = [
    "BLUE",
    "TRUST",
    "VERMILION",
    "check_format",
    "find_target",
    "flag_words",
    "plot_ranking",
    "require_matplotlib",
    "save_nexus",
    "table",
    "to_csv",
    "to_dict",
    "to_json",
    "trust_of",
]
