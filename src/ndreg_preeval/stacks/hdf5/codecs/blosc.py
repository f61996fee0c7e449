# SPDX-License-Identifier: MIT
"""Blosc."""

from __future__ import annotations

from typing import Any

from .base import Bytes, Damaged, Inflate, Values


def with_length_of_blosc(fast: Inflate) -> Inflate:
    def inflate(raw: Bytes, out: Bytes, values: Values) -> Any:
        # The decoder is not told how long its input is: it believes what that says.
        if len(raw) < 16 or int.from_bytes(raw[12:16].tobytes(), "little") > len(raw):
            raise Damaged("is cut off")
        return fast(raw, out, values)

    return inflate
