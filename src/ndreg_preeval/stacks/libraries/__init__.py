# SPDX-License-Identifier: MIT
"""Files that well-kept libraries read: a small class for each format, one spec and source for all."""

from __future__ import annotations

from typing import Final

from .backend import LibraryBackend
from .base import LibraryFormat
from .npy import NpyFormat
from .source import LibrarySpec

LIBRARIES: Final[tuple[type[LibraryFormat], ...]] = (NpyFormat,)
"""The formats, in the order in which they are asked; those of more particular first bytes come first."""

__all__ = ["LIBRARIES", "LibraryBackend", "LibrarySpec"]
