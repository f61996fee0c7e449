# SPDX-License-Identifier: MIT
"""Scale-offset, which libhdf5 alone decodes."""

from __future__ import annotations

from .base import Filter


def scale_offset_fits(each: Filter, raw: bytes, stored: int, size: int) -> bool:
    """Return whether a scale-offset chunk holds as many bits as it says.

    A chunk is the bits of a pixel (4 bytes), the length of the smallest value (1), that value (16 bytes
    are left for it), and the pixels.
    """
    if len(each.values) < 5 or len(raw) < 21:
        return False
    count, itemsize = each.values[2], each.values[4]
    bits = int.from_bytes(raw[:4], "little")
    return count * itemsize == size and bits <= 8 * itemsize and 21 + count * bits // 8 <= stored
