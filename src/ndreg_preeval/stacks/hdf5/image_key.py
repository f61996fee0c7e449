# SPDX-License-Identifier: MIT
"""Projections among the images of NXtomo, which has darks and flats in the same dataset.

``image_key`` says for each image what it is (https://manual.nexusformat.org/classes/applications/NXtomo.html).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import clip, shorten
from ...text import abbreviate
from ..pixel_checks import DAMAGED
from ..selection import AxisRange
from .metadata import Neighbours

NAMES: Final = ("image_key", "image_key_control")
"""Datasets that have the key; the second one is asked where there is no first one."""

PROJECTION: Final = 0

WORDS: Final = {1: "flat", 2: "dark", 3: "invalid image", -1: "alignment image"}


class Projections(NamedTuple):
    """The projections among the images of a stack."""

    picked: NDArray[np.intp] | None = None
    """Their indices; None where all images are taken."""
    note: str = ""
    warning: str = ""


def read_projections(neighbours: Neighbours, axis: AxisRange, length: int) -> Projections:
    """Read which images of a stack are projections; a key that is damaged is told and ignored.

    Parameters
    ----------
    neighbours : Neighbours
    axis : AxisRange
        What is taken of the axis of the images.
    length : int
        Images of the whole dataset.
    """
    found = neighbours.find(*NAMES)
    if found is None:
        return Projections()
    name = str(found.name).rpartition("/")[2]
    try:
        if found.dtype.kind not in "biu" or found.shape != (length,):
            raise ValueError(
                f"it must hold {length} integers, one per image, not {found.dtype} of the shape {found.shape}"
            )
        keys = np.asarray(found[()], dtype=np.int64)
    except DAMAGED as error:
        return Projections(warning=f"Its {name} is ignored: {clip(str(error), 300)}")
    numbers = np.arange(axis.start, axis.stop, axis.step)
    numbers = numbers[::-1] if axis.reverse else numbers
    some = keys[numbers]
    picked = np.flatnonzero(some == PROJECTION)
    if len(picked) == len(some):
        return Projections()
    if not len(picked):
        text = f"Its {name} calls none of its images a projection ({PROJECTION}): all of them are taken."
        return Projections(warning=text)
    left_out = ", ".join(_counted(int(key), int((some == key).sum())) for key in np.unique(some) if key)
    text = (
        f"Left out by {name} ({shorten(str(found.name), 200)}): {left_out}. Its images 0 to {len(picked) - 1} are "
        f"{abbreviate(numbers[picked])} of the dataset."
    )
    return Projections(picked, text)


def _counted(key: int, number: int) -> str:
    word = WORDS.get(key, f"image of the key {key}")
    return f"{number} {word.replace('image', 'images') if 'image' in word and number > 1 else word + 's' * (number > 1)}"
