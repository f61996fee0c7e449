# SPDX-License-Identifier: MIT
"""Deflate (gzip), by imagecodecs or zlib."""

from __future__ import annotations

import bz2
import zlib
from typing import Any, cast

from .base import BZIP2, DEFLATE, Bytes, Damaged, Filter, Inflate, Values


def with_zlib_to_tell(fast: Inflate) -> Inflate:
    def inflate(raw: Bytes, out: Bytes, values: Values) -> Any:
        try:
            return fast(raw, out, values)
        except RuntimeError:  # zlib knows better what is wrong
            return inflate_zlib(raw, out, values)

    return inflate


def inflate_zlib(raw: Bytes, out: Bytes, _: Values) -> bytes:
    stream = zlib.decompressobj()
    data: bytes = stream.decompress(cast("Any", raw), len(out))
    if len(data) == len(out) and not stream.eof and stream.decompress(stream.unconsumed_tail, 1):
        raise Damaged("inflates to more than it declares")
    if len(data) == len(out) and not stream.eof:
        raise Damaged("is cut off")
    return data


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
