# SPDX-License-Identifier: MIT
"""Bzip2."""

from __future__ import annotations

import bz2
from typing import Any, cast

from .base import Bytes, Damaged, Values


def inflate_bzip2(raw: Bytes, out: Bytes, _: Values) -> bytes:
    stream = bz2.BZ2Decompressor()
    data = stream.decompress(cast("Any", raw), len(out))
    if len(data) == len(out) and not stream.eof and stream.decompress(b"", 1):
        raise Damaged("inflates to more than it declares")
    if not stream.eof:
        raise Damaged("is cut off")
    return data
