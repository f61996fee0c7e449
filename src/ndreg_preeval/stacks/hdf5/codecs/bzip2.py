# SPDX-License-Identifier: MIT
"""Bzip2, by Python's bz2 or imagecodecs."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ....optional_modules import optional_module
from .base import Bytes, Damaged, Inflate, Values, imagecodec, measured_length


def bzip2_inflater() -> Inflate | None:
    """Return what inflates a chunk, None where neither library is there."""
    bz2 = optional_module("bz2")
    if bz2 is not None:
        return functools.partial(_inflate_bzip2, bz2)
    fast = imagecodec("bz2_decode")
    return None if fast is None else _with_length(fast)


def bzip2_length(raw: bytes, most: int) -> int:
    """Return how many bytes a chunk inflates to, at most one more than `most`.

    Raises
    ------
    ValueError
        When it does not, or is cut off.
    """
    bz2 = optional_module("bz2")
    if bz2 is None:
        return measured_length(bzip2_inflater(), raw, most)
    stream = bz2.BZ2Decompressor()
    try:
        length = len(stream.decompress(raw, most + 1))
        if length == most and not stream.eof:
            length += len(stream.decompress(b"", 1))
    except OSError as error:
        raise ValueError(str(error)) from error
    if length <= most and not stream.eof:
        raise ValueError("it is cut off")
    return length


def _with_length(fast: Inflate) -> Inflate:
    def inflate(raw: Bytes, out: Bytes, values: Values) -> Any:
        # The decoder stops at the end of `out` without an error: one byte more shows it.
        found = fast(raw, np.empty(len(out) + 1, np.uint8), values)
        if len(found) > len(out):
            raise Damaged("inflates to more than it declares")
        return found

    return inflate


def _inflate_bzip2(bz2: Any, raw: Bytes, out: Bytes, _: Values) -> bytes:
    stream = bz2.BZ2Decompressor()
    data: bytes = stream.decompress(raw, len(out))
    if len(data) == len(out) and not stream.eof and stream.decompress(b"", 1):
        raise Damaged("inflates to more than it declares")
    if not stream.eof:
        raise Damaged("is cut off")
    return data
