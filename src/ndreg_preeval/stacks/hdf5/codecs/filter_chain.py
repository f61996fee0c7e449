# SPDX-License-Identifier: MIT
"""Undoing the filters of one chunk: in any thread, outside HDF5's lock, never beyond its declared size.

libhdf5 accepts a chunk that inflates to less than it should, and gives whatever memory holds for
the rest; a chunk that inflates to more costs memory without bound. Everything here gives exactly
one chunk or says that it is damaged.
"""

from __future__ import annotations

import bz2
import functools
import importlib
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from .blosc2 import MOST_PADDING, inflate_frame
from .shuffle import fletcher32, unshuffle

DEFLATE: Final = 1
SHUFFLE: Final = 2
FLETCHER: Final = 3
SCALE_OFFSET: Final = 6
BZIP2: Final = 307
LZF: Final = 32000
BLOSC: Final = 32001
LZ4: Final = 32004
BITSHUFFLE: Final = 32008
ZSTD: Final = 32015
BLOSC2: Final = 32026
CHECKSUM_BYTES: Final = 4

Bytes = NDArray[np.uint8]
Values = tuple[int, ...]

Inflate = Callable[[Bytes, Bytes, Values], Any]
"""inflate(raw, room, values): fills room with what raw holds; returns what it wrote."""


class Filter(NamedTuple):
    """One filter of a dataset, as its creation property list has it."""

    code: int
    values: Values


class Damaged(Exception):
    """What is wrong with a chunk, to be said after its place."""


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

    def decode(self, skipped: int, raw: bytes | Bytes, room: Bytes) -> None:
        """Fill `room`, of exactly one chunk, with the decoded bytes of `raw`.

        Parameters
        ----------
        skipped : int
            The chunk's filter mask: a bit set means that this filter was not applied.
        raw : bytes-like
            As stored in the file.
        room : (size,) uint8 array
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
            target = np.empty(length, np.uint8) if applied else room
            if code == SHUFFLE:
                self._expect(len(data), length)
                unshuffle(data, self._itemsize, target)
                data = target
            else:
                data = self._inflated(code, values, data, target)
        self._expect(len(data), self._size)
        if data is not room:
            room[:] = data

    def _inflated(self, code: int, values: Values, raw: Bytes, room: Bytes) -> Bytes:
        inflate = self._inflate[code]
        assert inflate is not None
        try:
            written = inflate(raw, room, values)
        except Damaged:
            raise
        except (RuntimeError, ValueError, OSError, zlib.error) as error:
            raise Damaged(f"is damaged: {_first_line(error)}") from error
        found = np.frombuffer(written, np.uint8)
        if len(found) != len(room):
            raise Damaged(f"inflates to {len(found)} bytes; it must hold {len(room)} bytes")
        if found.ctypes.data != room.ctypes.data:
            room[:] = found
        return room

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


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or type(error).__name__


def _checked(data: Bytes) -> Bytes:
    content, checksum = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    if len(data) < CHECKSUM_BYTES or fletcher32(content) != int.from_bytes(checksum.tobytes(), "little"):
        raise Damaged("has a wrong checksum")
    return content


# ------------------------------------------------------------------ libraries that inflate


def inflater(each: Filter) -> Inflate | None:
    """Return what undoes a compression, None where no library at hand does it without HDF5."""
    if each.code == DEFLATE and (len(each.values) != 1 or each.values[0] > 9):
        return None  # HDF5 refuses that
    if each.code == DEFLATE:
        fast = _imagecodec("deflate_decode")
        return _inflate_zlib if fast is None else _with_zlib_to_tell(fast)
    if each.code == BZIP2:
        return _inflate_bzip2
    if each.code == BITSHUFFLE:
        compression = each.values[4] if len(each.values) > 4 else 0
        return _bitshuffle_lz4() if compression == 2 else None
    if each.code == BLOSC:
        fast = _imagecodec("blosc_decode", numthreads=1)
        return None if fast is None else _with_length_of_blosc(fast)
    if each.code == BLOSC2:
        return _blosc2_frames()
    names = {LZF: "lzf_decode", LZ4: "lz4h5_decode", ZSTD: "zstd_decode"}
    return _imagecodec(names[each.code]) if each.code in names else None


def _imagecodec(name: str, **options: Any) -> Inflate | None:
    try:
        function = getattr(importlib.import_module("imagecodecs"), name)
        # Codecs that a build lacks are there, but only raise.
        if not getattr(
            importlib.import_module("imagecodecs"), name.split("_", maxsplit=1)[0].upper()
        ).available:
            return None
    except (ImportError, AttributeError):
        return None
    return lambda raw, room, _: function(raw, out=room, **options)


def _with_length_of_blosc(fast: Inflate) -> Inflate:
    def inflate(raw: Bytes, room: Bytes, values: Values) -> Any:
        # The decoder is not told how long its input is: it believes what that says.
        if len(raw) < 16 or int.from_bytes(raw[12:16].tobytes(), "little") > len(raw):
            raise Damaged("is cut off")
        return fast(raw, room, values)

    return inflate


def _with_zlib_to_tell(fast: Inflate) -> Inflate:
    def inflate(raw: Bytes, room: Bytes, values: Values) -> Any:
        try:
            return fast(raw, room, values)
        except RuntimeError:  # zlib knows better what is wrong
            return _inflate_zlib(raw, room, values)

    return inflate


def _bitshuffle_lz4() -> Inflate | None:
    try:
        decompress: Any = importlib.import_module("dectris.compression").decompress
    except (ImportError, AttributeError):
        return None

    def inflate(raw: Bytes, room: Bytes, values: Values) -> bytes:
        declared = int.from_bytes(raw[:8].tobytes(), "big")
        if declared != len(room):
            raise Damaged(f"declares {declared} bytes; it must hold {len(room)} bytes")
        itemsize = values[2] if len(values) > 2 else 0
        result: bytes = decompress(raw, "bslz4", elem_size=itemsize)
        return result

    return inflate


def _blosc2_frames() -> Inflate | None:
    if _imagecodec("blosc2_decode") is None:
        return None
    decode = functools.partial(importlib.import_module("imagecodecs").blosc2_decode, numthreads=1)
    return lambda raw, room, values: inflate_frame(raw, room, decode, values)


def _inflate_zlib(raw: Bytes, room: Bytes, _: Values) -> bytes:
    stream = zlib.decompressobj()
    data: bytes = stream.decompress(cast("Any", raw), len(room))
    if len(data) == len(room) and not stream.eof and stream.decompress(stream.unconsumed_tail, 1):
        raise Damaged("inflates to more than it declares")
    if len(data) == len(room) and not stream.eof:
        raise Damaged("is cut off")
    return data


def _inflate_bzip2(raw: Bytes, room: Bytes, _: Values) -> bytes:
    stream = bz2.BZ2Decompressor()
    data = stream.decompress(cast("Any", raw), len(room))
    if len(data) == len(room) and not stream.eof and stream.decompress(b"", 1):
        raise Damaged("inflates to more than it declares")
    if not stream.eof:
        raise Damaged("is cut off")
    return data
