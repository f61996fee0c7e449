# SPDX-License-Identifier: MIT
"""What zarr groups hold: arrays, and images of OME-Zarr."""

from __future__ import annotations

from .groups import ZarrArray, arrays_below, is_group

__all__ = ["ZarrArray", "arrays_below", "is_group"]
