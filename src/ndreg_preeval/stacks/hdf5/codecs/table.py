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
from .hdf5_only import HDF5_ONLY
from .lz4 import Lz4
from .lzf import Lzf
from .scale_offset import ScaleOffset
from .shuffle import Shuffle
from .zstd import Zstd

_CLASSES: Final[tuple[type[Filter], ...]] = (
    Bitshuffle,
    Blosc,
    Blosc2,
    Bzip2,
    Deflate,
    Fletcher,
    Lz4,
    Lzf,
    ScaleOffset,
    Shuffle,
    Zstd,
    *HDF5_ONLY,
)
FILTERS: Final = {each.number: each for each in _CLASSES}
"""Those that more is known of than their number."""


def filter_of(number: int, values: Values) -> Filter:
    """Return a filter as the creation property list of a dataset has it."""
    return FILTERS.get(number, Filter)(values)
