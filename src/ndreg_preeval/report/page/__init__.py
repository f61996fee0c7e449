# SPDX-License-Identifier: MIT
"""A ranking as HTML: in a notebook, and as a file of its own."""

from __future__ import annotations

from .document import ranking_html, save_html, stack_html

__all__ = ["ranking_html", "save_html", "stack_html"]
