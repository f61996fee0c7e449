# SPDX-License-Identifier: MIT
"""Small pictures as PNG, by the standard library alone: a report needs no package for pictures."""

from __future__ import annotations

import base64
import struct
from typing import Any, Final

import numpy as np

VIRIDIS: Final = (
    "440154470d6048186a482374472e7c4538824241863e4a893a548c365d8d32658e2e6d8e2b758e287d8e25848e228c8d"
    "1f948c1e9c8920a38625ab822eb37c3aba7648c16e58c7656ccd5a7fd34e93d741a8db34c0df25d5e21aeae51afde725"
)
"""Colours of matplotlib's viridis, 32 of them: light is more to all eyes, and in grey."""

GREYS: Final = "".join(f"{level:02x}" * 3 for level in np.linspace(0, 255, 64).round().astype(int))
"""64 greys: as many as are told apart, and a picture of noise takes less room."""


def data_uri(levels: Any, palette: str) -> str:
    """Make a picture part of a page.

    Parameters
    ----------
    levels : (h, w) array of numbers from 0 to 1
        What to show; others are taken for the nearest of both.
    palette : str
        Colours, six hexadecimal digits each, of 0 to 1.

    Returns
    -------
    str
        A URI that holds the picture itself.
    """
    colours = len(palette) // 6
    # What is not a number is 0: it stands for a pixel that nobody knows.
    known = np.nan_to_num(np.asarray(levels, dtype=float), nan=0.0, posinf=1.0, neginf=0.0)
    indices = (known.clip(0, 1) * (colours - 1)).round().astype(np.uint8)
    return "data:image/png;base64," + base64.b64encode(_png(indices, bytes.fromhex(palette))).decode()


def _png(indices: Any, palette: bytes) -> bytes:
    import zlib

    height, width = indices.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = indices

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", palette),
            chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            chunk(b"IEND", b""),
        )
    )
