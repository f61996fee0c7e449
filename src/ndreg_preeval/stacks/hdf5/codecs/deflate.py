# SPDX-License-Identifier: MIT
"""Deflate (gzip), by imagecodecs or zlib."""

from __future__ import annotations

import functools
from typing import Any

from ....optional_modules import optional_module
from .base import Bytes, Damaged, Inflate, Values, first_line, imagecodec, measured_length


def deflate_inflater() -> Inflate | None:
    """Return what inflates a chunk, None where neither library is there."""
    fast, zlib = imagecodec("deflate_decode"), optional_module("zlib")
    if zlib is None:
        return fast
    slow = functools.partial(_inflate_zlib, zlib)
    return slow if fast is None else _with_zlib_to_tell(fast, slow)


def deflate_length(raw: bytes, most: int) -> int:
    """Return how many bytes a chunk inflates to, at most one more than `most`.

    Raises
    ------
    ValueError
        When it does not, or is cut off.
    """
    zlib = optional_module("zlib")
    if zlib is None:
        return measured_length(deflate_inflater(), raw, most)
    stream = zlib.decompressobj()
    try:
        length = len(stream.decompress(raw, most + 1))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if length <= most and not stream.eof:
        raise ValueError("it is cut off")
    return length


def _with_zlib_to_tell(fast: Inflate, slow: Inflate) -> Inflate:
    def inflate(raw: Bytes, out: Bytes, values: Values) -> Any:
        try:
            return fast(raw, out, values)
        except RuntimeError:  # zlib knows better what is wrong
            return slow(raw, out, values)

    return inflate


def _inflate_zlib(zlib: Any, raw: Bytes, out: Bytes, _: Values) -> bytes:
    stream = zlib.decompressobj()
    try:
        data: bytes = stream.decompress(raw, len(out))
        more = len(data) == len(out) and not stream.eof and stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise Damaged(f"is damaged: {first_line(error)}") from error
    if more:
        raise Damaged("inflates to more than it declares")
    if len(data) == len(out) and not stream.eof:
        raise Damaged("is cut off")
    return data
