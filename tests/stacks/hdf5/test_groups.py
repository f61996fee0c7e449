# SPDX-License-Identifier: MIT
"""Files and groups that stand for the stacks in them: by name, by URI and as open groups, all alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from ndreg_preeval.cli import main
from tests.support.scenes import assert_same_numbers, drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = (1000 + 100 * drifting(0.1, n=6)).astype(np.uint16)
OTHER = np.random.default_rng(1).integers(0, 1000, STACK.shape).astype(np.uint16)


def parts(group: h5py.Group, folder: Path, stack: Any = STACK, *, links: bool = False) -> None:
    """Write a series into a group, or into files that it has links to."""
    for number in range(3):
        some, name = stack[2 * number : 2 * number + 2], f"data_{number + 1:06d}"
        if links:
            with h5py.File(folder / f"{name}.h5", "w") as file:
                file["entry/data"] = some
            group[name] = h5py.ExternalLink(f"{name}.h5", "/entry/data")
        else:
            group[name] = some


def nxdata(file: h5py.File, path: str = "entry/data", **attributes: Any) -> h5py.Group:
    group = file.create_group(path)
    group.attrs.update({"NX_class": "NXdata"} | attributes)
    return group


def series(file: h5py.File, folder: Path) -> None:
    parts(nxdata(file), folder)


def linked_series(file: h5py.File, folder: Path) -> None:
    parts(nxdata(file), folder, links=True)


def virtual_beside_parts(file: h5py.File, folder: Path) -> None:
    group = nxdata(file, signal="data")
    parts(group, folder, links=True)
    layout = h5py.VirtualLayout(STACK.shape, STACK.dtype)
    for number in range(3):
        source = h5py.VirtualSource(f"data_{number + 1:06d}.h5", "/entry/data", (2, *STACK.shape[1:]))
        layout[2 * number : 2 * number + 2] = source
    group.create_virtual_dataset("data", layout)


def signal_beside_parts(file: h5py.File, folder: Path) -> None:
    group = nxdata(file)
    parts(group, folder, OTHER)
    group["data"] = STACK


def signal(file: h5py.File, folder: Path) -> None:
    nxdata(file, signal="Fe")["Fe"] = STACK


def linked_signal(file: h5py.File, folder: Path) -> None:
    with h5py.File(folder / "raw.h5", "w") as raw:
        raw["scan/data"] = STACK
    nxdata(file, signal="Fe")["Fe"] = h5py.ExternalLink("raw.h5", "/scan/data")


def default(file: h5py.File, folder: Path) -> None:
    nxdata(file, signal="Fe")["Fe"] = STACK
    file["raw"] = OTHER
    file["entry"].attrs["default"] = "/entry/data"


ONE = {
    each.__name__: each
    for each in (
        series,
        linked_series,
        virtual_beside_parts,
        signal_beside_parts,
        signal,
        linked_signal,
        default,
    )
}


def saved(folder: Path, write: Callable[[h5py.File, Path], None]) -> str:
    """A file with the stack somewhere below an entry, beside other groups."""
    name = folder / "x_master.h5"
    with h5py.File(name, "w") as file:
        file.create_group("entry").attrs["NX_class"] = "NXentry"
        write(file, folder)
        file["entry/instrument/detector/pixel_mask"] = np.zeros(STACK.shape[1:], "u4")
        file["entry/instrument/detector/flatfield"] = np.ones((3, *STACK.shape[1:]), "f4")
    return str(name)


@pytest.mark.parametrize("kind", ONE)
@pytest.mark.parametrize("path", ["", "::", "::/", "::/entry", "::/entry/data"])
def test_the_one_stack_of_a_file_or_group_is_taken(tmp_path: Path, kind: str, path: str) -> None:
    file, expected = saved(tmp_path, ONE[kind]), score_stack(STACK)
    assert len(find_stacks(file)) == 1
    (name,) = find_stacks(file)
    assert_same_numbers(score_stack(f"{file}{path}"), expected)
    for stacks in ({"a": f"{file}{path}"}, f"{file}{path}", [f"{file}{path}"]):
        ranking = rank_stacks(stacks)
        assert list(ranking.stacks) == (["a"] if isinstance(stacks, dict) else [name])
        assert_same_numbers(*ranking.stacks.values(), expected)


@pytest.mark.parametrize("kind", ONE)
@pytest.mark.parametrize("path", ["/", "entry", "entry/data"])
def test_open_groups_are_as_their_uris(tmp_path: Path, kind: str, path: str) -> None:
    name, expected = saved(tmp_path, ONE[kind]), score_stack(STACK)
    with h5py.File(name) as file:
        group = file if path == "/" else file[path]
        assert_same_numbers(score_stack(group), expected)
        assert_same_numbers(rank_stacks({"Fe": group}).stacks["Fe"], expected)
        assert_same_numbers(
            rank_stacks({"Fe": group}, num_threads=2, memory_limit=1024).stacks["Fe"], expected
        )
        ranking = rank_stacks(group)
        assert list(ranking.stacks) == list(rank_stacks(f"{name}::/{path}").stacks)
        assert_same_numbers(*ranking.stacks.values(), expected)
        assert name in ranking.stacks[ranking.reference_stack].location or "raw" in kind
        assert file["entry/data"]  # what the caller has open stays open
    with pytest.raises((ValueError, TypeError)):
        score_stack(group)


def several(file: h5py.File) -> None:
    for entry, element, stack in (("e1", "Ca", STACK), ("e1", "Fe", OTHER), ("e2", "Ca", STACK[::-1])):
        nxdata(file, f"{entry}/maps/{element}", signal="data")["data"] = stack
    file.create_group("e1/instrument")


def test_open_groups_of_several_stacks(tmp_path: Path) -> None:
    name = f"{tmp_path}/a.h5"
    with h5py.File(name, "w") as file:
        several(file)
    with h5py.File(name) as file:
        for path in ("/", "e1", "e1/maps", "e2"):
            expected = rank_stacks(f"{name}::/{path}")
            assert rank_stacks(file[path]).scores == expected.scores
            assert list(rank_stacks(file[path]).stacks) == list(expected.stacks)
        for run in (lambda: score_stack(file["e1"]), lambda: rank_stacks({"x": file["e1"]})):
            with pytest.raises(ValueError, match=r"holds 2 stacks.*'/e1/maps/Ca/data', '/e1/maps/Fe/data'"):
                run()
        with pytest.raises(ValueError, match=r"holds 3 stacks"):
            score_stack(file)
    with pytest.raises(ValueError, match=r"'.*a\.h5' names no dataset.*'/e1/maps/Ca/data'"):
        score_stack(name)


def test_open_groups_without_stack(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/deep/x"], file["g/y"], file["g/z/x"] = STACK, np.zeros(3), OTHER[:, 1:]
        file.create_group("empty")
        for run in (lambda: rank_stacks(file["g"]), lambda: score_stack(file["g"])):
            with pytest.raises(
                ValueError, match=r"(no image stack was found|holds no NXdata with 3-D signals).*'/g/deep/x'"
            ):
                run()
        for run in (lambda: rank_stacks(file["empty"]), lambda: score_stack(file["empty"])):
            with pytest.raises(ValueError, match="NXdata with 3-D signals"):
                run()
        assert list(rank_stacks(file["g/deep"]).stacks) == ["x"]


def test_broken_links_beside_stacks_of_open_groups(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/Fe"], file["g/Ca"] = STACK, OTHER
        file["g/gone"] = h5py.SoftLink("/nowhere")
        file["g/lost"] = h5py.ExternalLink("nowhere.h5", "/d")
        assert set(rank_stacks(file["g"]).stacks) == {"Fe", "Ca"}


def test_projections_and_masks_of_open_groups(tmp_path: Path) -> None:
    valid = np.ones(STACK.shape[1:], bool)
    valid[4:9, 5:30] = False
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = nxdata(file, signal="Fe")
        group["Fe"] = np.concatenate([np.zeros_like(STACK[:1]), STACK])
        group["image_key"] = [2] + [0] * 6
        group["pixel_mask"] = (~valid).astype("u1")
        for value in (file, file["entry"], group):
            assert_same_numbers(score_stack(value), score_stack(STACK, mask=valid))


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", f"a={saved(tmp_path, virtual_beside_parts)}"]) == 0
    assert "a" in capsys.readouterr().out
