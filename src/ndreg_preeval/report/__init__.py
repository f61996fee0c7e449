# SPDX-License-Identifier: MIT
"""A ranking as table, JSON, CSV, data frame, figure, HTML and NeXus, and JSON as a ranking."""

from __future__ import annotations

from ..results import NOTEBOOK_VIEWS
from .colours import BLUE, TRUST, VERMILION, trust_of
from .drawn import DrawnRanking
from .export import flag_words, to_dict, to_json
from .figure import (
    check_format,
    plot_correlogram,
    plot_images,
    plot_ranking,
    plot_scores,
    require_matplotlib,
    save_figure,
)
from .nexus import save_nexus
from .nexus_file import find_target
from .page import ranking_html, save_html, stack_html
from .read_back import arguments_from_dict, arguments_from_json, json_schema
from .table import table
from .tables import to_csv, to_dataframe
from .why import why

__all__ = [
    "BLUE",
    "TRUST",
    "VERMILION",
    "DrawnRanking",
    "arguments_from_dict",
    "arguments_from_json",
    "check_format",
    "find_target",
    "flag_words",
    "json_schema",
    "plot_correlogram",
    "plot_images",
    "plot_ranking",
    "plot_scores",
    "ranking_html",
    "require_matplotlib",
    "save_figure",
    "save_html",
    "save_nexus",
    "stack_html",
    "table",
    "to_csv",
    "to_dataframe",
    "to_dict",
    "to_json",
    "trust_of",
    "why",
]

NOTEBOOK_VIEWS[:] = [stack_html]
