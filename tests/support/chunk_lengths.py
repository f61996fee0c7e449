# SPDX-License-Identifier: MIT
"""What chunks say of their lengths, walked slowly and obviously: an oracle for the compiled walks."""

from __future__ import annotations


def lzf_length(raw: bytes) -> int:
    """How many bytes LZF data inflate to, -1 where they are cut off.

    A byte below 32 announces that many literal bytes and one; another one a repetition of earlier bytes:
    its upper three bits are the length less 2, a 7 being continued in the next byte, the lower ones and a
    last byte the distance.
    """
    at = length = 0
    while at < len(raw):
        control = raw[at]
        if control < 32:
            at += control + 2
            length += control + 1
            continue
        repeated = control >> 5
        if repeated == 7:
            at += 1
            repeated += raw[at] if at < len(raw) else 0
        at += 2
        length += repeated + 2
    return length if at == len(raw) else -1


def block_starts(raw: bytes, count: int) -> list[int]:
    """Where each block begins, after its size, and where one more would; empty where one does not fit."""
    at, starts = 12, []
    for _ in range(count):
        if at + 4 > len(raw):
            return []
        starts.append(at + 4)
        at += 4 + int.from_bytes(raw[at : at + 4], "big")
    return [*starts, at + 4] if at <= len(raw) else []


def zstd_fits(raw: bytes) -> bool:
    """Whether the blocks of a zstd frame fill it (RFC 8878, 3.1.1)."""
    if len(raw) < 6 or raw[:4] != b"\x28\xb5\x2f\xfd":
        return False
    descriptor = raw[4]
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    at = 5 + (1 - single_segment) + dictionary + (single_segment, 2, 4, 8)[descriptor >> 6]
    while at + 3 <= len(raw):
        header = int.from_bytes(raw[at : at + 3], "little")
        kind, size = header >> 1 & 3, header >> 3
        at += 3 + (1 if kind == 1 else size)
        if kind == 3:
            return False
        if header & 1:
            return at + 4 * (descriptor >> 2 & 1) == len(raw)
    return False
