# SPDX-License-Identifier: MIT
"""What compressed chunks declare to inflate to: looked at before a plugin of HDF5 believes it."""

from __future__ import annotations

from .codecs import BITSHUFFLE, BLOSC, LZ4, ZSTD, Filter

HEAD_BYTES = 18
"""How much of a chunk has to be seen."""


def declared_size(each: Filter, head: bytes) -> int | None:
    """Return how many bytes a chunk says that it inflates to; None where it does not say.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    head : bytes
        The first bytes of the chunk.
    """
    compressed = each.code == BITSHUFFLE and len(each.values) > 4 and each.values[4] in (2, 3)
    if (each.code == LZ4 or compressed) and len(head) >= 8:
        return int.from_bytes(head[:8], "big")
    if each.code == BLOSC and len(head) >= 8:
        return int.from_bytes(head[4:8], "little")
    if each.code == ZSTD and head[:4] == b"\x28\xb5\x2f\xfd" and len(head) >= HEAD_BYTES:
        return _zstd_size(head)
    return None


def _zstd_size(head: bytes) -> int | None:
    """RFC 8878, 3.1.1.1: the frame header descriptor tells where the content size is."""
    descriptor = head[4]
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    length = (single_segment, 2, 4, 8)[descriptor >> 6]
    if length == 0:
        return None
    start = 5 + (1 - single_segment) + dictionary
    size = int.from_bytes(head[start : start + length], "little")
    return size + 256 if length == 2 else size
