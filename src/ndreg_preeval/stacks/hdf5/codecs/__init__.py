# SPDX-License-Identifier: MIT
"""Filters of HDF5, undone outside of it."""

from __future__ import annotations

from .base import Chunks, Damaged, Filter
from .filter_chain import Codec, most_stored
from .table import filter_of

__all__ = ["Chunks", "Codec", "Damaged", "Filter", "filter_of", "most_stored"]
