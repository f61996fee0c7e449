# SPDX-License-Identifier: MIT
"""Stacks in HDF5 files."""
