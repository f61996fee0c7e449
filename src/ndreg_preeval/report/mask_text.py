# SPDX-License-Identifier: MIT
"""Masks as text: a bit per pixel, row by row, compressed by zlib, in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MOST_PIXELS: Final = 1 << 30
"""Largest mask that is read back: some bytes of text can stand for any number of pixels."""


def mask_as_text(mask: NDArray[Any]) -> str:
    """Return a mask as text; its shape has to be told beside it."""
    import zlib  # which a Python may lack

    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode("ascii")


def mask_from_text(text: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of this shape.

    Raises
    ------
    ValueError
        When the text is none, or is one of another shape. No more is decompressed than the mask takes.
    """
    import zlib

    height, width = shape
    if height * width > MOST_PIXELS:
        raise ValueError(f"a mask of {height} x {width} pixels is too large to be read back")
    size = (height * width + 7) // 8
    try:
        decoder = zlib.decompressobj()
        # One byte more: data of another length are seen, and zlib gets to its checksum.
        packed = decoder.decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError(f"the bits of a mask cannot be decoded: {error}") from None
    if len(packed) != size or not decoder.eof:
        raise ValueError(f"the bits of a mask do not fill {height} x {width} pixels")
    bits: Any = np.unpackbits(np.frombuffer(packed, np.uint8), count=height * width)
    return np.asarray(bits.reshape(shape), dtype=np.bool_)
