# SPDX-License-Identifier: MIT
"""Boxes of a dataset, read outside HDF5's lock where that is possible."""

from __future__ import annotations

from .base import Placed, Reader, Request
from .choose import open_reader
from .raw_file import RawFile
from .told import how_read
from .virtual import VirtualReader

__all__ = ["Placed", "RawFile", "Reader", "Request", "VirtualReader", "how_read", "open_reader"]
