# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays, lists of images, zarr, dask, xarray and other objects that show arrays."""

from __future__ import annotations

from .image import ArrayImageSpec
from .objects import only_stack, stacks_held
from .spec import ArraySpec, is_array

__all__ = ["ArrayImageSpec", "ArraySpec", "is_array", "only_stack", "stacks_held"]
