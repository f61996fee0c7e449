# SPDX-License-Identifier: MIT
"""Zstandard."""

from __future__ import annotations

from typing import Final

import numpy as np

from .base import WHOLE, Filter, imagecodec

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


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


def zstd_decodes(raw: bytes, length: int) -> bool:
    """Whether a frame is sound: fully, with the extra "decode"; else as far as its blocks tell."""
    decode = imagecodec("zstd_decode")
    if not zstd_fits(raw) or decode is None:
        return zstd_fits(raw)
    try:
        return len(decode(np.frombuffer(raw, np.uint8), np.empty(length, np.uint8))) == length
    except (RuntimeError, ValueError):
        return False


def zstd_fits(raw: bytes) -> bool:
    """Return whether the blocks of a zstd frame fill it (RFC 8878, 3.1.1)."""
    if len(raw) < 6 or raw[:4] != ZSTD_MAGIC:
        return False
    descriptor = raw[4]
    at = _zstd_header(descriptor)
    while at + 3 <= len(raw):
        header = int.from_bytes(raw[at : at + 3], "little")
        kind, size = header >> 1 & 3, header >> 3
        at += 3 + (1 if kind == 1 else size)
        if kind == 3:
            return False
        if header & 1:
            return at + 4 * (descriptor >> 2 & 1) == len(raw)
    return False


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
