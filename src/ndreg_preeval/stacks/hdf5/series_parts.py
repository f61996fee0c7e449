# SPDX-License-Identifier: MIT
"""The parts of a series: their names, what each of them is, and what they are together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, shorten
from ...text import printable
from ..axes import choose_axis
from ..pixel_checks import NoImages
from ..regular_file import FileState
from ..selection import Indices
from .image_key import ImageKey, joined_key
from .nexus import series_names
from .source import Hdf5Source

if TYPE_CHECKING:
    import h5py

MAX_NAMED: Final = 6
"""Largest number of parts that a message names."""

OpenPart = Callable[[Indices | None], Hdf5Source]
"""Opens a part, or what indices leave of it."""


class Part(NamedTuple):
    """Facts about a part that was opened."""

    name: str
    open: OpenPart
    offset: int
    """Its first image in the series."""
    shape: tuple[int, ...]
    own_shape: tuple[int, ...]
    """Shape of its dataset."""


def series_parts(group: h5py.Group) -> list[str]:
    """Return the names of the parts of a series.

    Raises
    ------
    OSError
        When their numbers have a hole.
    """
    names = series_names(group)
    first = int(names[0].rpartition("_")[2])
    for number, name in enumerate(names, min(first, 1)):
        if int(name.rpartition("_")[2]) != number:
            missing = f"{name.rpartition('_')[0]}_{number:06d}"
            raise OSError(
                f"the series {names[0]} to {names[-1]} has a hole: {missing} is missing; name the datasets that "
                "are there one by one, or join them by a virtual dataset, if the hole does not matter"
            )
    return names


class PartsFound:
    """What the parts of a series are: each is opened once, held against the first one, and closed.

    Parts without images are left out.

    Parameters
    ----------
    parts : sequence of (str, callable)
        Names of the parts, in their order, and what opens them.

    Raises
    ------
    ValueError
        When a part does not fit, or no part holds an image.
    OSError
        When a part cannot be opened.
    """

    dtype: np.dtype[Any]
    stored_dtype: np.dtype[Any]
    row: int
    masked: bool
    working_bytes: int
    exclusive: bool

    def __init__(self, parts: Sequence[tuple[str, OpenPart]]) -> None:
        self.parts: list[Part] = []
        self.states: list[FileState] = []
        self.row = 1
        """Largest number of images of a chunk."""
        self.masked = False
        self.working_bytes = 0
        self.exclusive = False
        self.notes: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        self._keys: list[ImageKey | None] = []
        self._axis_names: list[str | None] = []
        self._likely_axis: int | None = None
        self._images = 0
        masks: list[NDArray[np.bool_] | None] = []
        empty: list[str] = []
        for name, open_part in parts:
            try:
                with naming(f"part {name}"), open_part(None) as source:
                    self._add(name, open_part, source)
                    masks.append(source.valid)
            except NoImages:
                empty.append(name)
        if not self.parts:
            raise ValueError("the stack holds no image: its parts are empty")
        if empty:
            names = ", ".join(empty[:MAX_NAMED])
            more = f" and {len(empty) - MAX_NAMED} more" if len(empty) > MAX_NAMED else ""
            self.notes += (f"Parts of it hold no image: {names}{more}.",)
        self.shape: tuple[int, ...] = (self._images, *self.parts[0].shape[1:])
        """Of the whole series."""
        # Blocks begin and end between chunks of all parts, where these are in step.
        in_step = all(part.shape[0] % self.row == 0 for part in self.parts[:-1])
        self.images_per_chunk = self.row if in_step else 1
        same = all(
            each is not None and masks[0] is not None and np.array_equal(each, masks[0]) for each in masks
        )
        self.valid: NDArray[np.bool_] | None = masks[0] if same else None

    def key(self) -> ImageKey | None:
        """Return what says which images are projections."""
        return joined_key(self._keys, [part.shape[0] for part in self.parts])

    def doubts(self) -> tuple[str, ...]:
        """Return why the first axis of the parts may not be the one that counts the images."""
        choice = choose_axis(self.shape, self._axis_names, None, self._likely_axis)
        if not choice.axis and not choice.warning:
            return ()
        names = [printable(name, 40) if name else "?" for name in self._axis_names]
        called = f" ({', '.join(names)})" if any(self._axis_names) else ""
        n, height, width = self.shape
        axis = choice.axis or 2
        text = (
            f"{self.shape}{called}: read as {n} images of {height} x {width}, since parts of a series are joined along "
            f"their first axis; if axis {axis} counts the images, name the parts one by one, with image_axis={axis}."
        )
        return (text,)

    def _add(self, name: str, open_part: OpenPart, source: Hdf5Source) -> None:
        if not self.parts:
            self.dtype, self.stored_dtype = source.dtype, source.stored_dtype
            self._axis_names, self._likely_axis = source.axis_names, source.likely_axis
        first = self.parts[0] if self.parts else Part(name, open_part, 0, source.shape, source.own_shape)
        if source.shape[1:] != first.shape[1:] or len(source.own_shape) != len(first.own_shape):
            raise ValueError(
                f"all parts of a series must hold images of the shape {first.shape[1:]} of {first.name}, "
                f"not {shorten(source.own_shape[1:])}"
            )
        if source.stored_dtype != self.stored_dtype:
            raise ValueError(
                f"all parts of a series must have the dtype {self.stored_dtype} of {first.name}, "
                f"not {source.stored_dtype}"
            )
        self.states += source.stored
        self.working_bytes = max(self.working_bytes, source.working_bytes)
        self.exclusive |= source.exclusive
        self.row = max(self.row, source.images_per_chunk)
        self.masked |= source.has_masks
        self.notes += tuple(each for each in source.notes if each not in self.notes)
        self.warnings += tuple(each for each in source.warnings if each not in self.warnings)
        self._keys.append(source.image_key())
        self.parts.append(Part(name, open_part, self._images, source.shape, source.own_shape))
        self._images += source.shape[0]
