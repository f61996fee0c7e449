# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays, lists of images, zarr, dask and xarray."""
