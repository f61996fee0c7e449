# SPDX-License-Identifier: MIT
"""Pixels that metadata declare invalid: filled as masked ones, told, and the same bits everywhere."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, StackScorer, rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers, drifting

SHAPE = (32, 40)
VALID = np.ones(SHAPE, dtype=bool)
VALID[5:15, 12:30] = False
COUNT = int((~VALID).sum())
FILL = -30000


def scene(dtype: Any = "i2", noise: float = 0.1) -> Any:
    """Images with the same values where pixels are invalid."""
    stack = (1000 * drifting(noise, n=6, shape=SHAPE)).astype(dtype)
    stack[:, ~VALID] = FILL
    return stack


def by_attribute(name: str, value: Any) -> Callable[[h5py.File, Any], None]:
    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        file["v"].attrs[name] = value

    return write


def write_underload(file: h5py.File, stack: Any) -> None:
    file["v"] = stack
    file["underload_value"] = FILL + 1


BY_VALUE: dict[str, Callable[[h5py.File, Any], None]] = {
    "_FillValue": by_attribute("_FillValue", np.int16(FILL)),
    "_FillValue of shape (1,)": by_attribute("_FillValue", np.array([FILL])),
    "_FillValue as float": by_attribute("_FillValue", float(FILL)),
    "missing_value": by_attribute("missing_value", FILL),
    "list of missing_value": by_attribute("missing_value", np.array([32000, FILL])),
    "underload_value": write_underload,
}


def bits() -> Any:
    """One kind of bad pixel after the other."""
    found = np.zeros(SHAPE, np.uint32)
    kinds = [1 << bit for bit in (0, 1, 2, 3, 4, 6, 8, 31)]
    found[~VALID] = np.resize(np.array(kinds, np.uint32), COUNT)
    return found


def beside(file: h5py.File, stack: Any) -> None:
    file["d/v"] = stack
    file["d/pixel_mask"] = bits()
    file["v"] = h5py.SoftLink("/d/v")


def in_two_masks(file: h5py.File, stack: Any) -> None:
    file["v"] = stack
    first = bits()
    first[8:] = 0
    file["pixel_mask"] = first
    file["pixel_mask_1"] = bits()


def of_one_image(file: h5py.File, stack: Any) -> None:
    file["v"] = stack
    file["pixel_mask"] = bits()[None].astype(np.int64)


def of_target(file: h5py.File, stack: Any) -> None:
    file["entry/instrument/detector/data"] = stack
    file["entry/instrument/detector/pixel_mask"] = bits()
    file["v"] = file["entry/instrument/detector/data"]
    file["v"].attrs["target"] = "/entry/instrument/detector/data"


def of_detector(file: h5py.File, stack: Any) -> None:
    file["entry/data/v"] = stack
    for path, kind in (("entry", "NXentry"), ("entry/instrument", "NXinstrument"), ("entry/data", "NXdata")):
        file.require_group(path).attrs["NX_class"] = kind
    for name, data in (("other", np.zeros(3)), ("own", file["entry/data/v"])):
        detector = file.create_group(f"entry/instrument/{name}")
        detector.attrs["NX_class"] = "NXdetector"
        detector["data"] = data
        detector["pixel_mask"] = bits() if name == "own" else bits()[::-1]
    file["v"] = h5py.SoftLink("/entry/data/v")


def of_dectris(file: h5py.File, stack: Any) -> None:
    file["entry/data/v"] = stack
    for path, kind in (("entry", "NXentry"), ("entry/instrument", "NXinstrument")):
        file.require_group(path).attrs["NX_class"] = kind
    detector = file.create_group("entry/instrument/detector")
    detector.attrs["NX_class"] = "NXdetector"
    detector["detectorSpecific/pixel_mask"] = bits()
    file["v"] = h5py.SoftLink("/entry/data/v")


BY_MASK = {
    "beside": beside,
    "in two masks": in_two_masks,
    "of one image": of_one_image,
    "of target": of_target,
    "of detector": of_detector,
    "of Dectris": of_dectris,
}

by_value = pytest.mark.parametrize("kind", BY_VALUE)
by_mask = pytest.mark.parametrize("kind", BY_MASK)


def path_of(kind: str) -> str:
    return {"of detector": "entry/data/v", "of Dectris": "entry/data/v"}.get(kind, "v")


def saved(folder: Path, write: Callable[[h5py.File, Any], None], stack: Any) -> Path:
    file = folder / "a.nc"
    with h5py.File(file, "w") as opened:
        write(opened, stack)
    return file


def quietly(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        return function(*arguments, **options)


@by_value
@pytest.mark.parametrize("dtype", ["i2", ">i4", "f4", "f8"])
@pytest.mark.parametrize("method", ["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"])
def test_values_are_filled_as_masked_pixels(tmp_path: Path, kind: str, dtype: str, method: str) -> None:
    stack = scene(dtype)
    uri = f"{saved(tmp_path, BY_VALUE[kind], stack)}::/v"
    for pairing in ("reference", "previous"):
        options: dict[str, Any] = {"method": method, "pairing": pairing}
        wanted = score_stack(stack, mask=VALID, **options)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = score_stack(uri, **options)
        by = next(word for word in kind.split() if "_" in word)
        assert any(f"that {by} = " in str(each.message) and "filled" in str(each.message) for each in said)
        assert_same_numbers(found, wanted)
        assert_same_numbers(quietly(score_stack, uri, invalid="raise", **options), wanted)
        ignoring = quietly(score_stack, uri, declared_invalid="ignore", **options)
        assert_same_numbers(ignoring, quietly(score_stack, stack, **options))
        assert not any("declares" in text for text in ignoring.warnings)


@by_mask
@pytest.mark.parametrize("method", ["evidence", "ewoksndreg"])
def test_masks_of_the_detector(tmp_path: Path, kind: str, method: str) -> None:
    stack = scene()
    uri = f"{saved(tmp_path, BY_MASK[kind], stack)}::/{path_of(kind)}"
    wanted = score_stack(stack, mask=VALID, method=method)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        found = score_stack(uri, method=method)
        assert_same_numbers(found, wanted)
        assert_same_numbers(score_stack(uri, method=method, invalid="raise"), wanted)
    assert any("per image are declared invalid by pixel_mask" in text for text in found.warnings)
    if kind != "in two masks":
        assert any(text.startswith(f"{COUNT} pixels per image are declared") for text in found.warnings)
    ignoring = quietly(score_stack, uri, method=method, declared_invalid="ignore")
    assert_same_numbers(ignoring, quietly(score_stack, stack, method=method))


def each_its_own() -> Any:
    """A mask for each image: none of them is that of another."""
    masks = np.zeros((6, *SHAPE), np.uint32)
    for index, mask in enumerate(masks):
        mask[3 * index : 3 * index + 4, 10:20] = 1 << index
    return masks


@pytest.mark.parametrize(
    "where", ["blocks", "threads", "child", "previous", "backwards", "last axis", "chunks"]
)
def test_masks_that_differ_from_image_to_image(tmp_path: Path, where: str) -> None:
    stack, masks = scene(), each_its_own()
    axis = 2 if where == "last axis" else 0

    def write(file: h5py.File, stack: Any) -> None:
        how: dict[str, Any] = {"chunks": (2, 8, 8), "compression": "gzip"} if where == "chunks" else {}
        file.create_dataset("v", data=np.moveaxis(stack, 0, axis), **how)
        file.create_dataset("pixel_mask", data=np.moveaxis(masks, 0, axis), **how)

    uri = f"{saved(tmp_path, write, stack)}::/v"
    options: dict[str, Any] = {"image_axis": axis}
    wanted = np.ma.masked_array(stack, masks != 0)
    if where == "backwards":
        uri += "?slice=::-1,2:30,35:4:-1"
        wanted = wanted[::-1, 2:30, 35:4:-1]
    if where == "previous":
        options["pairing"] = "previous"
    expected = quietly(score_stack, wanted, **(options | {"image_axis": 0}))
    if where == "blocks":
        options |= {"memory_limit": 1024, "num_threads": 2}
    if where == "child":
        options["isolate"] = True
    if where == "threads":
        with ThreadPoolExecutor(2) as executor:
            found = quietly(score_stack, uri, executor=executor, **options)
    else:
        found = quietly(score_stack, uri, **options)
    assert_same_numbers(found, expected)
    assert "Pixels that pixel_mask ('/pixel_mask') declares invalid are filled." in found.warnings
    if where != "threads":
        assert_same_numbers(quietly(score_stack, uri, invalid="raise", **options), expected)


def test_a_mask_of_each_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        mask = file.create_dataset("pixel_mask", data=each_its_own(), chunks=(1, *SHAPE), compression="gzip")
        mask.id.write_direct_chunk((3, 0, 0), b"no deflate")

    uri = f"{saved(tmp_path, write, scene())}::/v"
    with pytest.raises(OSError, match=r"a\.nc.*images .*pixel_mask"):
        quietly(score_stack, uri)
    assert_same_numbers(quietly(score_stack, uri, declared_invalid="ignore"), quietly(score_stack, scene()))


@by_mask
def test_an_open_dataset_has_its_mask(tmp_path: Path, kind: str) -> None:
    stack = scene()
    with h5py.File(saved(tmp_path, BY_MASK[kind], stack)) as file:
        assert_same_numbers(score_stack(file[path_of(kind)]), score_stack(stack, mask=VALID))


def test_the_noise_does_not_win(tmp_path: Path) -> None:
    stacks = {"noise": scene(noise=50.0), "good": scene()}

    def write(file: h5py.File, _: Any) -> None:
        for name, stack in stacks.items():
            file[name] = stack
            file[name].attrs["_FillValue"] = np.int16(FILL)

    file = saved(tmp_path, write, None)
    ranking = quietly(rank_stacks, [f"{file}::/{name}" for name in stacks])
    assert ranking.ranked_stack_names == ["good", "noise"]
    assert ranking.stacks["good"].trust > 0.9
    assert ranking.stacks["noise"].trust < 0.2


def test_values_with_a_mask_of_the_caller_and_of_the_detector(tmp_path: Path) -> None:
    stack = scene()
    mine = np.ones(SHAPE, dtype=bool)
    mine[20:] = False

    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        file["v"].attrs["_FillValue"] = FILL
        file["pixel_mask"] = np.eye(*SHAPE, dtype=np.uint8)

    wanted = score_stack(stack, mask=VALID & mine & ~np.eye(*SHAPE, dtype=bool))
    uri = f"{saved(tmp_path, write, stack)}::/v"
    assert_same_numbers(quietly(score_stack, uri, mask=mine, invalid="raise"), wanted)
    found = quietly(score_stack, uri, mask=mine)
    lost = 6 * int((~VALID & mine & ~np.eye(*SHAPE, dtype=bool)).sum())
    assert any(text.startswith(f"{lost} pixels NaN, infinite or masked") for text in found.warnings)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_axes_and_slices_cut_the_mask_too(tmp_path: Path, axis: int) -> None:
    stack = scene()

    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = np.moveaxis(stack, 0, axis)
        file["pixel_mask"] = bits()

    uri = f"{saved(tmp_path, write, stack)}::/v"
    assert_same_numbers(score_stack(f"{uri}?axis={axis}"), score_stack(stack, mask=VALID))
    cut = ["2:30:2", "35:4:-1"]
    cut.insert(axis, ":")
    part = np.s_[:, 2:30:2, 35:4:-1]
    assert_same_numbers(
        score_stack(f"{uri}?slice={','.join(cut)}&axis={axis}"),
        score_stack(stack[part], mask=VALID[part[1:]]),
    )


@pytest.mark.parametrize("kind", ["_FillValue", "beside", "of Dectris"])
@pytest.mark.parametrize("where", ["threads", "processes", "child", "blocks"])
@pytest.mark.parametrize("opened", [False, True])
def test_elsewhere(tmp_path: Path, kind: str, where: str, opened: bool) -> None:
    stack = scene()
    file = saved(tmp_path, {**BY_VALUE, **BY_MASK}[kind], stack)
    path = path_of(kind)
    wanted = quietly(score_stack, f"{file}::/{path}")
    assert_same_numbers(wanted, score_stack(stack, mask=VALID))
    with h5py.File(file) as data:
        value = data[path] if opened else f"{file}::/{path}"
        if where == "child":
            found = quietly(score_stack, value, isolate=True)
        elif where == "blocks":
            found = quietly(score_stack, value, memory_limit=1024, num_threads=2)
        else:
            with (ThreadPoolExecutor if where == "threads" else ProcessPoolExecutor)(2) as executor:
                found = quietly(score_stack, value, executor=executor)
    assert_same_numbers(found, wanted)
    assert set(wanted.warnings) <= set(found.warnings)


def test_the_correlogram_is_that_of_the_ranking(tmp_path: Path) -> None:
    stack = scene()
    ranking = quietly(rank_stacks, {"a": f"{saved(tmp_path, BY_VALUE['_FillValue'], stack)}::/v"})
    wanted = rank_stacks({"a": stack}, mask=VALID)
    np.testing.assert_array_equal(ranking.correlogram("a", 4), wanted.correlogram("a", 4))


def test_live_equals_offline(tmp_path: Path) -> None:
    with h5py.File(saved(tmp_path, BY_VALUE["_FillValue"], scene())) as file:
        scorer = StackScorer(file["v"][0], mask=VALID)
        for stop in range(2, 7):
            quietly(scorer.add, file["v"][stop - 1])
            assert_same_numbers(scorer.result(), score_stack(scene()[:stop], mask=VALID))


@pytest.mark.parametrize("dtype", ["i2", "u2", "u1", "f4", "bool"])
@pytest.mark.parametrize("value", [FILL, np.nan, np.inf, 1e30, np.array([-70000, 1e300])])
def test_values_that_no_pixel_has_change_nothing(tmp_path: Path, dtype: str, value: Any) -> None:
    stack = (drifting(0.1) > 0).astype(dtype)
    uri = f"{saved(tmp_path, by_attribute('_FillValue', value), stack)}::/v"
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        found = score_stack(uri)
    assert_same_numbers(found, score_stack(stack))
    assert found.warnings == score_stack(stack).warnings


def test_nan_is_invalid_as_ever(tmp_path: Path) -> None:
    stack = scene("f4")
    stack[:, ~VALID] = np.nan
    found = quietly(score_stack, f"{saved(tmp_path, by_attribute('_FillValue', np.nan), stack)}::/v")
    assert_same_numbers(found, quietly(score_stack, stack))


def corrupted(name: str, value: Any) -> Callable[[h5py.File, Any], None]:
    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        if name.startswith("@"):
            file["v"].attrs[name[1:]] = value
        elif value is None:
            file.create_group(name)
        else:
            file[name] = value

    return write


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (corrupted("@_FillValue", "none"), "attribute _FillValue = .*none.* is no value of pixels: it is ignored"),
        (corrupted("@_FillValue", h5py.Empty("f4")), "_FillValue .* ignored"),
        (corrupted("@missing_value", np.arange(40)), "missing_value .* ignored"),
        (corrupted("@missing_value", np.array([1j])), "missing_value .* ignored"),
        (corrupted("pixel_mask", np.ones((3, 3), "u4")), r"pixel_mask .* ignored: its shape is \(3, 3\)"),
        (corrupted("pixel_mask", np.ones(SHAPE, "f4")), "pixel_mask .* ignored: it holds float32, not bits"),
        (corrupted("pixel_mask", np.ones(SHAPE, "u1")), "pixel_mask .* ignored: it leaves no pixel"),
        (corrupted("pixel_mask", "text"), "pixel_mask .* ignored"),
        (corrupted("pixel_mask", h5py.Empty("u4")), "pixel_mask .* ignored"),
        (corrupted("underload_value", [1, 2]), "underload_value .* ignored: it must be one number"),
        (corrupted("underload_value", "low"), "underload_value .* ignored"),
    ],
)  # fmt: skip
def test_damaged_metadata_is_told_and_ignored(
    tmp_path: Path, write: Callable[[h5py.File, Any], None], message: str
) -> None:
    stack = drifting(0.1)
    uri = f"{saved(tmp_path, write, stack)}::/v"
    with pytest.warns(RankingWarning, match=message):
        found = score_stack(uri)
    assert_same_numbers(found, score_stack(stack))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        score_stack(uri, declared_invalid="ignore")


@pytest.mark.parametrize("name", ["pixel_mask", "underload_value"])
def test_what_is_no_mask_says_nothing(tmp_path: Path, name: str) -> None:
    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        file[name] = h5py.SoftLink("/gone")

    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        for each in (write, corrupted(name, None)):
            score_stack(f"{saved(tmp_path, each, drifting(0.1))}::/v")


def test_a_zarr_fill_value_is_no_missing_value(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    stack = scene()
    array = zarr.open(
        str(tmp_path / "a.zarr"), mode="w", shape=stack.shape, chunks=(1, *SHAPE), dtype="i2", fill_value=FILL
    )
    array[:] = stack
    assert_same_numbers(quietly(score_stack, array), quietly(score_stack, stack))


def test_xarray_gives_nan(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(np.where(VALID, scene("f8"), np.nan), dims=("time", "y", "x"))
    assert quietly(score_stack, array).trust == pytest.approx(
        score_stack(scene(), mask=VALID).trust, abs=0.01
    )
