# SPDX-License-Identifier: MIT
"""TIFF files, read by any thread."""

from __future__ import annotations

from .source import TiffSpec, is_tiff

__all__ = ["TiffSpec", "is_tiff"]
