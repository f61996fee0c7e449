# SPDX-License-Identifier: MIT
"""DM3 and DM4 files as DigitalMicrograph writes them, as far as images go.

From the published layout: B. Schaffer and G. Jefferis, "Digital Micrograph file format"
(http://www.er-c.org/cbb/info/dmformat/): a tree of tags, whose structure is big-endian, and whose values are
little-endian. In DM4 the lengths in the structure have 8 bytes, and each tag says how long it is.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

IMAGE_TYPES: Final = {
    "int16": 1,
    "float32": 2,
    "complex64": 3,
    "uint8": 6,
    "int32": 7,
    "int8": 9,
    "uint16": 10,
    "uint32": 11,
    "float64": 12,
    "complex128": 13,
    "bool": 14,
}
"""What the tag DataType has for each type of pixels."""

RGB: Final = 23

ELEMENTS: Final = {
    "int16": 2,
    "int32": 3,
    "uint16": 4,
    "uint32": 5,
    "float32": 6,
    "float64": 7,
    "bool": 8,
    "int8": 9,
    "uint8": 10,
    "int64": 11,
    "uint64": 12,
}
"""Types of values and of elements of arrays in tags."""

Tags = Sequence[tuple[str, Any]]
"""Names, empty ones for members of a list, with groups of tags, numbers of numpy, text or arrays."""


class DmWriter:
    """Bytes of a tree of tags, of DM3 or DM4."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._length = ">I" if version == 3 else ">Q"

    def write(self, path: Path, tags: Tags) -> None:
        """Write a file."""
        tree = self._group(tags)
        size = struct.pack(self._length, len(tree) + 4)
        path.write_bytes(struct.pack(">I", self.version) + size + struct.pack(">I", 1) + tree + bytes(8))

    def _group(self, tags: Tags) -> bytes:
        content = b"".join(self._tag(name, value) for name, value in tags)
        return struct.pack(">2B", 1, 0) + struct.pack(self._length, len(tags)) + content

    def _tag(self, name: str, value: Any) -> bytes:
        group = isinstance(value, (list, tuple))
        content = self._group(value) if group else self._data(value)
        label = name.encode("latin-1")
        size = b"" if self.version == 3 else struct.pack(">Q", len(content))
        return struct.pack(">BH", 20 if group else 21, len(label)) + label + size + content

    def _data(self, value: Any) -> bytes:
        if isinstance(value, str):
            value = np.frombuffer(value.encode("utf-16-le"), "<u2")
        if isinstance(value, np.ndarray):
            pixels = value.view(value.real.dtype) if value.dtype.kind == "c" else value
            info = [20, ELEMENTS[pixels.dtype.name], pixels.size]
        else:
            info, pixels = [ELEMENTS[value.dtype.name]], np.asarray(value)
        little = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        return b"%%%%" + b"".join(struct.pack(self._length, each) for each in (len(info), *info)) + little


def image_tags(pixels: NDArray[Any], name: str, data_type: int | None = None) -> Tags:
    """Tags of an image of some axes, the last of which counts columns."""
    lengths = [("", np.uint32(length)) for length in pixels.shape[::-1]]
    axis = [("Origin", np.float32(0)), ("Scale", np.float32(1)), ("Units", "nm")]
    of_values = [("Origin", np.float32(0)), ("Scale", np.float32(1)), ("Units", "")]
    kind = IMAGE_TYPES[pixels.dtype.name] if data_type is None else data_type
    data = [
        ("Calibrations", [("Brightness", of_values), ("Dimension", [("", axis)] * pixels.ndim)]),
        ("Data", pixels.ravel()),
        ("DataType", np.uint32(kind)),
        ("Dimensions", lengths),
        ("PixelDepth", np.uint32(pixels.itemsize)),
    ]
    return [("ImageData", data), ("ImageTags", [("Acquisition", [("Frame", np.int32(1))])]), ("Name", name)]


def write_dm(
    path: Path, images: Mapping[str, NDArray[Any]], preview: bool = True, version: int | None = None
) -> str:
    """Write images by their names, after a small preview in colours as nearly all files have it."""
    found = [image_tags(pixels, name) for name, pixels in images.items()]
    if preview:
        colours = np.zeros((12, 16), np.int32)
        found.insert(0, image_tags(colours, "", RGB))
    version = version or (3 if path.suffix == ".dm3" else 4)
    tags = [
        ("ApplicationBounds", [("", np.int32(0))] * 4),
        ("ImageList", [("", image) for image in found]),
        ("Thumbnails", [("", [("ImageIndex", np.uint32(0))])] if preview else []),
    ]
    DmWriter(version).write(path, tags)
    return str(path)
