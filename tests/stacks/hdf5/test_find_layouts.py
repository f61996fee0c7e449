# SPDX-License-Identifier: MIT
"""Layouts of programs: what is found in their files is ranked as the arrays are, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from ndreg_preeval.cli import main
from tests.support.layouts import MANY_FILES, ONE_STACK, SCANS
from tests.support.scenes import assert_same_numbers, drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

LINES = {
    name: drifting(0.05 + 0.02 * seed, n=4, shape=(24, 32), seed=seed).astype(np.float32)
    for seed, name in enumerate(("Ca_K", "Fe_K", "Scatter_Peak000", "Scatter_Peak001"))
}
STACK = LINES["Ca_K"]


def check_command_line(uri: str, expected: dict[str, float], capsys: pytest.CaptureFixture[str]) -> None:
    """What find prints is ranked, all of it and one by one."""
    assert main(["find", uri]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = dict(line.split("\t") for line in out.splitlines())
    assert set(found) == set(expected)
    for stacks in ([uri], list(found.values()), [f"{name}={uri}" for name, uri in found.items()]):
        assert main(["rank", *stacks, "--json", "-", "--quiet"]) == 0
        scores = {stack["name"]: stack["score"] for stack in json.loads(capsys.readouterr().out)["stacks"]}
        assert sorted(scores.values()) == sorted(expected.values())
        if stacks != list(found.values()):
            assert scores == expected


@pytest.mark.parametrize("name", ONE_STACK)
def test_the_one_stack_of_a_file(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    write, called = ONE_STACK[name]
    file = tmp_path / name
    write(file, STACK)
    found = find_stacks(file)
    assert list(found) == [called]
    expected = score_stack(STACK)
    for value in (str(file), file, found[called]):
        assert_same_numbers(score_stack(value), expected)
        assert_same_numbers(rank_stacks({"a": value}).stacks["a"], expected)
        assert_same_numbers(*rank_stacks([value]).stacks.values(), expected)
    ranking = rank_stacks(file)
    assert list(ranking.stacks) == [called]
    assert_same_numbers(ranking.stacks[called], expected)
    assert_same_numbers(
        score_stack(f"{file}?slice=:,:24"), score_stack(STACK[:, :24, :24] if name == "velox.emd" else STACK)
    )
    with h5py.File(file) as opened:
        assert_same_numbers(score_stack(opened), expected)
        assert_same_numbers(*rank_stacks(opened).stacks.values(), expected)
        assert_same_numbers(rank_stacks({"a": opened}).stacks["a"], expected)
    assert main(["find", str(file)]) == 0
    assert capsys.readouterr().out == f"{called}\t{found[called]}\n"


def test_what_was_taken_is_told(tmp_path: Path) -> None:
    ONE_STACK["txm.h5"][0](tmp_path / "txm.h5", STACK)
    for score in (score_stack(tmp_path / "txm.h5"), *rank_stacks(tmp_path / "txm.h5").stacks.values()):
        assert any("'/exchange/data' (4 images of 24 x 32)" in text for text in score.warnings)
    assert not score_stack(f"{tmp_path}/txm.h5::/exchange/data").warnings


@pytest.mark.parametrize("name", SCANS)
def test_images_in_scans(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    uri = f"{tmp_path}/{name}"
    SCANS[name](Path(uri), LINES)
    found = find_stacks(uri)
    assert list(found) == list(LINES)
    assert all("::/*.1/" in each for each in found.values())
    expected = rank_stacks(LINES)
    ranking = rank_stacks(uri)
    assert ranking.scores == expected.scores
    for line, stack in LINES.items():
        assert_same_numbers(ranking.stacks[line], score_stack(stack))
        assert_same_numbers(score_stack(found[line]), ranking.stacks[line])
        assert any("/*.1/" in text for text in ranking.stacks[line].warnings)
    with h5py.File(uri) as file:
        assert rank_stacks(file).scores == expected.scores
    with pytest.raises(ValueError, match=r"names no dataset.*1/\S+' \(4 images of 24 x 32 each\)"):
        score_stack(uri)
    check_command_line(uri, expected.scores, capsys)


@pytest.mark.parametrize("write", MANY_FILES.values(), ids=MANY_FILES)
def test_images_of_many_files(
    tmp_path: Path, write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"{tmp_path}/{write(tmp_path, LINES)}"
    found = find_stacks(uri)
    assert set(found) == set(LINES)
    expected = rank_stacks(LINES).scores
    assert rank_stacks(uri).scores == expected
    for name, stack in LINES.items():
        assert_same_numbers(score_stack(found[name]), score_stack(stack))
    check_command_line(uri, expected, capsys)
    for run in (find_stacks, rank_stacks, score_stack):
        with pytest.raises(ValueError, match=r"one image .*'\S*\*\S*h5"):
            run(str(min(tmp_path.iterdir())))


def test_maps_by_element_of_one_kind(tmp_path: Path) -> None:
    uri = f"{tmp_path}/{MANY_FILES['maps_projections'](tmp_path, LINES)}"
    for number, name in enumerate(sorted(tmp_path.iterdir())):
        with h5py.File(name, "a") as file:
            file["MAPS/XRF_roi"] = file["MAPS/XRF_fits"][()] + number
    with pytest.raises(ValueError, match=r"holds images of several kinds \('XRF_fits/Ca_K'"):
        rank_stacks(uri)
    assert len(find_stacks(uri)) == 8
    of_fits = f"{uri}::/MAPS/XRF_fits"
    assert rank_stacks(of_fits).scores == rank_stacks(LINES).scores
    assert find_stacks(of_fits) == {name: f"{of_fits}&slice={i}" for i, name in enumerate(LINES)}
    # In one file they are no stack.
    for run in (rank_stacks, score_stack):
        with pytest.raises(ValueError, match="one image for each of 'Ca_K', 'Fe_K'"):
            run(f"{tmp_path}/proj_0009.h5::/MAPS")


def test_maps_by_element_in_groups_of_one_file(tmp_path: Path) -> None:
    uri = f"{tmp_path}/scan.h5::/*.1/MAPS"
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        for number, images in enumerate(zip(*LINES.values(), strict=True)):
            file[f"{number + 1}.1/MAPS/XRF_fits"] = np.stack(images)
            file[f"{number + 1}.1/MAPS/channel_names"] = [name.encode() for name in LINES]
    expected = rank_stacks(LINES)
    assert rank_stacks(uri).scores == expected.scores
    assert find_stacks(uri) == {name: f"{uri}/XRF_fits&slice={i}" for i, name in enumerate(LINES)}
    assert rank_stacks(find_stacks(uri)).scores == expected.scores
    with h5py.File(tmp_path / "scan.h5", "a") as file:
        file["2.1/MAPS/channel_names"][...] = [name.encode() for name in reversed(LINES)]
    with pytest.raises(ValueError, match="in the first of the files"):
        rank_stacks(uri)


def test_elements_in_another_order_are_an_error(tmp_path: Path) -> None:
    uri = f"{tmp_path}/{MANY_FILES['pyxrf_scans'](tmp_path, LINES)}"
    with h5py.File(max(tmp_path.iterdir()), "a") as file:
        names = file["xrfmap/detsum/xrf_fit_name"]
        names[...] = names[()][::-1]
    for run in (rank_stacks, find_stacks):
        with pytest.raises(ValueError, match=r"scan2D_9\.h5: .* are called 'Scatter_Peak001', .* and 'Ca_K'"):
            run(uri)


@pytest.mark.parametrize("names", [b"Ca", [b"Ca"], [[b"Ca"] * 3], [1, 2, 3], "group", None], ids=str)
def test_names_of_elements_that_cannot_be_used(tmp_path: Path, names: Any) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("MAPS")
        group["XRF_fits"] = np.stack([np.eye(24, 32)] * 3)
        if names == "group":
            group.create_group("channel_names")
        elif names is not None:
            group["channel_names"] = names
    assert list(find_stacks(f"{tmp_path}/a.h5::/MAPS")) == ["XRF_fits"]
