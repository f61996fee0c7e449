# SPDX-License-Identifier: MIT
"""Layouts of programs: what is found in their files is ranked as the arrays are, bit for bit."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from tests.support.layouts import FILES, SCANS, WITH_ONE_STACK
from tests.support.scenes import assert_same_numbers

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


@pytest.mark.parametrize("make", WITH_ONE_STACK.values(), ids=WITH_ONE_STACK)
def test_the_one_stack_of_a_file(tmp_path: Path, make) -> None:
    layout = make(tmp_path)
    found = find_stacks(layout.uri)
    assert list(found) == list(layout.stacks)
    ((name, uri),) = found.items()
    expected = score_stack(layout.stacks[name])
    for value in (layout.uri, Path(layout.uri), uri):
        assert_same_numbers(score_stack(value), expected)
        assert_same_numbers(rank_stacks({"a": value}).stacks["a"], expected)
        assert_same_numbers(*rank_stacks([value]).stacks.values(), expected)
    ranking = rank_stacks(layout.uri)
    assert list(ranking.stacks) == [name]
    assert_same_numbers(ranking.stacks[name], expected)
    with h5py.File(layout.uri) as file:
        assert_same_numbers(score_stack(file), expected)
        assert_same_numbers(*rank_stacks(file).stacks.values(), expected)
        assert_same_numbers(rank_stacks({"a": file}).stacks["a"], expected)


def test_what_was_taken_is_told(tmp_path: Path) -> None:
    layout = WITH_ONE_STACK["data_exchange"](tmp_path)
    for score in (score_stack(layout.uri), *rank_stacks(layout.uri).stacks.values()):
        assert any("'/exchange/data' (4 images of 24 x 32)" in text for text in score.warnings)
    assert not score_stack(f"{layout.uri}::/exchange/data").warnings


@pytest.mark.parametrize("make", SCANS.values(), ids=SCANS)
def test_images_in_scans(tmp_path: Path, make) -> None:
    layout = make(tmp_path)
    found = find_stacks(layout.uri)
    assert list(found) == list(layout.stacks)
    assert all("::/*.1/" in uri for uri in found.values())
    expected = rank_stacks(layout.stacks)
    assert rank_stacks(found).scores == expected.scores
    assert rank_stacks(list(found.values())).scores == expected.scores
    ranking = rank_stacks(layout.uri)
    assert list(ranking.stacks) == list(layout.stacks) or ranking.scores == expected.scores
    for name, stack in layout.stacks.items():
        assert_same_numbers(ranking.stacks[name], score_stack(stack))
        assert_same_numbers(score_stack(found[name]), ranking.stacks[name])
    with h5py.File(layout.uri) as file:
        assert rank_stacks(file).scores == expected.scores


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_images_of_many_files(tmp_path: Path, make) -> None:
    layout = make(tmp_path)
    found = find_stacks(layout.uri)
    assert set(found) == set(layout.stacks)
    expected = rank_stacks(layout.stacks).scores
    assert rank_stacks(layout.uri).scores == expected
    assert rank_stacks(found).scores == expected
    for name, stack in layout.stacks.items():
        assert_same_numbers(score_stack(found[name]), score_stack(stack))
    single = min(tmp_path.iterdir())
    for run in (find_stacks, rank_stacks, score_stack):
        with pytest.raises(ValueError, match=r"one image .*'\S*\*\S*h5"):
            run(str(single))


def test_maps_by_element_of_one_kind(tmp_path: Path) -> None:
    layout = FILES["maps_projections"](tmp_path)
    for number, name in enumerate(sorted(tmp_path.iterdir())):
        with h5py.File(name, "a") as file:
            file["MAPS/XRF_roi"] = file["MAPS/XRF_fits"][()] + number
    with pytest.raises(
        ValueError, match=r"first of several files, and holds images of several kinds \('XRF_fits/Ca'"
    ):
        rank_stacks(layout.uri)
    assert len(find_stacks(layout.uri)) == 6
    expected = rank_stacks(layout.stacks).scores
    of_fits = f"{layout.uri}::/MAPS/XRF_fits"
    assert rank_stacks(of_fits).scores == expected
    assert find_stacks(of_fits) == {name: f"{of_fits}&slice={i}" for i, name in enumerate(layout.stacks)}
    # In one file they are no stack.
    for run in (rank_stacks, score_stack):
        with pytest.raises(ValueError, match="one image for each of 'Ca', 'Fe'"):
            run(f"{tmp_path}/proj_0009.h5::/MAPS")


def test_elements_in_another_order_are_an_error(tmp_path: Path) -> None:
    layout = FILES["pyxrf_scans"](tmp_path)
    with h5py.File(max(tmp_path.iterdir()), "a") as file:
        names = file["xrfmap/detsum/xrf_fit_name"]
        names[...] = names[()][::-1]
    for run in (rank_stacks, find_stacks):
        with pytest.raises(
            ValueError, match=r"scan2D_9\.h5: .* are called 'compton', 'Fe_K', 'Ca_K', and 'Ca_K'"
        ):
            run(layout.uri)


@pytest.mark.parametrize("names", [b"Ca", [b"Ca"], [[b"Ca"] * 3], [1, 2, 3], "group", None], ids=str)
def test_names_of_elements_that_cannot_be_used(tmp_path: Path, names) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("MAPS")
        group["XRF_fits"] = np.stack([np.eye(24, 32)] * 3)
        if names == "group":
            group.create_group("channel_names")
        elif names is not None:
            group["channel_names"] = names
    assert list(find_stacks(f"{tmp_path}/a.h5::/MAPS")) == ["XRF_fits"]
