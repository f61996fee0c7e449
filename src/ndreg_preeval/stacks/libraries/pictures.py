# SPDX-License-Identifier: MIT
"""Grey pictures, one in a file, that Pillow reads: PNG, JPEG, JPEG 2000, BMP and GIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..hints import IMAGES
from .base import INDEX, LibraryFile, LibraryFormat

if TYPE_CHECKING:
    from ...options import Limits

READ: Final = ("PNG", "JPEG", "JPEG2000", "BMP", "GIF")
"""Names of the formats in Pillow: others, it would hand to other programs."""

TYPES: Final = {"1": "?", "L": "u1", "I;16": "<u2", "I;16L": "<u2", "I;16B": ">u2", "I": "i4", "F": "f4"}
"""Types of pixels by the modes of Pillow that are one grey value per pixel."""

COLOURS: Final = {
    "P": "a palette",
    "PA": "a palette and transparency",
    "LA": "grey values and transparency",
    "RGB": "colours",
    "RGBA": "colours and transparency",
    "CMYK": "colours for print",
    "YCbCr": "colours",
}


COMPRESSIONS: Final = {"PNG": "deflate", "JPEG": "jpeg", "JPEG2000": "jpeg2000", "GIF": "lzw"}
"""Names of what compresses pictures, by the formats of Pillow."""


class PictureFile(LibraryFile):
    """A picture that was looked at; it is opened again for its pixels."""

    concurrent = True

    def __init__(self, path: str) -> None:
        from PIL import Image

        self._path = path
        with Image.open(path, formats=READ) as image:
            width, height = image.size
            self._check(image)
            self.shape: tuple[int, ...] = (height, width)
            self.dtype: np.dtype[Any] = _dtype(image)
            self.compression: str = COMPRESSIONS.get(image.format or "", "")

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the picture, which is decoded whole."""
        from PIL import Image

        with Image.open(self._path, formats=READ) as image:
            self._check(image)
            pixels = np.asarray(image.convert("L") if image.mode == "P" else image)
            return pixels.astype(self.dtype, copy=False)[index]

    def _check(self, image: Any) -> None:
        frames = int(getattr(image, "n_frames", 1))
        if frames != 1:
            raise ValueError(
                f"it holds {frames} pictures, one after the other: give them as an array, as imageio.v3.imread reads them"
            )
        if image.mode not in TYPES and not _has_grey_palette(image):
            what = COLOURS.get(image.mode, f"pixels of the kind {clip(image.mode, 20)}")
            raise ValueError(
                f"the images must have one grey value per pixel, not {what}: save them as grey values, or give an "
                'array, as in numpy.asarray(PIL.Image.open(file).convert("L")), or of one channel of it'
            )


class PictureFormat(LibraryFormat):
    """Pictures of cameras and programs for images."""

    name = "picture"
    safe_to_open = True
    endings: ClassVar[tuple[str, ...]] = (
        ".png",
        ".jpg",
        ".jpeg",
        ".jp2",
        ".j2k",
        ".jpx",
        ".jpf",
        ".bmp",
        ".gif",
    )
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = tuple((0, start) for start, _ in IMAGES)
    modules: ClassVar[tuple[str, ...]] = ("PIL.Image",)
    extra: ClassVar[str | None] = "pictures"

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> PictureFile:  # noqa: ARG003
        """Open a file and read what kind of picture it is."""
        return PictureFile(path)


def _dtype(image: Any) -> np.dtype[Any]:
    sixteen_bits = image.mode == "I" and image.format == "PNG"  # as older versions of Pillow have it
    return np.dtype("u2" if sixteen_bits else TYPES.get(image.mode, "u1"))


def _has_grey_palette(image: Any) -> bool:
    """Return whether colours are looked up that are all grey, as GIF has grey values."""
    if image.mode != "P" or "transparency" in image.info:
        return False
    colours = np.array(image.getpalette("RGB")).reshape(-1, 3)
    return bool(np.all(colours == colours[:, :1]))
