# SPDX-License-Identifier: MIT
"""Searches end: loops, broken links, huge groups, damaged files, and limits of objects and time."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks.hdf5.finding import walk
from ndreg_preeval.stacks.hdf5.finding.candidates import search
from ndreg_preeval.stacks.hdf5.finding.walk import Budget
from ndreg_preeval.stacks.hdf5.locate import Files

pytestmark = pytest.mark.filterwarnings("ignore:No stack deserves trust")

STACK = np.random.default_rng(0).random((3, 8, 9))


def found_in(file: h5py.File, **limits: Any) -> Any:
    with Files() as files:
        return search(files, file["/"], "/", {}, Budget(**limits))


def test_loops_of_links(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/b/c/d"] = STACK
        file["a/b/up"] = file["a"]
        file["a/root"] = file["/"]
        file["a/soft"] = h5py.SoftLink("/a/b")
        file["self"] = h5py.SoftLink("/self")
        file["a/outside"] = h5py.ExternalLink("a.h5", "/")
        file["a/gone"] = h5py.ExternalLink("gone.h5", "/x")
        file["a/dangling"] = h5py.SoftLink("/nowhere")
    with pytest.warns(RankingWarning) as caught:
        found = find_stacks(tmp_path / "a.h5")
    assert list(found.values()) == [f"{tmp_path}/a.h5::/a/b/c/d"]
    told = " ".join(str(each.message) for each in caught)
    assert all(f"broken link '{link}'" in told for link in ("/self", "/a/gone", "/a/dangling"))
    assert len(caught) == 3
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        assert score_stack(f"{tmp_path}/a.h5").score == score_stack(STACK).score


def test_many_broken_links_are_told_together(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/d"] = STACK
        for number in range(50):
            file[f"gone{number}"] = h5py.SoftLink("/nowhere")
    with pytest.warns(RankingWarning) as caught:
        find_stacks(tmp_path / "a.h5")
    assert len(caught) == 21
    assert "30 more links" in str(caught[-1].message)


def test_deep_groups(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["/".join("a" * 30)] = STACK
        file["b/" + "/".join("b" * 2000)] = STACK
    assert len(find_stacks(tmp_path / "a.h5")) == 1


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"objects": 10}, "10 objects"),
        ({"seconds": 3.0, "clock": itertools.count(0.0, 0.5).__next__}, "3 s"),
    ],
)
def test_limits(tmp_path: Path, limits: dict[str, Any], told: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(30):
            file[f"g{number:02d}x/d"] = STACK
        found = found_in(file, **limits)
        assert found.stopped == told
        assert 0 < len(found.candidates) < 10
        assert found.group() == found.only() == []
        assert found_in(file).stopped == ""
        assert len(found_in(file).group()) == 30


def test_a_search_that_ended_early_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(30):
            file[f"g{number:02d}x/d"] = STACK
    assert len(rank_stacks(f"{tmp_path}/a.h5").stacks) == 30
    monkeypatch.setattr(walk, "MAX_OBJECTS", 11)
    with pytest.warns(
        RankingWarning, match="the search for stacks ended after 11 objects: there may be more"
    ) as caught:
        assert len(find_stacks(tmp_path / "a.h5")) == 5
    assert caught[0].filename == __file__
    # What is ranked never depends on where a search ended.
    for run in (rank_stacks, score_stack):
        with pytest.raises(ValueError, match="the search ended after 11 objects"):
            run(f"{tmp_path}/a.h5")


def test_a_group_of_many_members(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.zeros((8, 9))
        for number in range(5000):
            file[f"g/{number:04d}"] = file["x"]
        file["h/d"] = STACK
        found = found_in(file)
        assert [each.path for each in found.candidates] == ["/h/d"]
        assert found_in(file, objects=1000).stopped == "1000 objects"


def test_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("g")
        group["text"] = np.full((2, 3, 4), b"x")
        group["complex"] = np.zeros((3, 4, 5), complex)
        group["none"] = h5py.Empty("f")
        group["number"] = 3
        group["record"] = np.zeros((3, 4, 5), [("a", "f4")])
        group["type"] = np.dtype("f4")
        group["reference"] = np.array([[file.ref] * 4] * 4, h5py.ref_dtype)
    with pytest.raises(ValueError, match="no image stack was found"):
        find_stacks(tmp_path / "a.h5")


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_end_in_the_documented_errors(tmp_path: Path, seed: int) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(6):
            file[f"{number}.1/xrf/Ca"] = STACK[0]
            file[f"entry/deep{number}/d"] = STACK
            file[f"{number}.1"].attrs["default"] = "xrf"
    data = bytearray((tmp_path / "a.h5").read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(48, len(data) if seed % 2 else 8192, 8):
        data[place] = random.integers(256)
    (tmp_path / "a.h5").write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        for run in (find_stacks, score_stack):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                run(f"{tmp_path}/a.h5")


def test_stacks_of_four_axes_are_slices(tmp_path: Path) -> None:
    first, last = np.random.default_rng(1).random((2, 4, 8, 9)), np.random.default_rng(2).random((4, 8, 9, 2))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/first"], file["g/last"] = first, last
        file["g/five"] = np.zeros((2, 2, 2, 2, 2))
    with pytest.warns(RankingWarning, match="along axis") as caught:
        found = find_stacks(f"{tmp_path}/a.h5::/g")
    assert [str(each.message).split("(")[0] for each in caught] == [
        "'/g/first' of the shape ",
        "'/g/last' of the shape ",
    ]
    assert list(found) == ["first/0", "first/1", "last/0", "last/1"]
    for name, array in {"first/1": first[1], "last/1": last[..., 1]}.items():
        assert score_stack(found[name]).score == score_stack(array).score
    assert sorted(rank_stacks(list(found.values())).scores.values()) == sorted(
        rank_stacks(found).scores.values()
    )
    with pytest.raises(
        ValueError,
        match=r"'/g/first' \(2 x 4 x 8 x 9: take some by &slice=:,0 or &slice=\.\.\.,0, or all by &stacks=0\)",
    ):
        rank_stacks(f"{tmp_path}/a.h5::/g")


@pytest.mark.parametrize("said", ["by names", "by the URI", "by the caller"])
def test_axes_of_stacks_at_any_depth(tmp_path: Path, said: str) -> None:
    array = np.random.default_rng(1).random((4, 2, 8, 9))
    file = f"{tmp_path}/a.h5"
    with h5py.File(file, "w") as opened:
        dataset = opened.create_dataset("entry/maps/all", data=array)
        if said == "by names":
            for axis, name in enumerate(("energy", "element", "y", "x")):
                dataset.dims[axis].label = name
    uri = f"{file}?stacks=1" if said == "by the URI" else file
    more = {"stacks_axis": 1} if said == "by the caller" else {}
    expected = rank_stacks({"0": array[:, 0], "1": array[:, 1]}).scores
    assert rank_stacks(uri, **more).scores == expected
    assert rank_stacks({"a": uri}, **more).scores == {f"a/{name}": score for name, score in expected.items()}
    with pytest.raises(ValueError, match="holds 2 stacks"):
        score_stack(uri, **more)
    if not more:
        found = find_stacks(uri)
        assert list(found) == ["0", "1"]
        assert rank_stacks(found).scores == expected
