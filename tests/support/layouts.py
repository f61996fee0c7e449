# SPDX-License-Identifier: MIT
"""Minimal writers of the HDF5 layouts of programs, after what their source code or documentation says.

Only what matters to finding stacks is written; none of the files comes from the program itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

Stacks = Mapping[str, Any]


def _group(parent: h5py.Group, path: str, nx_class: str, **attributes: Any) -> h5py.Group:
    group = parent.require_group(path)
    group.attrs["NX_class"] = nx_class
    group.attrs.update(attributes)
    return group


def _signals(group: h5py.Group, images: Stacks, **attributes: Any) -> None:
    first, *others = images
    group.attrs.update({"NX_class": "NXdata", "signal": first, **attributes})
    if others:
        group.attrs["auxiliary_signals"] = others
    for name, image in images.items():
        group[name] = image
        group[name].attrs["interpretation"] = "image"


def _names(names: Sequence[str], length: int) -> Any:
    return np.array([name.encode() for name in names], f"S{length}")


def _images(stacks: Stacks, number: int) -> dict[str, Any]:
    return {name: images[number] for name, images in stacks.items()}


def _length(stacks: Stacks) -> int:
    return len(next(iter(stacks.values())))


# ------------------------------------------------------------------ one stack in a file


def data_exchange(path: Path, stack: Any) -> None:
    """Data Exchange 1.0 (TXM and tomography at the APS): /exchange/data beside data_white and data_dark.

    After De Carlo et al., J. Synchrotron Rad. 21 (2014) 1224.
    """
    with h5py.File(path, "w") as file:
        file["implements"] = "exchange:measurement"
        group = file.create_group("exchange")
        group["data"] = stack
        group["data_white"] = np.full_like(stack[:2], 9)
        group["data_dark"] = np.zeros_like(stack[:2])
        group["theta"] = np.arange(float(len(stack)))


def mistral(path: Path, stack: Any) -> None:
    """txrm2nexus (ALBA, Mistral): /NXtomo/data/data, the dataset of the detector, beside bright_field.

    After `txm2nexuslib/txrmnex.py`, version 10.18.
    """
    with h5py.File(path, "w") as file:
        _group(file, "NXtomo", "NXentry")
        detector = _group(file, "NXtomo/instrument/sample", "NXdetector")
        detector["data"] = stack
        _group(file, "NXtomo/data", "NXdata")["data"] = detector["data"]
        file["NXtomo/instrument/bright_field/data"] = np.full_like(stack[:2], 9)


def mistral_normalized(path: Path, stack: Any) -> None:
    """normalize of txm2nexuslib 10.18 (ALBA): /TomoNormalized/TomoNormalized beside normalized flat fields.

    After `txm2nexuslib/tomonorm.py`.
    """
    with h5py.File(path, "w") as file:
        group = file.create_group("TomoNormalized")
        group["TomoNormalized"] = stack
        group["FFNormalizedWithCurrent"] = np.full_like(stack[:2], 9)
        group["Avg_FF"] = np.full_like(stack[0], 9)
        group["rotation_angle"] = np.arange(float(len(stack)))


def mistral_spectroscopy(path: Path, stack: Any) -> None:
    """normalize of txm2nexuslib 10.18 (ALBA), energies: /SpecNormalized/spectroscopy_normalized.

    After `txm2nexuslib/specnorm.py`.
    """
    with h5py.File(path, "w") as file:
        file["SpecNormalized/spectroscopy_normalized"] = stack
        file["SpecNormalized/energy"] = np.arange(float(len(stack)))


def ncem_emd(path: Path, stack: Any) -> None:
    """EMD of NCEM, version 0.2: /data/NAME/data with dim1, dim2, dim3.

    After https://emdatasets.com/format.
    """
    with h5py.File(path, "w") as file:
        file.attrs.update({"version_major": 0, "version_minor": 2})
        group = file.create_group("data/series")
        group.attrs["emd_group_type"] = 1
        group["data"] = stack
        for axis, name in enumerate(("time", "y", "x")):
            group[f"dim{axis + 1}"] = np.arange(float(stack.shape[axis]))
            group[f"dim{axis + 1}"].attrs["name"] = name


def velox_emd(path: Path, stack: Any) -> None:
    """EMD of Velox (Thermo Fisher): /Data/Image/ID/Data of (y, x, frame).

    After the reader of rosettasciio, `rsciio/emd/_emd_velox.py`.
    """
    with h5py.File(path, "w") as file:
        group = file.create_group("Data/Image/0f9a6d5c3f0e4e3fa3a1a8a3a3a2b7c5")
        group["Data"] = np.moveaxis(stack, 0, -1)
        group["Metadata"] = np.zeros((64, len(stack)), np.uint8)
        group["FrameLookupTable"] = np.arange(len(stack))


def hyperspy(path: Path, stack: Any) -> None:
    """HSPY of hyperspy, version 3.3: /Experiments/TITLE/data, axes as groups axis-0, ...

    After the reader of rosettasciio, `rsciio/hspy/_api.py`.
    """
    with h5py.File(path, "w") as file:
        file.attrs.update({"file_format": "HyperSpy", "file_format_version": "3.3"})
        group = file.create_group("Experiments/__unnamed__")
        group["data"] = stack
        for axis, name in enumerate(("", "y", "x")):
            group.create_group(f"axis-{axis}").attrs.update({"name": name, "size": stack.shape[axis]})
        group.create_group("learning_results")


def plain_dataset(path: Path, stack: Any) -> None:
    """One dataset of three axes in a file, as h5py's users write it."""
    with h5py.File(path, "w") as file:
        file["images"] = stack
        file["energy"] = np.arange(float(len(stack)))
        file["mean"] = stack.mean(axis=0)


