# SPDX-License-Identifier: MIT
"""Blocks of what the caller holds in memory, read without trust in any shape but that of the result."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, shorten
from ..axes import StoredAxes, choose_axis, images_first
from ..base import Block, BufferPool, PendingBlock, ReadTask, StackSource, joined
from ..choices import AS_FOUND, Choices
from ..optional_modules import is_a
from ..pixel_checks import (
    FillValues,
    as_pixels,
    check_image_shape,
    check_stack_shape,
    fill_values,
    filled_pixels,
    pixel_dtype,
    spare_axes,
    without_spare_axis,
)
from ..uris import is_uri
from ..zarr import names_of
from .objects import Names, ShownArray, shown_array
from .together import Taken, Together, in_one_chunk, start_reading_together

Mask = NDArray[np.bool_] | None

TASK_BYTES: Final = 8 << 20
"""Target size of a read task, in bytes, unless one row of chunks has more."""

NOT_THERE: Final = (AttributeError, TypeError, ValueError, IndexError, KeyError, OverflowError)
"""Errors that asking an object for its chunks or coordinates ends in where it has none."""

ALIGNED_BYTES: Final = 256 << 20
"""Largest size of images read at a time to meet the borders of chunks that differ in length, in bytes."""


def split_mask(array: NDArray[Any]) -> tuple[NDArray[Any], Mask]:
    """Return the pixels as a plain ndarray and, of a masked array, the mask turned to True = valid."""
    pixel_dtype(array.dtype)  # before the mask: that of a structured array is structured
    if type(array) is np.ndarray:
        return array, None
    if isinstance(array, np.ma.MaskedArray):
        hidden = np.ma.getmask(array)
        pixels = np.asarray(np.ma.getdata(array, subok=False))
        return pixels, None if hidden is np.ma.nomask else np.logical_not(np.asarray(hidden))
    return np.asarray(array), None


class ArraySource(StackSource):
    """Images of one ndarray; blocks are views of it, bfloat16 alone is converted."""

    bytes_per_image: int = 0

    def __init__(
        self,
        pixels: NDArray[Any],
        mask: Mask = None,
        choices: Choices = AS_FOUND,
        shown: ShownArray | None = None,
    ) -> None:
        names, likely = (None, None) if shown is None else (shown.names, shown.likely)
        self.dtype: np.dtype[Any] = pixel_dtype(pixels.dtype)
        named = names is not None and len(names) == pixels.ndim
        spare = spare_axes(pixels.shape, 3, _most_spare(names))
        if names is not None and named:
            names = [name for axis, name in enumerate(names) if axis not in spare]
        if spare:
            pixels, mask = pixels.squeeze(spare), None if mask is None else mask.squeeze(spare)
        check_stack_shape(pixels.shape, names if named else None)
        choice = choose_axis(pixels.shape, names, choices.image_axis, likely)
        self.tell(choice)
        if choice.axis:
            pixels = np.moveaxis(pixels, choice.axis, 0)
            mask = None if mask is None else np.moveaxis(mask, choice.axis, 0)
        self.shape: tuple[int, int, int] = check_stack_shape(pixels.shape)
        self._pixels = pixels
        self._mask = mask
        if self.dtype != pixels.dtype:
            self.bytes_per_image = self.shape[1] * self.shape[2] * self.dtype.itemsize

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop, as a view."""
        mask = None if self._mask is None else self._mask[start:stop]
        return Block(as_pixels(self._pixels[start:stop]), mask)


