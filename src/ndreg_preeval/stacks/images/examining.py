# SPDX-License-Identifier: MIT
"""Examination of many images, file by file: what each of them is, or what is wrong with it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ..base import ImageSpec, KnownImage

Examination = list[KnownImage | Exception]
"""Facts about each image, or the error that looking at it ended in."""


def examine(images: Sequence[ImageSpec], *, all_of_them: bool = False) -> Examination:
    """Look at images in their order; neighbours in one file are looked at together.

    Parameters
    ----------
    images : sequence of ImageSpec
    all_of_them : bool
        Go on after an error: images of several stacks are among them. Else it is the last that is returned.
    """
    found: Examination = []
    remembered: dict[Any, Any] = {}
    for _, run in itertools.groupby(images, key=lambda image: (type(image), image.file_path)):
        first, *others = run
        found += first.examine_with(others, remembered)
        if not all_of_them and any(isinstance(each, Exception) for each in found[-1 - len(others) :]):
            break
    return found
