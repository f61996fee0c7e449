# SPDX-License-Identifier: MIT
"""Makers of the forms that are objects of other libraries."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from .table import Stacks, makes


@makes("signals of hyperspy")
def signals(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Images along the axis of navigation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        hyperspy = pytest.importorskip("hyperspy.api")
        return {name.lower(): hyperspy.signals.Signal2D(array) for name, array in stacks.items()}


@makes("what hyperspy loads of a file of several signals")
def listed_signals(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Named by their titles."""
    found = signals(folder, stacks)
    for name in stacks:
        found[name.lower()].metadata.General.title = name
    return {"signals": list(found.values())}


class Image:
    """What an Image layer of napari has."""

    __module__ = "napari.layers.image.image"
    multiscale = rgb = False

    def __init__(self, data: Any, name: str) -> None:
        self.data = data
        self.name = name


class Viewer:
    """What the viewer of napari has."""

    def __init__(self, layers: list[Image]) -> None:
        self.layers = layers


@makes("layers of napari")
def layers(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Objects that have what layers have: napari itself needs Qt."""
    return {"viewer": Viewer([Image(array, name) for name, array in stacks.items()])}


@makes("sequences of pims")
def sequences(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """A reader of one's own."""
    pims = pytest.importorskip("pims")

    class Frames(pims.FramesSequence):  # type: ignore[misc]
        def __init__(self, array: Any) -> None:
            self.array = array

        frame_shape = property(lambda self: self.array.shape[1:])
        pixel_type = property(lambda self: self.array.dtype)

        def __len__(self) -> int:
            return len(self.array)

        def get_frame(self, i: int) -> Any:
            return pims.Frame(self.array[i], frame_no=i)

    return {name.lower(): Frames(array) for name, array in stacks.items()}


@makes("an xarray DataTree")
def data_tree(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """A node for each stack."""
    xarray = pytest.importorskip("xarray", minversion="2024.10")
    of = {
        f"/maps/{name}": xarray.Dataset({"counts": (("e", "y", "x"), array)})
        for name, array in stacks.items()
    }
    return {"tree": xarray.DataTree.from_dict(of)}


@makes("pages of a file that tifffile has open")
def pages(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """A file in memory for each stack."""
    tifffile = pytest.importorskip("tifffile")
    files = {}
    for name, array in stacks.items():
        content = io.BytesIO()
        tifffile.imwrite(content, array, photometric="minisblack")
        content.seek(0)
        files[name.lower()] = tifffile.TiffFile(content)
    return files


@makes("a group that h5py has open")
def open_group(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """With a dataset that is no stack."""
    file = h5py.File(folder / "scan.h5", "w")
    for name, array in stacks.items():
        file[f"maps/{name}"] = array
    file["maps/energy"] = np.linspace(7, 8, 4)
    return {"file": file}


@makes("a group that zarr has open")
def open_zarr_group(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """In memory."""
    zarr = pytest.importorskip("zarr", minversion="3")
    group = zarr.create_group(zarr.storage.MemoryStore())
    for name, array in stacks.items():
        group.create_array(name, data=array)
    return {"group": group}


@makes("a group that silx has open")
def silx_group(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """Of EDF files, for instance: here one that is made in memory."""
    commonh5 = pytest.importorskip("silx.io.commonh5")
    group = commonh5.File("maps.any", "w")
    for name, array in stacks.items():
        group.add_node(commonh5.Dataset(name, array))
    return {"group": group}
