# SPDX-License-Identifier: MIT
"""LZF."""

from __future__ import annotations

from .base import WHOLE, Filter


class Lzf(Filter):
    """LZF, by imagecodecs."""

    number = 32000
    provided_by = "h5py (lzf)"
    examined = WHOLE
    imagecodec = "lzf_decode"

    def _declared_size(self, data: bytes, size: int) -> int:  # noqa: ARG002
        return lzf_length(data)


def lzf_length(raw: bytes) -> int:
    """Return how many bytes LZF data inflates to, -1 where it is cut off.

    A byte below 32 announces that many literal bytes and one; another one a repetition of earlier bytes:
    its upper three bits are the length less 2, a 7 being continued in the next byte, the lower ones and a
    last byte the distance.
    """
    at = length = 0
    while at < len(raw):
        control = raw[at]
        if control < 32:
            at += control + 2
            length += control + 1
            continue
        repeated = control >> 5
        if repeated == 7:
            at += 1
            repeated += raw[at] if at < len(raw) else 0
        at += 2
        length += repeated + 2
    return length if at == len(raw) else -1
