# SPDX-License-Identifier: MIT
"""Scale-offset, which libhdf5 alone decodes."""

from __future__ import annotations

from typing import Final

from .base import Filter

HEAD_BYTES: Final = 21
"""Bytes before the pixels: the bits of a pixel (4), the length of the smallest value (1), that value (16)."""


class ScaleOffset(Filter):
    """Scale-offset: pixels of as few bits as they need."""

    number = 6
    examined = HEAD_BYTES

    def _fits(self, data: bytes, size: int, stored: int) -> bool:
        if len(self.values) < 5 or len(data) < HEAD_BYTES:
            return False
        count, itemsize = self.values[2], self.values[4]
        bits = int.from_bytes(data[:4], "little")
        return count * itemsize == size and bits <= 8 * itemsize and HEAD_BYTES + count * bits // 8 <= stored
