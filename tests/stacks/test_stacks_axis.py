# SPDX-License-Identifier: MIT
"""Several stacks in one array, dataset or file: found by names or asked for, and the same bits."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import Choices, resolve_stack, resolve_stacks
from tests.support.four_axes import (
    AXES,
    NAMED,
    NUMBERED,
    STACKS,
    UNNAMED,
    assert_same_ranking,
    described,
    stacked,
)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
along_every_axis = pytest.mark.parametrize("axis", AXES)
every_form = pytest.mark.parametrize("form", UNNAMED)


@along_every_axis
@every_form
def test_the_axis_asked_for_counts_stacks(tmp_path: Path, form: str, axis: int) -> None:
    value = UNNAMED[form](tmp_path, axis)
    n = 5 if form == "spare_axis" else 4
    for asked in (axis, axis - n):
        assert_same_ranking(rank_stacks(value, stacks_axis=asked), NUMBERED)
    below = {f"scan/{name}": stack for name, stack in NUMBERED.items()}
    both = {**below, "one": STACKS["Ca"]}
    assert_same_ranking(rank_stacks({"scan": value, "one": STACKS["Ca"]}, stacks_axis=axis), both)
    for pairing in ("previous", "reference"):
        some: dict[str, Any] = {"pairing": pairing, "memory_limit": 1 << 15, "num_threads": 1}
        assert_same_ranking(rank_stacks(value, stacks_axis=axis, **some), NUMBERED, pairing=pairing)


@every_form
@pytest.mark.parametrize("run", ["threads", "processes", "isolate"])
def test_wherever_it_runs(tmp_path: Path, form: str, run: str) -> None:
    value = UNNAMED[form](tmp_path, 1)
    if run == "isolate":
        assert_same_ranking(rank_stacks(value, stacks_axis=1, isolate=True), NUMBERED)
        return
    pool = ThreadPoolExecutor if run == "threads" else ProcessPoolExecutor
    with pool(2) as executor:
        assert_same_ranking(rank_stacks(value, stacks_axis=1, executor=executor), NUMBERED)


def test_masked_arrays_keep_their_masks() -> None:
    hidden = stacked(1) > 2
    value = np.ma.masked_array(stacked(1), mask=hidden)
    expected = {name: np.ma.masked_array(stacked(1)[:, i], mask=hidden[:, i]) for i, name in enumerate("012")}
    assert_same_ranking(rank_stacks(value, stacks_axis=1), expected)


@pytest.mark.parametrize("form", ["array", "dask", "zarr", "hdf5", "chunks"])
def test_one_mask_for_all(tmp_path: Path, form: str) -> None:
    mask = np.arange(44) > np.arange(30)[:, None] - 9
    found = rank_stacks(UNNAMED[form](tmp_path, 0), stacks_axis=0, mask=mask)
    assert_same_ranking(found, NUMBERED, mask=mask)


def test_views_are_not_copied() -> None:
    value = stacked(2)
    with resolve_stack({"a": value}["a"][:, :, 0], limits=Limits()).open() as source:
        assert np.shares_memory(source.read(0, 1).images[0], value)

    for number, (_, spec) in enumerate(
        resolve_stacks(value, limits=Limits(), choices=Choices(stacks_axis=2))
    ):
        with spec.open() as source:
            images = source.read(0, 5).images
            assert np.shares_memory(images, value)
            np.testing.assert_array_equal(images, value[:, :, number])


@along_every_axis
def test_the_axis_of_images_is_one_of_those_left(tmp_path: Path, axis: int) -> None:
    moved = np.ascontiguousarray(np.moveaxis(stacked(0), 1, 3))  # (element, y, x, time)
    value = np.ascontiguousarray(np.moveaxis(moved, 0, axis))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["maps"] = value
    for each in (value, f"{tmp_path}/a.h5::/maps"):
        found = rank_stacks(each, stacks_axis=axis, image_axis=2)
        assert_same_ranking(found, NUMBERED)
        assert {score.image_axis for score in found.stacks.values()} == {2}
    assert_same_ranking(rank_stacks(f"{tmp_path}/a.h5::/maps?axis=-1&stacks={axis}"), NUMBERED)


@along_every_axis
@pytest.mark.parametrize("form", NAMED)
def test_names_decide(tmp_path: Path, form: str, axis: int) -> None:
    value = NAMED[form](tmp_path, axis)
    assert_same_ranking(rank_stacks(value), STACKS)
    assert_same_ranking(rank_stacks({7: value, "one": STACKS["Ca"]}), {
        **{f"7/{name}": stack for name, stack in STACKS.items()}, "one": STACKS["Ca"],
    })  # fmt: skip
    if isinstance(value, str):
        assert_same_ranking(rank_stacks([value]), STACKS)
        assert_same_ranking(rank_stacks(find_stacks(value)), STACKS)
        assert list(find_stacks(value)) == list(STACKS)


@pytest.mark.parametrize("form", [form for form in NAMED if "group" not in form and "file" not in form])
def test_the_option_overrides_names(tmp_path: Path, form: str) -> None:
    value = NAMED[form](tmp_path, 0)
    expected = {str(number): np.ascontiguousarray(stacked(0)[:, number]) for number in range(5)}
    assert_same_ranking(rank_stacks(value, stacks_axis=1), expected)


@pytest.mark.parametrize(
    ("dims", "counts"),
    [
        (("c", "t", "y", "x"), 0),
        (("Channel", "Z", "row", "column"), 0),
        (("energy", "element", "y", "x"), 1),
        (("detector", "angle", "a", "b"), 0),
        (("scan", "emission_line", "y", "x"), 1),
        (("foo", "band", "lat", "lon"), 1),
        (("y", "x", "time", "roi"), 3),
        (("t", "z", "y", "x"), None),
        (("energy", "angle", "y", "x"), None),
        (("element", "channel", "y", "x"), None),
        (("element", "a", "b", "d"), None),
        (("a", "b", "c", "d"), None),
    ],
)
def test_what_names_say(dims: Any, counts: int | None) -> None:
    xarray = pytest.importorskip("xarray")
    value = xarray.DataArray(np.random.default_rng(0).normal(size=(3, 4, 20, 24)), dims=dims)
    for shape in (value, value.expand_dims("sample")):
        if counts is not None:
            assert len(rank_stacks(value).stacks) == value.shape[counts]
            assert len(rank_stacks(value.expand_dims("sample")).stacks) == value.shape[counts]
            continue
        with pytest.raises(ValueError, match="stacks_axis=0 says which axis counts them") as caught:
            rank_stacks({"a": value, "b": shape[0]})
        assert f"of the axes ({', '.join(dims)})" in str(caught.value)


def test_channels_of_a_detector_are_not_ranked_by_name_alone() -> None:
    xarray = pytest.importorskip("xarray")
    spectra = xarray.DataArray(np.zeros((3, 4, 5, 512), np.uint8), dims=("time", "y", "x", "channel"))
    with pytest.raises(ValueError, match="stacks_axis=0 says which"):
        rank_stacks({"a": spectra})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["Ca", "Fe", "Zn"], ["Ca", "Fe", "Zn"]),
        ([" Ca ", "Fe/K", "Zn"], ["Ca", "Fe_K", "Zn"]),
        (["Ca", "Ca", "Zn"], ["0", "1", "2"]),
        (["Ca", "", "Zn"], ["0", "1", "2"]),
        (["Ca", "Fe"], ["0", "1", "2"]),
        ([1.0, 2.0, 3.0], ["0", "1", "2"]),
    ],
)
def test_names_of_stacks(tmp_path: Path, labels: list[Any], expected: list[str]) -> None:
    uri = described(tmp_path, 0, lambda group, _: group.update({"maps_names": labels}))
    assert list(find_stacks(f"{uri}?stacks=0")) == expected
    assert sorted(rank_stacks(uri, stacks_axis=0).stacks) == sorted(expected)


def test_labels_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    def describe(group: h5py.Group, data: h5py.Dataset) -> None:
        group["maps_names"] = h5py.SoftLink("/nowhere")
        group["maps_labels"] = h5py.ExternalLink("nosuch.h5", "/a")
        data.parent.create_dataset("names", (3,), "S9", external=[("/dev/zero", 0, 27)])

    uri = described(tmp_path, 0, describe)
    assert list(find_stacks(f"{uri}?stacks=0")) == ["0", "1", "2"]


def test_five_axes_of_which_two_have_one_element() -> None:
    value = STACKS["Ca"][:, None, None]
    named = pytest.importorskip("xarray").DataArray(value, dims=("t", "c", "z", "y", "x"))
    assert_same_ranking(rank_stacks({"a": named}), {"a": STACKS["Ca"]})
    with pytest.raises(ValueError, match=r"not \(5, 1, 1, 30, 44\)"):
        rank_stacks({"a": value})
