# SPDX-License-Identifier: MIT
"""Stacks in TIFF files."""
