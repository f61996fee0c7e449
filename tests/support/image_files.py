# SPDX-License-Identifier: MIT
"""Stacks of small images, each in a file of its own, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tests.support.scenes import drifting

N = 9
SHAPE = (40, 56)


def pixels(n: int = N, shape: tuple[int, int] = SHAPE, dtype: str = "u2") -> NDArray[Any]:
    """Images that drift, in any type."""
    found = drifting(0.5, n=n, shape=shape)
    found = (found - found.min()) / np.ptp(found)
    return (found * (100 if np.dtype(dtype).itemsize == 1 else 1000)).astype(dtype)


LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "one chunk": {"chunks": SHAPE, "compression": "gzip"},
    "several chunks": {"chunks": (16, 24), "compression": "gzip", "shuffle": True},
    "not compressed": {"chunks": (13, 56)},
    "fletcher32": {"chunks": (40, 20), "fletcher32": True},
    "many chunks": {"chunks": (1, 1)},
    "scale-offset": {"chunks": (20, 56), "scaleoffset": 0},
}
"""How a dataset may be stored, of integers."""


def hdf5_files(
    folder: Path, stack: Sequence[NDArray[Any]], path: str = "/1.1/Ca", **layout: Any
) -> list[str]:
    """Write one HDF5 file per image; returns the URIs."""
    found = []
    for index, image in enumerate(stack):
        file = folder / f"im_{index}.h5"
        with h5py.File(file, "a") as h5:
            h5.create_dataset(path, data=image, **layout)
        found.append(f"{file}::{path}")
    return found


def tiff_files(folder: Path, stack: Sequence[NDArray[Any]], **options: Any) -> list[str]:
    """Write one TIFF file per image; returns their names."""
    import tifffile

    found = []
    for index, image in enumerate(stack):
        file = folder / f"im_{index}.tif"
        tifffile.imwrite(file, image, **{"photometric": "minisblack", **options})
        found.append(str(file))
    return found


Writer = Callable[[Path, Sequence[NDArray[Any]]], list[str]]

WRITERS: dict[str, Writer] = {"HDF5": hdf5_files, "TIFF": tiff_files}
"""Formats that have one image per file."""
