# SPDX-License-Identifier: MIT
"""Places of the pixels of a TIFF file, and how they are decoded; no pixel is read yet.

tifffile gives zeros for pixels that are missing, so all places are looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import IO, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, naming, shorten
from ..optional_modules import errors_logged
from ..pixel_checks import pixel_dtype
from .pages import Likeness, read_chain
from .series import choose_series, misfit, open_file, series_of

SPARE_BYTES: Final = 1 << 20
"""Bytes that a compressed segment may take beyond twice the size of its pixels."""

JPEG: Final = frozenset({6, 7, 33007, 34892})

WORDS: Final = {"T": "time", "Z": "z", "C": "channel", "A": "angle", "L": "wavelength", "S": "samples"}
"""Letters of axes that mean other things as names."""

Decode = Callable[..., tuple[Any, tuple[int, ...], tuple[int, ...]]]


class Image(NamedTuple):
    """The segments of one image: strips, tiles, or runs of bytes."""

    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    tables: bytes | None = None
    """Tables that its JPEG segments share."""


SAMPLES: Final = (
    " (S: samples of a colour; where they are images, as programs write three or four of them, say so by "
    "?axis= or image_axis=)"
)


class Layout(NamedTuple):
    """The images of a series of a file."""

    shape: tuple[int, ...]
    """Shape without axes of length 1; the last two axes are those of an image."""
    axes: str
    own_shape: tuple[int, ...]
    """Shape as the file has it."""
    kept: tuple[int, ...]
    """Which axes of it are in `shape`."""
    named: bool
    """Whether the file says which axes these are; else they are pages of some height and width."""
    dtype: np.dtype[Any]
    images: list[Image]
    """All images, as many as the product of all axes but the last two."""
    decode: Decode | None
    """Decoder of segments; None where the bytes of the file are the pixels."""
    header: bytes | None
    segment: tuple[int, int]
    """Height and width of a segment."""
    jpeg: bool
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """The same, where no warning is needed."""
    compression: str = ""
    """Name of what compresses it, or "none"."""

    @property
    def axis_names(self) -> list[str | None]:
        """Names of all axes, None where the file has none."""
        return _words(self.axes, self.named)

    @property
    def largest(self) -> int:
        """Bytes of the largest segment, before and after decoding."""
        stored = max(int(image.counts.max()) for image in self.images)
        return stored + math.prod(self.segment) * self.dtype.itemsize


def read_layout(
    file: IO[bytes],
    name: str,
    size: int,
    *,
    number: int | None = None,
    samples: bool = False,
    one: bool = False,
) -> Layout:
    """Look for the images of an open TIFF file.

    Parameters
    ----------
    file : binary file
    name : str
        Name of the file, without its folder.
    size : int
        Size of the file, in bytes.
    number : int, optional
        The series that is wanted; else the only one that is a stack.
    samples : bool
        Whether samples of a colour are images.
    one : bool
        Whether one image is wanted, not a stack.

    Raises
    ------
    ModuleNotFoundError
        When tifffile is not installed.
    OSError
        When this is no TIFF file, it is damaged or cut off, or needs a decoder that is not installed.
    TypeError, ValueError
        When what it holds is no stack of grey images.
    """
    pages = read_chain(file.fileno(), size)
    if not pages:
        raise ValueError("the file holds no image")
    with errors_logged("tifffile") as said:
        tif = open_file(file, name)
        series = series_of(tif, alike=len(set(pages.values())) == 1)
        number, notes, warnings = choose_series(series, number, one=one)
        found = _read_series(series[number], pages, size, samples)
        warnings += misfit(tif, series[number])
    warnings += [f"tifffile says: {clip(text)}" for text in said]
    return found._replace(warnings=tuple(warnings), notes=tuple(notes))


def _read_series(series: Any, pages: dict[int, Likeness], size: int, samples: bool) -> Layout:
    own_shape, own_axes = axes_of(series)
    kept, axes = squeeze(own_shape, own_axes, samples=samples)
    shape = tuple(own_shape[axis] for axis in kept)
    key = series.keyframe
    if series.dtype is None or key.dtype is None:
        raise TypeError(
            f"the pixels are of a TIFF type that numpy has not: {shorten(key.bitspersample)} bits, "
            f"sample format {shorten(key.sampleformat)}"
        )
    if series.transform is not None:
        raise ValueError(f"the pixels of a file of the kind {series.kind} are no grey values")
    dtype = pixel_dtype(key.dtype)
    plain = (
        key.compression == key.fillorder == key.predictor == 1
        and key.bitspersample in {8, 16, 32, 64}
        and not key.is_tiled
    )
    height, width = shape[-2:]
    segment = (key.tilelength, key.tilewidth) if key.is_tiled else (max(1, key.rowsperstrip), width)
    if min(segment) < 1:
        raise OSError(f"it is damaged: its tiles have the shape {segment}")
    n = math.prod(shape[:-2])
    common: dict[str, Any] = {
        "shape": shape,
        "axes": axes,
        "own_shape": own_shape,
        "kept": kept,
        "named": _is_named(series) or not axes.endswith("YX"),
        "segment": segment,
        "header": key.jpegheader,
        "jpeg": key.compression in JPEG,
        "compression": _compression(key),
    }
    if plain:
        dtype = dtype.newbyteorder(key.parent.byteorder)
    if len(series) != n or key.shape != (height, width):
        if series.dataoffset is None or not plain:
            raise ValueError(
                f"the {n} images of the shape {shape} are stored in {len(series)} pages of the shape "
                f"{key.shape}, which can be read only where they are not compressed and lie one after the other"
            )
        images = _one_run(series.dataoffset, n, height * width * dtype.itemsize, size)
        return Layout(dtype=dtype, images=images, decode=None, **common)
    images = []
    for index in range(n):
        with naming(f"image {index}"):
            page = _page(series, index, pages)
            images.append(
                _plain_image(page, shape, segment, dtype, size)
                if plain
                else _coded_image(page, shape, segment, dtype, size)
            )
    return Layout(dtype=dtype, images=images, decode=None if plain else _decoder(key), **common)


def _compression(key: Any) -> str:
    """Words for what compresses the pages that are like this one."""
    name = str(getattr(key.compression, "name", key.compression)).lower()
    return {"adobe_deflate": "deflate", "packbits": "packbits", "1": "none"}.get(name, name)


def _words(axes: str, named: bool) -> list[str | None]:
    return [WORDS.get(axis, axis) if named else None for axis in axes]


def axis_words(series: Any, axes: str) -> list[str | None]:
    """Return the names of some axes of a series by their letters, None where the file does not name them."""
    return _words(axes, _is_named(series) or not axes.endswith("YX"))


def axes_of(series: Any) -> tuple[tuple[int, ...], str]:
    """Return the shape of a series as the file has it, and the letters of its axes; one sample is no axis."""
    shape, axes = tuple(map(int, series.get_shape(False))), str(series.get_axes(False))
    return (shape[:-1], axes[:-1]) if axes.endswith("S") and shape[-1] == 1 else (shape, axes)


def squeeze(shape: tuple[int, ...], axes: str, *, samples: bool) -> tuple[tuple[int, ...], str]:
    """Return which axes are left without those of length 1, but for those of the images, and their names."""
    kept = [i for i, length in enumerate(shape) if length != 1 or i >= len(shape) - 2]
    shape, axes = tuple(shape[i] for i in kept), "".join(axes[i] for i in kept)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"the axes {axes} of the lengths {shape} hold no images")
    apart = "Y" in axes and "X" in axes and {"Y", "X"} != set(axes[-2:])
    if ("S" in axes and not (samples and len(axes) == 3)) or (apart and len(axes) != 3):
        raise ValueError(
            f"the images must have one grey value per pixel, and the last two axes must be theirs: not the "
            f"axes {axes} of lengths {shape}" + (SAMPLES if "S" in axes else "")
        )
    return tuple(kept), axes


def _is_named(series: Any) -> bool:
    """Return whether a person named the axes; without description, or the names in it, tifffile makes them up."""
    if series.kind == "shaped":
        return '"axes"' in str(series.keyframe.description)
    return series.kind in ("imagej", "ome", "lsm", "stk", "fluoview", "nih", "micromanager")


def _page(series: Any, index: int, pages: dict[int, Likeness]) -> Any:
    try:
        page = series[index]
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise OSError(f"its page cannot be read: {clip(str(error), 500)}") from error
    if page is None:
        raise OSError("it is missing: the description of the stack has it, the file has not")
    mine, first = pages.get(page.offset), pages.get(series.keyframe.offset)
    if mine is None or mine != first:
        raise ValueError("its page differs from that of the first image in size, type or compression")
    return page


def _segments(page: Any, expected: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the segments of a page, all within the file."""
    offsets, counts = np.asarray(page.dataoffsets), np.asarray(page.databytecounts)
    for values in (offsets, counts):
        if len(values) != expected or values.dtype.kind not in "iu":
            raise OSError(f"it must have {expected} segments, not {len(values)}")
    missing = np.flatnonzero((offsets == 0) | (counts == 0))
    if len(missing):
        raise OSError(f"segment {missing[0]} of {expected} was never written")
    # Compared so that nothing can overflow.
    beyond = np.flatnonzero((offsets > size) | (counts > size) | (offsets > size - np.minimum(counts, size)))
    if len(beyond):
        which = int(beyond[0])
        raise OSError(
            f"segment {which} of {expected} should take bytes {offsets[which]} to "
            f"{int(offsets[which]) + int(counts[which])} of {size}: the file is cut off or damaged"
        )
    return offsets.astype(np.int64), counts.astype(np.int64)


