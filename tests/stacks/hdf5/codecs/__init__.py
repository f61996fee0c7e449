# SPDX-License-Identifier: MIT
"""Filters of HDF5, decoded by ourselves."""
