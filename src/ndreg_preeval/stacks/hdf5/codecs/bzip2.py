# SPDX-License-Identifier: MIT
"""Bzip2, by Python's bz2 or imagecodecs."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ...optional_modules import optional_module
from .base import WHOLE, Bytes, Damaged, Decoder, Filter, imagecodec


class Bzip2(Filter):
    """Bzip2."""

    number = 307
    provided_by = "hdf5plugin (bzip2)"
    measured_by = "bz2"
    # imagecodecs itself needs zlib to be imported, in most of its versions.
    instead = ', or install imagecodecs (extra "decode"), which does without'
    examined = WHOLE

    def _find_decoder(self) -> Decoder | None:
        bz2 = optional_module("bz2")
        if bz2 is not None:
            return functools.partial(_decode, bz2)
        fast = imagecodec("bz2_decode")
        return None if fast is None else _with_length(fast)

    def _declared_size(self, data: bytes, size: int) -> int:
        bz2 = optional_module("bz2")
        if bz2 is None:
            return self._measured_size(data, size)
        stream = bz2.BZ2Decompressor()
        try:
            length = len(stream.decompress(data, size + 1))
            if length == size and not stream.eof:
                length += len(stream.decompress(b"", 1))
        except OSError as error:
            raise ValueError(str(error)) from error
        if length <= size and not stream.eof:
            raise ValueError("it is cut off")
        return length


def _with_length(fast: Decoder) -> Decoder:
    def decode(data: Bytes, out: Bytes) -> Any:
        # The decoder stops at the end of `out` without an error: one byte more shows it.
        found = fast(data, np.empty(len(out) + 1, np.uint8))
        if len(found) > len(out):
            raise Damaged("inflates to more than it declares")
        return found

    return decode


def _decode(bz2: Any, data: Bytes, out: Bytes) -> bytes:
    stream = bz2.BZ2Decompressor()
    found: bytes = stream.decompress(data, len(out))
    if len(found) == len(out) and not stream.eof and stream.decompress(b"", 1):
        raise Damaged("inflates to more than it declares")
    if not stream.eof:
        raise Damaged("is cut off")
    return found
