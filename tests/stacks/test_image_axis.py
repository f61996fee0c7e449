# SPDX-License-Identifier: MIT
"""Images along any axis, in every kind of stack: found by names or asked for, and the same bits."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

import ndreg_preeval
from ndreg_preeval import RankingWarning, StackScorer, find_stacks, rank_stacks, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import Choices, resolve_stack
from tests.support.scenes import assert_same_numbers, drifting, three

STACK = drifting(0.3, n=6, shape=(30, 44)).astype(np.float32)
NAMES = ("time", "y", "x")
AXES = (0, 1, 2)


def moved(axis: int) -> Any:
    return np.ascontiguousarray(np.moveaxis(STACK, 0, axis))


def names(axis: int) -> list[str]:
    found = list(NAMES[1:])
    found.insert(axis, NAMES[0])
    return found


def of_array(_: Path, axis: int) -> Any:
    return moved(axis)


def of_strided_array(_: Path, axis: int) -> Any:
    return np.moveaxis(STACK, 0, axis)


def of_masked_array(_: Path, axis: int) -> Any:
    return np.ma.masked_array(moved(axis), mask=np.moveaxis(STACK > 2, 0, axis))


def of_dask(_: Path, axis: int) -> Any:
    return pytest.importorskip("dask.array").from_array(moved(axis), chunks=(8, 8, 5))


def of_zarr(folder: Path, axis: int) -> Any:
    zarr = pytest.importorskip("zarr")
    array = zarr.open(
        str(folder / "a.zarr"), mode="w", shape=moved(axis).shape, chunks=(9, 9, 9), dtype=STACK.dtype
    )
    array[:] = moved(axis)
    return array


def in_hdf5(folder: Path, axis: int, **how: Any) -> str:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("entry/maps/Ca", data=moved(axis), **how)
    return f"{folder / 'a.h5'}::/entry/maps/Ca"


def of_hdf5(folder: Path, axis: int) -> Any:
    return in_hdf5(folder, axis)


def of_chunks_of_images(folder: Path, axis: int) -> Any:
    chunks = list(moved(axis).shape)
    chunks[axis] = 1
    return in_hdf5(folder, axis, chunks=tuple(chunks), compression="gzip")


def of_chunks_across(folder: Path, axis: int) -> Any:
    return in_hdf5(folder, axis, chunks=(5, 4, 3), compression="gzip", shuffle=True)


def of_scale_offset(folder: Path, axis: int) -> Any:
    return in_hdf5(folder, axis, chunks=(5, 4, 3), fletcher32=True)


def of_virtual(folder: Path, axis: int) -> Any:
    in_hdf5(folder, axis)
    shape = moved(axis).shape
    layout = h5py.VirtualLayout(shape, STACK.dtype)
    half = [slice(0, 3) if i == axis else slice(None) for i in AXES]
    rest = [slice(3, None) if i == axis else slice(None) for i in AXES]
    for part in (half, rest):
        layout[tuple(part)] = h5py.VirtualSource("a.h5", "entry/maps/Ca", shape=shape)[tuple(part)]
    with h5py.File(folder / "v.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    return f"{folder / 'v.h5'}::/v"


def of_elements(folder: Path, axis: int) -> Any:
    with h5py.File(folder / "a.h5", "w") as file:
        file["maps"] = np.stack([moved(axis), moved(axis) + 1])
    return f"{folder / 'a.h5'}::/maps&slice=0"


def of_tiff(folder: Path, axis: int) -> Any:
    tifffile.imwrite(folder / "a.tif", moved(axis))
    return str(folder / "a.tif")


def of_deflated_tiff(folder: Path, axis: int) -> Any:
    tifffile.imwrite(folder / "a.tif", moved(axis), compression="zlib", rowsperstrip=7)
    return str(folder / "a.tif")


UNNAMED: dict[str, Callable[[Path, int], Any]] = {
    name.removeprefix("of_"): value for name, value in list(globals().items()) if name.startswith("of_")
}


def by_xarray(_: Path, axis: int) -> Any:
    return pytest.importorskip("xarray").DataArray(moved(axis), dims=names(axis))


def by_xarray_of_dask(_: Path, axis: int) -> Any:
    pytest.importorskip("dask")
    return pytest.importorskip("xarray").DataArray(moved(axis), dims=names(axis)).chunk({"time": 4, "y": 7})


def by_zarr(folder: Path, axis: int) -> Any:
    array = of_zarr(folder, axis)
    array.attrs["_ARRAY_DIMENSIONS"] = names(axis)
    return array


def described(folder: Path, axis: int, describe: Callable[[h5py.Group, h5py.Dataset], None]) -> str:
    uri = in_hdf5(folder, axis)
    with h5py.File(folder / "a.h5", "r+") as file:
        describe(file["entry/maps"], file["entry/maps/Ca"])
    return uri


def by_nxdata(folder: Path, axis: int) -> Any:
    return described(folder, axis, lambda group, _: group.attrs.update(axes=names(axis)))


def by_nxdata_of_indices(folder: Path, axis: int) -> Any:
    attributes = {"axes": ["time"], "time_indices": [axis]}
    return described(folder, axis, lambda group, _: group.attrs.update(attributes))


def by_old_nxdata(folder: Path, axis: int) -> Any:
    return described(folder, axis, lambda _, data: data.attrs.update(axes=":".join(names(axis))))


def by_labels(folder: Path, axis: int) -> Any:
    def describe(_: h5py.Group, data: h5py.Dataset) -> None:
        for dimension, name in zip(data.dims, names(axis), strict=True):
            dimension.label = name

    return described(folder, axis, describe)


def by_scales(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, data: h5py.Dataset) -> None:
        for i, name in enumerate(names(axis)):
            group[name] = np.arange(data.shape[i])
            group[name].make_scale("This is a netCDF dimension but not a netCDF variable")
            data.dims[i].attach_scale(group[name])

    return described(folder, axis, describe)


def by_emd(folder: Path, axis: int) -> Any:
    def describe(group: h5py.Group, data: h5py.Dataset) -> None:
        for i, name in enumerate(names(axis)):
            group[f"dim{i + 1}"] = np.arange(data.shape[i])
            group[f"dim{i + 1}"].attrs.update(name=np.bytes_(name), units="")

    return described(folder, axis, describe)


def by_tiff(folder: Path, axis: int) -> Any:
    letters = "".join(name[0].upper() for name in names(axis))
    tifffile.imwrite(folder / "a.tif", moved(axis), metadata={"axes": letters})
    return str(folder / "a.tif")


NAMED: dict[str, Callable[[Path, int], Any]] = {
    name.removeprefix("by_"): value for name, value in list(globals().items()) if name.startswith("by_")
}

along_every_axis = pytest.mark.parametrize("axis", AXES)


def quiet(value: Any, **options: Any) -> Any:
    """The score of a stack of which nothing has to be warned."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        return score_stack(value, **options)