# ------------------------------------------------------------------ scans in a file, an image of each stack in each


def pymca_scans(path: Path, stacks: Stacks) -> None:
    """PyMca 5, batch fits of several scans in one file: an NXentry for each.

    After `PyMca5/PyMcaPhysics/xrf/XRFBatchFitOutput.py` at commit 066636b of its repository:
    /ENTRY/PROCESS/results/{parameters, uncertainties, massfractions}, NXdata with one 2-D dataset for each line,
    links to their errors, and `default` down to the parameters.
    """
    with h5py.File(path, "w") as file:
        file.attrs.update({"NX_class": "NXroot", "default": "1.1"})
        for number in range(_length(stacks)):
            entry = _group(file, f"{number + 1}.1", "NXentry", default="xrf_fit")
            process = _group(entry, "xrf_fit", "NXprocess", default="results")
            process["program"] = "pymca"
            results = _group(process, "results", "NXcollection", default="parameters")
            images = _images(stacks, number)
            _signals(results.create_group("parameters"), images)
            for name in ("massfractions", "uncertainties"):
                _signals(results.create_group(name), {line: 0.1 * image for line, image in images.items()})
            for line in images:
                results[f"parameters/{line}_errors"] = h5py.SoftLink(f"{results.name}/uncertainties/{line}")


def ewoksfluo_scans(path: Path, stacks: Stacks) -> None:
    """ewoksfluo 1.3, maps of several scans put on a grid: /SCAN/regrid/results/parameters, a scan for each energy.

    After `ewoksfluo/tasks/xrf_results.py`, `ewoksfluo/tests/tutorials/expected_results.py`: the fits beside are
    lists of points and of spectra, `default` leads to the last process.
    """
    n = _length(stacks)
    with h5py.File(path, "w") as file:
        file.attrs.update({"NX_class": "NXroot", "default": f"{n}.1"})
        for number in range(n):
            scan = _group(file, f"{number + 1}.1", "NXentry", default="regrid")
            images = _images(stacks, number)
            fit = _group(scan, "fit/mca0/results", "NXcollection")
            _signals(fit.create_group("parameters"), {line: image.ravel() for line, image in images.items()})
            spectra = np.ones((next(iter(images.values())).size, 16), np.float32)
            _signals(fit.create_group("fit"), {"data": spectra, "model": spectra, "residuals": spectra})
            regrid = _group(scan, "regrid", "NXprocess", default="results")
            results = _group(regrid, "results", "NXcollection", default="parameters")
            _signals(results.create_group("parameters"), images, axes=["samy", "samx"])
            tenth = {line: 0.1 * image for line, image in images.items()}
            _signals(results.create_group("uncertainties"), tenth)
            counters = dict(zip(("I0", "mca0_live_time"), tenth.values(), strict=False))
            _signals(results.create_group("rawcounters"), counters)


# ------------------------------------------------------------------ many files, an image of each stack in each


