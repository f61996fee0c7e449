# SPDX-License-Identifier: MIT
"""Bitshuffle, alone, with LZ4 or zstd."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....core import block_starts, zstd_fits
from .base import WHOLE, Bytes, Damaged, Decoder, Filter, Values, check_length, imagecodec

LZ4: Final = 2
ZSTD: Final = 3

HEAD_BYTES: Final = 12

GROUP_BYTES: Final = 1 << 19
"""Target size of decoded blocks that wait for their bits to be put in order: they stay in the cache."""


class Bitshuffle(Filter):
    """Bits of pixels in another order, mostly compressed, by imagecodecs.

    A compressed chunk is its size (8 bytes), the size of a decoded block (4), the blocks, each after
    its own size (4), and pixels beyond the last multiple of 8.
    """

    number = 32008
    provided_by = "hdf5plugin (bitshuffle)"
    examined = WHOLE

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._compression = values[4] if len(values) > 4 else 0
        self._itemsize: int = max(1, values[2]) if len(values) > 2 else 1
        self.reorders: bool = self._compression == 0

    def decodes(self, itemsize: int) -> bool:
        """Return whether HDF5 notes this size of a pixel with the filter, and imagecodecs is there."""
        return itemsize == self._itemsize and super().decodes(itemsize)

    def _find_decoder(self) -> Decoder | None:
        inflate = self._find_inflate()
        if inflate is None or imagecodec("bitshuffle_decode") is None:
            return None
        unshuffle = importlib.import_module("imagecodecs").bitshuffle_decode
        kind = np.dtype(f"V{self._itemsize}")

        def decode(data: Bytes, out: Bytes) -> Bytes:
            declared = big_endian_size(data[:8].tobytes())
            if declared != len(out):
                raise Damaged(f"declares {declared} bytes; it must hold {len(out)} bytes")
            blocks = self._blocks(data, len(out))
            if blocks is None:
                raise Damaged("is damaged: its blocks do not fit into it")
            memory = np.empty(min(blocks.total, max(GROUP_BYTES, blocks.length)), np.uint8)
            done = 0
            for group in blocks.groups():
                shuffled, pixels = memory[: group.total], out[done : done + group.total]
                inflate(data, group, shuffled)
                unshuffle(
                    shuffled.view(kind), blocksize=blocks.length // self._itemsize, out=pixels.view(kind)
                )
                done += group.total
            out[done:] = data[blocks.end : blocks.end + len(out) - done]
            return out

        return decode

    def _find_inflate(self) -> Inflate | None:
        if self._compression == LZ4:
            all_blocks, one_block = imagecodec("lz4h5_decode"), imagecodec("lz4_decode")
            if all_blocks is not None and one_block is not None:
                return functools.partial(_inflate_lz4, all_blocks, one_block)
        elif self._compression == ZSTD:
            decode = imagecodec("zstd_decode")
            if decode is not None:
                return functools.partial(_inflate_zstd, decode)
        return None

    def _blocks(self, data: bytes | Bytes, size: int) -> Blocks | None:
        """Where the blocks of a chunk of that size are; None where they do not fit into it."""
        multiple = 8 * self._itemsize
        length = int.from_bytes(bytes(data[8:HEAD_BYTES]), "big")
        if length == 0 or length % multiple:
            return None
        rest = size % multiple
        starts = block_starts(data, -(-(size - rest) // length))
        if len(starts) == 0 or int(starts[-1]) - 4 + rest > len(data):
            return None
        return Blocks(starts, length, size - rest)

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        if self._compression not in (LZ4, ZSTD):
            return True
        blocks = self._blocks(data, size)
        if blocks is None:
            return False
        if self._compression == LZ4:
            return True
        if self.decoder is None:
            return all(zstd_fits(data[place.stored]) for place in blocks.places())
        try:
            self.decoder(np.frombuffer(data, np.uint8), np.empty(size, np.uint8))
        except (Damaged, RuntimeError, ValueError):
            return False
        return True

    def _declared_size(self, data: bytes, size: int) -> int | None:  # noqa: ARG002
        return big_endian_size(data) if self._compression in (LZ4, ZSTD) else None


def big_endian_size(data: bytes) -> int | None:
    """Return the first number of a chunk, None where it is cut off."""
    return int.from_bytes(data[:8], "big") if len(data) >= 8 else None


class Place(NamedTuple):
    """A block."""

    stored: slice
    decoded: slice


class Blocks(NamedTuple):
    """Blocks of a chunk."""

    starts: NDArray[np.int64]
    """Where each begins, after its size, and one more would."""
    length: int
    """Of each decoded block but the last, in bytes."""
    total: int
    """Of all decoded blocks together, in bytes."""

    @property
    def begin(self) -> int:
        """Where the size of the first one is."""
        return int(self.starts[0]) - 4

    @property
    def end(self) -> int:
        """Where the last one ends."""
        return int(self.starts[-1]) - 4

    def groups(self) -> Iterator[Blocks]:
        """Blocks that follow each other, as many as belong together, or one."""
        count = max(1, GROUP_BYTES // self.length)
        for first in range(0, len(self.starts) - 1, count):
            total = min(count * self.length, self.total - first * self.length)
            yield Blocks(self.starts[first : first + count + 1], self.length, total)

    def places(self) -> Iterator[Place]:
        """All blocks."""
        return map(self._place, range(len(self.starts) - 1))

    def alike(self) -> Iterator[Place]:
        """Blocks that are as long as what they decode to."""
        decoded = np.full(len(self.starts) - 1, self.length)
        decoded[-1:] -= len(decoded) * self.length - self.total
        return map(self._place, np.flatnonzero(np.diff(self.starts) - 4 == decoded).tolist())

    def _place(self, number: int) -> Place:
        at = number * self.length
        return Place(
            slice(int(self.starts[number]), int(self.starts[number + 1]) - 4),
            slice(at, min(at + self.length, self.total)),
        )


Inflate = Callable[[Bytes, Blocks, Bytes], None]
"""inflate(data, blocks, out): fills `out` with what the blocks of data hold."""


def _inflate_lz4(all_blocks: Decoder, one_block: Decoder, data: Bytes, blocks: Blocks, out: Bytes) -> None:
    """Decode all blocks by one call: they lie in the chunk as those of HDF5's filter LZ4."""
    # No more than the blocks: then each is as long as it must be where all together are.
    framed = np.empty(HEAD_BYTES + blocks.end - blocks.begin, np.uint8)
    framed[:8] = np.frombuffer(len(out).to_bytes(8, "big"), np.uint8)
    framed[8:HEAD_BYTES] = data[8:HEAD_BYTES]
    framed[HEAD_BYTES:] = data[blocks.begin : blocks.end]
    check_length(np.frombuffer(all_blocks(framed, out), np.uint8), len(out))
    # That filter stores blocks as they are where LZ4 makes them no shorter; this one never does.
    for place in blocks.alike():
        _decode_block(one_block, data, place, out)


def _inflate_zstd(decode: Decoder, data: Bytes, blocks: Blocks, out: Bytes) -> None:
    for place in blocks.places():
        _decode_block(decode, data, place, out)


def _decode_block(decode: Decoder, data: Bytes, place: Place, out: Bytes) -> None:
    target = out[place.decoded]
    check_length(np.frombuffer(decode(data[place.stored], target), np.uint8), len(target))
