# SPDX-License-Identifier: MIT
"""Minimal writers of the HDF5 layouts of programs, after what their source code or documentation says.

Only what matters to finding stacks is written; none of the files comes from the program itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import h5py
import numpy as np

from .scenes import drifting

N: Final = 4
"""Number of images of each stack."""


def stack(seed: int) -> Any:
    """Return a stack that drifts, of another scene for each seed."""
    return drifting(0.05 + 0.02 * seed, n=N, shape=(24, 32), seed=seed).astype(np.float32)


class Layout(NamedTuple):
    """Files in the layout of a program."""

    uri: str
    """What its user names: a file or a pattern of files."""
    stacks: dict[str, Any]
    """The stacks in it by the names that they get."""


def _group(parent: h5py.Group, path: str, nx_class: str, **attributes: Any) -> h5py.Group:
    group = parent.require_group(path)
    group.attrs["NX_class"] = nx_class
    group.attrs.update(attributes)
    return group


def _signals(group: h5py.Group, images: dict[str, Any], **attributes: Any) -> None:
    first, *others = images
    group.attrs.update({"NX_class": "NXdata", "signal": first, **attributes})
    if others:
        group.attrs["auxiliary_signals"] = others
    for name, image in images.items():
        group[name] = image
        group[name].attrs["interpretation"] = "image"


def pymca_scans(folder: Path) -> Layout:
    """PyMca 5, batch fits of several scans in one file: an NXentry for each.

    After `PyMca5/PyMcaPhysics/xrf/XRFBatchFitOutput.py` at commit 066636b of its repository:
    /ENTRY/PROCESS/results/{parameters, uncertainties, massfractions}, NXdata with one 2-D dataset for each line,
    links to their errors, and `default` down to the parameters.
    """
    lines = {"Ca_K": stack(1), "Fe_K": stack(2), "Scatter_Peak000": stack(3), "Scatter_Peak001": stack(4)}
    with h5py.File(folder / "fits.h5", "w") as file:
        file.attrs.update({"NX_class": "NXroot", "default": "1.1"})
        for number in range(N):
            entry = _group(file, f"{number + 1}.1", "NXentry", default="xrf_fit")
            process = _group(entry, "xrf_fit", "NXprocess", default="results")
            process["program"] = "pymca"
            results = _group(process, "results", "NXcollection", default="parameters")
            for name in ("massfractions", "parameters", "uncertainties"):
                images = {
                    line: images[number] * (1 if name == "parameters" else 0.1)
                    for line, images in lines.items()
                }
                _signals(results.create_group(name), images)
            for line in lines:
                results[f"parameters/{line}_errors"] = h5py.SoftLink(f"{results.name}/uncertainties/{line}")
    return Layout(f"{folder}/fits.h5", lines)


def ewoksfluo_scans(folder: Path) -> Layout:
    """ewoksfluo 1.3, maps of several scans put on a grid: /SCAN/regrid/results/parameters, a scan for each energy.

    After `ewoksfluo/tasks/xrf_results.py`, `ewoksfluo/tests/tutorials/expected_results.py`: the fits beside are
    lists of points and of spectra, `default` leads to the last process.
    """
    lines = {"Ca_K": stack(1), "Fe_K": stack(2), "Scatter_Compton000": stack(3)}
    with h5py.File(folder / "dataset.h5", "w") as file:
        file.attrs.update({"NX_class": "NXroot", "default": f"{N}.1"})
        for number in range(N):
            scan = _group(file, f"{number + 1}.1", "NXentry", default="regrid")
            fit = _group(scan, "fit/mca0/results", "NXcollection")
            points = {line: images[number].ravel() for line, images in lines.items()}
            _signals(fit.create_group("parameters"), points)
            spectra = np.ones((stack(1)[0].size, 16), np.float32)
            _signals(fit.create_group("fit"), {"data": spectra, "model": spectra, "residuals": spectra})
            regrid = _group(scan, "regrid", "NXprocess", default="results")
            results = _group(regrid, "results", "NXcollection", default="parameters")
            maps = {line: images[number] for line, images in lines.items()}
            _signals(results.create_group("parameters"), maps, axes=["samy", "samx"])
            _signals(results.create_group("uncertainties"), {k: v * 0.1 for k, v in maps.items()})
            counters = {"I0": stack(5)[number], "mca0_live_time": stack(6)[number]}
            _signals(results.create_group("rawcounters"), counters)
    return Layout(f"{folder}/dataset.h5", lines)


def _names(names: Sequence[str], length: int) -> Any:
    return np.array([name.encode() for name in names], f"S{length}")


def maps_projections(folder: Path) -> Layout:
    """MAPS and XRF-Maps up to 9 (APS), one file for each projection: /MAPS/XRF_fits (element, y, x), channel_names.

    After `src/io/file/hdf5_io.cpp` of XRF-Maps, which makes links of these names.
    """
    elements = {"Ca": stack(1), "Fe": stack(2), "Total_Fluorescence_Yield": stack(3)}
    for number in range(N):
        with h5py.File(folder / f"proj_{number + 9:04d}.h5", "w") as file:
            group = file.create_group("MAPS")
            group["XRF_fits"] = np.stack([images[number] for images in elements.values()])
            group["channel_names"] = _names(list(elements), 256)
            group["scalers"] = np.ones((5, 24, 32), np.float32)
            group["scaler_names"] = _names(list("abcde"), 256)
            group["mca_arr"] = np.ones((16, 24, 32), np.float32)
    return Layout(f"{folder}/proj_*.h5", elements)


def xrf_maps_projections(folder: Path) -> Layout:
    """XRF-Maps 10 (APS): /MAPS/XRF_Analyzed/FIT/Counts_Per_Sec (element, y, x), Channel_Names of 256 bytes.

    After `src/io/file/hdf5_io.h`, version 2.0.6 of the program.
    """
    elements = {"Ca": stack(1), "Fe": stack(2), "Num_Iter": stack(3)}
    for number in range(N):
        with h5py.File(folder / f"2xfm_{number + 98:04d}.mda.h5", "w") as file:
            group = file.create_group("MAPS/XRF_Analyzed/NNLS")
            group["Counts_Per_Sec"] = np.stack([images[number] for images in elements.values()])
            group["Channel_Names"] = _names(list(elements), 256)
            group["Channel_Units"] = _names(["cts/s"] * 3, 256)
            file["MAPS/Spectra/mca_arr"] = np.ones((16, 24, 32), np.float32)
            file["MAPS/Scalers/Values"] = np.ones((5, 24, 32), np.float32)
    return Layout(f"{folder}/2xfm_*.mda.h5", elements)


def pyxrf_scans(folder: Path) -> Layout:
    """PyXRF 1.0.9 (NSLS-II), one file for each scan: /xrfmap/detsum/xrf_fit (element, y, x), xrf_fit_name of 20 bytes.

    After `pyxrf/model/fileio.py`, `save_fitdata_to_hdf`.
    """
    elements = {"Ca_K": stack(1), "Fe_K": stack(2), "compton": stack(3)}
    for number in range(N):
        with h5py.File(folder / f"scan2D_{number + 8}.h5", "w") as file:
            group = file.create_group("xrfmap/detsum")
            group["counts"] = np.ones((24, 32, 16), np.float32)
            group["xrf_fit"] = np.stack([images[number] for images in elements.values()])
            group["xrf_fit_name"] = _names(list(elements), 20)
            file["xrfmap/scalers/val"] = np.ones((24, 32, 3), np.float32)
            file["xrfmap/positions/pos"] = np.ones((2, 24, 32), np.float32)
    return Layout(f"{folder}/scan2D_*.h5", elements)


def data_exchange(folder: Path) -> Layout:
    """Data Exchange 1.0 (TXM and tomography at the APS): /exchange/data beside data_white and data_dark.

    After De Carlo et al., J. Synchrotron Rad. 21 (2014) 1224.
    """
    with h5py.File(folder / "txm.h5", "w") as file:
        file["implements"] = "exchange:measurement"
        group = file.create_group("exchange")
        group["data"] = stack(1)
        group["data_white"] = np.full((2, 24, 32), 9.0, np.float32)
        group["data_dark"] = np.zeros((2, 24, 32), np.float32)
        group["theta"] = np.arange(float(N))
    return Layout(f"{folder}/txm.h5", {"data": stack(1)})


def mistral(folder: Path) -> Layout:
    """txrm2nexus (ALBA, Mistral): /NXtomo/data/data, the dataset of the detector, beside bright_field.

    After `txm2nexuslib/txrmnex.py`.
    """
    with h5py.File(folder / "mistral.hdf5", "w") as file:
        _group(file, "NXtomo", "NXentry")
        detector = _group(file, "NXtomo/instrument/sample", "NXdetector")
        detector["data"] = stack(1)
        _group(file, "NXtomo/data", "NXdata")["data"] = detector["data"]
        file["NXtomo/instrument/bright_field/data"] = np.full((2, 24, 32), 9.0, np.float32)
    return Layout(f"{folder}/mistral.hdf5", {"data": stack(1)})


def mistral_normalized(folder: Path) -> Layout:
    """normalize of txm2nexuslib 10.18 (ALBA): /TomoNormalized/TomoNormalized beside normalized flat fields.

    After `txm2nexuslib/tomonorm.py`.
    """
    with h5py.File(folder / "mistral_norm.hdf5", "w") as file:
        group = file.create_group("TomoNormalized")
        group["TomoNormalized"] = stack(1)
        group["FFNormalizedWithCurrent"] = np.full((2, 24, 32), 9.0, np.float32)
        group["Avg_FF"] = np.full((24, 32), 9.0, np.float32)
        group["rotation_angle"] = np.arange(float(N))
    return Layout(f"{folder}/mistral_norm.hdf5", {"TomoNormalized": stack(1)})


def mistral_spectroscopy(folder: Path) -> Layout:
    """normalize of txm2nexuslib 10.18 (ALBA), energies: /SpecNormalized/spectroscopy_normalized.

    After `txm2nexuslib/specnorm.py`.
    """
    with h5py.File(folder / "spec_norm.hdf5", "w") as file:
        file["SpecNormalized/spectroscopy_normalized"] = stack(1)
        file["SpecNormalized/energy"] = np.arange(float(N))
    return Layout(f"{folder}/spec_norm.hdf5", {"spectroscopy_normalized": stack(1)})


def ncem_emd(folder: Path) -> Layout:
    """EMD of NCEM, version 0.2: /data/NAME/data with dim1, dim2, dim3.

    After https://emdatasets.com/format.
    """
    with h5py.File(folder / "ncem.emd", "w") as file:
        file.attrs.update({"version_major": 0, "version_minor": 2})
        group = file.create_group("data/series")
        group.attrs["emd_group_type"] = 1
        group["data"] = stack(1)
        for axis, (name, length) in enumerate((("time", N), ("y", 24), ("x", 32)), 1):
            group[f"dim{axis}"] = np.arange(float(length))
            group[f"dim{axis}"].attrs["name"] = name
    return Layout(f"{folder}/ncem.emd", {"data": stack(1)})


def velox_emd(folder: Path) -> Layout:
    """EMD of Velox (Thermo Fisher): /Data/Image/ID/Data of (y, x, frame).

    After the reader of rosettasciio, `rsciio/emd/_emd_velox.py`.
    """
    identifier = "0f9a6d5c3f0e4e3fa3a1a8a3a3a2b7c5"
    with h5py.File(folder / "velox.emd", "w") as file:
        group = file.create_group(f"Data/Image/{identifier}")
        group["Data"] = np.moveaxis(stack(1), 0, -1)
        group["Metadata"] = np.zeros((64, N), np.uint8)
        group["FrameLookupTable"] = np.arange(N)
    return Layout(f"{folder}/velox.emd", {"Data": stack(1)})


def hyperspy(folder: Path) -> Layout:
    """HSPY of hyperspy, version 3.3: /Experiments/TITLE/data, axes as groups axis-0, ...

    After the reader of rosettasciio, `rsciio/hspy/_api.py`.
    """
    with h5py.File(folder / "series.hspy", "w") as file:
        file.attrs.update({"file_format": "HyperSpy", "file_format_version": "3.3"})
        group = file.create_group("Experiments/__unnamed__")
        group["data"] = stack(1)
        for axis, name in enumerate(("", "y", "x")):
            group.create_group(f"axis-{axis}").attrs.update({"name": name, "size": group["data"].shape[axis]})
        group.create_group("learning_results")
    return Layout(f"{folder}/series.hspy", {"data": stack(1)})


def plain_dataset(folder: Path) -> Layout:
    """One dataset of three axes in a file, as h5py's users write it."""
    with h5py.File(folder / "plain.h5", "w") as file:
        file["images"] = stack(1)
        file["energy"] = np.arange(float(N))
        file["mean"] = stack(1).mean(axis=0)
    return Layout(f"{folder}/plain.h5", {"images": stack(1)})


