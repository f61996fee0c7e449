# SPDX-License-Identifier: MIT
"""Sizes that compressed chunks declare to inflate to, and whether their parts fit together."""

from __future__ import annotations

from typing import Final

from .base import BITSHUFFLE, BLOSC, BLOSC2, BZIP2, DEFLATE, LZ4, LZF, SCALE_OFFSET, ZSTD, Filter
from .bitshuffle import bitshuffle_fits, lz4_fits
from .blosc2 import HEAD_BYTES, read_header
from .bzip2 import bzip2_length
from .deflate import deflate_length
from .lzf import lzf_length
from .scale_offset import scale_offset_fits
from .zstd import ZSTD_MAGIC, zstd_fits, zstd_size

__all__ = ["HEADED", "HEAD_BYTES", "MEASURED", "declared_size", "fits"]

HEADED: Final = (BLOSC, BLOSC2, SCALE_OFFSET)
"""Filters whose chunks tell all that they tell in their first `HEAD_BYTES`."""
MEASURED: Final = (BITSHUFFLE, BZIP2, DEFLATE, LZ4, LZF, ZSTD)
"""Filters whose chunks are looked at from end to end."""


def fits(each: Filter, raw: bytes, stored: int, size: int) -> bool:
    """Return whether all parts of a chunk lie within it: plugins do not look.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    raw : bytes
        The chunk, or its first bytes.
    stored : int
        Bytes of the chunk.
    size : int
        What it must inflate to.
    """
    if each.code == BITSHUFFLE:
        return bitshuffle_fits(each, raw, size)
    if each.code == LZ4:
        return lz4_fits(raw, size)
    if each.code == ZSTD:
        return zstd_fits(raw)
    if each.code == BLOSC:
        return len(raw) >= 16 and int.from_bytes(raw[12:16], "little") <= stored
    if each.code == SCALE_OFFSET:
        return scale_offset_fits(each, raw, stored, size)
    return True


def declared_size(each: Filter, raw: bytes, most: int) -> int | None:
    """Return how many bytes a chunk inflates to, as far as it says so without a plugin; else None.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    raw : bytes
        The chunk, or its first bytes.
    most : int
        What it should inflate to: where it has to be inflated to know, one byte more is enough.

    Raises
    ------
    ValueError
        When a frame of Blosc2 does not fit together.
    """
    compressed = each.code == BITSHUFFLE and len(each.values) > 4 and each.values[4] in (2, 3)
    if (each.code == LZ4 or compressed) and len(raw) >= 8:
        return int.from_bytes(raw[:8], "big")
    if each.code == BLOSC and len(raw) >= 8:
        return int.from_bytes(raw[4:8], "little")
    if each.code == LZF:
        return lzf_length(raw)
    if each.code == BZIP2:
        return bzip2_length(raw, most)
    if each.code == DEFLATE:
        return deflate_length(raw, most)
    if each.code == BLOSC2:
        return read_header(raw).pixel_bytes
    if each.code == ZSTD and raw[:4] == ZSTD_MAGIC and len(raw) >= 18:
        return zstd_size(raw)
    return None
