# SPDX-License-Identifier: MIT
"""Stacks along an axis of a dataset: their URIs, open objects of h5py, messages, and whoever calls."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, reg2d_preeval, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import resolve_stacks
from tests.support.four_axes import (
    AXES,
    ELEMENTS,
    NUMBERED,
    STACKS,
    assert_same_ranking,
    by_labels_and_sibling,
    by_nxdata,
    in_hdf5,
    stacked,
)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
along_every_axis = pytest.mark.parametrize("axis", AXES)


@along_every_axis
@pytest.mark.parametrize(
    "form", ["{}?stacks={}", "{}&stacks={}", "silx:{}?stacks={}", "{}&slice=...&stacks={}"]
)
def test_uris_say_it(tmp_path: Path, form: str, axis: int) -> None:
    for asked in (axis, axis - 4):
        uri = form.format(in_hdf5(tmp_path, axis), asked)
        assert_same_ranking(rank_stacks(uri), NUMBERED)
        assert_same_ranking(
            rank_stacks(uri, stacks_axis=(axis + 1) % 4), NUMBERED
        )  # it knows its stacks best
        assert_same_ranking(rank_stacks(find_stacks(uri)), NUMBERED)
    indices = [",".join([":"] * axis + [str(number)]) for number in range(3)]
    plain = in_hdf5(tmp_path, axis)
    assert list(find_stacks(uri).values()) == [f"{plain}&slice={text}" for text in indices]
    found = rank_stacks(uri)
    assert [found.stacks[name].location for name in "012"] == list(find_stacks(uri).values())


def test_slices_come_before(tmp_path: Path) -> None:
    six = np.stack([stacked(0), stacked(0)[::-1]])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["maps"] = six
        file["element_names"] = list(ELEMENTS)
    uri = f"{tmp_path}/a.h5::/maps"
    backwards = dict(reversed(STACKS.items()))
    assert_same_ranking(rank_stacks(f"{uri}?slice=0&stacks=0"), STACKS)
    assert_same_ranking(rank_stacks(f"{uri}?stacks=0&slice=0,::-1"), backwards)
    assert list(find_stacks(f"{uri}?stacks=0&slice=0,::-1")) == list(backwards)
    some = {name: stack[::2, 3:, ::-1] for name, stack in list(STACKS.items())[1:]}
    found = rank_stacks(f"{uri}?slice=0,1:,::2,3:,::-1&stacks=0")
    assert_same_ranking(found, some)
    assert found.stacks["Zn"].location == f"{uri}&slice=0,2,::2,3:,::-1"
    with pytest.raises(ValueError, match=r"stacks_axis=0 .* a stack has three"):
        rank_stacks(f"{uri}?stacks=0")


@pytest.mark.parametrize("spare", [0, 1, 4])
def test_axes_of_one_element_go(tmp_path: Path, spare: int) -> None:
    value = np.expand_dims(stacked(0), spare)
    axis = int(spare == 0)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["maps"] = value
    for each in (value, f"{tmp_path}/a.h5::/maps"):
        assert_same_ranking(rank_stacks(each, stacks_axis=axis), NUMBERED)


def test_an_axis_of_one_element_is_one_stack(tmp_path: Path) -> None:
    value = STACKS["Ca"][None]
    expected = score_stack(STACKS["Ca"])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["maps"] = value
    for each in (value, f"{tmp_path}/a.h5::/maps"):
        for options in ({}, {"stacks_axis": 0}):
            assert score_stack(each, **options).score == expected.score
        assert list(rank_stacks({"a": each}, stacks_axis=0).stacks) == ["a"]


def test_stacks_with_three_axes_are_left_alone(tmp_path: Path) -> None:
    uri = in_hdf5(tmp_path, 1)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        for name, stack in STACKS.items():
            file[f"entry/{name}"] = stack
    group = rank_stacks(uri.removesuffix("/maps"), stacks_axis=1)
    expected = {**{f"maps/{name}": stack for name, stack in NUMBERED.items()}, **STACKS}
    assert {name: score.score for name, score in group.stacks.items()} == rank_stacks(expected).scores
    assert group.scores == rank_stacks(f"{uri.removesuffix('/maps')}?stacks=1").scores
    assert_same_ranking(rank_stacks(STACKS, stacks_axis=1), STACKS)


def test_open_datasets_and_groups(tmp_path: Path) -> None:
    for describe in (by_nxdata, by_labels_and_sibling):
        uri = describe(tmp_path, 1)
        with h5py.File(tmp_path / "a.h5") as file:
            below = {f"s/{name}": stack for name, stack in STACKS.items()}
            assert_same_ranking(rank_stacks(file["entry/maps"]), STACKS)
            assert_same_ranking(rank_stacks({"s": file["entry/maps"]}), below)
            assert_same_ranking(rank_stacks(file["entry"]), STACKS)
            assert rank_stacks(file["entry"]).stacks["Ca"].location == f"{uri}&slice=:,1"
            if describe is by_nxdata:
                assert_same_ranking(rank_stacks(file), STACKS)
                assert_same_ranking(rank_stacks({"s": file["entry"]}), below)
    in_hdf5(tmp_path, 2)
    with h5py.File(tmp_path / "a.h5") as file:
        for value in (file["entry/maps"], file["entry"]):
            assert_same_ranking(rank_stacks(value, stacks_axis=2), NUMBERED)


# ------------------------------------------------------------------ messages


def test_one_of_several_is_asked_for(tmp_path: Path) -> None:
    uri = by_nxdata(tmp_path, 0)
    with pytest.raises(ValueError, match=r"holds 3 stacks: name one of them .*Ca.*, as in .*maps&slice=0"):
        score_stack(uri)
    with pytest.raises(ValueError, match=r"the ndarray holds 3 stacks: take one of them by an index"):
        score_stack(stacked(0), stacks_axis=0)
    assert score_stack(f"{uri}&slice=1").score == score_stack(STACKS["Ca"]).score


def test_four_axes_show_both_ways_out(tmp_path: Path) -> None:
    uri = in_hdf5(tmp_path, 0)
    for value in (stacked(0), uri):
        with pytest.raises(ValueError, match="stack 'a'") as caught:
            rank_stacks({"a": value})
        for part in ("as in [0]", "&slice=0", "stacks_axis=0", "&stacks=0"):
            assert part in str(caught.value)
    with pytest.raises(TypeError, match="or say by stacks_axis= which of its 4 axes counts stacks"):
        rank_stacks(stacked(0))
    with pytest.raises(ValueError, match=r"take some by .*, or all by &stacks=0"):
        rank_stacks(uri.removesuffix("/maps"))
    with pytest.raises(ValueError, match=r"name the axis of its stacks, as in &stacks=0"):
        find_stacks(uri)


@pytest.mark.parametrize("asked", [4, -5, 31])
def test_axes_that_are_none(tmp_path: Path, asked: int) -> None:
    for value in (stacked(0), in_hdf5(tmp_path, 0)):
        with pytest.raises(ValueError, match=rf"stacks_axis={asked} of the shape .*: there are 4 axes"):
            rank_stacks({"a": value}, stacks_axis=asked)
    ranking = rank_stacks(
        {"a": in_hdf5(tmp_path, 0), "b": STACKS["Ca"]}, stacks_axis=asked, on_error="rank_last"
    )
    assert ranking.ranked_stack_names == ["b", "a"]


@pytest.mark.parametrize("kind", ["h5", "tif"])
def test_three_axes_hold_one_stack(tmp_path: Path, kind: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["Ca"] = STACKS["Ca"]
    tifffile.imwrite(tmp_path / "a.tif", STACKS["Ca"], photometric="minisblack")
    uri = f"{tmp_path}/a.h5::/Ca" if kind == "h5" else f"{tmp_path}/a.tif"
    with pytest.raises(ValueError, match=r"stacks=0 needs one axis more than a stack has"):
        score_stack(f"{uri}?stacks=0")
    assert score_stack(uri, stacks_axis=0).score == score_stack(STACKS["Ca"]).score


def test_an_axis_cannot_count_any_number_of_stacks(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("maps", (1 << 30, 2, 8, 8), "u1", chunks=(1024, 2, 8, 8))
    with pytest.raises(ValueError, match="it would count 1073741824 stacks, more than 10000"):
        rank_stacks(f"{tmp_path}/a.h5::/maps", stacks_axis=0)


@pytest.mark.parametrize("value", [1.0, True, "0", [0]])
def test_the_option_is_checked(value: Any) -> None:
    with pytest.raises(TypeError, match="stacks_axis must be an integer"):
        rank_stacks({"a": STACKS["Ca"]}, stacks_axis=value)
    with pytest.raises(ValueError, match="stacks_axis must be an axis"):
        rank_stacks({"a": STACKS["Ca"]}, stacks_axis=64)


# ------------------------------------------------------------------ whoever calls


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = in_hdf5(tmp_path, 1)
    expected = rank_stacks(NUMBERED)
    for arguments in ([uri, "--stacks-axis", "1"], [f"{uri}?stacks=1"], [uri, "--stacks-axis", "-3"]):
        assert main(["rank", *arguments, "--overwrite", "--json", str(tmp_path / "r.json")]) == 0
        report = json.loads((tmp_path / "r.json").read_text())
        assert report["ranked_stack_names"] == expected.ranked_stack_names
        assert [each["score"] for each in report["stacks"]] == list(expected.scores.values())
    capsys.readouterr()
    assert main(["find", f"{uri}?stacks=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{number}\t{uri}&slice=:,{number}" for number in range(3)]


def test_the_task_passes_on_what_was_ranked(tmp_path: Path) -> None:
    uri = in_hdf5(tmp_path, 1)
    found = reg2d_preeval({"scan": uri}, stacks_axis=1)
    assert found["reference_stack"] == "scan/1"
    assert found["ranked_stack_names"] == ["scan/1", "scan/0", "scan/2"]


def test_specs_pickle(tmp_path: Path) -> None:
    specs = [spec for _, spec in resolve_stacks(f"{in_hdf5(tmp_path, 1)}?stacks=1", limits=Limits())]
    assert [pickle.loads(pickle.dumps(each)) for each in specs] == specs


def test_nobody_is_warned(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        rank_stacks({"a": by_nxdata(tmp_path, 1)}, reference_stack="a/Ca")
