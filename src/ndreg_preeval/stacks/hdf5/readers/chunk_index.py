# SPDX-License-Identifier: MIT
"""Places of the chunks of a dataset, and the filters they went through."""

from __future__ import annotations

import functools
import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....errors import shorten
from ..codecs import Filter, filter_of

if TYPE_CHECKING:
    import h5py

MOST_BYTES: Final = 2**32 - 1
"""Largest size of a stored chunk, in bytes: more is not kept apart."""


class Stored(NamedTuple):
    """Place of a chunk."""

    offset: int
    size: int
    mask: int


class ChunkIndex:
    """Chunks that were written, and their places; about 20 bytes for each.

    Looked up once, as HDF5 searches its own index from the start.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._chunk: tuple[int, ...] = dataset.chunks
        grid = [-(-length // part) for length, part in zip(dataset.shape, self._chunk, strict=True)]
        self._grid = grid
        self._strides = [math.prod(grid[axis + 1 :]) for axis in range(len(grid))]
        numbers, offsets, sizes = array("q"), array("Q"), array("I")
        self._masks: dict[int, int] = {}
        strays: list[Any] = []
        order = _Order(dataset.maxshape)

        def look(info: Any) -> None:
            order.add(info.chunk_offset)
            if not all(map(self._is_origin, info.chunk_offset, dataset.shape, self._chunk)):
                strays.append(info.chunk_offset)
                return
            number = self._number(info.chunk_offset)
            numbers.append(number)
            offsets.append(info.byte_offset)
            sizes.append(min(info.size, MOST_BYTES))
            if info.filter_mask:
                self._masks[number] = info.filter_mask

        self._tells_unwritten = tells_unwritten()
        dataset.id.chunk_iter(look)
        self.end: int = max(map(int.__add__, offsets, sizes), default=0)
        """End of the last chunk in the file."""
        self._numbers = np.frombuffer(numbers, np.int64) if numbers else np.empty(0, np.int64)
        self._offsets, self._sizes = offsets, sizes
        self._order = None
        if np.any(self._numbers[1:] < self._numbers[:-1]):
            self._order = np.argsort(self._numbers, kind="stable")
            self._numbers = self._numbers[self._order]
        self._check_apart()
        # HDF5 looks for each chunk where it should be, and gives fill values for those it misses.
        # Chunks beyond the shape are those that a writer appended meanwhile, if they come in order.
        strays = [each for each in strays if not order.may_be_new(each, dataset.shape, self._chunk)]
        if strays:
            raise OSError(f"the index of the chunks is damaged: it has one at {shorten(strays[0])}")
        twice = np.flatnonzero(self._numbers[1:] == self._numbers[:-1])
        if len(twice):
            origin = self._origin(int(self._numbers[twice[0]]))
            raise OSError(f"the index of the chunks is damaged: it has the one at {origin} twice")

    def _check_apart(self) -> None:
        starts = np.frombuffer(self._offsets, np.uint64) if self._offsets else np.empty(0, np.uint64)
        sizes = np.frombuffer(self._sizes, np.uint32) if self._sizes else np.empty(0, np.uint32)
        order = np.argsort(starts, kind="stable")
        gaps = np.diff(starts[order])
        if np.any(gaps < sizes[order][:-1]):
            raise OSError("the index of the chunks is damaged: some of them lie one over the other")

    def find(self, origin: Sequence[int]) -> Stored | None:
        """Return where the chunk with this first element lies; None if it was never written.

        Raises
        ------
        OSError
            When HDF5 does not find a chunk that its own index lists, or cannot tell that it has no such chunk:
            where its way there is damaged, it gives fill values.
        """
        number = self._number(origin)
        at = int(np.searchsorted(self._numbers, number))
        if at == len(self._numbers) or self._numbers[at] != number:
            if self._tells_unwritten and not is_unwritten(self._dataset, origin):
                raise OSError(f"the index of the chunks is damaged: it lacks the one at {tuple(origin)}")
            return None
        if is_unwritten(self._dataset, origin):
            raise OSError(
                f"the index of the chunks is damaged: HDF5 does not find the one at {tuple(origin)} in it"
            )
        if self._order is not None:
            at = int(self._order[at])
        return Stored(self._offsets[at], self._sizes[at], self._masks.get(number, 0))

    def numbers(self, origins: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
        """Return the numbers of all chunks of a box, of whose axes the first elements are given, in C order."""
        total = np.zeros((1,) * len(origins), np.int64)
        for axis, (at, length, stride) in enumerate(zip(origins, self._chunk, self._strides, strict=True)):
            shape = [1] * len(origins)
            shape[axis] = -1
            total = total + (at // length * stride).reshape(shape)
        return total.ravel()

    def find_all(
        self, numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], dict[int, int]]:
        """Return places, sizes and filter masks (by place in `numbers`) of chunks, as the index lists them.

        HDF5 is not asked whether it finds them, so their bytes must be read beside it. Places are -1 where none
        is listed.
        """
        if len(self._numbers) == 0:
            none = np.full(len(numbers), -1, np.int64)
            return none, none, {}
        at = np.minimum(np.searchsorted(self._numbers, numbers), len(self._numbers) - 1)
        listed = self._numbers[at] == numbers
        if self._order is not None:
            at = self._order[at]
        # A damaged place may be beyond any file: reading there says so.
        offsets = np.minimum(np.frombuffer(self._offsets, np.uint64)[at], 2**62 + 1).astype(np.int64)
        sizes = np.frombuffer(self._sizes, np.uint32)[at].astype(np.int64)
        masks = {}
        if self._masks:
            masks = {
                which: self._masks[number]
                for which, number in enumerate(numbers.tolist())
                if number in self._masks
            }
        return np.where(listed, offsets, -1), np.where(listed, sizes, -1), masks

    @staticmethod
    def _is_origin(at: int, length: int, part: int) -> bool:
        return 0 <= at < length and at % part == 0

    def _origin(self, number: int) -> tuple[int, ...]:
        return tuple(
            number // stride % count * length
            for stride, count, length in zip(self._strides, self._grid, self._chunk, strict=True)
        )

    def _number(self, origin: Sequence[int]) -> int:
        return sum(
            at // length * stride
            for at, length, stride in zip(origin, self._chunk, self._strides, strict=True)
        )


class KnownChunks:
    """Places of a few chunks, found while their dataset was open.

    Parameters
    ----------
    places : dict
        By first element; None for a chunk that was never written.
    """

    def __init__(self, places: dict[tuple[int, ...], Stored | None]) -> None:
        self.places = places
        self.end: int = max((each.offset + each.size for each in places.values() if each), default=0)
        """End of the last chunk in the file."""

    def find(self, origin: Sequence[int]) -> Stored | None:
        """Return where the chunk with this first element lies; None if it was never written."""
        return self.places[tuple(origin)]


def only_chunk(dataset: h5py.Dataset) -> KnownChunks | None:
    """Return the place of the chunk of a dataset of one; None for others, and where anything is odd about it."""
    if any(length > part for length, part in zip(dataset.shape, dataset.chunks, strict=True)):
        return None
    try:
        if dataset.id.get_num_chunks() != 1:
            return None
        info = dataset.id.get_chunk_info(0)
    except (OSError, RuntimeError, ValueError, OverflowError):
        return None
    origin = tuple(info.chunk_offset)
    if any(origin) or is_unwritten(dataset, origin):
        return None
    return KnownChunks({origin: Stored(info.byte_offset, min(info.size, MOST_BYTES), info.filter_mask)})


def is_unwritten(dataset: h5py.Dataset, origin: Sequence[int]) -> bool:
    """Return whether HDF5 says that there is no such chunk."""
    try:
        # It is looked up, and not read into so little memory.
        dataset.id.read_direct_chunk(tuple(origin), out=bytearray(1))
    except RuntimeError as error:
        return "not allocated" in str(error)
    except (OSError, ValueError, MemoryError, SystemError):  # a size below 0 is a SystemError
        return False
    return False


def tells_unwritten() -> bool:
    """Whether this HDF5 tells chunks that were never written from those that cannot be read."""
    import h5py

    return bool(h5py.version.hdf5_version_tuple >= (2, 0, 0))


class _Order:
    """Whether chunks come in one of the orders that HDF5's indices have."""

    def __init__(self, most: Sequence[int | None]) -> None:
        self._grows = [length is None for length in most]
        self._last: tuple[int, ...] = ()
        self._last_grown_first: tuple[int, ...] = ()
        self._by_place = self._grown_first = True

    def add(self, origin: tuple[int, ...]) -> None:
        grown = [at for at, grows in zip(origin, self._grows, strict=True) if grows]
        others = [at for at, grows in zip(origin, self._grows, strict=True) if not grows]
        self._by_place &= self._last < origin
        self._grown_first &= self._last_grown_first < (*grown, *others)
        self._last, self._last_grown_first = origin, (*grown, *others)

    def may_be_new(self, origin: Sequence[int], shape: Sequence[int], chunk: Sequence[int]) -> bool:
        """Whether a chunk lies beyond the shape where the dataset may grow."""
        return (self._by_place or self._grown_first) and all(
            at % part == 0 and (at < length or grows)
            for at, length, part, grows in zip(origin, shape, chunk, self._grows, strict=True)
        )


def filters_of(dataset: h5py.Dataset) -> list[Filter]:
    """Return the filters of a dataset, in the order in which they are applied."""
    properties = dataset.id.get_create_plist()
    found = [properties.get_filter(index) for index in range(properties.get_nfilters())]
    return [filter_of(each[0], tuple(each[2])) for each in found]


def is_plain(dataset: h5py.Dataset) -> bool:
    """Return whether the bytes in the file are just those of the numpy dtype.

    Where they are not (reduced precision), HDF5 must convert.
    """
    return bool(dataset.id.get_type().equal(_type_of(dataset.dtype)))


@functools.lru_cache(maxsize=64)
def _type_of(dtype: np.dtype[Any]) -> Any:
    import h5py

    return h5py.h5t.py_create(dtype, logical=True)
