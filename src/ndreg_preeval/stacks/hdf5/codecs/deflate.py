# SPDX-License-Identifier: MIT
"""Deflate (gzip), by imagecodecs or zlib."""

from __future__ import annotations

import functools
from typing import Any, Final, cast

import numpy as np

from ...optional_modules import optional_module
from .base import WHOLE, Bytes, Chunks, Damaged, Decoder, Filter, first_line, imagecodec

FEW_BYTES: Final = 512
"""Largest chunk that zlib inflates sooner than imagecodecs, whose calls take longer, in bytes."""


class Deflate(Filter):
    """Deflate."""

    number = 1
    measured_by = "zlib"
    examined = WHOLE

    def _find_decoder(self) -> Decoder | None:
        if len(self.values) != 1 or self.values[0] > 9:
            return None  # HDF5 refuses that
        fast, zlib = imagecodec("deflate_decode"), optional_module("zlib")
        if zlib is None:
            return fast
        slow = functools.partial(_decode, zlib)
        return slow if fast is None else _with_zlib_to_tell(fast, slow)

    def decode_many(self, chunks: Chunks, length: int) -> Chunks:
        """Inflate several chunks, each of which must become as long as that."""
        zlib = optional_module("zlib")
        if zlib is None or length > FEW_BYTES:
            return super().decode_many(chunks, length)
        start = zlib.decompressobj
        data = memoryview(cast("Any", chunks.data))
        found = []
        try:
            for first, last in zip(
                chunks.starts.tolist(), (chunks.starts + chunks.sizes).tolist(), strict=True
            ):
                stream = start()
                # One byte more, so that what follows the last pixel is looked at, too.
                inflated = stream.decompress(data[first:last], length + 1)
                if len(inflated) != length or not stream.eof:
                    raise Damaged("does not inflate to what it must hold")
                found.append(inflated)
        except zlib.error as error:
            raise Damaged(f"is damaged: {first_line(error)}") from error
        return Chunks.beside_each_other(np.frombuffer(b"".join(found), np.uint8), len(found))

    def _declared_size(self, data: bytes, size: int) -> int:
        zlib = optional_module("zlib")
        if zlib is None:
            return self._measured_size(data, size)
        stream = zlib.decompressobj()
        try:
            length = len(stream.decompress(data, size + 1))
        except zlib.error as error:
            raise ValueError(str(error)) from error
        if length <= size and not stream.eof:
            raise ValueError("it is cut off")
        return length


def _with_zlib_to_tell(fast: Decoder, slow: Decoder) -> Decoder:
    def decode(data: Bytes, out: Bytes) -> Any:
        try:
            return fast(data, out)
        except RuntimeError:  # zlib knows better what is wrong
            return slow(data, out)

    return decode


def _decode(zlib: Any, data: Bytes, out: Bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        found: bytes = stream.decompress(data, len(out))
        more = len(found) == len(out) and not stream.eof and stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise Damaged(f"is damaged: {first_line(error)}") from error
    if more:
        raise Damaged("inflates to more than it declares")
    if len(found) == len(out) and not stream.eof:
        raise Damaged("is cut off")
    return found
