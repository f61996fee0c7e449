# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files."""

from __future__ import annotations

from .backend import Hdf5Backend
from .files import LOCKING, open_file
from .images import Hdf5ImageSpec
from .specs import UriSpec

__all__ = ["LOCKING", "Hdf5Backend", "Hdf5ImageSpec", "UriSpec", "open_file"]
