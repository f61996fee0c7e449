# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays, lists of images, and whatever behaves like one of them."""

from __future__ import annotations

import collections.abc
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import naming
from ..axes import find_stacks_axis, stack_names
from ..base import StackSource, StackSpec
from ..choices import AS_FOUND, Choices
from ..optional_modules import is_plain
from ..pixel_checks import check_stack_shape
from ..zarr import ZarrArray
from .fabio_objects import FabioFrames
from .objects import ShownArray, shown_array
from .source import ArraySource, ImagesSource, open_lazy, split_mask, stored_axes
from .together import Taken

PROTOCOLS = ("__array__", "__array_interface__", "__array_struct__")

LAZY = ("shape", "dtype", "__getitem__")

EXPECTED = "a stack must be an array (n, height, width), a sequence of 2-D images or a URI"


class ArraySpec(StackSpec):
    """A stack whose pixels, or the object that gives them, are held by this process.

    Parameters
    ----------
    value : object
        One of, tried in this order:

        - ndarray or masked array (n, h, w), any strides, never copied;
        - list or tuple of n images: arrays (h, w), nested lists, objects numpy can convert;
        - a signal of hyperspy, an Image layer of napari, an array of a zarr group: the array that it shows;
        - an image or a series that fabio has open, frame by frame;
        - an object with ``shape``, ``dtype`` and ``__getitem__`` (zarr, dask, xarray, ...): read block by block;
        - an object that numpy can convert (``__array__`` and its like), which may be an iterator, too;
        - an object with ``__len__`` and ``__getitem__`` giving images, read one by one; its first
          image tells shape and dtype.
    choices : Choices
        The axis that counts the images of an array; sequences of images count them themselves.
    taken : Taken, optional
        One of the stacks that an axis of an object with ``shape``, ``dtype`` and ``__getitem__`` counts.
    """

    in_memory = True

    def __init__(self, value: object, choices: Choices = AS_FOUND, taken: Taken | None = None) -> None:
        if not is_plain(value):
            value = FabioFrames.of(value)
            check_kind(value)
        self.choices = choices
        self.taken = taken
        # A list is snapshot here: another thread may change it while we read.
        self.value: Any = tuple(value) if isinstance(value, (list, tuple)) else value

    def reading_by(self, choices: Choices) -> ArraySpec:
        """Return the same with the choices of the caller."""
        return ArraySpec(self.value, choices, self.taken)

    def held(self) -> Any:
        """Return the object, or the part of it that is this stack."""
        return self.value if self.taken is None else self.taken.of(shown_array(self.value).pixels)

    def several(self, stacks_axis: int | None) -> list[tuple[str, StackSpec]]:
        """Return a spec for each stack along an axis of an array, by its name."""
        if isinstance(self.value, tuple) or (is_plain(self.value) and self.value.ndim < 4):
            return []
        try:
            axes = stored_axes(shown_array(self.value))
        except TypeError:
            return []  # told when it is opened
        axis = None if axes is None else find_stacks_axis(axes, stacks_axis)
        if axes is None or axis is None:
            return []
        if isinstance(self.value, ZarrArray) and self.value.labels:
            axes = axes._replace(labels=lambda _: self.value.labels)
        numbers = enumerate(stack_names(axes, axis))
        return [(name, ArraySpec(self.value, self.choices, Taken(axis, number))) for number, name in numbers]

    def _of_array(
        self, pixels: NDArray[Any], mask: NDArray[np.bool_] | None, shown: ShownArray
    ) -> ArraySource:
        if self.taken is not None:
            names = shown.names
            if names is not None and len(names) == pixels.ndim:
                shown = shown._replace(names=[*names[: self.taken.axis], *names[self.taken.axis + 1 :]])
            pixels, mask = self.taken.of(pixels), None if mask is None else self.taken.of(mask)
        return ArraySource(pixels, mask, self.choices, shown)

    def open(self) -> StackSource:
        """Check shape and dtype; pixels of arrays are not touched.

        Raises
        ------
        TypeError
            When the object or its dtype is nothing to take images from.
        ValueError
            When the shape is not (n, h, w), or the images differ in shape.
        """
        shown = shown_array(self.value)
        value = shown.pixels
        if isinstance(value, np.ndarray):
            return self._of_array(*split_mask(value), shown)
        if isinstance(value, tuple):
            return ImagesSource(value)
        if all(hasattr(value, name) for name in LAZY):
            return open_lazy(shown, self.choices, self.taken)
        if any(hasattr(value, name) for name in PROTOCOLS) or isinstance(value, memoryview):
            return self._of_array(*convert_stack(value), shown)
        if hasattr(value, "__len__") and hasattr(value, "__getitem__"):
            return LazyImagesSource(value)
        raise TypeError(f"{EXPECTED}, not {_kind(value)}")


def check_kind(value: object) -> None:
    """Refuse what can be no stack, before anything is asked of it.

    Raises
    ------
    TypeError
        For None, numbers, text, bytes, mappings, sets, and iterators that are no arrays, too.
    """
    refused = (
        str,
        bytes,
        bytearray,
        numbers.Number,
        np.generic,
        collections.abc.Mapping,
        collections.abc.Set,
        type,
    )
    # An iterator is used up by reading, but an array may have __next__ beside what makes it one.
    used_up = isinstance(value, collections.abc.Iterator) and not is_array(value)
    if (
        not is_array(value) and hasattr(value, "keys") and hasattr(value, "values")
    ):  # a group of silx, for one
        raise TypeError(
            f"{EXPECTED}, not {_kind(value)}: give one dataset of it, or all as the mapping of stacks"
        )
    if value is None or isinstance(value, refused) or used_up:
        raise TypeError(f"{EXPECTED}, not {_kind(value)}")


def is_array(value: object) -> bool:
    """Return whether numpy can convert it, or blocks of it."""
    return any(hasattr(value, name) for name in PROTOCOLS) or all(hasattr(value, name) for name in LAZY)


def convert_stack(value: object) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Convert an object by its array protocol."""
    array = np.asanyarray(value)
    if array.dtype == object and array.ndim == 0:
        raise TypeError(f"{EXPECTED}, not {_kind(value)}")
    return split_mask(array)


class LazyImagesSource(ImagesSource):
    """Images of an object with only ``__len__`` and ``__getitem__``, asked for one at a time."""

    def __init__(self, value: Any) -> None:
        self._sequence = value
        n = len(value)
        if n == 0:
            check_stack_shape((0, 0, 0))
        first, _ = self._ask(0)
        self._declare(n, first.shape, first.dtype)
        self.bytes_per_image: int = first.nbytes

    def _ask(self, index: int) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        with naming(f"image {index}"):
            return self._convert(self._sequence[index])


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__[:200]
