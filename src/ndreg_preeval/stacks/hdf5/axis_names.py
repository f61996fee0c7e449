# SPDX-License-Identifier: MIT
"""Names of the axes of a dataset, and of what lies along them: NXdata, dimension scales (netCDF), EMD."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from ...errors import shorten
from ...text import printable
from ..axes import MAX_STACKS, StoredAxes
from .locate import Files
from .metadata import Neighbours, attribute, text, texts, tried

Names = tuple[str | None, ...]

ENDINGS: Final = ("_names", "_name", "_labels", "s_names")
"""Endings of the names of datasets that hold names."""

MAX_BYTES: Final = 16 << 20
"""Largest size of such a dataset, in bytes."""

VELOX: Final = re.compile(r"/Data/Image/[^/]+/Data")
"""Datasets of Velox, which are (y, x, frame)."""


def axis_names(dataset: Any, neighbours: Neighbours, warnings: list[str]) -> Names:
    """Return the names of all axes of a dataset, None for those without.

    Parameters
    ----------
    dataset : h5py.Dataset
    neighbours : Neighbours
    warnings : list of str
        Sentences on metadata that contradict each other are added to it.
    """
    for found in (
        _of_nxdata(dataset, neighbours, warnings),
        _of_scales(dataset),
        _of_emd(dataset, neighbours),
    ):
        if any(found):
            return found
    if VELOX.fullmatch(tried(lambda: str(dataset.name), "")) and dataset.ndim == 3:
        return ("y", "x", "frame")
    return _unnamed(dataset)


def stored_axes(files: Files, dataset: Any, found_in: Any = None) -> StoredAxes:
    """Return the axes of a dataset, for those that may count stacks; arguments as of `Neighbours`."""
    neighbours = Neighbours(files, dataset, found_in)
    names = axis_names(dataset, neighbours, [])

    def labels(axis: int) -> list[Any] | None:
        found = (
            _texts_of(node, dataset.shape[axis]) for node in _describing(dataset, neighbours, names, axis)
        )
        return next((each for each in found if each is not None), None)

    return StoredAxes(dataset.shape, names, labels)


def _describing(dataset: Any, neighbours: Neighbours, names: Names, axis: int) -> Iterator[Any]:
    """Datasets that may hold a name for each element of an axis, the likeliest first."""
    own = names[axis]
    for group in neighbours.beside:
        yield neighbours.member(group, own) if own else None
    yield tried(lambda: dataset.dims[axis][0] if len(dataset.dims[axis]) else None, None)
    mine = tried(lambda: str(dataset.name), "").rpartition("/")[2]
    for group in neighbours.beside:
        for name in (own, mine, "channel", "element"):
            for ending in ENDINGS if name else ():
                yield neighbours.member(group, f"{name}{ending}")
        for name in ("names", "labels"):
            yield neighbours.member(group, name)


def _texts_of(node: Any, length: int) -> list[Any] | None:
    """Texts of a dataset that has so many; None where it is anything else, or cannot be read."""
    import h5py

    def read() -> list[Any] | None:
        if not isinstance(node, h5py.Dataset) or node.shape != (length,) or length > MAX_STACKS:
            return None
        # Chunks are decoded whole, and external files may be anything.
        size = max(length, *(node.chunks or (0,))) * node.dtype.itemsize
        if (
            h5py.check_string_dtype(node.dtype) is None
            or node.external
            or node.is_virtual
            or size > MAX_BYTES
        ):
            return None
        return list(node[()].tolist())

    return tried(read, None)


def likely_axis(dataset: Any, kept: Sequence[int]) -> int | None:
    """Return which of the kept axes counts the images by the ``interpretation`` of NeXus, if it tells."""
    wanted = text(attribute(dataset, "interpretation")).lower()
    last = dataset.ndim - 1
    if wanted == "image" and tuple(kept[1:]) == (last - 1, last):
        return 0
    if wanted == "spectrum" and len(kept) == 3 and kept[2] == last:
        return 2  # a spectrum at each pixel: its points count the images
    return None


def _of_nxdata(dataset: Any, neighbours: Neighbours, warnings: list[str]) -> Names:
    # Before 2014 the signal itself had the names.
    for node in (*neighbours.beside, dataset):
        value = attribute(node, "axes")
        found = texts(value)
        if len(found) == 1:
            found = [each for each in re.split(r"[:,\s]+", found[0].strip("[]() ")) if each]
        names = [None if name == "." else name for name in found]
        places = [_place(node, name, dataset.ndim) for name in names]
        in_order = len(names) == dataset.ndim
        contradict = in_order and any(place not in (None, axis) for axis, place in enumerate(places))
        if in_order and not contradict:
            return tuple(names)
        placed = _placed(names, places, dataset.ndim)
        if contradict:
            # One and the same index of all names is what a program writes that does not know what it is.
            usable = None in places or len(set(places)) > 1
            placed = placed if usable else tuple(names)
            which = "which decide" if usable else f"all of which are {places[0]}, and are ignored"
            where = shorten(tried(lambda: str(node.name), ""), 200)  # noqa: B023 - called here
            warnings.append(
                f"The axes of {where}, {_listed(names)}, contradict its AXIS_indices, {which}: "
                f"read as {_listed(placed)}."
            )
        if any(placed):
            return placed
    return _unnamed(dataset)


def _place(node: Any, name: str | None, ndim: int) -> int | None:
    """The axis of a name by its ``_indices``, None where these do not tell a single one."""
    index = attribute(node, f"{name}_indices") if name else None
    axis = None if index is None else tried(partial(_as_axis, index), None)
    return axis % ndim if axis is not None and -ndim <= axis < ndim else None


def _placed(names: Sequence[str | None], places: Sequence[int | None], ndim: int) -> Names:
    """Names in the order of the axes: by their indices, of several for an axis the first, and the others where they stand."""
    placed: list[str | None] = [None] * ndim
    for name, place in zip(names, places, strict=True):
        if place is not None and placed[place] is None:
            placed[place] = name
    if len(names) == ndim:
        for axis, (name, place) in enumerate(zip(names, places, strict=True)):
            if place is None and placed[axis] is None:
                placed[axis] = name
    return tuple(placed)


def _listed(names: Sequence[str | None]) -> str:
    return f"({', '.join(printable(name, 40) if name else '.' for name in names)})"


def _as_axis(value: Any) -> int:
    return int(np.ravel(value).item())


def _unnamed(dataset: Any) -> Names:
    return tuple(None for _ in range(dataset.ndim))


def _of_scales(dataset: Any) -> Names:
    if attribute(dataset, "DIMENSION_LIST") is None and attribute(dataset, "DIMENSION_LABELS") is None:
        return _unnamed(dataset)
    return tuple(tried(partial(_of_scale, dataset, axis), None) for axis in range(dataset.ndim))


def _of_scale(dataset: Any, axis: int) -> str | None:
    dimension = dataset.dims[axis]
    if dimension.label:
        return str(dimension.label)
    if not len(dimension):
        return None
    return str(dimension[0].name).rpartition("/")[2] or None


def _of_emd(dataset: Any, neighbours: Neighbours) -> Names:
    names: list[str | None] = [None] * dataset.ndim
    for group in neighbours.beside:
        for axis in range(dataset.ndim):
            scale = neighbours.member(group, f"dim{axis + 1}")
            if scale is not None and getattr(scale, "shape", None) in ((dataset.shape[axis],), (2,)):
                names[axis] = text(attribute(scale, "name")) or None
        if any(names):
            break
    return tuple(names)