class ImagesSource(StackSource):
    """Images of a list or tuple, which may differ in dtype and layout but not in shape."""

    def __init__(self, images: Sequence[Any]) -> None:
        if len(images) == 0:
            check_stack_shape((0, 0, 0))
        # Nested lists and the like are converted once, here; arrays are kept as views, and what
        # declares its shape and dtype (an open dataset) is converted when it is read.
        self._images: list[Any] = []
        shapes, dtypes = [], set()
        for index in range(len(images)):
            with naming(f"image {index}"):
                image = shown_array(images[index]).pixels
                if isinstance(image, np.ndarray) or not _declares(image):
                    image = self._convert(image)
                    shape, dtype = image[0].shape, image[0].dtype
                else:
                    shape, dtype = without_spare_axis(_declared_shape(image), 2), _declared_dtype(image)
                self._images.append(image)
                shapes.append(shape)
                dtypes.add(dtype)
        # result_type alone would lose the byte order of a dtype that all share.
        common = np.result_type(*dtypes) if len(dtypes) > 1 else dtypes.pop()
        self._declare(len(images), shapes[0], common)
        for index, shape in enumerate(shapes):
            self._check(index, shape)
        if not all(isinstance(image, tuple) for image in self._images):
            self.bytes_per_image = self.shape[1] * self.shape[2] * self.dtype.itemsize
        elif any(image[1] is not None for image in self._images):
            self.bytes_per_image = self.shape[1] * self.shape[2]  # its mask, in one array with the others

    def _declare(self, n: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        with naming("image 0"):
            self.shape: tuple[int, int, int] = (n, *check_image_shape(shape))
        self.dtype = dtype
        self.bytes_per_image: int = 0

    def _convert(self, value: object) -> tuple[NDArray[Any], Mask]:
        if type(value) is not np.ndarray:
            value = self._checked(value)
        array = np.asanyarray(value)
        if array.dtype == object and array.ndim == 0:
            hint = ": give its .data" if hasattr(value, "data") else ""
            raise TypeError(f"an image must be a 2-D array, not {type(value).__name__[:200]}{hint}")
        pixels, mask = split_mask(array)
        shape = without_spare_axis(pixels.shape, 2)
        if shape != pixels.shape:
            pixels, mask = pixels.reshape(shape), None if mask is None else mask.reshape(shape)
        return as_pixels(pixels), mask

    @staticmethod
    def _checked(value: Any) -> Any:
        """Return what numpy can convert."""
        if value is None or isinstance(value, bytes) or is_uri(value):
            name = "None" if value is None else type(value).__name__
            hint = "; give URIs of images as a list or tuple" if is_uri(value) else ""
            raise TypeError(f"an image must be a 2-D array, not {name}{hint}")
        if _package(value) == "tifffile" and hasattr(value, "asarray"):
            return value.asarray()  # a page, or a series of one
        return value

    def _check(self, index: int, shape: tuple[int, ...]) -> None:
        if shape != self.shape[1:]:
            raise ValueError(
                f"image {index}: all images must have the shape {self.shape[1:]} of the first, "
                f"not {shorten(shape)}"
            )

    def _ask(self, index: int) -> tuple[NDArray[Any], Mask]:
        image = self._images[index]
        if isinstance(image, tuple):
            return image
        with naming(f"image {index}"):
            return self._convert(image)

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop, each as it is."""
        images, masks = [], []
        for index in range(start, stop):
            pixels, mask = self._ask(index)
            self._check(index, pixels.shape)
            images.append(pixels)
            masks.append(mask)
        if all(mask is None for mask in masks):
            return Block(images, None)
        valid = np.ones((len(images), *self.shape[1:]), dtype=np.bool_)
        for row, mask in zip(valid, masks, strict=True):
            if mask is not None:
                row[...] = mask
        return Block(images, valid)


class LazySource(StackSource):
    """Images of an object with ``shape``, ``dtype`` and ``__getitem__``, read block by block.

    Shape and dtype are what the object declares; every block is checked against them, since
    a file may grow and a graph may fail while it is read. It is asked by the caller's thread
    alone: many such objects bear no other, and dask has threads of its own.

    Parameters
    ----------
    value : object
    choices : Choices
    taken : tuple of two int, optional
        An axis that counts stacks, and which of them this is.
    """

    bytes_per_image: int
    warnings: tuple[str, ...]

    def __init__(self, shown: ShownArray, choices: Choices = AS_FOUND, taken: Taken | None = None) -> None:
        value = shown.pixels
        declared = _declared_shape(value)
        known = shown.names if shown.names is not None else axis_names(value)
        known = known if known is not None and len(known) == len(declared) else [None] * len(declared)
        left = [axis for axis in range(len(declared)) if taken is None or axis != taken.axis]
        most = _most_spare(known)
        spare = {left[axis] for axis in spare_axes(tuple(declared[axis] for axis in left), 3, most)}
        kept = [axis for axis in left if axis not in spare]
        names = [known[axis] for axis in kept]
        shape = check_stack_shape(tuple(declared[axis] for axis in kept), names)
        choice = choose_axis(shape, names, choices.image_axis, shown.likely)
        self.tell(choice)
        self.shape: tuple[int, int, int] = check_stack_shape(images_first(shape, choice.axis))
        self._given = value
        self._declared = declared
        self.taken = taken
        self._counting = kept[choice.axis]
        """The axis that counts the images, of all that are declared."""
        self.dtype: np.dtype[Any] = _declared_dtype(value)
        self._fill_values = FillValues()
        if choices.declared_invalid:
            warnings: list[str] = []
            self._fill_values = fill_values(_attributes(value), self.dtype, warnings)
            self.warnings += tuple(warnings)
        self._declarations_met: dict[str, None] = {}
        if _package(value) == "xarray" and getattr(value, "chunks", None) is not None:
            value = value.data  # the dask array that it holds
        self._value = value
        self.bytes_per_image = self.shape[1] * self.shape[2] * self.dtype.itemsize
        self.images_per_chunk: int = _images_per_chunk(
            value, self.shape[0], self.bytes_per_image, self._counting
        )
        if self._fill_values:
            self.bytes_per_image += self.shape[1] * self.shape[2]  # its mask

    def how_read(self) -> str:
        """Return which library the object is of."""
        library = type(self._value).__module__.partition(".")[0]
        return f"an object of {library}, asked for blocks in the caller's thread"

    def read(self, start: int, stop: int) -> Block:
        """Images start <= i < stop, converted by numpy."""
        if self.taken is None:
            return self._as_block(*self.ask(start, stop, None))
        first = self.taken[1]
        return self.block_of(self.ask(start, stop, (first, first + 1)), first)

    def ask(self, start: int, stop: int, stacks: tuple[int, int] | None) -> tuple[NDArray[Any], Mask]:
        """Give images of some of the stacks, with all axes that are declared."""
        with naming(f"images {start} to {stop - 1}"):
            index: list[slice] = [slice(None)] * len(self._declared)
            index[self._counting] = slice(start, stop)
            expected = [*self._declared]
            expected[self._counting] = stop - start
            if stacks is not None:
                assert self.taken is not None
                index[self.taken[0]] = slice(*stacks)
                expected[self.taken[0]] = stacks[1] - stacks[0]
            while len(index) > 1 and index[-1] == slice(None):
                index.pop()  # some objects know their first axis alone
            part = self._value[tuple(index) if len(index) > 1 else index[0]]
            if _package(part) == "dask":
                part = part.compute()  # numpy would ask for an array without the mask
            pixels, mask = split_mask(np.asanyarray(part))
            if pixels.shape != tuple(expected):
                raise ValueError(
                    f"reading must give the shape {tuple(expected)} as declared by the stack, "
                    f"not {shorten(pixels.shape)}"
                )
            return pixels, mask

    def block_of(self, found: tuple[NDArray[Any], Mask], first: int) -> Block:
        """Return the block of this stack, of several of which the first has this number."""
        assert self.taken is not None
        axis, number = self.taken
        which = (slice(None),) * axis + (slice(number - first, number - first + 1),)
        pixels, mask = found
        return self._as_block(pixels[which], None if mask is None else mask[which])

    def _as_block(self, pixels: NDArray[Any], mask: Mask) -> Block:
        pixels = as_pixels(self._images_first(pixels))
        mask = None if mask is None else self._images_first(mask)
        own_mask = mask is not None
        for name, hit in self._fill_values.find(pixels).items():
            self._declarations_met[name] = None
            mask = ~hit if mask is None else mask & ~hit
        return Block(pixels, mask, declared=mask is not None and not own_mask)

    def shares_reads_with(self, other: StackSource) -> bool:
        """Return whether both are stacks in the same chunks of one array: these are then read once."""
        if not isinstance(other, LazySource) or self._given is not other._given:
            return False
        mine, theirs = self.taken, other.taken
        if mine is None or theirs is None or mine.axis != theirs.axis or self._counting != other._counting:
            return False
        try:
            lengths = _chunks(self._value, mine.axis)
            return in_one_chunk(lengths, self._declared[mine.axis], mine.number, theirs.number)
        except NOT_THERE:
            return False

    def start_reading_together(
        self,
        sources: Sequence[LazySource],
        start: int,
        stop: int,
        buffers: BufferPool | None = None,  # noqa: ARG002
    ) -> tuple[list[ReadTask], list[Together]]:
        """Prepare to read the same images of stacks in the same chunks: all of them at once."""
        return start_reading_together(sources, self._borders(start, stop))

    def _borders(self, start: int, stop: int) -> list[int]:
        """Where a range is cut for its tasks."""
        return [start, stop]

    def warnings_while_reading(self) -> tuple[str, ...]:
        """Which declared values were met."""
        return filled_pixels(self._declarations_met)

    def _images_first(self, array: NDArray[Any]) -> NDArray[Any]:
        array = np.moveaxis(array, self._counting, 0)
        return array.reshape(len(array), *self.shape[1:])


class ZarrSource(LazySource):
    """Images of a zarr array, which several threads may read at once: some rows of chunks each."""

    concurrent = True

    def _borders(self, start: int, stop: int) -> list[int]:
        row = self.images_per_chunk
        length = row * max(1, TASK_BYTES // (row * self.bytes_per_image))
        return [start, *range((start // length + 1) * length, stop, length), stop]

    def start_reading(self, start: int, stop: int, buffers: BufferPool | None = None) -> PendingBlock:  # noqa: ARG002
        """Prepare to read images start <= i < stop; errors name the images of one task."""
        borders = self._borders(start, stop)
        parts: list[Block | None] = [None] * (len(borders) - 1)

        def run(which: int) -> None:
            parts[which] = self.read(borders[which], borders[which + 1])

        tasks = [ReadTask(functools.partial(run, which), first) for which, first in enumerate(borders[:-1])]
        return PendingBlock(tasks, lambda: joined([part for part in parts if part is not None]))


def open_lazy(shown: ShownArray, choices: Choices = AS_FOUND, taken: Taken | None = None) -> LazySource:
    """Return the source for an object with ``shape``, ``dtype`` and ``__getitem__``, or of one of its stacks."""
    return (ZarrSource if is_a(shown.pixels, "zarr") else LazySource)(shown, choices, taken)


def axis_names(value: Any) -> Names | None:
    """Names of the axes of an array of xarray or zarr; None where there are none."""
    try:
        if _package(value) == "xarray":
            return [name if isinstance(name, str) else None for name in value.dims]
        if is_a(value, "zarr"):
            return names_of(value)
    except (AttributeError, TypeError, ValueError, KeyError):
        pass
    return None


def stored_axes(shown: ShownArray) -> StoredAxes | None:
    """Return the axes of an object with a shape; None where it does not tell it in advance."""
    value = shown.pixels
    try:
        shape = _declared_shape(value)
    except (AttributeError, ValueError):
        return None
    names = shown.names if shown.names is not None else axis_names(value)
    if names is None or len(names) != len(shape):
        return StoredAxes(shape, [None] * len(shape))

    def labels(axis: int) -> list[Any] | None:
        try:
            found = value.coords[names[axis]].values if _package(value) == "xarray" else None
        except NOT_THERE:
            return None
        return None if found is None or found.dtype.kind not in "OUST" else found.tolist()

    return StoredAxes(shape, names, labels)


def _attributes(value: Any) -> Mapping[str, Any]:
    """Attributes of an array of xarray or zarr, which a program that decodes them has taken away."""
    attributes = getattr(value, "attrs", None) if _package(value) in ("xarray", "zarr") else None
    return attributes if isinstance(attributes, Mapping) else {}


def _most_spare(names: Names | None) -> int:
    """Largest number of axes of length 1 that are dropped: formats of named axes have them all."""
    return 2 if names is not None and any(names) else 1


def _package(value: object) -> str:
    """Name of the package that the type comes from: asking needs no import."""
    return type(value).__module__.partition(".")[0]


def _declares(value: object) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _declared_shape(value: Any) -> tuple[int, ...]:
    shape = value.shape
    try:
        # dask has nan where it does not know; an int subclass may lie later, a plain int cannot.
        return tuple(int.__index__(length) if isinstance(length, int) else _whole(length) for length in shape)
    except TypeError:
        raise ValueError(f"the shape of a stack must be known in advance, not {shorten(shape)}") from None


def _whole(length: Any) -> int:
    if not isinstance(length, np.integer):
        raise TypeError
    return int(length)


def _declared_dtype(value: Any) -> np.dtype[Any]:
    try:
        declared = np.dtype(value.dtype)
    except TypeError:
        # A dtype of another library (torch): only the pixels can tell.
        declared = np.asanyarray(value[0:1]).dtype
    return pixel_dtype(declared)


def _images_per_chunk(value: Any, n: int, bytes_per_image: int, axis: int) -> int:
    """Length along the image axis whose multiples are borders of chunks.

    zarr has the length of all chunks, dask that of each; xarray may know that of its file.
    """
    try:
        first = _chunks(value, axis)
        if isinstance(first, int):
            return max(1, min(first, n))
        lengths = [int(length) for length in first]
        borders = {border for border in itertools.accumulate(lengths) if border > 0}
        aligned = next(each for each in sorted(borders) if borders.issuperset(range(each, n, each)))
        if aligned * bytes_per_image > ALIGNED_BYTES:
            aligned = max(lengths)  # a few chunks are read twice then
        return max(1, min(aligned, n))
    except (*NOT_THERE, StopIteration):
        # Without chunks a row of pixels holds all images, where they are counted along the last axis.
        return n if axis == 2 else 1


def _chunks(value: Any, axis: int) -> Any:
    if _package(value) == "xarray":
        return value.encoding["preferred_chunks"][value.dims[axis]]
    return value.chunks[axis]