def files_of_maps(folder: Path) -> Layout:
    """One file for each energy, one map for each element in it, as ewoksfluo writes single scans."""
    lines = {f"{element}_K": stack(seed) for seed, element in enumerate(("Ca", "Fe", "Zn"), 1)}
    for number in range(N):
        with h5py.File(folder / f"energy_{number + 8}.h5", "w") as file:
            file.attrs.update({"NX_class": "NXroot", "default": "1.1"})
            _group(file, "1.1", "NXentry", default="xrf/results/parameters")
            results = file.create_group("1.1/xrf/results")
            maps = {line: images[number] for line, images in lines.items()}
            _signals(results.create_group("parameters"), maps)
            _signals(results.create_group("uncertainties"), {k: v * 0.1 for k, v in maps.items()})
    return Layout(f"{folder}/energy_*.h5", lines)


WITH_ONE_STACK: Final[dict[str, Callable[[Path], Layout]]] = {
    each.__name__: each
    for each in (
        data_exchange,
        mistral,
        mistral_normalized,
        mistral_spectroscopy,
        ncem_emd,
        velox_emd,
        hyperspy,
        plain_dataset,
    )
}
"""Files of one stack, by name."""

SCANS: Final[dict[str, Callable[[Path], Layout]]] = {
    each.__name__: each for each in (pymca_scans, ewoksfluo_scans)
}
"""Files of several stacks, each made of images in scans."""

FILES: Final[dict[str, Callable[[Path], Layout]]] = {
    each.__name__: each for each in (maps_projections, xrf_maps_projections, pyxrf_scans, files_of_maps)
}
"""Patterns of files that have an image of each stack."""
