# SPDX-License-Identifier: MIT
"""Series of images that a TIFF file holds, and which of them are stacks: what is looked at before one is opened."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from ..axes import StoredAxes
from ..optional_modules import errors_logged
from ..pixel_checks import DAMAGED
from ..regular_file import check_regular_file
from .layout import axes_of, axis_words, squeeze
from .pages import read_chain
from .series import choose_series, is_described, open_file, series_of, stacks_among

MAX_SERIES: Final = 256
"""Largest number of series of a file that are taken for stacks together: of more, one has to be named."""


NOT_UNDERSTOOD: Final = (IndexError, AttributeError, SyntaxError)
"""Errors that descriptions of other forms end in; a SyntaxError is one of XML."""


class Contents(NamedTuple):
    """Series of a file that are stacks, or hold some along an axis."""

    numbers: Sequence[int]
    names: Sequence[str]
    axes: Sequence[StoredAxes]
    """Axes of more than one element."""
    own: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
    """For each series its shape as the file has it, and which axes of it are in `axes`."""

    letters: Sequence[str]
    """Letters of the axes, for each series."""

    def counted(self, which: int, asked: int | None) -> int | None:
        """Return an axis that was asked for as one of those of more than one element, as a slice counts them.

        Where that is no axis of stacks, all axes of the file are counted.
        """
        stored, (own, kept) = self.axes[which], self.own[which]
        n = len(stored.shape)
        if asked is None or own == stored.shape or (-n <= asked < n and asked % n < n - 2):
            return asked
        if -len(own) <= asked < len(own) and asked % len(own) in kept:
            return kept.index(asked % len(own))
        return asked


def look_into(path: str, asked: int | None = None) -> Contents | None:
    """Return what a file holds, where that is more than one stack; None where it is one, or cannot be told.

    What is wrong with a file is told when it is opened for its pixels.

    Parameters
    ----------
    path : str
    asked : int, optional
        The series that is wanted; without, all that are stacks.
    """
    try:
        check_regular_file(path)
        with open(path, "rb") as file, errors_logged("tifffile"):  # noqa: PTH123
            pages = read_chain(file.fileno(), os.fstat(file.fileno()).st_size)
            alike = len(set(pages.values())) == 1
            tif = open_file(file, os.path.basename(path))
            if alike and not is_described(tif):
                return None
            series = series_of(tif, alike=alike)
            numbers = stacks_among(series)
            if asked is not None or not numbers:
                numbers = [choose_series(series, asked, one=False)[0]]
            return _contents(tif, series, numbers) if len(numbers) <= MAX_SERIES else None
    except (*DAMAGED, *NOT_UNDERSTOOD, ImportError):
        return None


def _contents(tif: Any, series: list[Any], numbers: list[int]) -> Contents | None:
    axes, own, all_letters = [], [], []
    for number in numbers:
        own_shape, letters = axes_of(series[number])
        kept, letters = squeeze(own_shape, letters, samples=False)
        shape = tuple(own_shape[axis] for axis in kept)
        words = axis_words(series[number], letters)
        axes.append(StoredAxes(shape, words, _Labels(tif, series, number, shape, letters)))
        own.append((own_shape, kept))
        all_letters.append(letters)
    names = [str(getattr(series[number], "name", "") or "") for number in numbers]
    if len(set(names)) < len(names) or not all(names) or not is_described(tif):
        names = [str(number) for number in numbers]
    return Contents(numbers, names, axes, own, all_letters)


class _Labels:
    """Names along the axis of channels: of OME, ImageJ, LSM or MicroManager."""

    def __init__(
        self, tif: Any, series: list[Any], number: int, shape: tuple[int, ...], letters: str
    ) -> None:
        self._found: list[str] | None = None
        if "C" not in letters:
            return
        self._axis = letters.index("C")
        for find in (_of_ome, _of_imagej, _of_lsm, _of_micromanager):
            try:
                found = find(tif, series, number, shape, self._axis)
            except (*DAMAGED, *NOT_UNDERSTOOD):
                continue
            if found and len(found) == shape[self._axis]:
                self._found = [str(each) for each in found]
                return

    def __call__(self, axis: int) -> list[str] | None:
        return self._found if self._found is not None and axis == self._axis else None


def _of_ome(tif: Any, series: list[Any], number: int, shape: tuple[int, ...], axis: int) -> list[str] | None:  # noqa: ARG001
    if not tif.is_ome:
        return None
    from xml.etree.ElementTree import fromstring

    images = [each for each in fromstring(tif.ome_metadata) if each.tag.endswith("}Image")]
    if len(images) != len(series):
        return None
    channels = [each for each in images[number].iter() if each.tag.endswith("}Channel")]
    return [each.get("Name") or "" for each in channels]


def _of_imagej(
    tif: Any, series: list[Any], number: int, shape: tuple[int, ...], axis: int
) -> list[str] | None:
    labels = (tif.imagej_metadata or {}).get("Labels")
    if not labels or number or len(series) != 1:
        return None
    if len(labels) == shape[axis]:
        return list(labels)
    if len(labels) != math.prod(shape[:-2]):
        return None
    each = np.moveaxis(np.array(labels, dtype=object).reshape(shape[:-2]), axis, 0).reshape(shape[axis], -1)
    return [row[0] if len(set(row)) == 1 else "" for row in each]


def _of_lsm(tif: Any, series: list[Any], number: int, shape: tuple[int, ...], axis: int) -> list[str] | None:  # noqa: ARG001
    names = (tif.lsm_metadata or {}).get("ChannelColors", {}).get("ColorNames")
    return list(names) if names and not number else None


def _of_micromanager(
    tif: Any,
    series: list[Any],  # noqa: ARG001
    number: int,  # noqa: ARG001
    shape: tuple[int, ...],  # noqa: ARG001
    axis: int,  # noqa: ARG001
) -> list[str] | None:
    names = (tif.micromanager_metadata or {}).get("Summary", {}).get("ChNames")
    return list(names) if names else None


def ways_out(letters: str, shape: tuple[int, ...]) -> str:
    """Say how images of more axes than a stack has can be taken."""
    cut = "?slice=:" + ",0" * (len(shape) - 3)
    if len(shape) != 4:
        return f"take some by ?slice=, as in {cut}"
    axis = next((letters.index(letter) for letter in "CAL" if letter in letters), 0)
    return f"take some by ?slice=, as in {cut}, or all stacks by ?stacks=, as in ?stacks={axis} for {letters[axis]}"
