# SPDX-License-Identifier: MIT
"""Filters of HDF5, undone outside of it."""