@along_every_axis
@pytest.mark.parametrize("kind", [kind for kind in UNNAMED if kind != "masked_array"])
def test_the_axis_asked_for_is_taken(tmp_path: Path, kind: str, axis: int) -> None:
    wanted = score_stack(STACK)
    value = UNNAMED[kind](tmp_path, axis)
    for asked in (axis, axis - 3):
        found = quiet(value, image_axis=asked)
        assert_same_numbers(found, wanted)
        assert (found.image_axis, found.shape, found.n_images) == (axis, (30, 44), 6)
        assert [text for text in found.warnings if "counted along" in text] == (
            [f"Its images are counted along axis {axis} of {moved(axis).shape}."] if axis else []
        )
    for pairing in ("previous", "reference"):
        options: dict[str, Any] = {"pairing": pairing, "memory_limit": 1 << 15, "num_threads": 1}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RankingWarning)  # chunks that are decoded twice
            again = score_stack(value, image_axis=axis, **options)
        assert_same_numbers(again, score_stack(STACK, pairing=pairing))


@along_every_axis
def test_masks_go_with_their_pixels(tmp_path: Path, axis: int) -> None:
    with pytest.warns(RankingWarning, match="masked"):
        found = score_stack(of_masked_array(tmp_path, axis), image_axis=axis)
    with pytest.warns(RankingWarning, match="masked"):
        assert_same_numbers(found, score_stack(np.ma.masked_array(STACK, mask=STACK > 2)))


@along_every_axis
@pytest.mark.parametrize("kind", NAMED)
def test_names_decide(tmp_path: Path, kind: str, axis: int) -> None:
    found = quiet(NAMED[kind](tmp_path, axis))
    assert_same_numbers(found, score_stack(STACK))
    assert found.image_axis == axis
    assert any(f"axis {axis} of" in text and "time" in text for text in found.warnings) == (axis > 0)


@pytest.mark.parametrize("kind", NAMED)
def test_the_option_overrides_names(tmp_path: Path, kind: str) -> None:
    found = quiet(NAMED[kind](tmp_path, 0), image_axis=1)
    assert_same_numbers(found, score_stack(np.moveaxis(STACK, 1, 0)))


@along_every_axis
def test_interpretation_decides_where_there_are_no_names(tmp_path: Path, axis: int) -> None:
    interpretation = {0: "image", 2: "spectrum"}.get(axis, "scalar")
    uri = described(tmp_path, axis, lambda _, data: data.attrs.update(interpretation=interpretation))
    assert quiet(uri).image_axis == {0: 0, 2: 2}.get(axis, 0)


