# SPDX-License-Identifier: MIT
"""The chain of pages of a TIFF file, walked to its end before anything is decoded.

Readers of TIFF files follow the chain as far as it goes and take every page to be like the first:
a file that was cut off gives fewer images, and one page of another type gives wrong pixels.
tifffile can be made to look at every page (`pages.useframes = False`, `TiffPage.hash`), in ten times the
time of this walk: 2000 pages, processor time, the best of 5 in turn.
"""

from __future__ import annotations

import os
import struct
from typing import Final, NamedTuple

from ...errors import shorten

MAX_PAGES: Final = 1 << 20
MAX_TAGS: Final = 4096

# What decides how the pixels of a page are decoded, and what holds where a page does not say.
TAGS: Final = {
    256: 0,  # width
    257: 0,  # height
    258: 1,  # bits per sample
    259: 1,  # compression
    262: 0,  # photometric interpretation
    266: 1,  # order of bits
    277: 1,  # samples per pixel
    278: 1 << 32,  # rows per strip
    284: 1,  # planes
    317: 1,  # predictor
    322: 0,  # width of a tile
    323: 0,  # height of a tile
    339: 1,  # kind of numbers
    32997: 1,  # depth
}
HEIGHT: Final = list(TAGS).index(257)
ROWS: Final = list(TAGS).index(278)
TILE: Final = list(TAGS).index(322)

TYPE_SIZES: Final = {1: 1, 3: 2, 4: 4, 16: 8}
"""Unsigned whole numbers: code of the type and bytes."""

Likeness = tuple[int, ...]
"""Values of `TAGS`: two pages are decoded alike where these are equal."""


class _Format(NamedTuple):
    order: str
    number: struct.Struct
    tag: struct.Struct
    offset: struct.Struct


def read_chain(descriptor: int, size: int) -> dict[int, Likeness]:
    """Return where the pages of a TIFF file lie, in their order, and how each is decoded.

    Parameters
    ----------
    descriptor : int
        Descriptor of the open file.
    size : int
        Size of the file, in bytes.

    Raises
    ------
    OSError
        When this is no TIFF file, or its chain of pages does not come to an end.
    ValueError
        When it holds more pages than anyone can mean.
    """
    form, offset = _read_header(descriptor, size)
    pages: dict[int, Likeness] = {}
    known: dict[Likeness, Likeness] = {}
    while offset:
        if offset in pages:
            raise OSError(f"the page that follows page {len(pages) - 1} is one that came before")
        if len(pages) == MAX_PAGES:
            raise ValueError(f"the file holds more than {MAX_PAGES} pages")
        try:
            likeness, following = _read_page(descriptor, form, offset)
        except struct.error:
            raise OSError(
                f"page {len(pages)} should begin at byte {offset} of {size}: the file is cut off or damaged"
            ) from None
        pages[offset] = known.setdefault(likeness, likeness)
        offset = following
    return pages


def _read_header(descriptor: int, size: int) -> tuple[_Format, int]:
    head = os.pread(descriptor, 16, 0)
    order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
    version = struct.unpack(f"{order}H", head[2:4])[0] if order and len(head) >= 4 else 0
    form = None
    if version == 42:
        form = _Format(order, *(struct.Struct(order + text) for text in ("H", "HHI4s", "I")))
    elif version == 43:
        form = _Format(order, *(struct.Struct(order + text) for text in ("Q", "HHQ8s", "Q")))
    first = 4 if version == 42 else 8
    if form is None or len(head) < first + form.offset.size:
        raise OSError(
            "it is empty" if size == 0 else f"it is no TIFF file: it begins with {shorten(head[:4])}"
        )
    return form, form.offset.unpack_from(head, first)[0]


def _read_page(descriptor: int, form: _Format, offset: int) -> tuple[Likeness, int]:
    """Return how a page is decoded, and where the next one lies; struct.error where it is cut."""
    if offset >= 1 << 63:
        raise struct.error
    number = form.number.unpack(os.pread(descriptor, form.number.size, offset))[0]
    if not 0 < number <= MAX_TAGS:
        raise struct.error
    length = number * form.tag.size
    data = os.pread(descriptor, length + form.offset.size, offset + form.number.size)
    following: int = form.offset.unpack(data[length:])[0]
    byteorder = "little" if form.order == "<" else "big"
    found: dict[int, int] = {}
    for code, kind, count, value in form.tag.iter_unpack(data[:length]):
        if code == 0 or kind == 0:  # room that was never written
            raise struct.error
        if code in TAGS and code not in found:
            one = count == 1 and kind in TYPE_SIZES
            # Several values are those of colours, which are refused anyway.
            found[code] = int.from_bytes(value[: TYPE_SIZES[kind]], byteorder) if one else -count  # type: ignore[arg-type]
    values = [found.get(code, default) for code, default in TAGS.items()]
    values[ROWS] = 0 if values[TILE] else min(values[ROWS], values[HEIGHT])
    return tuple(values), following
