# SPDX-License-Identifier: MIT
"""Layouts of programs whose datasets are no stacks though they have three axes: maps by element, reference images."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...pixel_checks import DAMAGED
from ..locate import Files, locate
from ..metadata import texts
from ..nexus import member_names

if TYPE_CHECKING:
    import h5py

    from .walk import Seen

ELEMENT_MAPS: Final = (
    (re.compile(r"XRF_(roi|fits|roi_plus)"), "channel_names"),
    (re.compile(r"Counts_Per_Sec"), "Channel_Names"),
    (re.compile(r"xrf_(roi|fit)"), "{}_name"),
)
"""Datasets of (element, y, x), one file for each energy or projection, and the dataset of their names beside them.

XRF-Maps of the APS writes the first two below ``/MAPS`` (as MAPS did; from its version 10 on below ``XRF_Analyzed``),
PyXRF of NSLS-II the third below ``/xrfmap``.
"""

REFERENCE_IMAGES: Final = re.compile(
    r"(?i)(data_)?(white|dark|flat|bright)s?(_?(pre|post|fields?|frames?|images?|[0-9]+))*|FFNormalized\w*|"
    r"pixel_mask\w*|\w+_errors?"
)
"""Names of what is beside the images: flats and darks (Data Exchange has ``data_white`` and ``data_dark``), masks, errors."""

MAX_NAMES: Final = 4096
"""Largest number of names of elements that is read."""

MAX_NAME_BYTES: Final = 1024
"""Largest size of such a name, in bytes."""

MAX_CHUNK_NAMES: Final = 1 << 16
"""Largest number of names in a chunk: more of them are no honest list of elements."""


class ElementMaps(NamedTuple):
    """A dataset of one image for each element: images of stacks over several files."""

    path: str
    names: tuple[str, ...]
    shape: tuple[int, ...]


def element_maps(files: Files, group: h5py.Group, datasets: Iterable[Seen]) -> Iterator[ElementMaps]:
    """Yield the maps by element among datasets.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
        Where paths begin.
    datasets : iterable of Seen
    """
    for each in datasets:
        if len(each.shape) != 3:
            continue
        above, _, name = each.path.rpartition("/")
        for dataset, of_names in ELEMENT_MAPS:
            if dataset.fullmatch(name):
                names = _names(files, group, f"{above}/{of_names.format(name)}")
                if len(names) == each.shape[0]:
                    yield ElementMaps(each.path, names, each.shape)


def holds_element_maps(files: Files, group: h5py.Group) -> bool:
    """Return whether there are maps by element directly in a group."""
    try:
        there = member_names(group)
    except OSError:
        return False
    return any(
        _names(files, group, of_names.format(name))
        for dataset, of_names in ELEMENT_MAPS
        for name in there
        if dataset.fullmatch(name)
    )


def is_reference(path: str) -> bool:
    """Return whether a path is one of reference images, by any of its last two names."""
    return any(REFERENCE_IMAGES.fullmatch(part) for part in path.split("/")[-2:])


def _names(files: Files, group: h5py.Group, path: str) -> tuple[str, ...]:
    try:
        found: Any = locate(files, group, path)
        if len(found.shape) != 1 or not 0 < found.size <= MAX_NAMES:
            return ()
        if found.dtype.kind not in "SO" or found.dtype.itemsize > MAX_NAME_BYTES:
            return ()
        if found.chunks is not None and found.chunks[0] > MAX_CHUNK_NAMES:
            return ()
        return tuple(each.rstrip("\0 ") for each in texts(found[()]))
    except (*DAMAGED, AttributeError):  # a group has no shape
        return ()
