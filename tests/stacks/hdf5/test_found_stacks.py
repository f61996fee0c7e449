# SPDX-License-Identifier: MIT
"""Stacks that nobody named: all of an NXdata group, and none that would stop the others."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, score_stack
from tests.support.scenes import drifting

SHAPE = (5, 32, 40)
ELEMENTS = ("Ca", "Fe", "K", "Mn", "Ti", "Zn")


def nxdata(parent: h5py.Group, name: str, signal: str | None = None, **attributes: Any) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = "NXdata"
    if signal is not None:
        group.attrs["signal"] = signal
    for key, value in attributes.items():
        group.attrs[key] = value
    return group


def fill(group: h5py.Group, names: tuple[str, ...] = ELEMENTS) -> None:
    for seed, name in enumerate(names):
        group[name] = drifting(0.3, seed=seed)


def write(path: Path, make: Callable[[h5py.File], None]) -> str:
    with h5py.File(path, "w") as file:
        make(file)
    return str(path)


def found(uri: str) -> tuple[list[str], list[str]]:
    """The names that are found, and what is told."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names = list(find_stacks(uri))
    assert all(each.category is RankingWarning for each in caught)
    return names, [str(each.message) for each in caught]


def ranked(path: str, road: str, group: str) -> tuple[list[str], str]:
    """The names in the ranking of a file, and what is told."""
    stacks: Any = {"group": f"{path}::/{group}", "list": [path]}.get(road, path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RankingWarning)
        if road == "h5py":
            with h5py.File(path) as file:
                ranking = rank_stacks(file[group])
        elif road == "executor":
            with ThreadPoolExecutor(2) as pool:
                ranking = rank_stacks(stacks, executor=pool)
        else:
            ranking = rank_stacks(stacks, isolate=road == "isolate")
    return sorted(ranking.ranked_stack_names), "\n".join(str(each.message) for each in caught)


# ------------------------------------------------------------------ datasets beside a signal