def test_interpretation_does_not_contradict_names(tmp_path: Path) -> None:
    attributes = {"interpretation": "image", "axes": "y:x:energy"}
    assert quiet(described(tmp_path, 2, lambda _, data: data.attrs.update(attributes))).image_axis == 2


def test_velox(tmp_path: Path) -> None:
    file = tmp_path / "a.emd"
    with h5py.File(file, "w") as opened:
        opened["Data/Image/0f1e2d3c/Data"] = moved(2)
    assert_same_numbers(quiet(f"{file}::/Data/Image/0f1e2d3c/Data"), score_stack(STACK))


@along_every_axis
def test_slices_come_before(tmp_path: Path, axis: int) -> None:
    attributes = {"axes": ["element", *names(axis)]}
    uri = of_elements(tmp_path, axis)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file["maps"].attrs.update(attributes)
    assert_same_numbers(quiet(uri), score_stack(STACK))
    backwards = ["::-1" if i == axis else "::2" for i in AXES]
    found = quiet(f"{tmp_path / 'a.h5'}::/maps?slice=0,{','.join(backwards)}&axis={axis}")
    assert_same_numbers(found, score_stack(STACK[::-1, ::2, ::2]))


@pytest.mark.parametrize(
    "form",
    [
        "{file}::/entry/maps/Ca?axis={axis}",
        "{file}::/entry/maps/Ca&axis={axis}",
        "{file}?path=/entry/maps/Ca&axis={axis}",
        "{file}?axis={axis}&path=/entry/maps/Ca",
        "{file}?path=/entry/maps/Ca&slice=:,:,:&axis={axis}",
        "{file}?path=/entry/maps/Ca&axis={axis}&slice=:,:,:",
        "{file}::/entry/maps/Ca?axis={axis}&slice=...",
        "silx:{file}::/entry/maps/Ca?axis={axis}",
        "silx://{file}?path=/entry/maps/Ca&axis={axis}",
    ],
)
@pytest.mark.parametrize("axis", range(-3, 3))
def test_uris_say_it(tmp_path: Path, form: str, axis: int) -> None:
    in_hdf5(tmp_path, axis % 3)
    uri = form.format(file=tmp_path / "a.h5", axis=axis)
    forms = [uri]
    if form.startswith("silx://"):
        forms.append(pytest.importorskip("silx.io.url").DataUrl(uri))
    for each in forms:
        for options in ({}, {"image_axis": 0}, {"image_axis": 1}):  # the URI knows its stack best
            assert_same_numbers(quiet(each, **options), score_stack(STACK))
    (found,) = find_stacks(uri).values()
    assert_same_numbers(quiet(found), score_stack(STACK))
    assert_same_numbers(quiet(quiet(uri).location), score_stack(STACK))


@pytest.mark.parametrize("text", ["3", "-4", "", "x", "1.0", "12", "²"])
def test_uris_with_another_axis_are_refused(tmp_path: Path, text: str) -> None:
    for uri in (f"{in_hdf5(tmp_path, 0)}?axis={text}", f"{of_tiff(tmp_path, 0)}?axis={text}"):
        with pytest.raises(ValueError, match=r"axis=.* is not valid: give 0, 1 or 2"):
            score_stack(uri)


def test_a_dataset_may_be_named_like_an_axis(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["Ca?axis=2"] = STACK
    found = score_stack(f"{tmp_path / 'a.h5'}::/Ca?axis=2")
    assert (found.image_axis, found.n_images) == (0, 6)


@pytest.mark.parametrize("uri", ["{}::/maps?axis=2", "{}?axis=-1"])
def test_the_axis_of_a_group_is_that_of_its_stacks(tmp_path: Path, uri: str) -> None:
    stacks = three()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, stack in stacks.items():
            file[f"maps/{name}"] = np.moveaxis(stack, 0, 2)
            group = file.create_group(f"maps/{name}_x")
            group.attrs.update(NX_class="NXdata", signal="data")
            group["data"] = np.moveaxis(stack, 0, 2)
    text = uri.format(tmp_path / "a.h5")
    ranking = rank_stacks(text)
    assert {stack.image_axis for stack in ranking.stack_scores} == {2}
    for name, found in find_stacks(text).items():
        assert score_stack(found).image_axis == 2, name


@pytest.mark.parametrize("value", [3, -4, "2", 1.0, True])
def test_other_axes_are_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="image_axis must be"):
        score_stack(STACK, image_axis=value)


