# SPDX-License-Identifier: MIT
"""Fletcher's checksum, which HDF5 puts behind the data."""

from __future__ import annotations

import numpy as np

from .base import Bytes, Damaged, Filter


class Fletcher(Filter):
    """The checksum, checked and cut off."""

    number = 3
    added = 4

    def decodes(self, itemsize: int) -> bool:  # noqa: ARG002
        """Return True: it is arithmetic alone."""
        return True

    def decode(self, data: Bytes, out: Bytes) -> Bytes:  # noqa: ARG002
        """Return the data before the checksum, where it is right."""
        content, checksum = data[: -self.added], data[-self.added :]
        if len(data) < self.added or fletcher32(content) != int.from_bytes(checksum.tobytes(), "little"):
            raise Damaged("has a wrong checksum")
        return content


def fletcher32(data: Bytes) -> int:
    """Return the checksum that HDF5 stores: sums of big-endian 16 bit words modulo 65535.

    Where a sum is a multiple of 65535 but not 0, HDF5 has 65535.
    """
    if len(data) % 2:
        data = np.append(data, np.uint8(0))
    words = data.view(">u2")
    first = second = 0
    length = 1 << 20  # keeps the weighted sums within 64 bits
    for start in range(0, len(words), length):
        block = words[start : start + length].astype(np.uint64)
        weights = np.arange(len(block), 0, -1, dtype=np.uint64)
        second = (second + first * len(block) + int(np.dot(weights, block))) % 65535
        first = (first + int(block.sum())) % 65535
    if words.any():
        first, second = first or 65535, second or 65535
    return second << 16 | first
