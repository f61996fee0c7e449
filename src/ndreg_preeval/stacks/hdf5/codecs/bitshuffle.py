# SPDX-License-Identifier: MIT
"""Bitshuffle, alone, with LZ4 or zstd."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, Final

from .base import WHOLE, Bytes, Damaged, Decoder, Filter, Values
from .zstd import zstd_decodes

LZ4: Final = 2
ZSTD: Final = 3


class Bitshuffle(Filter):
    """Bits of pixels in another order, mostly compressed: with LZ4 by dectris-compression.

    A compressed chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after
    its own size (4), and pixels beyond the last multiple of 8.
    """

    number = 32008
    provided_by = "hdf5plugin (bitshuffle)"
    examined = WHOLE

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._compression = values[4] if len(values) > 4 else 0
        self.reorders: bool = self._compression == 0

    def _find_decoder(self) -> Decoder | None:
        if self._compression != LZ4:
            return None
        try:
            decompress: Any = importlib.import_module("dectris.compression").decompress
        except (ImportError, AttributeError):
            return None

        def decode(data: Bytes, out: Bytes) -> bytes:
            declared = int.from_bytes(data[:8].tobytes(), "big")
            if declared != len(out):
                raise Damaged(f"declares {declared} bytes; it must hold {len(out)} bytes")
            result: bytes = decompress(data, "bslz4", elem_size=self.values[2])
            return result

        return decode

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        if self._compression not in (LZ4, ZSTD):
            return True
        itemsize = max(1, self.values[2])
        block = int.from_bytes(data[8:12], "big")
        if block == 0 or block % (8 * itemsize):
            return False
        rest = size % (8 * itemsize)
        count = -(-(size - rest) // block)
        if blocks_end(data, count) + rest > len(data):
            return False
        if self._compression == LZ4:
            return True
        lengths = [min(block, size - rest - number * block) for number in range(count)]
        return all(map(zstd_decodes, _blocks(data, count), lengths))

    def _declared_size(self, data: bytes, size: int) -> int | None:  # noqa: ARG002
        return big_endian_size(data) if self._compression in (LZ4, ZSTD) else None


def big_endian_size(data: bytes) -> int | None:
    """Return the first number of a chunk, None where it is cut off."""
    return int.from_bytes(data[:8], "big") if len(data) >= 8 else None


def _blocks(data: bytes, count: int) -> Iterator[bytes]:
    at = 12
    for _ in range(count):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def blocks_end(data: bytes, count: int) -> int:
    """Return the end of the last of some blocks, each after its size; beyond the chunk if one does not fit."""
    at = 12
    for _ in range(count):
        if at + 4 > len(data):
            return len(data) + 1
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return at
