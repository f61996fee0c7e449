# SPDX-License-Identifier: MIT
"""Makers of the forms that other libraries read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .table import Stacks, makes


@makes("NumPy files, one for each stack")
def npy(folder: Path, stacks: Stacks) -> None:
    """As numpy.save writes them."""
    for name, array in stacks.items():
        np.save(folder / f"{name}.npy", array)


@makes("NumPy files, one for each image")
def npy_images(folder: Path, stacks: Stacks) -> None:
    """Images of numpy.save."""
    for name, array in stacks.items():
        for index, image in enumerate(array):
            np.save(folder / f"{name}_{index + 8}.npy", image)


@makes("NumPy archives, one for each image, an array for each stack")
def npz_images(folder: Path, stacks: Stacks) -> None:
    """Beside an array that is no image."""
    for index in range(4):
        images = {name: array[index] for name, array in stacks.items()}
        np.savez(folder / f"scan_{index + 8}.npz", **images, energy=np.arange(3.0))


@makes("a NumPy archive")
def npz(folder: Path, stacks: Stacks) -> None:
    """With an array that is no stack."""
    np.savez_compressed(folder / "maps.npz", energy=np.linspace(7, 8, 4), **stacks)


@makes("EDF, a file for each image")
def edf(folder: Path, stacks: Stacks) -> None:
    """As fabio writes them."""
    edfimage = pytest.importorskip("fabio.edfimage")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            edfimage.EdfImage(data=image).write(str(folder / f"{name}_{index + 8:04d}.edf"))


@makes("EDF, several images in a file")
def edf_frames(folder: Path, stacks: Stacks) -> None:
    """Frames of one file."""
    edfimage = pytest.importorskip("fabio.edfimage")
    for name, array in stacks.items():
        image = edfimage.EdfImage(data=array[0])
        for frame in array[1:]:
            image.append_frame(data=frame)
        image.write(str(folder / f"{name}.edf"))


@makes("CBF, a file for each image", "int32")
def cbf(folder: Path, stacks: Stacks) -> None:
    """Signed integers, as CBF has them."""
    cbfimage = pytest.importorskip("fabio.cbfimage")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            cbfimage.CbfImage(data=image).write(str(folder / f"{name}_{index + 8:05d}.cbf"))


@makes("PNG, a file for each image")
def png(folder: Path, stacks: Stacks) -> None:
    """Grey values of 16 bits."""
    image_module = pytest.importorskip("PIL.Image")
    for name, array in stacks.items():
        (folder / name).mkdir()
        for index, image in enumerate(array):
            image_module.fromarray(image).save(folder / name / f"im_{index + 8}.png")


@makes("a NumPy archive that numpy has open")
def open_npz(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """With an array that is no stack."""
    np.savez(folder / "maps.npz", **stacks, energy=np.linspace(7, 8, 4))
    return {"archive": np.load(folder / "maps.npz")}


@makes("images, or a series, that fabio has open")
def fabio_objects(folder: Path, stacks: Stacks) -> dict[str, Any]:
    """A series of files, and a list of images."""
    fabio = pytest.importorskip("fabio")
    names = {name: [str(folder / f"{name}_{index}.edf") for index in range(4)] for name in stacks}
    for name, array in stacks.items():
        for path, image in zip(names[name], array, strict=True):
            fabio.edfimage.EdfImage(data=image).write(path)
    return {
        "ca_series": fabio.open_series(names["Ca"]),
        "fe_images": [fabio.open(path) for path in names["Fe"]],
    }


@makes("MarCCD, a file for each image")
def marccd(folder: Path, stacks: Stacks) -> None:
    """TIFF files with a header of their own in the first 4096 bytes."""
    tifffile = pytest.importorskip("tifffile")
    header = (65000, "s", 3100, "\0" * 3100, True)
    for name, array in stacks.items():
        for index, image in enumerate(array):
            tifffile.imwrite(folder / f"{name}_{index + 8}.mccd", image, extratags=[header])


@makes(
    "d*TREK, ADSC, Oxford, Bruker, Esperanto, R-AXIS, Fit2D, GE, SPE, PGM and others, a file for each image"
)
def detectors(folder: Path, stacks: Stacks) -> None:
    """One that fabio writes."""
    dtrekimage = pytest.importorskip("fabio.dtrekimage")
    for name, array in stacks.items():
        for index, image in enumerate(array):
            dtrekimage.DtrekImage(data=image, header={}).write(str(folder / f"{name}_{index + 8}.img"))


@makes("OME-Zarr, a channel for each stack")
def ome_zarr(folder: Path, stacks: Stacks) -> None:
    """Version 0.4, with a smaller level beside the whole one."""
    module = pytest.importorskip("zarr")
    group = module.open_group(str(folder / "scan.ome.zarr"), mode="w", zarr_format=2)
    pixels = np.stack(list(stacks.values()), axis=1)
    for level, array in enumerate((pixels, pixels[..., ::2, ::2])):
        group.create_array(str(level), shape=array.shape, dtype=array.dtype, chunks=(1, 2, 8, 8))[:] = array
    axes = [{"name": "t", "type": "time"}, {"name": "c", "type": "channel"}]
    axes += [{"name": name, "type": "space"} for name in "yx"]
    group.attrs["multiscales"] = [
        {"version": "0.4", "axes": axes, "datasets": [{"path": "0"}, {"path": "1"}]}
    ]
    group.attrs["omero"] = {"channels": [{"label": name} for name in stacks]}


@makes("OME-TIFF, a channel for each stack")
def ome_tiff(folder: Path, stacks: Stacks) -> None:
    """With names of its channels."""
    tifffile = pytest.importorskip("tifffile")
    metadata = {"axes": "TCYX", "Channel": {"Name": list(stacks)}}
    pixels = np.stack(list(stacks.values()), axis=1)
    tifffile.imwrite(folder / "scan.ome.tif", pixels, photometric="minisblack", metadata=metadata)
