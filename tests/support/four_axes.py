# SPDX-License-Identifier: MIT
"""Several stacks in one array or dataset, in every form in which people keep them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks
from tests.support.scenes import drifting

ELEMENTS = ("Fe K", "Ca", "Zn")
STACKS = {
    name: drifting(noise, n=5, shape=(30, 44)).astype(np.float32)
    for name, noise in zip(ELEMENTS, (0.8, 0.05, 4.0), strict=True)
}
NUMBERED = {str(number): stack for number, stack in enumerate(STACKS.values())}
NAMES = ("element", "time", "y", "x")
AXES = (0, 1, 2, 3)


def stacked(axis: int) -> Any:
    return np.ascontiguousarray(np.stack(list(STACKS.values()), axis))


def names(axis: int) -> list[str]:
    found = list(NAMES[1:])
    found.insert(axis, NAMES[0])
    return found


def assert_same_ranking(found: Any, stacks: dict[str, Any], **options: Any) -> None:
    """The ranking is that of the arrays, in every number and in the order of ties."""
    expected = rank_stacks(stacks, **options)
    assert found.ranked_stack_names == expected.ranked_stack_names
    assert found.scores == expected.scores
    for name, score in expected.stacks.items():
        mine = found.stacks[name]
        assert (mine.n_images, mine.shape, mine.dtype) == (score.n_images, score.shape, score.dtype)
        np.testing.assert_array_equal(mine.shifts, score.shifts)
        np.testing.assert_array_equal(mine.peak, score.peak)


def of_array(_: Path, axis: int) -> Any:
    return stacked(axis)


def of_strided_array(_: Path, axis: int) -> Any:
    return np.moveaxis(stacked(0), 0, axis)


def of_spare_axis(_: Path, axis: int) -> Any:
    return stacked(axis)[..., None]


def of_protocol(_: Path, axis: int) -> Any:
    class Protocol:
        shape = stacked(axis).shape

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return stacked(axis)

    return Protocol()


def of_dask(_: Path, axis: int) -> Any:
    return pytest.importorskip("dask.array").from_array(stacked(axis), chunks=(2, 4, 16, 16))


def of_zarr(folder: Path, axis: int) -> Any:
    zarr = pytest.importorskip("zarr")
    array = zarr.open(
        str(folder / "a.zarr"), mode="w", shape=stacked(axis).shape, chunks=(2, 2, 9, 9), dtype="f4"
    )
    array[:] = stacked(axis)
    return array


def in_hdf5(folder: Path, axis: int, **how: Any) -> str:
    if "chunks" in how:
        how["chunks"] = tuple(min(pair) for pair in zip(how["chunks"], stacked(axis).shape, strict=True))
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("entry/maps", data=stacked(axis), **how)
    return f"{folder / 'a.h5'}::/entry/maps"


def of_hdf5(folder: Path, axis: int) -> Any:
    return in_hdf5(folder, axis)


def of_chunks(folder: Path, axis: int) -> Any:
    return in_hdf5(folder, axis, chunks=(2, 2, 16, 16), compression="gzip")


def of_path(folder: Path, axis: int) -> Any:
    return Path(in_hdf5(folder, axis))


def of_data_url(folder: Path, axis: int) -> Any:
    return pytest.importorskip("silx.io.url").DataUrl(in_hdf5(folder, axis))


def of_zarr_by_name(folder: Path, axis: int) -> Any:
    of_zarr(folder, axis)
    return str(folder / "a.zarr")


def of_npy(folder: Path, axis: int) -> Any:
    np.save(folder / "a.npy", stacked(axis))
    return str(folder / "a.npy")


def of_npy_by_columns(folder: Path, axis: int) -> Any:
    np.save(folder / "a.npy", np.asfortranarray(stacked(axis)))
    return str(folder / "a.npy")


def of_npz(folder: Path, axis: int) -> Any:
    np.savez_compressed(folder / "a.npz", maps=stacked(axis))
    return f"{folder / 'a.npz'}::maps"


UNNAMED: dict[str, Callable[[Path, int], Any]] = {
    name.removeprefix("of_"): value for name, value in list(globals().items()) if name.startswith("of_")
}


def by_xarray(_: Path, axis: int) -> Any:
    return pytest.importorskip("xarray").DataArray(
        stacked(axis), dims=names(axis), coords={"element": list(ELEMENTS)}
    )


def by_xarray_of_dask(folder: Path, axis: int) -> Any:
    pytest.importorskip("dask")
    return by_xarray(folder, axis).chunk({"element": 3, "time": 2})


def described(folder: Path, axis: int, describe: Callable[[h5py.Group, h5py.Dataset], None]) -> str:
    uri = in_hdf5(folder, axis, chunks=(2, 2, 16, 16))
    with h5py.File(folder / "a.h5", "r+") as file:
        describe(file["entry"], file["entry/maps"])
    return uri


def by_nxdata(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, _: h5py.Dataset) -> None:
        group.attrs.update(NX_class="NXdata", signal="maps", axes=names(axis))
        group["element"] = list(ELEMENTS)

    return described(folder, axis, describe)


def by_nxdata_group(folder: Path, axis: int) -> Any:
    return by_nxdata(folder, axis).removesuffix("/maps")


def by_nxdata_file(folder: Path, axis: int) -> Any:
    return str(by_nxdata(folder, axis)).partition("::")[0]


def by_nxdata_with_indices(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, _: h5py.Dataset) -> None:
        where = {f"{name}_indices": names(axis).index(name) for name in NAMES}
        group.attrs.update(NX_class="NXdata", signal="maps", axes=list(NAMES), **where)
        group["element"] = np.array(ELEMENTS, "S")

    return described(folder, axis, describe)


def by_scales(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, data: h5py.Dataset) -> None:
        for i, name in enumerate(names(axis)):
            group[name] = np.array(ELEMENTS, "S") if name == "element" else np.arange(data.shape[i])
            group[name].make_scale(name)
            data.dims[i].attach_scale(group[name])

    return described(folder, axis, describe)


def by_labels_and_sibling(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, data: h5py.Dataset) -> None:
        for dimension, name in zip(data.dims, names(axis), strict=True):
            dimension.label = name
        group["element_names"] = list(ELEMENTS)

    return described(folder, axis, describe)


def by_link(folder: Path, axis: int) -> Any:
    file = by_nxdata(folder, axis).partition("::")[0]
    with h5py.File(folder / "links.h5", "w") as links:
        links["all/results"] = h5py.ExternalLink(file, "/entry/maps")
    return f"{folder / 'links.h5'}::/all/results"


def by_zarr(folder: Path, axis: int) -> Any:
    """An image of OME-Zarr of version 0.4, with the names of its channels."""
    zarr = pytest.importorskip("zarr")
    axes = [{"name": "c" if name == "element" else name[0], "type": "space"} for name in names(axis)]
    group = zarr.open_group(str(folder / "ome.zarr"), mode="w", zarr_format=2)
    array = group.create_array("0", shape=stacked(axis).shape, chunks=(2, 2, 9, 9), dtype="f4")
    array[:] = stacked(axis)
    group.attrs["multiscales"] = [
        {"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": []}]}
    ]
    group.attrs["omero"] = {"channels": [{"label": name} for name in ELEMENTS]}
    return str(folder / "ome.zarr")


NAMED: dict[str, Callable[[Path, int], Any]] = {
    name.removeprefix("by_"): value for name, value in list(globals().items()) if name.startswith("by_")
}
