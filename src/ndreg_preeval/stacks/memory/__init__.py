# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays, lists of images, zarr, dask and xarray."""

from __future__ import annotations

from .spec import ArraySpec

__all__ = ["ArraySpec"]
