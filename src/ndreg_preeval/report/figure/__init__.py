# SPDX-License-Identifier: MIT
"""A ranking as a figure, whole or panel by panel."""

from __future__ import annotations

from .layout import plot_ranking
from .saving import check_format, require_matplotlib, save_figure
from .single import plot_correlogram, plot_images, plot_scores

__all__ = [
    "check_format",
    "plot_correlogram",
    "plot_images",
    "plot_ranking",
    "plot_scores",
    "require_matplotlib",
    "save_figure",
]
