# SPDX-License-Identifier: MIT
"""Readers of boxes of one dataset, by tasks that stand alone."""

from __future__ import annotations

import abc
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from numpy.typing import NDArray

from ...base import ReadTask
from ...selection import AxisRange
from .raw_file import RawFile

if TYPE_CHECKING:
    import h5py


class Request(NamedTuple):
    """Pixels that are wanted, and where they go."""

    axes: tuple[AxisRange, ...]
    """Indices along each axis of the dataset; all walks are forward."""
    out: NDArray[Any]
    """Array of the dataset's dtype, with one axis per axis of the dataset."""


class Reader(abc.ABC):
    """Reads boxes of one dataset."""

    concurrent: bool = True
    """Whether several tasks get on at a time; else they wait for each other in HDF5."""
    working_bytes: int = 0
    """Memory that running one task takes, besides its place."""

    @abc.abstractmethod
    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Return what fills the arrays of all requests; what they share is read once."""

    def detached(self, axes: Sequence[AxisRange]) -> Placed | None:  # noqa: ARG002
        """Return a reader of this box alone that needs neither the dataset nor an open file.

        None where there is none, or it would have to know more than a few places.
        """
        return None

    def close(self) -> None:  # noqa: B027 - most readers have nothing to close
        """Close what was opened; safe to call twice."""


class Placed(Reader):
    """Reads bytes at places that it may know without the dataset."""

    def copied(self) -> Self:
        """Return a shallow copy: `copy.copy` takes ten times as long, and there are thousands of files."""
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found

    @abc.abstractmethod
    def on(self, raw: RawFile) -> Placed:
        """Return the same, where it is detached, for the file that was opened again."""

    @abc.abstractmethod
    def of_alike(self, dataset: h5py.Dataset, axes: Sequence[AxisRange], allocated: int) -> Placed | None:
        """Return the detached reader of a dataset of the same type, shape and creation properties.

        None where its pixels are not where HDF5 takes the file, of `allocated` bytes, to have them.
        """


class Part(NamedTuple):
    """Part of one chunk that is taken along one axis."""

    origin: int
    inside: slice
    outside: slice


def chunk_parts(axis: AxisRange, length: int) -> Iterator[Part]:
    """Split a walk along an axis at the borders of chunks."""
    done = 0
    while done < axis.count:
        at = axis.start + done * axis.step
        origin = at - at % length
        count = min(axis.count - done, (origin + length - 1 - at) // axis.step + 1)
        first = at - origin
        inside = slice(first, first + (count - 1) * axis.step + 1, axis.step)
        yield Part(origin, inside, slice(done, done + count))
        done += count


def chunk_boxes(axes: Sequence[AxisRange], chunk: Sequence[int]) -> Iterator[tuple[Part, ...]]:
    """Split a box at the borders of chunks."""
    parts = [list(chunk_parts(axis, length)) for axis, length in zip(axes, chunk, strict=True)]
    return itertools.product(*parts)
