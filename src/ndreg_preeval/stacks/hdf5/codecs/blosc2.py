# SPDX-License-Identifier: MIT
"""Frames of Blosc2: what HDF5's filter 32026 stores for a chunk of a dataset.

A frame is a header in msgpack, here one Blosc2 chunk, an index, and a trailer. For datasets with two
axes or more the Blosc2 chunk holds blocks of pixels one after the other, padded at the edges, as the
metalayer "b2nd" of the header says. Against HDF5's plugin this takes 0.6 to 0.9 of the processor time (chunks
of 8 KiB to 8 MiB, the best of 12 in turn), and several threads decode at a time, which HDF5 does not let its
plugins do: with two threads on two processors half of the time. Formats: README_CFRAME_FORMAT and README_B2ND_METALAYER of c-blosc2.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from .base import Bytes, Decoder, Filter, imagecodec

HEAD_BYTES: Final = 1024
"""Bytes of a frame that hold its header, with up to eight axes."""

MOST_PADDING: Final = 16
"""Times the pixels that padded blocks may take: less than twice along each axis."""

_MAGIC: Final = b"\x9e\xa8b2frame\0"
_LAYERS_AT: Final = 87
_CHUNK_HEADER_BYTES: Final = 32
_ZEROS: Final = 0x81
_NANS: Final = 0x82

Decode = Callable[..., Any]
"""decode(chunk): bytes of a Blosc2 chunk; decode(chunk, out=out) where there is a place for them."""


class Blosc2(Filter):
    """Blosc2, by imagecodecs."""

    number = 32026
    provided_by = "hdf5plugin (blosc2)"
    examined = HEAD_BYTES
    padding = MOST_PADDING

    def _find_decoder(self) -> Decoder | None:
        if imagecodec("blosc2_decode") is None:
            return None
        decode = functools.partial(importlib.import_module("imagecodecs").blosc2_decode, numthreads=1)
        return lambda data, out: inflate_frame(data, out, decode, self.values)

    def _declared_size(self, data: bytes, size: int) -> int:  # noqa: ARG002
        return read_header(data).pixel_bytes


class Frame(NamedTuple):
    """What the header of a frame says."""

    header: int
    """Bytes of the header; the Blosc2 chunk follows."""
    total: int
    """Bytes of the frame."""
    size: int
    """Bytes of the decoded Blosc2 chunk."""
    stored: int
    """Bytes of the Blosc2 chunk; 0 where the index says what it holds."""
    itemsize: int
    shape: tuple[int, ...]
    """Of the pixels; empty where they are in order."""
    block: tuple[int, ...]
    """Shape of a block of pixels."""

    @property
    def pixel_bytes(self) -> int:
        """Bytes of the pixels, without padding."""
        return math.prod(self.shape) * self.itemsize if self.shape else self.size

    @property
    def in_order(self) -> bool:
        """Whether decoded bytes are the pixels, but for padding at the end."""
        split = [
            axis for axis, (size, part) in enumerate(zip(self.shape, self.block, strict=True)) if part < size
        ]
        return not split or (split == [split[0]] and math.prod(self.block[: split[0]]) == 1)


def read_header(raw: bytes) -> Frame:
    """Read the header of a frame.

    Parameters
    ----------
    raw : bytes
        The first `HEAD_BYTES` of the frame, or all of it.

    Raises
    ------
    ValueError
        When it is none, or does not fit together.
    """
    if raw[:10] != _MAGIC or len(raw) < _LAYERS_AT:
        raise ValueError("there is no Blosc2 frame")
    header, total = _number(raw, 11, 4), _number(raw, 16, 8)
    size, stored = _number(raw, 30, 8), _number(raw, 39, 8)
    itemsize, chunk = _number(raw, 48, 4), _number(raw, 58, 4)
    if not _LAYERS_AT <= header <= header + stored <= total:
        raise ValueError("the parts of the Blosc2 frame do not fit into it")
    if chunk < size:
        raise ValueError("the Blosc2 frame holds several chunks")
    shape, block = _blocks(raw[:header])
    if shape and math.prod(block) * itemsize != _number(raw, 53, 4):
        raise ValueError(f"blocks of {block} pixels of {itemsize} bytes are not those of the Blosc2 frame")
    padded = itemsize * math.prod(-(-have // part) * part for have, part in zip(shape, block, strict=True))
    if shape and padded != size:
        raise ValueError(
            f"blocks of {block} of {shape} pixels take {padded} bytes, the Blosc2 frame says {size}"
        )
    return Frame(header, total, size, stored, itemsize, shape, block)


def inflate_frame(raw: Bytes, out: Bytes, decode: Decode, values: Sequence[int] = ()) -> Bytes:
    """Fill `out` with the pixels of a frame, and return it.

    Parameters
    ----------
    raw : (n,) uint8 array
        The frame.
    out : (size,) uint8 array
        Contiguous and writable.
    decode : callable
        Decodes a Blosc2 chunk.
    values : sequence of int
        What HDF5 has noted with the filter: eighth and following, the axes and their lengths.

    Raises
    ------
    ValueError
        When the frame does not fit together, or does not hold as many bytes.
    RuntimeError
        By `decode`, when the Blosc2 chunk is damaged.
    """
    frame = read_header(raw[:HEAD_BYTES].tobytes())
    if frame.total > len(raw):
        raise ValueError("the Blosc2 frame is cut off")
    axes = values[7] if len(values) > 7 else 0
    if axes > 1 and frame.shape != tuple(values[8 : 8 + axes]):
        raise ValueError(f"it declares the shape {frame.shape} instead of {tuple(values[8 : 8 + axes])}")
    if frame.pixel_bytes != len(out):
        raise ValueError(f"it declares {frame.pixel_bytes} bytes; it must hold {len(out)} bytes")
    if frame.size > MOST_PADDING * len(out):
        raise ValueError(f"it inflates to {frame.size} bytes for {len(out)} bytes of pixels")
    offset = _offset(decode, raw[frame.header + frame.stored : frame.total])
    if offset[-1] & 0x80:
        return _special(offset[-1], frame, out)
    chunk = raw[frame.header : frame.header + frame.stored]
    if any(offset) or _sizes(chunk) != (frame.size, frame.stored):
        raise ValueError("the Blosc2 frame and its chunk contradict each other")
    if frame.size == len(out) and frame.in_order:
        decode(chunk, out=out)
        return out
    pixels = np.frombuffer(decode(chunk), np.uint8)
    if len(pixels) != frame.size:
        raise ValueError(f"it inflates to {len(pixels)} bytes; it must hold {frame.size} bytes")
    if frame.in_order:
        out[:] = pixels[: len(out)]
    else:
        _place(pixels, frame, out)
    return out


def _number(raw: bytes, at: int, length: int) -> int:
    return int.from_bytes(raw[at : at + length], "big")


def _blocks(header: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes of pixels and of blocks; empty where there is no metalayer that says so."""
    layer = _layer(header, b"b2nd")
    if layer is None:
        return (), ()
    axes = layer[2] if len(layer) > 2 else 0
    wide, narrow = 1 + 9 * axes, 1 + 5 * axes
    if not 0 < axes <= 8 or len(layer) < 3 + wide + 2 * narrow:
        raise ValueError("the shape of the Blosc2 frame cannot be read")
    # The first one is the shape of the whole array, which here is one chunk.
    shape = tuple(_number(layer, 3 + wide + 2 + 5 * axis, 4) for axis in range(axes))
    block = tuple(_number(layer, 3 + wide + narrow + 2 + 5 * axis, 4) for axis in range(axes))
    if not all(0 < part <= have for have, part in zip(shape, block, strict=True)):
        raise ValueError(f"blocks of {block} do not divide {shape} pixels in the Blosc2 frame")
    return shape, block


