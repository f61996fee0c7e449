# SPDX-License-Identifier: MIT
"""Signals of NXdata that are no stacks as they are: nothing takes their place without a word."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, score_stack
from tests.support.scenes import drifting

THREE = drifting(0.3, seed=1)
FOUR = np.stack([THREE, drifting(0.3, seed=2)])
FIVE = np.stack([FOUR, FOUR])
LEFT_OUT = "is a signal of NXdata, and is left out"


def nxdata(parent: h5py.Group, name: str, signal: str, **members: Any) -> h5py.Group:
    group = parent.require_group(name)
    group.attrs["NX_class"] = "NXdata"
    group.attrs["signal"] = signal
    for key, value in members.items():
        group[key] = value
    return group


def write(folder: Path, make: Callable[[h5py.File], Any]) -> str:
    with h5py.File(folder / "a.h5", "w") as file:
        make(file)
    return str(folder / "a.h5")


def told(run: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What is returned, and what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RankingWarning)
        result = run()
    return result, [str(each.message) for each in caught if each.category is RankingWarning]


def with_siblings(file: h5py.File) -> None:
    nxdata(file, "e/d", "a", a=FOUR, b=FOUR, c=THREE)


def linked(file: h5py.File) -> None:
    file["e/before/a"] = FOUR
    nxdata(file, "e/d", "a", a=file["e/before/a"], c=THREE)


# ------------------------------------------------------------------ beside the signal


@pytest.mark.parametrize("group", ["", "::/e", "::/e/d"])
def test_a_signal_of_four_axes_is_listed_with_its_siblings(tmp_path: Path, group: str) -> None:
    uri = write(tmp_path, with_siblings) + group
    found, texts = told(lambda: find_stacks(uri))
    assert list(found) == ["a/0", "a/1", "b/0", "b/1", "c"]
    assert [text.partition(" ")[0] for text in texts] == ["'/e/d/a'", "'/e/d/b'"]
    for run in (lambda: rank_stacks(uri), lambda: rank_stacks([uri]), lambda: score_stack(uri)):
        with pytest.raises(
            ValueError, match=r"there are '/e/d/a' \(the signal, 2 x .*'/e/d/c'.*: name them$"
        ):
            run()


@pytest.mark.parametrize("path", ["/", "e", "e/d"])
def test_open_groups_refuse_too(tmp_path: Path, path: str) -> None:
    with h5py.File(write(tmp_path, with_siblings)) as file:
        for run in (lambda: rank_stacks(file[path]), lambda: score_stack(file[path])):
            with pytest.raises(ValueError, match="the signal, 2 x 5 x"):
                run()


def test_an_nxdata_that_is_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, lambda file: nxdata(file, "/", "a", a=FOUR, c=THREE))
    assert list(told(lambda: find_stacks(path))[0]) == ["a/0", "a/1", "c"]
    with pytest.raises(ValueError, match=r"in it there are '/a' \(the signal"):
        rank_stacks(path)


def test_a_signal_of_five_axes(tmp_path: Path) -> None:
    path = write(tmp_path, lambda file: nxdata(file, "d", "a", a=FIVE, c=THREE))
    found, (text,) = told(lambda: find_stacks(path))
    assert list(found) == ["c"]
    assert f"'/d/a' of the shape {FIVE.shape} {LEFT_OUT}: it has 5 axes" in text
    for run in (lambda: rank_stacks(path), lambda: score_stack(path), lambda: score_stack(f"{path}::/d")):
        with pytest.raises(ValueError, match=r"'/d/a' \(the signal, 2 x 2 x"):
            run()


def test_a_signal_that_is_a_link_to_what_was_met_before(tmp_path: Path) -> None:
    path = write(tmp_path, linked)
    for uri in (path, f"{path}::/e", f"{path}::/e/d"):
        with pytest.raises(ValueError, match=r"/a' \((the signal, )?2 x 5 x .*'/e/d/c'"):
            rank_stacks(uri)


@pytest.mark.parametrize("names", [False, True])
def test_where_the_axis_of_stacks_is_known_its_siblings_are_taken(tmp_path: Path, names: bool) -> None:
    def make(file: h5py.File) -> None:
        with_siblings(file)
        if names:
            file["e/d"].attrs["axes"] = ["element", "energy", "y", "x"]
            file["e/d/element"] = np.array([b"Ca", b"Fe"])

    uri = f"{write(tmp_path, make)}::/e/d"
    found, (text,) = told(lambda: find_stacks(uri if names else f"{uri}&stacks=0"))
    wanted = ["a/Ca", "a/Fe", "b/Ca", "b/Fe"] if names else ["a/0", "a/1", "b/0", "b/1"]
    assert list(found) == wanted
    assert "'/e/d' names one signal, 'a', and holds 1 more dataset of its shape: 'b' is taken, too" in text
    ranking, _ = told(lambda: rank_stacks(uri, stacks_axis=None if names else 0))
    assert sorted(ranking.stacks) == wanted


# ------------------------------------------------------------------ other stacks than those of the signal


def elsewhere(file: h5py.File) -> None:
    nxdata(file, "e/d1", "a", a=FOUR)
    nxdata(file, "e/d2", "x", x=THREE)


def default(file: h5py.File) -> None:
    elsewhere(file)
    file.attrs["default"] = "e/d1"


def auxiliary(file: h5py.File) -> None:
    nxdata(file, "e/d1", "a", a=FOUR, x=THREE).attrs["auxiliary_signals"] = ["x"]


def plain(file: h5py.File) -> None:
    nxdata(file, "e/d1", "a", a=FOUR)
    file["x"] = THREE


def searched(file: h5py.File) -> None:
    nxdata(file, "e/d1", "a", a=FOUR)
    file["maps/x"] = THREE


def spectra(file: h5py.File) -> None:
    group = nxdata(file, "e/d1", "a", a=FOUR, x=THREE)
    group["a"].attrs["interpretation"] = "spectrum"


def of_no_pixels(file: h5py.File) -> None:
    nxdata(file, "e/d1", "a", a=THREE.astype("c8"), x=THREE)


@pytest.mark.parametrize(
    "make",
    [elsewhere, default, auxiliary, plain, searched, spectra, of_no_pixels],
    ids=lambda it: it.__name__,
)
def test_other_stacks_are_taken_with_a_warning(tmp_path: Path, make: Callable[[h5py.File], None]) -> None:
    path = write(tmp_path, make)
    for run in (lambda: list(find_stacks(path)), lambda: list(rank_stacks(path).stacks)):
        names, texts = told(run)
        assert names == ["x"]
        (text,) = (each for each in texts if LEFT_OUT in each)
        assert text.startswith("'/e/d1/a' of the shape (")
        assert ("complex64" if make is of_no_pixels else "spectra" if make is spectra else "&stacks=") in text


def test_a_signal_without_a_pixel_is_told_of(tmp_path: Path) -> None:
    path = write(tmp_path, lambda file: nxdata(file, "d", "a", a=np.zeros((0, 5, 32, 40)), c=THREE))
    found, (text,) = told(lambda: find_stacks(path))
    assert list(found) == ["c"]
    assert text == "'/d/a' holds no pixel (its shape is (0, 5, 32, 40)) and is left out"


def test_one_whose_axes_another_group_names_is_not_left_out(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for name in ("d1", "d2", "d3"):
            nxdata(file, name, "a", a=file.get("d1/a", FOUR))
        file["d2"].attrs["axes"] = ["element", "energy", "y", "x"]

    found, texts = told(lambda: find_stacks(write(tmp_path, make)))
    assert len(found) == 2
    assert texts == []


def test_many_are_counted(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for number in range(9):
            nxdata(file, f"d{number}", "a", a=FOUR)
        nxdata(file, "x", "x", x=THREE)

    _, texts = told(lambda: find_stacks(write(tmp_path, make)))
    assert len(texts) == 7
    assert texts[-1] == "3 more signals of NXdata are left out"


# ------------------------------------------------------------------ files are called files


def test_errors_call_a_file_a_file(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        file["g/m/a"], file["g/n/b"] = THREE, THREE[:, 1:]

    path = write(tmp_path, make)
    for uri in (path, f"{path}::/"):
        with pytest.raises(
            ValueError, match=r"the file '.*a\.h5' holds nothing .*; in it there are '/g/m/a'"
        ) as caught:
            rank_stacks(uri)
        assert "group" not in str(caught.value)
    with pytest.raises(ValueError, match=r"a\.h5::/g' is a group, not .*; below it there are '/g/m/a'"):
        rank_stacks(f"{path}::/g")
    with h5py.File(path) as file:
        with pytest.raises(ValueError, match=r"found in the file '.*a\.h5': in it there are"):
            rank_stacks(file)
        with pytest.raises(ValueError, match=r"found in the group '/g': below it there are"):
            rank_stacks(file["g"])
        with pytest.raises(ValueError, match=r"this is a file, not a dataset"):
            score_stack(file)
        with pytest.raises(ValueError, match=r"this is a group, not a dataset"):
            score_stack(file["g"])


def test_one_is_not_several(tmp_path: Path) -> None:
    path = write(tmp_path, lambda file: nxdata(file, "e/d", "a", a=FOUR))
    with pytest.raises(ValueError, match=r"; in it there is '/e/d/a' \(the signal, 2 .*: name it$"):
        rank_stacks(path)
    with pytest.raises(ValueError, match=r"; below it there is '/e/d/a' \(the signal, 2 .*: name it$"):
        rank_stacks(f"{path}::/e")


@pytest.mark.parametrize(
    ("group", "place"),
    [("", "in the file"), ("::/", "in the file"), ("::/g", "below the group that was named")],
)
def test_where_a_search_found_a_stack(tmp_path: Path, group: str, place: str) -> None:
    path = write(tmp_path, lambda file: file.create_dataset("g/deep/a", data=THREE))
    ranking = rank_stacks(path + group)
    sentence = f"A search {place} found it: '/g/deep/a' (5 images of 32 x 40)."
    assert sentence in ranking["a"].warnings
    assert f"place of a: a{sentence[1:]}" in " ".join(str(ranking).split())