def test_datasets_like_the_only_signal_are_stacks_too(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        group = nxdata(file, "entry/data", "Fe", axes=["energy", ".", "."])
        fill(group)
        group["energy"] = np.arange(5.0)
        group["Ca_errors"] = np.zeros(SHAPE)
        group["errors"] = np.zeros(SHAPE)
        group["Fe_uncertainties"] = np.zeros(SHAPE)
        group["sum_std"] = np.zeros(SHAPE)
        group["mask"] = np.zeros(SHAPE, bool)
        group["weights"] = np.zeros(SHAPE)
        group["data_dark"] = np.zeros(SHAPE)
        group["positions"] = np.zeros(SHAPE)
        group.attrs["positions_indices"] = [0, 1, 2]
        group["text"] = np.zeros(SHAPE, "S3")
        group["binned"] = np.zeros((5, 16, 20))
        group["Fe_again"] = h5py.SoftLink("Fe")
        group["K_again"] = h5py.SoftLink("K")

    names, told = found(write(tmp_path / "a.h5", make))
    assert sorted(names) == sorted(ELEMENTS)
    assert names[0] == "Fe", "the signal comes first"
    (text,) = told
    assert "'/entry/data' names one signal, 'Fe', and holds 5 more datasets of its shape" in text


@pytest.mark.parametrize("road", ["file", "group", "h5py", "isolate", "executor"])
def test_every_road_takes_them_and_tells(tmp_path: Path, road: str) -> None:
    def make(file: h5py.File) -> None:
        fill(nxdata(file, "entry/data", "Ca"))
        file.attrs["default"] = "entry"
        file["entry"].attrs["default"] = "data"

    path = write(tmp_path / "a.h5", make)
    names, told = ranked(path, road, "entry/data")
    assert names == sorted(ELEMENTS)
    assert told.count("holds 5 more datasets of its shape") == 1


def test_a_group_that_is_named_as_one_stack_is_its_signal(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", lambda file: fill(nxdata(file, "entry/data", "Fe")))
    assert score_stack(f"{path}::/entry/data").location.endswith("::/entry/data/Fe")


def test_auxiliary_signals_say_which(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.h5", lambda file: fill(nxdata(file, "data", "Fe", auxiliary_signals=["Ca", "K"]))
    )
    assert found(path) == (["Fe", "Ca", "K"], [])


def test_beside_several_signals_the_others_are_told_only(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for scan in ("1.1", "2.1"):
            fill(nxdata(file, f"{scan}/data", "Ca"), ("Ca", "Fe"))

    names, (text,) = found(write(tmp_path / "a.h5", make))
    assert len(names) == 2
    assert "'/1.1/data/Fe', '/2.1/data/Fe'" in text
    assert "not taken" in text


def test_links_beside_a_signal(tmp_path: Path) -> None:
    other = write(tmp_path / "b.h5", lambda file: fill(file, ("Zn",)))

    def make(file: h5py.File) -> None:
        group = nxdata(file, "data", "Ca")
        fill(group, ("Ca",))
        group["outside"] = h5py.ExternalLink(other, "/Zn")
        layout = h5py.VirtualLayout(SHAPE, "f8")
        layout[:] = h5py.VirtualSource(other, "/Zn", shape=SHAPE)
        group.create_virtual_dataset("virtual", layout)
        group["broken"] = h5py.SoftLink("/nowhere")

    path = write(tmp_path / "a.h5", make)
    assert found(path)[0] == ["Ca", "outside", "virtual"]
    with pytest.warns(RankingWarning, match="2 more datasets"):
        assert len(rank_stacks(path).stacks) == 3


def test_nxdata_without_images_may_hold_others(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        outer = nxdata(file, "entry/spectra", "sum")
        outer["sum"] = np.zeros(100)
        fill(nxdata(outer, "maps", "Ca", auxiliary_signals=["Fe"]))

    assert found(write(tmp_path / "a.h5", make)) == (["Ca", "Fe"], [])


# ------------------------------------------------------------------ datasets further down


def test_what_lies_deeper_is_found_or_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", lambda file: fill(file.create_group("exchange"), ("a",)))
    assert found(path) == (["a"], [])

    def make(file: h5py.File) -> None:
        fill(file.create_group("exchange"), ("a", "b"))
        file["other/deep/c"] = np.zeros((3, 8, 9))

    path = write(tmp_path / "b.h5", make)
    with pytest.raises(ValueError, match=r"'/exchange/a', '/exchange/b'.*'/other/deep/c'") as caught:
        rank_stacks(path)
    assert "neither" not in str(caught.value)


# ------------------------------------------------------------------ stacks that cannot be


def spoilt(file: h5py.File) -> None:
    group = file.create_group("maps")
    fill(group, ("Ca", "Fe"))
    group["empty"] = np.zeros((0, 32, 40))
    group["flat"] = np.zeros((5, 0, 40))
    layout = h5py.VirtualLayout(SHAPE, "f8")
    layout[:] = h5py.VirtualSource("gone.h5", "/x", shape=SHAPE)
    group.create_virtual_dataset("virtual", layout)


@pytest.mark.parametrize("road", ["file", "group", "list", "h5py", "isolate", "executor"])
def test_one_of_those_found_stops_no_other(tmp_path: Path, road: str) -> None:
    path = write(tmp_path / "a.h5", spoilt)
    names, told = ranked(path, road, "maps")
    assert names == ["Ca", "Fe"]
    for text in (
        "empty' holds no pixel",
        "flat' holds no pixel",
        "stack 'virtual' was found, could not be opened",
    ):
        assert told.count(text) == 1, told


def test_find_leaves_out_what_has_no_pixel(tmp_path: Path) -> None:
    names, told = found(write(tmp_path / "a.h5", spoilt))
    assert names == ["Ca", "Fe", "virtual"]
    assert [text.partition(" ")[0] for text in told] == ["'/maps/empty'", "'/maps/flat'"]


def test_ranked_last_it_stays_in_the_ranking(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", spoilt)
    with pytest.warns(RankingWarning) as told:
        ranking = rank_stacks(path, on_error="rank_last")
    texts = [str(each.message) for each in told]
    assert any(text.startswith("stack 'virtual' could not be read and is ranked last: ") for text in texts)
    assert ranking.ranked_stack_names[-1] == "virtual"


@pytest.mark.parametrize("name", ["empty", "flat", "virtual"])
def test_one_that_is_named_is_an_error(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a.h5", spoilt)
    uri = f"{path}::/maps/{name}"
    for stacks in ({"x": uri}, [uri], [f"{path}::/maps/Ca", uri]):
        with pytest.raises((ValueError, OSError)) as caught:
            rank_stacks(stacks)
        notes = getattr(caught.value, "__notes__", [])
        assert any('on_error="rank_last"' in note for note in notes) == (len(stacks) > 1)
    with pytest.raises((ValueError, OSError)):
        score_stack(uri)


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        file["maps/a"] = np.zeros((0, 8, 8))
        file["maps/b"] = np.zeros((3, 8, 0))

    path = write(tmp_path / "a.h5", make)
    with pytest.raises(ValueError, match="nor 3-D datasets with any pixel"):
        rank_stacks(path)
    with pytest.raises(ValueError, match="no image stack was found"):
        find_stacks(path)
