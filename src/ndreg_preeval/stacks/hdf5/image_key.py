# SPDX-License-Identifier: MIT
"""Projections among the images of NXtomo, which has darks and flats in the same dataset.

``image_key`` says for each image what it is (https://manual.nexusformat.org/classes/applications/NXtomo.html).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, shorten
from ...text import abbreviate
from ..base import StackSource
from ..pixel_checks import DAMAGED
from ..rearranged import SelectedImages
from ..selection import AxisRange
from .metadata import Neighbours, tried

NAMES: Final = ("image_key", "image_key_control")
"""Datasets that have the key; the second one is asked where there is no first one."""

PROJECTION: Final = 0

MAX_KEY: Final = 1 << 31
"""Keys are small numbers; some programs store them as float."""

WORDS: Final = {1: "flat", 2: "dark", 3: "invalid image", -1: "alignment image"}


class Projections(NamedTuple):
    """The projections among the images of a stack."""

    picked: NDArray[np.intp] | None = None
    """Their indices; None where all images are taken."""
    note: str = ""
    warning: str = ""

    def of(self, stack: StackSource) -> StackSource:
        """Return what is taken of a stack, and tell what is left out."""
        stack.notes += tuple(filter(None, [self.note]))
        stack.warnings += tuple(filter(None, [self.warning]))
        return stack if self.picked is None else SelectedImages(stack, self.picked)


class ImageKey(NamedTuple):
    """A key as it was found."""

    file: str
    path: str
    what: str
    """Its type and shape."""
    values: NDArray[Any] | None = None
    """One per image, of any numbers; None where it holds anything else."""
    problem: str = ""
    """Why it cannot be read."""

    @property
    def name(self) -> str:
        """Its name in its group."""
        return self.path.rpartition("/")[2]

    def of(self, length: int) -> NDArray[np.int64]:
        """Return what it says of so many images.

        Raises
        ------
        ValueError
            When it has another number of values, or other ones than whole numbers.
        """
        if self.problem:
            raise ValueError(self.problem)
        if self.values is None or len(self.values) != length or not _whole(self.values):
            raise ValueError(f"it must hold {length} integers, one per image, not {self.what}")
        return self.values.astype(np.int64)


def read_key(neighbours: Neighbours) -> ImageKey | None:
    """Read the key beside a dataset, whatever it holds; None where there is none."""
    found = neighbours.find(*NAMES)
    if found is None:
        return None
    place = (tried(lambda: str(found.file.filename), ""), str(found.name))
    what, values, problem = "", None, ""
    try:
        what = f"{found.dtype} of the shape {found.shape}"
        if found.dtype.kind in "biuf" and found.shape and found.size == max(found.shape):
            values = np.asarray(found[()]).ravel()
    except DAMAGED as error:
        problem = str(error)
    return ImageKey(*place, what, values, problem)


def joined_key(keys: Sequence[ImageKey | None], lengths: Sequence[int]) -> ImageKey | None:
    """Return the key of a series: that of the whole, or those that all of its parts have of their own.

    Parameters
    ----------
    keys : sequence of ImageKey or None
        What was found for each part, which may be one of the whole.
    lengths : sequence of int
        Images of each part.
    """
    there = [key for key in keys if key is not None]
    if not there:
        return None
    own = len({key[:2] for key in there}) == len(lengths) > 1
    if not own:
        return there[0]
    try:
        values = [key.of(length) for key, length in zip(there, lengths, strict=True)]
    except ValueError as error:
        return there[0]._replace(problem=f"of one part, {error}")
    return there[0]._replace(values=np.concatenate(values))


def select_projections(
    key: ImageKey | None, axis: AxisRange, length: int, whole: str = "dataset"
) -> Projections:
    """Return which images of a stack are projections; a key that is damaged is told and ignored.

    Parameters
    ----------
    key : ImageKey or None
    axis : AxisRange
        What is taken of the axis of the images.
    length : int
        Images of the whole dataset, or series.
    whole : str
        Which of the two.
    """
    if key is None:
        return Projections()
    try:
        keys = key.of(length)
    except ValueError as error:
        return Projections(warning=f"Its {key.name} is ignored: {clip(str(error), 300)}")
    numbers = np.arange(axis.start, axis.stop, axis.step)
    numbers = numbers[::-1] if axis.reverse else numbers
    some = keys[numbers]
    picked = np.flatnonzero(some == PROJECTION)
    if len(picked) == len(some):
        return Projections()
    if not len(picked):
        text = f"Its {key.name} calls none of its images a projection ({PROJECTION}): all of them are taken."
        return Projections(warning=text)
    left_out = ", ".join(_counted(int(kind), int((some == kind).sum())) for kind in np.unique(some) if kind)
    text = (
        f"Left out by {key.name} ({shorten(key.path, 200)}): {left_out}. Its images 0 to {len(picked) - 1} are "
        f"{abbreviate(numbers[picked])} of the {whole}."
    )
    return Projections(picked, text)


def _whole(values: NDArray[Any]) -> bool:
    """Whether these are whole numbers that an integer can hold."""
    if values.dtype.kind != "f":
        return True
    values = values.astype(np.float64)
    return bool(np.all((np.abs(values) < MAX_KEY) & (np.trunc(values) == values)))


def _counted(key: int, number: int) -> str:
    word = WORDS.get(key, f"image of the key {key}")
    return f"{number} {word.replace('image', 'images') if 'image' in word and number > 1 else word + 's' * (number > 1)}"
