# SPDX-License-Identifier: MIT
"""Headers of NumPy's own files: what the array is, and where its pixels are."""

from __future__ import annotations

import errno
import functools
import io
import math
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from ...errors import clip
from .base import NotRead

MAX_HEADER: Final = 10_000
"""Longest header that numpy reads without being told to trust the file, in bytes."""

HEAD_BYTES: Final = MAX_HEADER + 12
"""Bytes that are read of a file, which hold all of such a header."""


class Header(NamedTuple):
    """An array as a header declares it."""

    shape: tuple[int, ...]
    by_columns: bool
    """Whether its first axis varies fastest (Fortran order)."""
    dtype: np.dtype[Any]
    offset: int
    """Bytes before the pixels."""

    @property
    def nbytes(self) -> int:
        """Bytes that the pixels take."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Lengths of the axes in the order of the file: the last one varies fastest."""
        return self.shape[::-1] if self.by_columns else self.shape


def read_header(head: bytes, name: str) -> Header:
    """Read the header of an array.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the file, or all of a shorter one.
    name : str
        Of the file, for errors.

    Raises
    ------
    OSError
        When it is damaged, or longer than numpy would trust.
    NotRead
        With a TypeError, when the pixels are objects: these are pickled, and no pickle is ever loaded.
    """
    try:
        version = np.lib.format.read_magic(io.BytesIO(head[:8]))
        if version not in ((1, 0), (2, 0), (3, 0)):
            raise ValueError(f"its version {version} is not known")
        width = 2 if version == (1, 0) else 4
        length = int.from_bytes(head[8 : 8 + width], "little")
        offset = 8 + width + length
        if length > MAX_HEADER or offset > len(head):
            raise ValueError(f"its header of {length} bytes is not all there, or too long")
        shape, by_columns, dtype = _parse(head[:offset], width)
    except (Exception, MemoryError) as error:  # what an expression can do to the parser of Python
        said = str(error).splitlines() or [type(error).__name__]
        raise OSError(
            errno.EIO, f"its header is no header of a NumPy array: {clip(said[0], 300)}", clip(name)
        ) from error
    if min(shape, default=0) < 0:
        raise OSError(errno.EIO, f"it is damaged: it declares the shape {clip(str(shape))}", clip(name))
    if dtype.hasobject:
        raise NotRead(
            TypeError(
                f"the pixels must be numbers, not Python objects ({clip(str(dtype), 100)}): these are stored as "
                "pickle, which can run any program and is never loaded; save an array of numbers"
            )
        )
    if dtype.kind == "V" and dtype.names is None and dtype.subdtype is None:
        raise NotRead(
            TypeError(
                f"the pixels must be numbers, not raw bytes ({dtype}): NumPy files do not keep types of other packages; "
                "where they are bfloat16, give numpy.load(file).view(ml_dtypes.bfloat16)"
            )
        )
    return Header(tuple(int(length) for length in shape), by_columns, dtype, offset)


@functools.lru_cache(maxsize=16)
def _parse(head: bytes, width: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Parse the text of a header, by numpy; images of a series have the same one."""
    # Python 2 wrote numbers as 10L. The third version differs from the second in names of fields alone.
    text = re.sub(rb"(?<=[0-9])L(?=[,)])", b" ", head[8 + width :])
    read: Callable[..., Any] = (
        np.lib.format.read_array_header_1_0 if width == 2 else np.lib.format.read_array_header_2_0
    )
    found = read(io.BytesIO(head[8 : 8 + width] + text), max_header_size=MAX_HEADER)
    return tuple(found[0]), bool(found[1]), found[2]


def check_complete(header: Header, size: int, name: str, what: str = "the file") -> None:
    """Refuse an array that declares more than there is.

    Raises
    ------
    OSError
        With both numbers of bytes.
    """
    if header.nbytes > size - header.offset:
        raise OSError(
            errno.EIO,
            f"it is cut off or damaged: it declares {header.nbytes} bytes of pixels from byte {header.offset} "
            f"on, and {what} has {max(0, size - header.offset)}",
            clip(name),
        )


def to_stored(index: tuple[Any, ...], header: Header) -> tuple[Any, ...]:
    """Return an index of the array as one of its axes in the order of the file."""
    return index[::-1] if header.by_columns else index
