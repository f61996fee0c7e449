# SPDX-License-Identifier: MIT
"""Filters of HDF5, undone outside of it."""

from __future__ import annotations

from .base import Damaged, Filter
from .deflate import Deflate
from .filter_chain import Codec, most_stored
from .shuffle import Shuffle
from .table import filter_of

__all__ = ["Codec", "Damaged", "Deflate", "Filter", "Shuffle", "filter_of", "most_stored"]
