# SPDX-License-Identifier: MIT
"""Checksums of HDF5 metadata: made right again after damage, or none would get past them."""

from __future__ import annotations

MASK = 0xFFFFFFFF
SIGNATURES = (
    *(b"OHDR", b"OCHK", b"FRHP", b"FHDB", b"FHIB", b"FSHD", b"FSSE", b"BTHD", b"BTIN", b"BTLF"),
    *(b"FAHD", b"FADB", b"EAHD", b"EAIB", b"EASB", b"EADB", b"SMTB", b"SMLI", b"\x89HDF"),
)
LONGEST = 480
"""Bytes of a block that is looked for."""


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash of 2006, as HDF5 uses it."""
    length = len(data)
    a = b = c = (0xDEADBEEF + length) & MASK
    at = 0
    while length - at > 12:
        a = (a + int.from_bytes(data[at : at + 4], "little")) & MASK
        b = (b + int.from_bytes(data[at + 4 : at + 8], "little")) & MASK
        c = (c + int.from_bytes(data[at + 8 : at + 12], "little")) & MASK
        a = (a - c) & MASK ^ _turn(c, 4)
        c = (c + b) & MASK
        b = (b - a) & MASK ^ _turn(a, 6)
        a = (a + c) & MASK
        c = (c - b) & MASK ^ _turn(b, 8)
        b = (b + a) & MASK
        a = (a - c) & MASK ^ _turn(c, 16)
        c = (c + b) & MASK
        b = (b - a) & MASK ^ _turn(a, 19)
        a = (a + c) & MASK
        c = (c - b) & MASK ^ _turn(b, 4)
        b = (b + a) & MASK
        at += 12
    if at == length:
        return c
    rest = data[at:].ljust(12, b"\0")
    a = (a + int.from_bytes(rest[:4], "little")) & MASK
    b = (b + int.from_bytes(rest[4:8], "little")) & MASK
    c = (c + int.from_bytes(rest[8:], "little")) & MASK
    c = ((c ^ b) - _turn(b, 14)) & MASK
    a = ((a ^ c) - _turn(c, 11)) & MASK
    b = ((b ^ a) - _turn(a, 25)) & MASK
    c = ((c ^ b) - _turn(b, 16)) & MASK
    a = ((a ^ c) - _turn(c, 4)) & MASK
    b = ((b ^ a) - _turn(a, 14)) & MASK
    return ((c ^ b) - _turn(b, 24)) & MASK


def _turn(x: int, k: int) -> int:
    return (x << k | x >> (32 - k)) & MASK


def find_sums(data: bytes) -> list[tuple[int, int]]:
    """Return every run of metadata (start, stop) that is followed by its checksum."""
    found = []
    for signature in SIGNATURES:
        at = data.find(signature)
        while at >= 0:
            stop = _end(data, at)
            if stop:
                found.append((at, stop))
            at = data.find(signature, at + 1)
    return sorted(found)


def _end(data: bytes, start: int) -> int:
    for stop in range(start + 6, min(start + LONGEST, len(data) - 4)):
        # Where a checksum is, it is hardly zero: most places need no hash.
        stored = int.from_bytes(data[stop : stop + 4], "little")
        if stored > 0xFFFF and stored != MASK and lookup3(data[start:stop]) == stored:
            return stop
    return 0


def repair(data: bytearray, sums: list[tuple[int, int]]) -> None:
    """Make all checksums right."""
    for start, stop in sums:
        if stop + 4 <= len(data):
            data[stop : stop + 4] = lookup3(bytes(data[start:stop])).to_bytes(4, "little")
