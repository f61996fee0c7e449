# SPDX-License-Identifier: MIT
"""LZF."""

from __future__ import annotations

from ....core import lzf_length
from .base import WHOLE, Filter


class Lzf(Filter):
    """LZF, by imagecodecs."""

    number = 32000
    provided_by = "h5py (lzf)"
    examined = WHOLE
    imagecodec = "lzf_decode"

    def _declared_size(self, data: bytes, size: int) -> int:  # noqa: ARG002
        return lzf_length(data)
