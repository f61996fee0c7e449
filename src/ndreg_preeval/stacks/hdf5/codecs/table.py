# SPDX-License-Identifier: MIT
"""All filters, by number."""

from __future__ import annotations

from typing import Final

from .base import Filter, Values
from .bitshuffle import Bitshuffle
from .blosc import Blosc
from .blosc2 import Blosc2
from .bzip2 import Bzip2
from .deflate import Deflate
from .fletcher import Fletcher
from .lz4 import Lz4
from .lzf import Lzf
from .scale_offset import ScaleOffset
from .shuffle import Shuffle
from .zstd import Zstd

FILTERS: Final[dict[int, type[Filter]]] = {
    each.number: each
    for each in (Bitshuffle, Blosc, Blosc2, Bzip2, Deflate, Fletcher, Lz4, Lzf, ScaleOffset, Shuffle, Zstd)
}
"""Classes of the filters that are decoded here, or looked at."""

HDF5_ONLY: Final = {
    4: "an HDF5 library built with szip (libaec)",
    32013: "hdf5plugin (zfp)",
    32017: "hdf5plugin (sz)",
    32018: "hdf5plugin (fcidecomp)",
    32024: "hdf5plugin (sz3)",
    32028: "hdf5plugin (sperr)",
}
"""Packages that bring the other filters that are known."""


def filter_of(number: int, values: Values) -> Filter:
    """Return a filter as the creation property list of a dataset has it."""
    found = FILTERS.get(number, Filter)(values)
    found.provided_by = HDF5_ONLY.get(number, found.provided_by)
    return found