def _plain_image(
    page: Any, shape: tuple[int, ...], segment: tuple[int, int], dtype: np.dtype[Any], size: int
) -> Image:
    """Strips that are pixels, those together that lie one after the other."""
    height, width = shape[-2:]
    strips = -(-height // segment[0])
    offsets, counts = _segments(page, strips, size)
    needed = np.full(strips, segment[0] * width * dtype.itemsize, np.int64)
    needed[-1] = (height - (strips - 1) * segment[0]) * width * dtype.itemsize
    short = np.flatnonzero(counts < needed)
    if len(short):
        which = int(short[0])
        raise OSError(f"segment {which} of {strips} holds {counts[which]} bytes, not {needed[which]}")
    starts = np.flatnonzero(np.concatenate([[True], offsets[1:] != offsets[:-1] + needed[:-1]]))
    return Image(offsets[starts], np.add.reduceat(needed, starts))


def _coded_image(
    page: Any, shape: tuple[int, ...], segment: tuple[int, int], dtype: np.dtype[Any], size: int
) -> Image:
    """Strips or tiles that have to be decoded."""
    offsets, counts = _segments(page, -(-shape[-2] // segment[0]) * -(-shape[-1] // segment[1]), size)
    most = 2 * segment[0] * segment[1] * dtype.itemsize + SPARE_BYTES
    if counts.max() > most:
        raise OSError(f"segment {int(counts.argmax())} is damaged: it takes {counts.max()} bytes")
    return Image(offsets, counts, page.jpegtables)


def _one_run(offset: int, n: int, each: int, size: int) -> list[Image]:
    if offset + n * each > size:
        index = max(0, (size - offset) // each)
        raise OSError(
            f"image {index} should take bytes {offset + index * each} to {offset + (index + 1) * each} of "
            f"{size}: the file is cut off or damaged"
        )
    count = np.array([each], np.int64)
    return [Image(np.array([offset + i * each], np.int64), count) for i in range(n)]


def _decoder(key: Any) -> Decode:
    """Return the decoder of segments, made now: it is not safe to make it in several threads."""
    try:
        decode: Decode = key.decode
        decode(None, 0)
    except Exception as error:
        raise OSError(f"the pixels cannot be decoded: {clip(str(error), 500)}") from error
    return decode
