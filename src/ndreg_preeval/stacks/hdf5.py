# SPDX-License-Identifier: MIT
"""Stacks in HDF5 files: opened late, checked first, read in blocks aligned to chunks."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH109, PTH118

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..errors import clip, naming, place
from .chunks import FilteredChunks
from .files import check_not_cut
from .guards import check_sizes, check_storage
from .links import Files, locate
from .pixels import as_pixels, check_stack_shape, pixel_dtype
from .slices import AxisRange, Indices, apply_slice, format_slice
from .source import Block, StackSource, StackSpec
from .uris import Reading

if TYPE_CHECKING:
    from ..options import Limits

KEEP_BYTES: Final = 64 << 20
"""Images decoded along with those asked for are kept up to this size: the next block holds them."""


@dataclass(frozen=True)
class UriSpec(StackSpec):
    """A stack in an HDF5 file.

    Parameters
    ----------
    file_path : str
        Absolute, so that it means the same in another process.
    data_path : str
        Path of the dataset from the root of the file.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the dataset; what is left must have 3 axes.
    location : str
        How messages call it.
    """

    file_path: str
    data_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.location:
            object.__setattr__(self, "location", str(Reading(self.file_path, self.data_path, self.indices)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Slices cannot be pickled by reference in every protocol; their parts can.
        return (UriSpec, (self.file_path, self.data_path, self.limits, self.indices, self.location))

    def open(self) -> StackSource:
        """Open the file and check the dataset; no pixel is read.

        Raises
        ------
        OSError
            FileNotFoundError, PermissionError, ...: when the file or what it refers to cannot be read.
        KeyError
            When the file has no such dataset; names some that it has.
        TypeError, ValueError
            When the dataset is no stack, or beyond the limits.
        """
        files = Files()
        try:
            with naming(place(self.location)):
                dataset = locate(files, files.open(self.file_path)["/"], "/" + self.data_path)
                return Hdf5Source(dataset, self.limits, self.indices, self.location, files)
        except BaseException:
            files.close()
            raise


@dataclass(frozen=True, eq=False)
class DatasetSpec(StackSpec):
    """A stack in an `h5py.Dataset` that the caller has open, and keeps open."""

    dataset: Any
    limits: Limits
    location: str = ""
    in_memory = True

    def __post_init__(self) -> None:
        if self.dataset and not self.location:
            text = str(Reading(str(self.dataset.file.filename), str(self.dataset.name)))
            object.__setattr__(self, "location", text)

    def open(self) -> StackSource:
        """Check the dataset; raises as `UriSpec.open` does, but for the file."""
        if not self.dataset:
            raise ValueError("the h5py dataset is closed")
        with naming(place(self.location)):
            return Hdf5Source(self.dataset, self.limits, None, self.location, Files())


def is_dataset(value: object) -> bool:
    """Return whether this is an h5py dataset, without importing h5py to find out."""
    import sys

    module = sys.modules.get("h5py")
    return module is not None and isinstance(value, module.Dataset)


class Hdf5Source(StackSource):
    """An open dataset, or the three axes that a slice leaves of it."""

    def __init__(
        self, dataset: Any, limits: Limits, indices: Indices | None, location: str, files: Files
    ) -> None:
        import h5py

        self._files = files
        self._dataset = dataset
        self.location = location
        if not isinstance(dataset, h5py.Dataset):
            raise TypeError("this is a group, not a dataset: give the path of one dataset in it")
        if dataset.shape is None:
            raise ValueError("the dataset is empty: it has no shape")
        self.dtype = pixel_dtype(_dtype(dataset))
        self._axes = apply_slice(indices, dataset.shape)
        kept = [axis for axis in self._axes if not axis.drop]
        with naming(f"slice={format_slice(indices)} of the shape {dataset.shape}" if indices else ""):
            self.shape = check_stack_shape(tuple(axis.count for axis in kept))
        n, height, width = self.shape
        self._stored = check_storage(dataset, limits)
        stored = sum(state.size for state in self._stored)
        check_sizes(self.shape, dataset.dtype.itemsize, stored, limits)
        self._filtered = FilteredChunks.of(dataset)
        self._first = next(index for index, axis in enumerate(self._axes) if not axis.drop)
        self.images_per_chunk = 1
        if dataset.chunks is not None:
            self.images_per_chunk = max(1, min(n, dataset.chunks[self._first] // kept[0].step))
        self.bytes_per_image = height * width * self.dtype.itemsize
        self._kept: tuple[int, int, NDArray[Any]] | None = None

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop.

        Raises
        ------
        OSError
            When a chunk is damaged, or the file was changed meanwhile; names the images.
        """
        with naming(f"{place(self.location)}, images {start} to {stop - 1}"):
            if self._kept is None or not self._kept[0] <= start < stop <= self._kept[1]:
                self._kept = None  # before reading: the memory of two blocks is not needed at once
                first, last = self._aligned(start, stop)
                pixels = self._read(first, last)
                if (first, last) == (start, stop):
                    return Block(pixels, None)
                self._kept = (first, last, pixels)
            first, _, pixels = self._kept
            return Block(pixels[start - first : stop - first], None)

    def close(self) -> None:
        """Close the files this source opened; safe to call twice."""
        self._kept = None
        self._files.close()

    def _aligned(self, start: int, stop: int) -> tuple[int, int]:
        """Widen a range to whole chunks, where that is cheap: their images are decoded anyway."""
        per_chunk = self.images_per_chunk
        first = start // per_chunk * per_chunk
        last = min(-(-stop // per_chunk) * per_chunk, self.shape[0])
        wide = (last - first) * self.bytes_per_image
        return (first, last) if per_chunk > 1 and wide <= KEEP_BYTES else (start, stop)

    def _read(self, start: int, stop: int) -> NDArray[Any]:
        axes = list(self._axes)
        axes[self._first] = axes[self._first].part(start, stop)
        try:
            if self._filtered is not None:
                pixels = self._filtered.read(tuple(axes))
            else:
                pixels = self._dataset[tuple(slice(axis.start, axis.stop, axis.step) for axis in axes)]
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise OSError(f"the pixels cannot be read: {clip(str(error), 800)}") from error
        check_not_cut(self._stored)
        return self._arrange(np.asarray(pixels), axes, (stop - start, *self.shape[1:]))

    def _arrange(self, pixels: NDArray[Any], axes: list[AxisRange], shape: tuple[int, ...]) -> NDArray[Any]:
        flips = tuple(slice(None, None, -1 if axis.reverse else 1) for axis in axes)
        if pixels.shape != tuple(axis.count for axis in axes):
            raise OSError(f"reading gave the shape {pixels.shape}: the file was changed meanwhile")
        return as_pixels(pixels[flips].reshape(shape))


def absolute(path: str) -> str:
    """Return a file path that survives a change of folder; "." and ".." stay, for links' sake."""
    return os.path.join(os.getcwd(), path)


def _dtype(dataset: Any) -> np.dtype[Any]:
    try:
        return dataset.dtype  # type: ignore[no-any-return]
    except TypeError as error:  # bit fields and the like, which numpy has not
        raise TypeError(f"the pixels are of an HDF5 type that numpy has not: {error}") from error
