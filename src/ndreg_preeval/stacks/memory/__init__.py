# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays, lists of images, zarr, dask and xarray."""

from __future__ import annotations

from .image import ArrayImageSpec
from .spec import ArraySpec, is_array

__all__ = ["ArrayImageSpec", "ArraySpec", "is_array"]
