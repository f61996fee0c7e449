# SPDX-License-Identifier: MIT
"""Bitshuffle, alone, with LZ4 or zstd, and LZ4 alone, whose chunks begin alike."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from .base import Bytes, Damaged, Filter, Inflate, Values
from .zstd import zstd_decodes


def bitshuffle_lz4() -> Inflate | None:
    try:
        decompress: Any = importlib.import_module("dectris.compression").decompress
    except (ImportError, AttributeError):
        return None

    def inflate(raw: Bytes, out: Bytes, values: Values) -> bytes:
        declared = int.from_bytes(raw[:8].tobytes(), "big")
        if declared != len(out):
            raise Damaged(f"declares {declared} bytes; it must hold {len(out)} bytes")
        itemsize = values[2] if len(values) > 2 else 0
        result: bytes = decompress(raw, "bslz4", elem_size=itemsize)
        return result

    return inflate


def bitshuffle_fits(each: Filter, raw: bytes, size: int) -> bool:
    """Return whether the blocks of a bitshuffle chunk lie within it.

    A chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after its own
    size (4), and pixels beyond the last multiple of 8.
    """
    if len(each.values) < 5 or each.values[4] not in (2, 3):
        return True
    itemsize = max(1, each.values[2])
    block = int.from_bytes(raw[8:12], "big")
    if block == 0 or block % (8 * itemsize):
        return False
    rest = size % (8 * itemsize)
    count = -(-(size - rest) // block)
    if _blocks_end(raw, count) + rest > len(raw):
        return False
    if each.values[4] != 3:
        return True
    lengths = [min(block, size - rest - number * block) for number in range(count)]
    return all(map(zstd_decodes, _blocks(raw, count), lengths))


def _blocks(raw: bytes, count: int) -> Iterator[bytes]:
    at = 12
    for _ in range(count):
        length = int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : at + 4 + length]
        at += 4 + length


def lz4_fits(raw: bytes, size: int) -> bool:
    """Return whether the blocks of an LZ4 chunk lie within it; it begins as one of bitshuffle."""
    block = int.from_bytes(raw[8:12], "big")
    return block > 0 and _blocks_end(raw, -(-size // block)) <= len(raw)


def _blocks_end(raw: bytes, count: int) -> int:
    """End of the last of some blocks, each after its size; beyond the chunk if one does not fit."""
    at = 12
    for _ in range(count):
        if at + 4 > len(raw):
            return len(raw) + 1
        at += 4 + int.from_bytes(raw[at : at + 4], "big")
    return at
