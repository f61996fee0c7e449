# SPDX-License-Identifier: MIT
"""The storage of a dataset in words: chunks, filters, bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..base import Storage

if TYPE_CHECKING:
    import h5py

WORDS: Final = {
    1: "gzip",
    2: "shuffle",
    3: "fletcher32",
    4: "szip",
    5: "nbit",
    6: "scale-offset",
    257: "lzo",
    307: "bzip2",
    32000: "lzf",
    32001: "blosc",
    32003: "mafisc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32017: "sz",
    32018: "fcidecomp",
    32019: "jpeg",
    32024: "sz3",
    32026: "blosc2",
    32028: "sperr",
}
"""Names of filters by the numbers that the HDF Group registered."""

OF_BITSHUFFLE: Final = {2: "lz4", 3: "zstd"}
"""Compressors within bitshuffle, by the fifth value of the filter."""

OF_BLOSC: Final = {0: "blosclz", 1: "lz4", 2: "lz4hc", 3: "snappy", 4: "zlib", 5: "zstd"}
"""Compressors within Blosc and Blosc2, by the seventh value of the filter."""


def stored_as(dataset: h5py.Dataset, kept: Sequence[int], whole: bool) -> Storage:
    """Return how a dataset is stored.

    Parameters
    ----------
    dataset : h5py.Dataset
    kept : sequence of int
        The axes that are left of it.
    whole : bool
        Whether all of it is taken.
    """
    if dataset.is_virtual:
        return Storage(layout="virtual")
    stored = None
    if whole:
        with contextlib.suppress(OSError, RuntimeError, ValueError):
            stored = int(dataset.id.get_storage_size())
    if dataset.chunks is None:
        return Storage(None, "external" if dataset.external else "contiguous", "none", stored)
    return Storage(tuple(dataset.chunks[axis] for axis in kept), "", filters_in_words(dataset), stored)


def filters_in_words(dataset: h5py.Dataset) -> str:
    """Return the names of the filters of a dataset, in the order in which they were applied."""
    properties = dataset.id.get_create_plist()
    words = []
    for index in range(properties.get_nfilters()):
        number, _, values, _ = properties.get_filter(index)
        word = WORDS.get(number, f"filter {number}")
        if number == 32008 and len(values) > 4 and values[4] in OF_BITSHUFFLE:
            word += f"({OF_BITSHUFFLE[values[4]]})"
        if number in (32001, 32026) and len(values) > 6 and values[6] in OF_BLOSC:
            word += f"({OF_BLOSC[values[6]]})"
        words.append(word)
    return "+".join(words) or "none"
