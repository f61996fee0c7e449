# SPDX-License-Identifier: MIT
"""TIFF files, read by any thread."""

from __future__ import annotations

from .backend import TiffBackend
from .image_file import TiffImageSpec
from .source import TiffSpec

__all__ = ["TiffBackend", "TiffImageSpec", "TiffSpec"]
