# SPDX-License-Identifier: MIT
"""Names of the axes of NXdata: AXISNAME_indices decide, and where the order of `axes` contradicts them, it is told."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers, drifting

STACK = drifting(0.1, n=6, shape=(30, 44)).astype("f4")
ORDERS = list(itertools.permutations(("energy", "y", "x")))
TRUE = [("energy", "y", "x"), ("y", "energy", "x"), ("y", "x", "energy")]


def write(
    folder: Path, axis: int, axes: Any, indices: dict[str, Any], *, on: str = "group", **options: Any
) -> str:
    with h5py.File(folder / "a.h5", "w") as file:
        group = file.create_group("d")
        group.attrs.update({"NX_class": "NXdata", "signal": "data"})
        data = group.create_dataset("data", data=np.moveaxis(STACK, 0, axis), **options)
        node = group if on == "group" else data
        node.attrs["axes"] = axes
        node.attrs.update({f"{name}_indices": value for name, value in indices.items()})
    return f"{folder / 'a.h5'}::/d/data"


def said_of(value: Any, **options: Any) -> tuple[Any, list[str]]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = score_stack(value, **options)
    return found, [str(each.message) for each in said if issubclass(each.category, RankingWarning)]


@pytest.mark.parametrize("true", TRUE)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "form", [int, np.int32, lambda axis: [axis], lambda axis: np.array([axis]), lambda axis: axis - 3]
)
@pytest.mark.parametrize("on", ["group", "dataset"])
def test_indices_decide(
    tmp_path: Path, true: tuple[str, ...], order: tuple[str, ...], form: Any, on: str
) -> None:
    axis = true.index("energy")
    indices = {name: form(place) for place, name in enumerate(true)}
    found, said = said_of(write(tmp_path, axis, list(order), indices, on=on))
    assert_same_numbers(found, score_stack(STACK))
    assert found.image_axis == axis
    where = "/d" if on == "group" else "/d/data"
    text = f"The axes of '{where}', ({', '.join(order)}), contradict its AXIS_indices, which decide: read as ({', '.join(true)})."
    assert [text in each for each in said] == [True] * (order != true)


@pytest.mark.parametrize(
    ("axes", "indices", "axis", "told"),
    [
        (["energy", "y", "x"], {"energy": 2}, 2, True),  # the others as far as there is place
        (["energy", "y", "x"], {"y": 0, "x": 1}, 2, True),
        (["energy", "temperature", "y"], {"energy": 0, "temperature": 0, "y": 1}, 0, True),
        (["y", "x", "energy"], {"y": 0, "x": 0, "energy": 0}, 2, True),  # nonsense
        (["energy", "y", "x"], {"y": 0, "x": 0, "energy": 0}, 0, True),
        (["y", "x", "energy"], {"y": 0, "x": 1, "energy": 7}, 2, False),
        (["y", "x", "energy"], {"y": [0, 1], "x": [0, 1], "energy": 2}, 2, False),
        (["y", "x", "energy"], {"y": "none", "energy": h5py.Empty("i4")}, 2, False),
        (["y", ".", "energy"], {"energy": 2}, 2, False),
        (["y", "x", "energy", "rot"], {"y": 0, "x": 1, "energy": 2, "rot": 2}, 2, False),
        (["energy"], {"energy": 2}, 2, False),
        (["y", "x"], {"y": 0, "x": 1}, 2, False),
    ],
)
def test_some_indices(
    tmp_path: Path, axes: list[str], indices: dict[str, Any], axis: int, told: bool
) -> None:
    found, said = said_of(write(tmp_path, axis, axes, indices))
    assert found.image_axis == axis
    assert_same_numbers(found, score_stack(STACK))
    assert sum("contradict its AXIS_indices" in each for each in said) == told


def test_an_axis_asked_for_needs_no_word_on_names(tmp_path: Path) -> None:
    uri = write(tmp_path, 2, ["energy", "y", "x"], {"energy": 2, "y": 0, "x": 1})
    for value, options in ((uri, {"image_axis": 2}), (f"{uri}?axis=2", {})):
        found, said = said_of(value, **options)
        assert_same_numbers(found, score_stack(STACK))
        assert not said


@pytest.mark.parametrize("where", ["blocks", "child", "opened", "slice", "group"])
@pytest.mark.parametrize("how", [{}, {"chunks": (8, 8, 2), "compression": "gzip"}])
def test_wherever_it_is_read(tmp_path: Path, where: str, how: dict[str, Any]) -> None:
    uri = write(tmp_path, 2, ["energy", "y", "x"], {"energy": 2, "y": 0, "x": 1}, **how)
    expected = score_stack(STACK)
    if where == "blocks":
        found, said = said_of(uri, memory_limit=1024, num_threads=2)
    elif where == "child":
        found, said = said_of(uri, isolate=True)
    elif where == "opened":
        with h5py.File(uri.partition("::")[0]) as file:
            found, said = said_of(file["d/data"])
    elif where == "slice":
        found, said = said_of(f"{uri}?slice=:,4:,1:")
        expected = score_stack(STACK[1:, :, 4:])
    else:
        with pytest.warns(RankingWarning, match="contradict"):
            (found,) = rank_stacks(uri.removesuffix("/data")).stacks.values()
        said = list(found.warnings)
    assert_same_numbers(found, expected)
    assert sum("contradict its AXIS_indices" in each for each in said) == 1


def test_parts_of_a_series(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for number in range(2):
            file[f"d/data_{number + 1:06d}"] = STACK[3 * number : 3 * number + 3]
        file["d"].attrs.update({"NX_class": "NXdata", "axes": ["y", "x", "energy"]})
        file["d"].attrs.update({"energy_indices": 0, "y_indices": 1, "x_indices": 2})
    found, said = said_of(f"{tmp_path / 'a.h5'}::/d")
    assert_same_numbers(found, score_stack(STACK))
    assert sum("contradict its AXIS_indices" in each for each in said) == 1
    assert not any("name the parts one by one" in each for each in said)
