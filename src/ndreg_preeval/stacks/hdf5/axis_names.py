# SPDX-License-Identifier: MIT
"""Names of the axes of a dataset: NXdata, dimension scales (netCDF), EMD."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from .metadata import Neighbours, attribute, text, texts, tried

Names = tuple[str | None, ...]

VELOX: Final = re.compile(r"/Data/Image/[^/]+/Data")
"""Datasets of Velox, which are (y, x, frame)."""


def axis_names(dataset: Any, neighbours: Neighbours) -> Names:
    """Return the names of all axes of a dataset, None for those without."""
    for found in (_of_nxdata(dataset, neighbours), _of_scales(dataset), _of_emd(dataset, neighbours)):
        if any(found):
            return found
    if VELOX.fullmatch(tried(lambda: str(dataset.name), "")) and dataset.ndim == 3:
        return ("y", "x", "frame")
    return _unnamed(dataset)


def likely_axis(dataset: Any, kept: Sequence[int]) -> int | None:
    """Return which of the kept axes counts the images by the ``interpretation`` of NeXus, if it tells."""
    wanted = text(attribute(dataset, "interpretation")).lower()
    last = dataset.ndim - 1
    if wanted == "image" and tuple(kept[1:]) == (last - 1, last):
        return 0
    if wanted == "spectrum" and len(kept) == 3 and kept[2] == last:
        return 2  # a spectrum at each pixel: its points count the images
    return None


def _of_nxdata(dataset: Any, neighbours: Neighbours) -> Names:
    # Before 2014 the signal itself had the names.
    for node in (*neighbours.beside, dataset):
        value = attribute(node, "axes")
        found = texts(value)
        if len(found) == 1:
            found = [each for each in re.split(r"[:,\s]+", found[0].strip("[]() ")) if each]
        names = [None if name == "." else name for name in found]
        if len(names) == dataset.ndim:
            return tuple(names)
        placed: list[str | None] = [None] * dataset.ndim
        for name in filter(None, names):
            index = attribute(node, f"{name}_indices")
            axis = tried(partial(_as_axis, index), None)
            if axis is not None and -dataset.ndim <= axis < dataset.ndim:
                placed[axis] = name
        if any(placed):
            return tuple(placed)
    return _unnamed(dataset)


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
