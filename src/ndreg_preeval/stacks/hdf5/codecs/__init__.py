# SPDX-License-Identifier: MIT
"""Filters of HDF5, undone outside of it."""

from __future__ import annotations

from .base import BITSHUFFLE, BZIP2, CHECKSUM_BYTES, DEFLATE, FLETCHER, SHUFFLE, Damaged, Filter
from .chunk_sizes import HEAD_BYTES, HEADED, MEASURED, declared_size, fits
from .filter_chain import Codec, inflater, most_stored

__all__ = [
    "BITSHUFFLE",
    "BZIP2",
    "CHECKSUM_BYTES",
    "DEFLATE",
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
    "inflater",
    "most_stored",
]
