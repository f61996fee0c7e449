# SPDX-License-Identifier: MIT
"""Detector images that fabio reads, one in a file: CBF, whose pixels are checked by its checksum, and others."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import clip
from ..hints import CBF
from ..optional_modules import errors_logged
from ..pixel_checks import check_image_shape, check_sizes
from .base import INDEX, LibraryFile, LibraryFormat
from .edf import COMPRESSED
from .guarded_stream import GuardedStream, uncompressed

if TYPE_CHECKING:
    from ...options import Limits

CODECS: Final[tuple[tuple[str, tuple[str, ...], bytes], ...]] = (
    ("dtrekimage", (), b"{\nHEADER_BYTES"),
    ("esperantoimage", (".esper", ".esperanto"), b"ESPERANTO FORMAT"),
    ("bruker100image", (".sfrm",), b"FORMAT :100"),
    ("brukerimage", (), b"FORMAT :        86"),
    ("oxdimage", (), b"OD SAPPHIRE"),
    ("raxisimage", (), b"R-AXIS"),
    ("fit2dmaskimage", (".msk",), b"M\0\0\0A\0\0\0S\0\0\0K\0\0\0"),
    ("fit2dimage", (".f2d",), b"\\$FFF_START"),
    ("kcdimage", (".kcd",), b"No"),
    ("pixiimage", (), b"\n\xb8\x03\0"),
    ("geimage", (".ge", ".ge1", ".ge2", ".ge3", ".ge4", ".ge5"), b"ADEPT"),
    ("pnmimage", (".pgm", ".pnm"), b""),
    ("mpaimage", (".mpa",), b""),
    ("speimage", (".spe",), b""),
)
"""Names of fabio's readers, endings of their files, and first bytes that are tried before the endings."""

BINARY_SECTION: Final = b"--CIF-BINARY-FORMAT-SECTION--"

MOST_HEADER: Final = 1 << 20
"""Bytes before the pixels of a CBF file; without pixels fabio would take all of it for text."""

SHORT: Final = 4
"""First bytes that are fewer tell nothing without an ending."""


class CbfFile(LibraryFile):
    """An open CBF file: what is compressed is in memory, and is decoded when it is asked for."""

    concurrent = True
    compression = "byte-offset"

    def __init__(self, path: str, limits: Limits) -> None:
        from fabio.cbfimage import DATA_TYPES, CbfImage

        self._path = path
        stream = GuardedStream(path, uncompressed(path, limits))
        try:
            if BINARY_SECTION not in stream.read(MOST_HEADER):
                raise self._damaged(f"its first {MOST_HEADER} bytes have no {BINARY_SECTION.decode()}")
            stream.seek(0)
            with errors_logged("fabio"):
                image = CbfImage()
                self._coded = bytes(image.read(stream, only_raw=True))
        finally:
            stream.close()
        header = image.header
        self.shape: tuple[int, ...] = (
            int(header["X-Binary-Size-Second-Dimension"]),
            int(header["X-Binary-Size-Fastest-Dimension"]),
        )
        check_image_shape(self.shape)
        self.dtype: np.dtype[Any] = np.dtype(DATA_TYPES.get(header.get("X-Binary-Element-Type"), "int32"))
        declared = int(header["X-Binary-Size"])
        if len(self._coded) != declared:
            raise self._damaged(f"it declares {declared} bytes of coded pixels, and has {len(self._coded)}")
        if header.get("conversions", "").strip('" ') != "x-CBF_BYTE_OFFSET":
            raise ValueError(
                f"its pixels are coded as {clip(str(header.get('conversions')), 60)}, and fabio reads x-CBF_BYTE_OFFSET"
            )
        self._checksum = str(header.get("Content-MD5", ""))

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the image."""
        import base64
        import hashlib

        from fabio.compression import decByteOffset

        if self._checksum:
            found = base64.b64encode(hashlib.md5(self._coded, usedforsecurity=False).digest()).decode()
            if found != self._checksum:
                raise self._damaged(f"the checksum of its pixels is {found}, not {clip(self._checksum, 60)}")
        height, width = self.shape
        if len(self._coded) < height * width:  # each pixel takes at least a byte
            raise self._damaged(f"{len(self._coded)} bytes are too few for {height} x {width} pixels")
        with errors_logged("fabio"):
            pixels = np.asarray(decByteOffset(self._coded, size=height * width, dtype=self.dtype))
        if pixels.size != height * width:
            raise self._damaged(f"it has {pixels.size} pixels, not {height} x {width}")
        return pixels.reshape(self.shape).astype(self.dtype, copy=False)[index]

    def _damaged(self, text: str) -> OSError:
        return OSError(errno.EIO, f"it is cut off or damaged: {text}", clip(self._path))


class CbfFormat(LibraryFormat):
    """The format of Pilatus detectors and of crystallography."""

    name = "CBF"
    safe_to_open = True
    endings: ClassVar[tuple[str, ...]] = (".cbf", *(f".cbf{each}" for each in COMPRESSED))
    magic: ClassVar[tuple[tuple[int, bytes], ...]] = ((0, CBF),)
    modules: ClassVar[tuple[str, ...]] = ("fabio",)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> CbfFile:  # noqa: ARG003
        """Open a file and read what is compressed."""
        return CbfFile(path, limits)


class FabioFile(LibraryFile):
    """An image of one of the other formats: fabio has read it whole."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __init__(self, path: str, codec: str, limits: Limits) -> None:
        from fabio import fabioformats

        with GuardedStream(path) as stream, errors_logged("fabio") as said:
            header = fabioformats.factory(codec)
            header._readheader(stream)
            declared = getattr(header, "_shape", None)
            if (
                declared is not None and len(declared) == 2
            ):  # where the header says it, before memory is taken
                height, width = check_image_shape(tuple(int(length) for length in declared))
                check_sizes((1, height, width), 1, stream.size, limits)
            stream.seek(0)
            image = fabioformats.factory(codec).read(stream)
            frames = int(image.nframes)
            pixels = image.data if frames == 1 else np.stack([image.get_frame(i).data for i in range(frames)])
        if said or pixels is None:
            raise OSError(errno.EIO, f"fabio says: {clip('; '.join(said) or 'no pixels', 500)}", clip(path))
        self._pixels = np.asarray(pixels)
        self.shape, self.dtype = self._pixels.shape, self._pixels.dtype

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the image."""
        return self._pixels[index]


class FabioFormat(LibraryFormat):
    """Formats of detectors, known by their first bytes or their endings."""

    name = "detector"
    endings: ClassVar[tuple[str, ...]] = tuple(
        dict.fromkeys(ending for _, endings, _ in CODECS for ending in endings)
    )
    modules: ClassVar[tuple[str, ...]] = ("fabio",)

    @classmethod
    def begins(cls, head: bytes) -> bool:
        """Return whether it begins as files of one of these formats."""
        return any(len(start) > SHORT and head.startswith(start) for _, _, start in CODECS)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> FabioFile:  # noqa: ARG003
        """Read a file of one image."""
        with GuardedStream(path) as stream:
            head = stream.read(64)
        by_bytes = [codec for codec, _, start in CODECS if len(start) > SHORT and head.startswith(start)]
        by_name = [codec for codec, endings, _ in CODECS if path.lower().endswith(endings)]
        codec = (by_bytes or by_name)[0]
        return FabioFile(path, codec, limits)
