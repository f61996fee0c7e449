# SPDX-License-Identifier: MIT
"""SER files as TIA writes them: series of images.

From the published layout: C. Boothroyd, "TIA .ser file format" (http://www.er-c.org/cbb/info/TIAformat/): a
header, the axes of the series, offsets of all images and of their tags, then each image with its own header, its
last row first, and its tag.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

TYPES = {
    "u1": 1,
    "u2": 2,
    "u4": 3,
    "i1": 4,
    "i2": 5,
    "i4": 6,
    "f4": 7,
    "f8": 8,
    "c8": 9,
    "c16": 10,
}

IMAGES, SPECTRA, TIME = 0x4122, 0x4120, 0x4152


def write_ser(
    path: Path, stack: NDArray[Any], total: int | None = None, wide: bool = True, kind: int = IMAGES
) -> str:
    """Write a stack; `total` is how many images the series was to have, `wide` offsets of 8 bytes."""
    n, height, width = stack.shape
    total = n if total is None else total
    offset = "q" if wide else "i"
    about = b"Number"
    axis = struct.pack("<i2d2i", total, 0.0, 1.0, 0, len(about)) + about + struct.pack("<i", 0)
    start = struct.pack("<3h4i", 0x4949, 0x0197, 0x0220 if wide else 0x0210, kind, TIME, total, n)
    offsets_at = len(start) + struct.calcsize(f"<{offset}") + 4 + len(axis)
    start += struct.pack(f"<{offset}i", offsets_at, 1) + axis
    at = offsets_at + 2 * total * struct.calcsize(f"<{offset}")
    images, places, tags = [], [], []
    pixel_type = TYPES[stack.dtype.newbyteorder("=").str[1:]]
    for image in stack:
        content = struct.pack("<2di2di", 0.0, 1e-9, 0, 0.0, 1e-9, 0) + struct.pack(
            "<h2i", pixel_type, width, height
        )
        content += image[::-1].astype(stack.dtype.newbyteorder("<")).tobytes()
        tag = struct.pack("<2i", TIME, 0)
        places.append(at)
        tags.append(at + len(content))
        images.append(content + tag)
        at += len(content) + len(tag)
    unused = [0] * (total - n)
    listed = struct.pack(f"<{2 * total}{offset}", *places, *unused, *tags, *unused)
    path.write_bytes(start + listed + b"".join(images))
    return str(path)
