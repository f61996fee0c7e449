# SPDX-License-Identifier: MIT
"""Members of zarr groups: arrays, and images of OME-Zarr; and the stores that they lie in."""

from __future__ import annotations

from .groups import ZarrArray, array_of, arrays_below, is_group, member_of, names_of
from .store import (
    ENDINGS,
    compression_of,
    description_of,
    has_chunks,
    is_store,
    load_zarr,
    open_store,
    refuse_cut_chunks,
    stored_bytes,
)

__all__ = [
    "ENDINGS",
    "ZarrArray",
    "array_of",
    "arrays_below",
    "compression_of",
    "description_of",
    "has_chunks",
    "is_group",
    "is_store",
    "load_zarr",
    "member_of",
    "names_of",
    "open_store",
    "refuse_cut_chunks",
    "stored_bytes",
]
