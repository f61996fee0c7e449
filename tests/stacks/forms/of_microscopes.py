# SPDX-License-Identifier: MIT
"""Makers of the forms that are files of electron microscopes, and stores of zarr."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.dm_files import write_dm
from tests.support.ser_files import write_ser

from .table import Stacks, makes


@makes("MRC, a file for each stack")
def mrc(folder: Path, stacks: Stacks) -> None:
    """As mrcfile writes them."""
    mrcfile = pytest.importorskip("mrcfile")
    for name, array in stacks.items():
        with mrcfile.new(folder / f"{name}.mrc") as file:
            file.set_data(array)


@makes("MRC, a file for each image")
def mrc_images(folder: Path, stacks: Stacks) -> None:
    """One section each."""
    mrcfile = pytest.importorskip("mrcfile")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            with mrcfile.new(folder / f"{name}_{index + 8}.mrc") as file:
                file.set_data(image)


@makes("DM3 or DM4, a file for each stack")
def dm(folder: Path, stacks: Stacks) -> None:
    """By a writer of the tests, from the published layout."""
    pytest.importorskip("ncempy.io.dm")
    for name, array in stacks.items():
        write_dm(folder / f"{name}.dm3", {name: array})


@makes("DM3 or DM4, several stacks in a file")
def dm_of_several(folder: Path, stacks: Stacks) -> None:
    """Beside an image and a preview."""
    pytest.importorskip("ncempy.io.dm")
    write_dm(folder / "scan.dm4", {"survey": stacks["Ca"][0], **stacks})


@makes("SER of TIA")
def ser(folder: Path, stacks: Stacks) -> None:
    """By a writer of the tests, from the published layout."""
    pytest.importorskip("ncempy.io.ser")
    for name, array in stacks.items():
        write_ser(folder / f"{name}_1.ser", array)


@makes("ZSPY of hyperspy")
def zspy(folder: Path, stacks: Stacks) -> None:
    """As rosettasciio 0.15 lays it out."""
    zarr = pytest.importorskip("zarr", minversion="3")
    root = zarr.open_group(folder / "scan.zspy", mode="w", zarr_format=2)
    for name, array in stacks.items():
        signal = root.create_group(f"Experiments/{name}")
        signal.create_array("data", data=array)
        for number, axis in enumerate(("t", "y", "x")):
            about = {"name": axis, "size": array.shape[number], "navigate": number == 0}
            signal.create_group(f"axis-{number}").attrs.update(about)


@makes("a zarr group")
def zarr_group(folder: Path, stacks: Stacks) -> None:
    """A folder, of format 3."""
    zarr = pytest.importorskip("zarr", minversion="3")
    group = zarr.open_group(folder / "maps.zarr", mode="w").create_group("maps")
    for name, array in stacks.items():
        group.create_array(name, data=array, chunks=(2, 24, 32))
    group.create_array("energy", data=np.linspace(7, 8, 4))


@makes("OME-Zarr, an image for each stack")
def ome_zarr(folder: Path, stacks: Stacks) -> None:
    """Version 0.5, of two levels."""
    zarr = pytest.importorskip("zarr", minversion="3")
    axes = [{"name": name, "type": kind} for name, kind in (("t", "time"), ("y", "space"), ("x", "space"))]
    for name, array in stacks.items():
        group = zarr.open_group(folder / f"{name}.zarr", mode="w")
        scales = [{"axes": axes, "datasets": [{"path": "0"}, {"path": "1"}]}]
        group.attrs["ome"] = {"version": "0.5", "multiscales": scales}
        group.create_array("0", data=array)
        group.create_array("1", data=array[:, ::2, ::2])