def maps_projections(folder: Path, stacks: Stacks) -> str:
    """MAPS and XRF-Maps up to 9 (APS), one file for each projection: /MAPS/XRF_fits (element, y, x), channel_names.

    After `src/io/file/hdf5_io.cpp` of XRF-Maps, which makes links of these names.
    """
    for number in range(_length(stacks)):
        with h5py.File(folder / f"proj_{number + 8:04d}.h5", "w") as file:
            group = file.create_group("MAPS")
            group["XRF_fits"] = np.stack(list(_images(stacks, number).values()))
            group["channel_names"] = _names(list(stacks), 256)
            size = group["XRF_fits"].shape[1:]
            group["scalers"] = np.ones((5, *size), np.float32)
            group["scaler_names"] = _names(list("abcde"), 256)
            group["mca_arr"] = np.ones((16, *size), np.float32)
    return "proj_*.h5"


def xrf_maps_projections(folder: Path, stacks: Stacks) -> str:
    """Version 10 of the files of XRF-Maps (APS): /MAPS/XRF_Analyzed/FIT/Counts_Per_Sec, Channel_Names of 256 bytes.

    After `src/io/file/hdf5_io.h`, version 2.0.6 of the program.
    """
    for number in range(_length(stacks)):
        with h5py.File(folder / f"2xfm_{number + 98:04d}.mda.h5", "w") as file:
            group = file.create_group("MAPS/XRF_Analyzed/NNLS")
            group["Counts_Per_Sec"] = np.stack(list(_images(stacks, number).values()))
            group["Channel_Names"] = _names(list(stacks), 256)
            group["Channel_Units"] = _names(["cts/s"] * len(stacks), 256)
            size = group["Counts_Per_Sec"].shape[1:]
            file["MAPS/Spectra/mca_arr"] = np.ones((16, *size), np.float32)
            file["MAPS/Scalers/Values"] = np.ones((5, *size), np.float32)
    return "2xfm_*.mda.h5"


def pyxrf_scans(folder: Path, stacks: Stacks) -> str:
    """PyXRF 1.0.9 (NSLS-II), one file for each scan: /xrfmap/detsum/xrf_fit (element, y, x), xrf_fit_name of 20 bytes.

    After `pyxrf/model/fileio.py`, `save_fitdata_to_hdf`.
    """
    for number in range(_length(stacks)):
        with h5py.File(folder / f"scan2D_{number + 8}.h5", "w") as file:
            group = file.create_group("xrfmap/detsum")
            group["xrf_fit"] = np.stack(list(_images(stacks, number).values()))
            group["xrf_fit_name"] = _names(list(stacks), 20)
            size = group["xrf_fit"].shape[1:]
            group["counts"] = np.ones((*size, 16), np.float32)
            file["xrfmap/scalers/val"] = np.ones((*size, 3), np.float32)
            file["xrfmap/positions/pos"] = np.ones((2, *size), np.float32)
    return "scan2D_*.h5"


def files_of_maps(folder: Path, stacks: Stacks) -> str:
    """One file for each energy, one map for each element in it, as ewoksfluo 1.3 writes single scans."""
    for number in range(_length(stacks)):
        with h5py.File(folder / f"energy_{number + 8}.h5", "w") as file:
            file.attrs.update({"NX_class": "NXroot", "default": "1.1"})
            _group(file, "1.1", "NXentry", default="regrid/results/parameters")
            results = file.create_group("1.1/regrid/results")
            images = _images(stacks, number)
            _signals(results.create_group("parameters"), images)
            _signals(results.create_group("uncertainties"), {k: 0.1 * v for k, v in images.items()})
    return "energy_*.h5"


ONE_STACK: Final[dict[str, tuple[Callable[[Path, Any], None], str]]] = {
    "txm.h5": (data_exchange, "data"),
    "mistral.hdf5": (mistral, "data"),
    "mistral_norm.hdf5": (mistral_normalized, "TomoNormalized"),
    "spec_norm.hdf5": (mistral_spectroscopy, "spectroscopy_normalized"),
    "ncem.emd": (ncem_emd, "data"),
    "velox.emd": (velox_emd, "Data"),
    "series.hspy": (hyperspy, "data"),
    "plain.h5": (plain_dataset, "images"),
}
"""Files of one stack: their writers, and what the stack gets called."""

SCANS: Final[dict[str, Callable[[Path, Stacks], None]]] = {
    "fits.h5": pymca_scans,
    "dataset.h5": ewoksfluo_scans,
}
"""Files of several stacks, each made of images in scans."""

MANY_FILES: Final[dict[str, Callable[[Path, Stacks], str]]] = {
    each.__name__: each for each in (maps_projections, xrf_maps_projections, pyxrf_scans, files_of_maps)
}
"""Files that have an image of each stack: their writers return a pattern."""
