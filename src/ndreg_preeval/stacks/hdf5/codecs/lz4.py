# SPDX-License-Identifier: MIT
"""LZ4."""

from __future__ import annotations

from ....core import block_starts
from .base import WHOLE, Filter
from .bitshuffle import big_endian_size


class Lz4(Filter):
    """LZ4 alone, by imagecodecs; its chunks begin as those of bitshuffle."""

    number = 32004
    provided_by = "hdf5plugin (lz4)"
    examined = WHOLE
    imagecodec = "lz4h5_decode"

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        block = int.from_bytes(data[8:12], "big")
        return block > 0 and len(block_starts(data, -(-size // block))) > 0

    def _declared_size(self, data: bytes, size: int) -> int | None:  # noqa: ARG002
        return big_endian_size(data)