@pytest.mark.parametrize("kind", ["array", "hdf5", "tiff", "dask", "zarr"])
def test_a_suspicious_shape_is_told(tmp_path: Path, kind: str) -> None:
    with pytest.warns(
        RankingWarning, match=r"\(30, 44, 6\): read as 30 images of 44 x 6; .* pass image_axis=2"
    ):
        found = score_stack(UNNAMED[kind](tmp_path, 2))
    assert found.image_axis == 0
    assert any("pass image_axis=2" in text for text in found.warnings)


def test_lists_of_images_count_themselves() -> None:
    assert_same_numbers(quiet(list(STACK), image_axis=2), score_stack(STACK))


@pytest.mark.parametrize("kind", ["array", "hdf5", "chunks_across", "virtual", "tiff", "deflated_tiff"])
@pytest.mark.parametrize("where", ["threads", "processes", "child"])
def test_elsewhere(tmp_path: Path, kind: str, where: str) -> None:
    stacks = {"a": UNNAMED[kind](tmp_path, 2), "b": moved(2)[:, :, ::-1]}
    wanted = rank_stacks({"a": STACK, "b": STACK[::-1]})
    if where == "child":
        found = rank_stacks(stacks, image_axis=2, isolate=True)
    else:
        pool = ThreadPoolExecutor if where == "threads" else ProcessPoolExecutor
        with pool(2) as executor:
            found = rank_stacks(stacks, image_axis=2, executor=executor)
    for name, stack in wanted.stacks.items():
        assert_same_numbers(found.stacks[name], stack)
        np.testing.assert_array_equal(found.correlogram(name, 3), wanted.correlogram(name, 3))


@pytest.mark.parametrize("kind", ["hdf5", "tiff"])
def test_specs_travel(tmp_path: Path, kind: str) -> None:
    uri = UNNAMED[kind](tmp_path, 2)
    spec = resolve_stack(uri, limits=Limits(), choices=Choices(2))
    again = pickle.loads(pickle.dumps(spec))
    assert again == spec
    with again.open() as source:
        for start, stop in ((0, 6), (2, 3), (4, 6)):
            np.testing.assert_array_equal(source.read(start, stop).images, STACK[start:stop])


def test_live() -> None:
    scorer = StackScorer(STACK[0], image_axis=-1)
    for n in range(2, 7):
        scorer.add(STACK[n - 1]) if n % 2 else scorer.add(np.moveaxis(STACK[n - 1 : n], 0, 2))
        assert_same_numbers(scorer.result(), score_stack(moved(2)[:, :, :n], image_axis=2))


def test_named_images_live() -> None:
    xarray = pytest.importorskip("xarray")
    scorer = StackScorer(STACK[0]).add(xarray.DataArray(moved(2)[:, :, 1:], dims=("y", "x", "time")))
    assert_same_numbers(scorer.result(), score_stack(STACK))


@pytest.mark.parametrize("option", ["--axis", "--image-axis"])
def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    uris = []
    for name, stack in three().items():
        tifffile.imwrite(tmp_path / f"{name}.tif", np.moveaxis(stack, 0, 2))
        uris.append(str(tmp_path / f"{name}.tif"))
    assert main(["rank", *uris, option, "-1", "--json", "-", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ranked_stack_names"] == ["clear", "fair", "poor"]
    assert [stack["image_axis"] for stack in found["stacks"]] == [2, 2, 2]
    assert found["options"]["image_axis"] == -1


def test_ewoks(tmp_path: Path) -> None:
    task = pytest.importorskip("ndreg_preeval.ewoks.reg2d_preeval").Reg2DPreEvaluation
    stacks = {name: np.moveaxis(stack, 0, 2) for name, stack in three().items()}
    done = task(inputs={"image_stacks": stacks, "image_axis": 2})
    done.execute()
    assert done.outputs.ranked_stack_names == ["clear", "fair", "poor"]
    assert done.ranking.options.image_axis == 2
    outputs = ndreg_preeval.reg2d_preeval(stacks, image_axis=2)
    assert outputs["ranked_stack_names"] == ["clear", "fair", "poor"]


def test_a_dataset_of_xarray() -> None:
    xarray = pytest.importorskip("xarray")
    arrays = {name: (("y", "x", "energy"), np.moveaxis(stack, 0, 2)) for name, stack in three().items()}
    dataset = xarray.Dataset(
        {**arrays, "energies": ("energy", np.arange(5.0)), "mean": (("y", "x"), np.eye(32, 40))}
    )
    ranking = rank_stacks(dataset)
    assert ranking.ranked_stack_names == ["clear", "fair", "poor"]
    assert {stack.image_axis for stack in ranking.stack_scores} == {2}


def test_an_open_group(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, stack in three().items():
            file[f"maps/{name}"] = stack
        file["maps/energy"] = np.arange(5.0)
        file["maps/more/other"] = 1
        assert rank_stacks(file["maps"]).ranked_stack_names == ["clear", "fair", "poor"]
