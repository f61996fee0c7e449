# SPDX-License-Identifier: MIT
"""A filter of HDF5: what brings it, how its chunks are decoded, and what they say of themselves."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

WHOLE: Final = sys.maxsize
"""Number of bytes for `Filter.examined` that stands for all of a chunk."""

Bytes = NDArray[np.uint8]
Values = tuple[int, ...]

Decoder = Callable[[Bytes, Bytes], Any]
"""decoder(data, out): fills `out` with what data holds; returns what it wrote."""


class Damaged(Exception):
    """Damage of a chunk, to be said after its place."""


class Chunks(NamedTuple):
    """Several chunks in one piece of memory."""

    data: Bytes
    starts: NDArray[np.int64]
    """Places of their first bytes."""
    sizes: NDArray[np.int64]

    @classmethod
    def beside_each_other(cls, data: Bytes, count: int) -> Chunks:
        """Return chunks of one size without gaps."""
        size = len(data) // max(1, count)
        return cls(data, np.arange(count) * size, np.full(count, size))

    def array(self, size: int) -> Bytes:
        """Return them as a (count, size) array; all must have that size, which must not be 0."""
        count = len(self.starts)
        if len(self.data) == count * size and np.array_equal(self.starts, np.arange(count) * size):
            return self.data.reshape(count, size)
        return np.lib.stride_tricks.sliding_window_view(self.data, size)[self.starts]

    def one_by_one(self) -> Iterator[Bytes]:
        """Return the bytes of each."""
        for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True):
            yield self.data[start : start + size]


class Filter:
    """One filter of a dataset; as it is, one that HDF5 alone undoes.

    Parameters
    ----------
    values : tuple of int
        What the creation property list of the dataset has for it.
    """

    number: ClassVar[int]
    """Number that the HDF Group registered."""
    provided_by: str = "an HDF5 plugin (the HDF Group has a list of registered filters)"
    """Package that brings it to HDF5, which has it not, or may not have it."""
    measured_by: ClassVar[str] = ""
    """Module of Python that says how long its chunks are, where these do not: HDF5 does not look, and
    gives what memory holds for the rest of a chunk that is too short."""
    instead: ClassVar[str] = ""
    """Alternative, for the message that a Python lacks this module."""
    examined: ClassVar[int] = 0
    """Number of the first bytes of a chunk that `check` looks at."""
    padding: ClassVar[int] = 1
    """Size that a chunk may decode to, as a multiple of its pixels."""
    added: ClassVar[int] = 0
    """Number of bytes that follow the data, which stay as they are."""
    imagecodec: ClassVar[str] = ""
    """Function of imagecodecs that undoes it, where nothing else is needed."""
    reorders: bool = False
    """Whether bytes are only brought into another order."""

    def __init__(self, values: Values) -> None:
        self.values = values

    @functools.cached_property
    def decoder(self) -> Decoder | None:
        """Function that undoes a compression, None where no library at hand does it without HDF5."""
        return self._find_decoder()

    def decodes(self, itemsize: int) -> bool:  # noqa: ARG002
        """Return whether `decode` can be used, for pixels of so many bytes."""
        return self.decoder is not None

    def decode(self, data: Bytes, out: Bytes) -> Bytes:
        """Undo the filter.

        Parameters
        ----------
        data : (n,) uint8 array
        out : (size,) uint8 array
            Contiguous and writable, as long as what is decoded must be.

        Returns
        -------
        (size,) uint8 array
            `out`; of a filter that only adds bytes, the data without them.

        Raises
        ------
        Damaged
            When it does not decode, or not to exactly that size.
        """
        assert self.decoder is not None
        try:
            written = self.decoder(data, out)
        except Damaged:
            raise
        except (RuntimeError, ValueError, OSError) as error:
            raise Damaged(f"is damaged: {first_line(error)}") from error
        whole = written is out
        if whole:  # what most decoders give: they wrote all of it
            return out
        found = np.frombuffer(written, np.uint8)
        if len(found) != len(out):
            raise Damaged(f"inflates to {len(found)} bytes; it must hold {len(out)} bytes")
        # Asking for an address takes longer than inflating a small chunk.
        if isinstance(written, bytes) or found.ctypes.data != out.ctypes.data:
            out[:] = found
        return out

    def decode_many(self, chunks: Chunks, length: int) -> Chunks:
        """Undo the filter of several chunks, each of which must become as long as that.

        Raises
        ------
        Damaged
            When one of them does not: without saying which.
        """
        out = np.empty((len(chunks.starts), length), np.uint8)
        for data, place in zip(chunks.one_by_one(), out, strict=True):
            self.decode(data, place)
        return Chunks.beside_each_other(out.reshape(-1), len(out))

    def check(self, data: bytes, size: int, stored: int) -> None:
        """Look at a chunk before HDF5 and its plugins decode it, as far as it tells without them.

        Parameters
        ----------
        data : bytes
            The chunk, or its first `examined` bytes.
        size : int
            What it must inflate to.
        stored : int
            Bytes of the chunk.

        Raises
        ------
        ValueError
            When it does not fit together, or declares to hold more or less.
        """
        if not self._fits(data, size, stored):
            raise ValueError("its blocks do not fit into it")
        declared = self._declared_size(data, size)
        if declared is not None and declared != size:
            raise ValueError(f"it declares {declared} bytes; it must hold {size} bytes")

    def _find_decoder(self) -> Decoder | None:
        return imagecodec(self.imagecodec) if self.imagecodec else None

    def _fits(self, data: bytes, size: int, stored: int) -> bool:  # noqa: ARG002
        """Whether all parts of a chunk lie within it: plugins do not look."""
        return True

    def _declared_size(self, data: bytes, size: int) -> int | None:  # noqa: ARG002
        """Number of bytes that a chunk inflates to, None where it does not say.

        Where it has to be inflated to know, one byte more than `size` is enough. Raises ValueError
        where it does not inflate.
        """
        return None

    def _measured_size(self, data: bytes, size: int) -> int:
        """The declared size by inflating: for a Python without its library."""
        if self.decoder is None:
            raise ValueError("nothing at hand inflates it")
        try:
            return len(self.decoder(np.frombuffer(data, np.uint8), np.empty(size + 1, np.uint8)))
        except (Damaged, RuntimeError) as error:
            raise ValueError(f"it {error}" if isinstance(error, Damaged) else str(error)) from error


def check_length(data: Bytes, size: int) -> None:
    """Raise Damaged where data are not as long as they must be."""
    if len(data) != size:
        raise Damaged(f"holds {len(data)} bytes; it must hold {size} bytes")


def first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or type(error).__name__


def imagecodec(name: str, **options: Any) -> Decoder | None:
    try:
        function = getattr(importlib.import_module("imagecodecs"), name)
        # Codecs that a build lacks are there, but only raise.
        if not getattr(
            importlib.import_module("imagecodecs"), name.split("_", maxsplit=1)[0].upper()
        ).available:
            return None
    except (ImportError, AttributeError):
        return None
    return lambda data, out: function(data, out=out, **options)
