# SPDX-License-Identifier: MIT
"""Boxes of a dataset, read outside HDF5's lock."""
