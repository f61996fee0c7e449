# SPDX-License-Identifier: MIT
"""Makers of the forms that are files of one stack, or of several."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from .table import Stacks, makes


@makes("HDF5 datasets (n, y, x)")
def datasets(folder: Path, stacks: Stacks) -> None:
    """Datasets of no special group."""
    with h5py.File(folder / "scan.h5", "w") as file:
        for name, array in stacks.items():
            file[f"entry/maps/{name}"] = array


@makes("NXdata with one signal for each stack")
def nxdata(folder: Path, stacks: Stacks) -> None:
    """Signal and auxiliary signal."""
    with h5py.File(folder / "scan.h5", "w") as file:
        group = file.create_group("entry/results")
        group.attrs["NX_class"] = "NXdata"
        group.attrs["signal"] = "Ca"
        group.attrs["auxiliary_signals"] = ["Fe"]
        for name, array in stacks.items():
            group[name] = array


@makes("TIFF, a file for each stack")
def tiff(folder: Path, stacks: Stacks) -> None:
    """A page for each image."""
    tifffile = pytest.importorskip("tifffile")
    for name, array in stacks.items():
        tifffile.imwrite(folder / f"{name}.tif", array, photometric="minisblack")


@makes("Eiger, a master file with `data_000001`, ...")
def eiger(folder: Path, stacks: Stacks) -> None:
    """A master file for each stack, with two parts."""
    for name, array in stacks.items():
        with h5py.File(folder / f"{name}_master.h5", "w") as master:
            group = master.create_group("entry/data")
            for number in (1, 2):
                part = f"{name}_data_{number:06d}.h5"
                with h5py.File(folder / part, "w") as file:
                    file["entry/data/data"] = array[2 * number - 2 : 2 * number]
                group[f"data_{number:06d}"] = h5py.ExternalLink(part, "entry/data/data")


@makes("one HDF5 file for each image, a map for each stack")
def file_per_energy(folder: Path, stacks: Stacks) -> None:
    """Numbers without leading zeros: their order is not that of text."""
    for index in range(4):
        with h5py.File(folder / f"scan_{index + 8}.h5", "w") as file:
            for name, array in stacks.items():
                file[f"1.1/xrf/{name}"] = array[index]


@makes("the same, the maps of a group")
@makes("one HDF5 file, a scan for each image (`/1.1`, `/2.1`, ...)")
def scan_per_energy(folder: Path, stacks: Stacks) -> None:
    """As above, in one file."""
    with h5py.File(folder / "scan.h5", "w") as file:
        for index in range(4):
            for name, array in stacks.items():
                file[f"{index + 8}.1/xrf/{name}"] = array[index]


@makes("HDF5 files of one image each")
def only_images(folder: Path, stacks: Stacks) -> None:
    """With an axis beside the image, which is none."""
    for name, array in stacks.items():
        (folder / name).mkdir()
        for index, image in enumerate(array):
            with h5py.File(folder / name / f"im_{index + 8}.h5", "w") as file:
                file["entry/data/image"] = image
                file["entry/data/x"] = np.arange(32)


@makes("a list of URIs or file names, an image each")
def uris(folder: Path, stacks: Stacks) -> None:
    """HDF5 datasets and TIFF files, mixed."""
    tifffile = pytest.importorskip("tifffile")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            if index % 2:
                tifffile.imwrite(folder / f"{name}_{index}.tif", image)
            else:
                with h5py.File(folder / f"{name}_{index}.h5", "w") as file:
                    file["map"] = image


@makes("a folder for each stack, a file for each image")
def folders(folder: Path, stacks: Stacks) -> None:
    """TIFF files, beside a text that is none."""
    tifffile = pytest.importorskip("tifffile")
    for name, array in stacks.items():
        (folder / "maps" / name).mkdir(parents=True)
        (folder / "maps" / name / "notes.txt").write_text("as measured")
        for index, image in enumerate(array):
            tifffile.imwrite(folder / "maps" / name / f"im_{index + 8}.tif", image)


@makes("files of one folder, a pattern for each stack")
def one_folder(folder: Path, stacks: Stacks) -> None:
    """Names that begin with that of the stack."""
    tifffile = pytest.importorskip("tifffile")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            tifffile.imwrite(folder / f"{name}_{index + 8}.tif", image)


@makes("one dataset of all stacks (stack, n, y, x)")
def four_axes(folder: Path, stacks: Stacks) -> None:
    """With names of the stacks beside it, as strings along the axis."""
    with h5py.File(folder / "scan.h5", "w") as file:
        group = file.create_group("entry/maps")
        group.attrs.update({"NX_class": "NXdata", "signal": "data", "axes": ["element", "energy", "y", "x"]})
        group["data"] = np.stack(list(stacks.values()))
        group["element"] = list(stacks)
