# SPDX-License-Identifier: MIT
"""Images in HDF5 files, for stacks that are made of many files."""

from __future__ import annotations

from .image_file import Hdf5ImageSpec

__all__ = ["Hdf5ImageSpec"]
