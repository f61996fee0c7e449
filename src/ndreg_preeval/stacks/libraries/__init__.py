# SPDX-License-Identifier: MIT
"""Files that well-kept libraries read: a small class for each format, one spec and source for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from ..backend import Backend
from .backend import LibraryBackend
from .edf import EdfFormat
from .em import DmBackend, EmiFormat, SerFormat
from .fabio_files import CbfFormat, FabioFormat
from .image import LibraryImageSpec
from .mrc import MrcFormat
from .npy import NpyFormat
from .npz_backend import NpzBackend
from .pictures import PictureFormat
from .source import LibrarySpec
from .zarr_groups import ZarrBackend

LIBRARY_BACKENDS: Final[tuple[Callable[[], Backend], ...]] = (
    ZarrBackend,
    *(
        partial(LibraryBackend, each)
        for each in (
            *(NpyFormat, EdfFormat, CbfFormat, FabioFormat, PictureFormat),
            *(MrcFormat, SerFormat, EmiFormat),
        )
    ),
    NpzBackend,
    DmBackend,
)
"""The formats, in the order in which they are asked; those of more particular first bytes come first."""

__all__ = ["LIBRARY_BACKENDS", "LibraryBackend", "LibraryImageSpec", "LibrarySpec"]
