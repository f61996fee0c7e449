# SPDX-License-Identifier: MIT
"""The filters of one chunk, undone in any thread, outside HDF5's lock, never beyond its declared size.

libhdf5 accepts a chunk that inflates to less than it should, and gives whatever memory holds for
the rest; a chunk that inflates to more costs memory without bound. Everything here gives exactly
one chunk or says that it is damaged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .base import Bytes, Chunks, Damaged, Filter, check_length


class Codec:
    """Undoes the filters of the chunks of one dataset.

    Parameters
    ----------
    filters : sequence of Filter
        In the order in which they were applied.
    size : int
        Bytes of a decoded chunk.
    """

    def __init__(self, filters: Sequence[Filter], size: int) -> None:
        self._filters = tuple(filters)
        self._size = size

    @property
    def filters(self) -> tuple[Filter, ...]:
        """The filters, in the order in which they were applied."""
        return self._filters

    @classmethod
    def of(cls, filters: Sequence[Filter], size: int, itemsize: int) -> Codec | None:
        """Return a codec, or None where libhdf5 and its plugins have to decode pixels of so many bytes."""
        return cls(filters, size) if all(each.decodes(itemsize) for each in filters) else None

    @property
    def most_stored(self) -> int:
        """Bytes that a chunk may take in the file."""
        return most_stored(self._filters, self._size)

    @property
    def working_bytes(self) -> int:
        """Memory that decoding one chunk takes, besides its place."""
        padded = self._size * sum(each.padding > 1 for each in self._filters)
        moved = self._size * sum(not each.added for each in self._filters)
        return most_stored((), self._size) + 2 * padded + self._size + moved

    def decode(self, skipped: int, raw: bytes | Bytes, out: Bytes) -> None:
        """Fill `out`, of exactly one chunk, with the decoded bytes of `raw`.

        Parameters
        ----------
        skipped : int
            The chunk's filter mask: a bit set means that this filter was not applied.
        raw : bytes-like
            As stored in the file.
        out : (size,) uint8 array
            Contiguous and writable.

        Raises
        ------
        Damaged
            When it does not decode, or not to exactly the declared size.
        """
        data: Bytes = np.frombuffer(raw, np.uint8)
        applied = [each for index, each in enumerate(self._filters) if not skipped >> index & 1]
        while applied:
            each = applied.pop()
            length = self._size + sum(other.added for other in applied)
            target = np.empty(length, np.uint8) if applied and not each.added else out
            data = each.decode(data, target)
        check_length(data, self._size)
        if data is not out:
            out[:] = data

    def decode_many(self, skipped: int, chunks: Chunks) -> Bytes:
        """Return the decoded bytes of several chunks with one filter mask: an array of a row for each.

        Raises
        ------
        Damaged
            When `decode` may find one of them damaged: without saying which.
        """
        applied = [each for index, each in enumerate(self._filters) if not skipped >> index & 1]
        while applied:
            each = applied.pop()
            chunks = each.decode_many(chunks, self._size + sum(other.added for other in applied))
        if np.any(chunks.sizes != self._size):
            raise Damaged(f"must hold {self._size} bytes")
        return chunks.array(self._size)


def most_stored(filters: Sequence[Filter], size: int) -> int:
    """Return how many bytes a chunk of `size` may take in a file.

    No filter makes it much longer, but for padding.
    """
    size *= max((each.padding for each in filters), default=1)
    return size + size // 64 + 4096
