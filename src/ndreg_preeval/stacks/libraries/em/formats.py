# SPDX-License-Identifier: MIT
"""Files of electron microscopes: DM3 and DM4 of Gatan's DigitalMicrograph, SER of TIA.

ncempy knows their headers and says where the pixels are, which are read at their place. rosettasciio reads more
kinds, but all pixels of a file at once, or maps them where it is lazy: a file that is cut while it is mapped ends
the process. EMD and HSPY files are HDF5, ZSPY files are zarr: these are read as such.
"""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122, PTH123, PTH207

from __future__ import annotations

import errno
import glob
import math
import os
import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import numpy as np

from ....errors import clip, shorten, without_warnings
from ...hints import dm_version
from ..base import LibraryFile, LibraryFormat, NotRead, errors_of_library
from ..raw_pixels import RawPixels
from .ser_images import SerImages

if TYPE_CHECKING:
    from ....options import Limits

DM_TYPES: Final = {
    1: "<i2",
    2: "<f4",
    3: "<c8",
    6: "u1",
    7: "<i4",
    9: "i1",
    10: "<u2",
    11: "<u4",
    12: "<f8",
    13: "<c16",
    14: "?",
    39: "<i8",
    40: "<u8",
}
"""Types of pixels by their numbers; others are colours (23: the preview of a file) or packed."""

AXES: Final = ("set", "image", "row", "column")

SIGNALS_TOLD: Final = 6


class DmImage(NamedTuple):
    """One of the images and stacks in a file."""

    number: int
    """From 1 on."""
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int

    @property
    def axes(self) -> int:
        """Number of axes of more than one element."""
        return sum(length > 1 for length in self.shape)

    def __str__(self) -> str:
        return f"{shorten(self.name, 60) if self.name else self.number} {self.shape}"


class DmFormat(LibraryFormat):
    """DM3 and DM4, by ncempy; a file may hold several images, which have names and numbers."""

    name = "DM3/DM4"
    endings: ClassVar[tuple[str, ...]] = (".dm3", ".dm4")
    modules: ClassVar[tuple[str, ...]] = ("ncempy.io.dm",)
    extra: ClassVar[str | None] = "em"
    has_paths = True
    many_axes = True

    @classmethod
    def begins(cls, head: bytes) -> bool:
        """Return whether it begins as DM3 or DM4: its version, and later on its byte order."""
        return dm_version(head) > 0

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:  # noqa: ARG003
        """Read the tags, and choose the image: by its name or number, or the only stack."""
        image = _choose(_dm_images(path), data_path.strip("/"), os.path.basename(path))
        return RawPixels(path, image.offset, image.dtype, image.shape, AXES[-len(image.shape) :])


def _dm_images(path: str) -> list[DmImage]:
    """All images of a file whose pixels are numbers."""
    from ncempy.io import dm

    with without_warnings(), np.errstate(all="ignore"):  # it counts tags in 8 bits
        file = dm.fileDM(path, on_memory=False)  # "on_memory" means mapped
        try:
            sizes = (file.zSize2, file.zSize, file.ySize, file.xSize)
            number = len(file.dataOffset)
            if any(len(each) != number for each in (*sizes, file.dataShape, file.dataType, file.dataSize)):
                raise OSError(errno.EIO, "its tags are damaged: images without size or type", clip(path))
            images = []
            for index in range(number):
                dtype = np.dtype(DM_TYPES.get(int(file.dataType[index]), "V1"))
                shape = tuple(int(each[index]) for each in sizes)[-max(2, int(file.dataShape[index])) :]
                if dtype.kind == "V" or min(shape) < 1:
                    continue
                stored = int(file.dataSize[index])
                if stored != math.prod(shape) * dtype.itemsize:
                    raise OSError(
                        errno.EIO,
                        f"its tags are damaged: {stored} bytes for {dtype} of the shape {shape}",
                        clip(path),
                    )
                name = file.allTags.get(f".ImageList.{index + 1}.Name", "")
                offset = int(file.dataOffset[index])
                images.append(DmImage(index + 1, name if isinstance(name, str) else "", shape, dtype, offset))
            return images
        finally:
            file.fid.close()


