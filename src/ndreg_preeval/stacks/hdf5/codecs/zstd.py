# SPDX-License-Identifier: MIT
"""Zstandard."""

from __future__ import annotations

from ....core import zstd_fits
from .base import WHOLE, Filter


class Zstd(Filter):
    """Zstandard, by imagecodecs."""

    number = 32015
    provided_by = "hdf5plugin (zstd)"
    examined = WHOLE
    imagecodec = "zstd_decode"

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        return zstd_fits(data)

    def _declared_size(self, data: bytes, size: int) -> int | None:  # noqa: ARG002
        return zstd_size(data) if len(data) >= 18 else None


def _zstd_header(descriptor: int) -> int:
    """Bytes before the first block."""
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    return 5 + (1 - single_segment) + dictionary + (single_segment, 2, 4, 8)[descriptor >> 6]


def zstd_size(raw: bytes) -> int | None:
    """Return the content size of a frame, where its header has it (RFC 8878, 3.1.1.1)."""
    descriptor = raw[4]
    length = (descriptor >> 5 & 1, 2, 4, 8)[descriptor >> 6]
    if length == 0:
        return None
    end = _zstd_header(descriptor)
    size = int.from_bytes(raw[end - length : end], "little")
    return size + 256 if length == 2 else size
