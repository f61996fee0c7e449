# SPDX-License-Identifier: MIT
"""The filters of one chunk, undone in any thread, outside HDF5's lock, never beyond its declared size.

libhdf5 accepts a chunk that inflates to less than it should, and gives whatever memory holds for
the rest; a chunk that inflates to more costs memory without bound. Everything here gives exactly
one chunk or says that it is damaged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .base import (
    BITSHUFFLE,
    BLOSC,
    BLOSC2,
    BZIP2,
    CHECKSUM_BYTES,
    DEFLATE,
    FLETCHER,
    LZ4,
    LZF,
    SHUFFLE,
    ZSTD,
    Bytes,
    Damaged,
    Filter,
    Inflate,
    Values,
    first_line,
    imagecodec,
)
from .bitshuffle import bitshuffle_lz4
from .blosc import with_length_of_blosc
from .blosc2 import MOST_PADDING, blosc2_frames
from .bzip2 import bzip2_inflater
from .deflate import deflate_inflater
from .shuffle import fletcher32, unshuffle


class Codec:
    """Undoes the filters of the chunks of one dataset.

    Parameters
    ----------
    filters : sequence of Filter
        In the order in which they were applied.
    size : int
        Bytes of a decoded chunk.
    itemsize : int
        Bytes of a pixel.
    """

    def __init__(self, filters: Sequence[Filter], size: int, itemsize: int) -> None:
        self._filters = tuple(filters)
        self._size = size
        self._itemsize = itemsize
        self._inflate = {each.code: inflater(each) for each in filters}

    @classmethod
    def of(cls, filters: Sequence[Filter], size: int, itemsize: int) -> Codec | None:
        """Return a codec, or None where libhdf5 and its plugins have to decode."""
        codec = cls(filters, size, itemsize)
        # HDF5 notes the size of a pixel with the filter; where that is another one, it refuses.
        shuffled = all(each.values == (itemsize,) for each in filters if each.code == SHUFFLE)
        known = shuffled and all(
            each.code in (SHUFFLE, FLETCHER) or codec._inflate[each.code] for each in filters
        )
        return codec if known else None

    @property
    def most_stored(self) -> int:
        """Bytes that a chunk may take in the file."""
        return most_stored(self._filters, self._size)

    @property
    def working_bytes(self) -> int:
        """Memory that decoding one chunk takes, besides its place."""
        padding = self._size * sum(each.code == BLOSC2 for each in self._filters)
        usual = most_stored((), self._size) + padding
        return usual + padding + self._size * (1 + sum(each.code != FLETCHER for each in self._filters))

    def decode(self, skipped: int, raw: bytes | Bytes, out: Bytes) -> None:
        """Fill `out`, of exactly one chunk, with the decoded bytes of `raw`.

        Parameters
        ----------
        skipped : int
            The chunk's filter mask: a bit set means that this filter was not applied.
        raw : bytes-like
            As stored in the file.
        out : (size,) uint8 array
            Contiguous and writable.

        Raises
        ------
        Damaged
            When it does not decode, or not to exactly the declared size.
        """
        data: Bytes = np.frombuffer(raw, np.uint8)
        applied = [each for index, each in enumerate(self._filters) if not skipped >> index & 1]
        while applied:
            code, values = applied.pop()
            if code == FLETCHER:
                data = _checked(data)
                continue
            checksums = sum(each.code == FLETCHER for each in applied)
            length = self._size + checksums * CHECKSUM_BYTES
            target = np.empty(length, np.uint8) if applied else out
            if code == SHUFFLE:
                self._expect(len(data), length)
                unshuffle(data, self._itemsize, target)
                data = target
            else:
                data = self._inflated(code, values, data, target)
        self._expect(len(data), self._size)
        if data is not out:
            out[:] = data

    def _inflated(self, code: int, values: Values, raw: Bytes, out: Bytes) -> Bytes:
        inflate = self._inflate[code]
        assert inflate is not None
        try:
            written = inflate(raw, out, values)
        except Damaged:
            raise
        except (RuntimeError, ValueError, OSError) as error:
            raise Damaged(f"is damaged: {first_line(error)}") from error
        found = np.frombuffer(written, np.uint8)
        if len(found) != len(out):
            raise Damaged(f"inflates to {len(found)} bytes; it must hold {len(out)} bytes")
        if found.ctypes.data != out.ctypes.data:
            out[:] = found
        return out

    def _expect(self, found: int, wanted: int) -> None:
        if found != wanted:
            raise Damaged(f"holds {found} bytes; it must hold {wanted} bytes")


def most_stored(filters: Sequence[Filter], size: int) -> int:
    """Return how many bytes a chunk of `size` may take in a file.

    No filter makes it much longer, but that Blosc2 pads blocks of pixels: to less than twice their
    number along each axis.
    """
    if any(each.code == BLOSC2 for each in filters):
        size *= MOST_PADDING
    return size + size // 64 + 4096


def _checked(data: Bytes) -> Bytes:
    content, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if len(data) < CHECKSUM_BYTES or fletcher32(content) != int.from_bytes(checksum.tobytes(), "little"):
        raise Damaged("has a wrong checksum")
    return content


def inflater(each: Filter) -> Inflate | None:
    """Return what undoes a compression, None where no library at hand does it without HDF5."""
    if each.code == DEFLATE and (len(each.values) != 1 or each.values[0] > 9):
        return None  # HDF5 refuses that
    if each.code == DEFLATE:
        return deflate_inflater()
    if each.code == BZIP2:
        return bzip2_inflater()
    if each.code == BITSHUFFLE:
        compression = each.values[4] if len(each.values) > 4 else 0
        return bitshuffle_lz4() if compression == 2 else None
    if each.code == BLOSC:
        fast = imagecodec("blosc_decode", numthreads=1)
        return None if fast is None else with_length_of_blosc(fast)
    if each.code == BLOSC2:
        return blosc2_frames()
    names = {LZF: "lzf_decode", LZ4: "lz4h5_decode", ZSTD: "zstd_decode"}
    return imagecodec(names[each.code]) if each.code in names else None