def stacks_in(path: str) -> list[str]:
    """Return the names of the stacks in a DM file, or their numbers, where names do not tell them apart.

    Raises as a file does that is opened.
    """
    DmFormat.states(path)
    DmFormat.load()
    with errors_of_library(DmFormat, path):
        images = _dm_images(path)
    names = [image.name for image in images]
    return [
        image.name
        if image.name and image.name.strip("/") == image.name and names.count(image.name) == 1
        else str(image.number)
        for image in images
        if image.axes >= 3
    ]


def _choose(images: Sequence[DmImage], wanted: str, file: str) -> DmImage:
    """Return the image of this name or number; without, the only stack, or the only image."""
    if not images:
        raise ValueError("it holds no image whose pixels are numbers")
    there = ", ".join(str(image) for image in images[:SIGNALS_TOLD])
    there += f" and {len(images) - SIGNALS_TOLD} more" if len(images) > SIGNALS_TOLD else ""
    if wanted:
        found = [image for image in images if image.name == wanted]
        found = found or [image for image in images if str(image.number) == wanted]
        if not found:
            raise NotRead(KeyError(f"there is no image {shorten(wanted)} in it: it holds {there}"))
        if len(found) > 1:
            numbers = ", ".join(str(image.number) for image in found)
            raise ValueError(
                f"{len(found)} of its images are called {shorten(wanted)}: give a number ({numbers})"
            )
        return found[0]
    found = [image for image in images if image.axes >= 3] or list(images)
    if len(found) > 1:
        kind = "stacks" if found[0].axes >= 3 else "images, and no stack"
        name = found[0].name or found[0].number
        raise ValueError(
            f"it holds {len(found)} {kind}: take one by its name or number, as in {file}::{clip(str(name), 60)}; "
            f"there are {there}"
        )
    return found[0]


class SerFormat(LibraryFormat):
    """Series of images in SER files, by ncempy, which turns their rows round: so that they are seen as in TIA."""

    name = "SER"
    endings: ClassVar[tuple[str, ...]] = (".ser",)
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = ((0, b"II\x97\x01"),)
    modules: ClassVar[tuple[str, ...]] = ("ncempy.io.ser",)
    extra: ClassVar[str | None] = "em"

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:  # noqa: ARG003
        """Read the header, and that of the first image."""
        from ncempy.io import ser

        class Header(ser.fileSER):  # type: ignore[misc]
            """A header without the file beside it, which holds no pixels, and was not checked."""

            def _read_emi(self) -> None:
                self._emi = None

        with open(path, "rb") as file:
            head = file.read(22)
            size = os.fstat(file.fileno()).st_size
        if len(head) == 22:
            valid = struct.unpack("<3h4i", head)[-1]
            if not 0 <= valid * 8 <= size:
                raise OSError(errno.EIO, f"its header is damaged: {valid} images in {size} bytes", clip(path))
        with Header(path) as opened:
            header = dict(opened.head)
        if header["DataTypeID"] != 0x4122:
            raise ValueError("it holds spectra, not images")
        valid, total = int(header["ValidNumberElements"]), int(header["TotalNumberElements"])
        notes = (
            ()
            if valid == total
            else (f"It holds {valid} of the {total} images that its series was to have.",)
        )
        return SerImages(path, header["DataOffsetArray"], notes)


class EmiFormat(LibraryFormat):
    """EMI files of TIA, which describe the SER files beside them."""

    name = "EMI"
    endings: ClassVar[tuple[str, ...]] = (".emi",)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:  # noqa: ARG003
        """Say which files hold the pixels."""
        start = os.path.splitext(path)[0]
        found = sorted(os.path.basename(file) for file in glob.glob(f"{glob.escape(start)}_*.ser"))
        there = f": {', '.join(shorten(name, 60) for name in found[:SIGNALS_TOLD])}" if found else ""
        raise ValueError(
            f"an EMI file holds no pixels: give the SER files beside it, one for each detector{there}"
        )