def _layer(header: bytes, name: bytes) -> bytes | None:
    """Content of a metalayer."""
    count = _number(header, _LAYERS_AT + 5, 2)
    at = _LAYERS_AT + 7
    for _ in range(count):
        if at >= len(header):
            raise ValueError("the metalayers of the Blosc2 frame are cut off")
        stop = at + 1 + (header[at] & 0x1F)
        if header[at + 1 : stop] == name:
            place = _number(header, stop + 1, 4)
            length = _number(header, place + 1, 4)
            return header[place + 5 : place + 5 + length]
        at = stop + 5
    return None


def _sizes(chunk: Bytes) -> tuple[int, int]:
    """Decoded and stored bytes, as the header of a Blosc2 chunk says."""
    head = chunk[:_CHUNK_HEADER_BYTES].tobytes()
    if len(head) < _CHUNK_HEADER_BYTES:
        return -1, -1
    return int.from_bytes(head[4:8], "little"), int.from_bytes(head[12:16], "little")


def _offset(decode: Decode, rest: Bytes) -> bytes:
    """The index: where the chunk begins after the header, or what all its pixels are."""
    size, stored = _sizes(rest)
    if size != 8 or not _CHUNK_HEADER_BYTES <= stored <= len(rest):
        raise ValueError("the index of the Blosc2 frame is damaged")
    offset = bytes(decode(rest[:stored]))
    if len(offset) != size:
        raise ValueError("the index of the Blosc2 frame is damaged")
    return offset


def _special(kind: int, frame: Frame, out: Bytes) -> Bytes:
    if frame.stored:
        raise ValueError("the Blosc2 frame and its index contradict each other")
    if kind == _ZEROS:
        out[:] = 0
    elif kind == _NANS and frame.itemsize in (4, 8):
        out.view(f"f{frame.itemsize}")[:] = np.nan
    else:
        raise ValueError(f"the index of the Blosc2 frame says {kind:#x} instead of a place")
    return out


def _place(blocks: Bytes, frame: Frame, out: Bytes) -> None:
    """Bring blocks into the order of pixels, and leave the padding out."""
    axes = len(frame.shape)
    counts = [-(-have // part) for have, part in zip(frame.shape, frame.block, strict=True)]
    kind = (
        np.dtype(f"V{frame.itemsize}")
        if frame.itemsize not in (1, 2, 4, 8)
        else np.dtype(f"u{frame.itemsize}")
    )
    order = [axis + part * axes for axis in range(axes) for part in (0, 1)]
    whole = blocks.view(kind).reshape(*counts, *frame.block).transpose(order)
    padded = whole.reshape([count * part for count, part in zip(counts, frame.block, strict=True)])
    out.view(kind).reshape(frame.shape)[...] = padded[tuple(slice(have) for have in frame.shape)]
