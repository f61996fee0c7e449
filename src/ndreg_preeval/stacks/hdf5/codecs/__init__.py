# SPDX-License-Identifier: MIT
"""Filters of HDF5, undone outside of it."""

from __future__ import annotations

from .base import BITSHUFFLE, CHECKSUM_BYTES, FLETCHER, SHUFFLE, Damaged, Filter
from .chunk_sizes import HEAD_BYTES, HEADED, MEASURED, declared_size, fits
from .filter_chain import Codec, most_stored

__all__ = [
    "BITSHUFFLE",
    "CHECKSUM_BYTES",
    "FLETCHER",
    "HEADED",
    "HEAD_BYTES",
    "MEASURED",
    "SHUFFLE",
    "Codec",
    "Damaged",
    "Filter",
    "declared_size",
    "fits",
    "most_stored",
]
