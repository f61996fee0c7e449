# SPDX-License-Identifier: MIT
"""What compressed chunks declare to inflate to, and whether their parts fit together."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from .blosc2 import HEAD_BYTES, read_header
from .filter_chain import (
    BITSHUFFLE,
    BLOSC,
    BLOSC2,
    BZIP2,
    DEFLATE,
    LZ4,
    LZF,
    SCALE_OFFSET,
    ZSTD,
    Filter,
    inflater,
)

__all__ = ["HEADED", "HEAD_BYTES", "MEASURED", "declared_size", "fits"]

HEADED: Final = (BLOSC, BLOSC2, SCALE_OFFSET)
"""Filters whose chunks tell all that they tell in their first `HEAD_BYTES`."""
MEASURED: Final = (BITSHUFFLE, BZIP2, DEFLATE, LZ4, LZF, ZSTD)
"""Filters whose chunks are looked at from end to end."""

ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"


def fits(each: Filter, raw: bytes, stored: int, size: int) -> bool:
    """Return whether all parts of a chunk lie within it: plugins do not look.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    raw : bytes
        The chunk, or its first bytes.
    stored : int
        Bytes of the chunk.
    size : int
        What it must inflate to.
    """
    if each.code == BITSHUFFLE:
        return bitshuffle_fits(each, raw, size)
    if each.code == LZ4:
        return lz4_fits(raw, size)
    if each.code == ZSTD:
        return zstd_fits(raw)
    if each.code == BLOSC:
        return len(raw) >= 16 and int.from_bytes(raw[12:16], "little") <= stored
    if each.code == SCALE_OFFSET:
        return scale_offset_fits(each, raw, stored, size)
    return True


def declared_size(each: Filter, raw: bytes, most: int) -> int | None:
    """Return how many bytes a chunk inflates to, as far as it says so without a plugin; else None.

    Parameters
    ----------
    each : Filter
        The filter that was applied last.
    raw : bytes
        The chunk, or its first bytes.
    most : int
        What it should inflate to: where it has to be inflated to know, one byte more is enough.

    Raises
    ------
    ValueError
        When a frame of Blosc2 does not fit together.
    """
    compressed = each.code == BITSHUFFLE and len(each.values) > 4 and each.values[4] in (2, 3)
    if (each.code == LZ4 or compressed) and len(raw) >= 8:
        return int.from_bytes(raw[:8], "big")
    if each.code == BLOSC and len(raw) >= 8:
        return int.from_bytes(raw[4:8], "little")
    if each.code == LZF:
        return lzf_length(raw)
    if each.code in (BZIP2, DEFLATE):
        return stream_length(each, raw, most)
    if each.code == BLOSC2:
        return read_header(raw).pixel_bytes
    if each.code == ZSTD and raw[:4] == ZSTD_MAGIC and len(raw) >= 18:
        return _zstd_size(raw)
    return None


def bitshuffle_fits(each: Filter, raw: bytes, size: int) -> bool:
    """Return whether the blocks of a bitshuffle chunk lie within it.

    A chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after its own
    size (4), and pixels beyond the last multiple of 8.
    """
    if len(each.values) < 5 or each.values[4] not in (2, 3):
        return True
    itemsize = max(1, each.values[2])
    block = int.from_bytes(raw[8:12], "big")
    if block == 0 or block % (8 * itemsize):
        return False
    rest = size % (8 * itemsize)
    count = -(-(size - rest) // block)
    if _blocks_end(raw, count) + rest > len(raw):
        return False
    if each.values[4] != 3:
        return True
    lengths = [min(block, size - rest - number * block) for number in range(count)]
    return all(map(_zstd_decodes, _blocks(raw, count), lengths))


def _zstd_decodes(raw: bytes, length: int) -> bool:
    """Whether a frame is sound: fully, with the extra "decode"; else as far as its blocks tell."""
    decode = inflater(Filter(ZSTD, ()))
    if not zstd_fits(raw) or decode is None:
        return zstd_fits(raw)
    try:
        return len(decode(np.frombuffer(raw, np.uint8), np.empty(length, np.uint8), ())) == length
    except (RuntimeError, ValueError):
        return False


def _blocks(raw: bytes, count: int) -> Iterator[bytes]:
    at = 12
    for _ in range(count):
        length = int.from_bytes(raw[at : at + 4], "big")
        yield raw[at + 4 : at + 4 + length]
        at += 4 + length


def lz4_fits(raw: bytes, size: int) -> bool:
    """Return whether the blocks of an LZ4 chunk lie within it; it begins as one of bitshuffle."""
    block = int.from_bytes(raw[8:12], "big")
    return block > 0 and _blocks_end(raw, -(-size // block)) <= len(raw)


def stream_length(each: Filter, raw: bytes, most: int) -> int:
    """Return how many bytes a deflate or bzip2 stream inflates to, at most one more than `most`.

    Raises
    ------
    ValueError
        When it does not, or is cut off.
    """
    stream = zlib.decompressobj() if each.code == DEFLATE else bz2.BZ2Decompressor()
    try:
        length = len(stream.decompress(raw, most + 1))
        if length == most and not stream.eof and each.code == BZIP2:
            length += len(stream.decompress(b"", 1))
    except (zlib.error, OSError) as error:
        raise ValueError(str(error)) from error
    if length <= most and not stream.eof:
        raise ValueError("it is cut off")
    return length


def lzf_length(raw: bytes) -> int:
    """Return how many bytes LZF data inflates to, -1 where it is cut off.

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


def _blocks_end(raw: bytes, count: int) -> int:
    """Where the last of some blocks ends, each after its size; beyond the chunk if one does not fit."""
    at = 12
    for _ in range(count):
        if at + 4 > len(raw):
            return len(raw) + 1
        at += 4 + int.from_bytes(raw[at : at + 4], "big")
    return at


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


def _zstd_size(raw: bytes) -> int | None:
    """Return the content size of a frame, where its header has it (RFC 8878, 3.1.1.1)."""
    descriptor = raw[4]
    length = (descriptor >> 5 & 1, 2, 4, 8)[descriptor >> 6]
    if length == 0:
        return None
    end = _zstd_header(descriptor)
    size = int.from_bytes(raw[end - length : end], "little")
    return size + 256 if length == 2 else size
