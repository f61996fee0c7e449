# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files."""

from __future__ import annotations

from .backend import Hdf5Backend
from .files import LOCKING, open_file
from .specs import UriSpec

__all__ = ["LOCKING", "Hdf5Backend", "UriSpec", "open_file"]
