# SPDX-License-Identifier: MIT
"""Channels of a TIFF file as stacks, by the letters of its axes or asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from ndreg_preeval import find_stacks, rank_stacks
from tests.support.four_axes import (
    ELEMENTS,
    NUMBERED,
    STACKS,
    assert_same_ranking,
    stacked,
)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def write_tiff(folder: Path, axes: str, how: str, **metadata: Any) -> str:
    """The stacks with T for the images, C for elements, and further axes of length 1."""
    lengths = {"C": 3, "T": 5, "Y": 30, "X": 44}
    order = [axis for axis in axes if axis in lengths]
    value = np.transpose(np.stack(list(STACKS.values())), ["CTYX".index(axis) for axis in order])
    value = value.reshape([lengths.get(axis, 1) for axis in axes])
    path = folder / ("a.ome.tif" if how == "ome" else "a.tif")
    tifffile.imwrite(
        path, value, imagej=how == "imagej", photometric="minisblack", metadata={"axes": axes, **metadata}
    )
    return str(path)


@pytest.mark.parametrize(
    ("axes", "how"),
    [
        ("TCYX", "ome"),
        ("CTYX", "ome"),
        ("TCZYX", "ome"),
        ("TZCYX", "imagej"),
        ("TCYX", "shaped"),
        ("CTYX", "shaped"),
    ],
)
def test_tiff(tmp_path: Path, axes: str, how: str) -> None:
    labels = {"Channel": {"Name": list(ELEMENTS)}} if how == "ome" else {}
    if how == "imagej":
        labels = {"Labels": [name for _ in range(5) for name in ELEMENTS]}
    uri = write_tiff(tmp_path, axes, how, **labels)
    expected = STACKS if labels else NUMBERED
    assert_same_ranking(rank_stacks(uri), expected)
    assert_same_ranking(rank_stacks([uri]), expected)
    assert_same_ranking(rank_stacks({"s": uri}), {f"s/{name}": stack for name, stack in expected.items()})
    assert_same_ranking(rank_stacks(find_stacks(uri)), expected)
    assert_same_ranking(rank_stacks(uri, isolate=True), expected)
    cut = ":," if axes.startswith("T") else ""
    assert list(find_stacks(uri).values()) == [f"{uri}?slice={cut}{number}" for number in range(3)]
    for axis in (axes.replace("Z", "").index("C"), axes.index("C"), axes.replace("Z", "").index("C") - 4):
        assert_same_ranking(rank_stacks(uri, stacks_axis=axis), expected)
        assert_same_ranking(rank_stacks(f"{uri}?stacks={axis}"), expected)


def test_tiff_without_names(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", stacked(0), photometric="minisblack")
    uri = str(tmp_path / "a.tif")
    for run in (lambda: rank_stacks({"a": uri}), lambda: rank_stacks(uri), lambda: find_stacks(uri)):
        with pytest.raises(
            ValueError, match=r"axes QQYX of lengths \(3, 5, 30, 44\): take some by"
        ) as caught:
            run()
        for part in ("?slice=:,0", "?stacks=0 for Q", "a.tif"):
            assert part in str(caught.value)
    assert_same_ranking(rank_stacks(uri, stacks_axis=0), NUMBERED)
    assert_same_ranking(
        rank_stacks(f"{uri}?slice=:,::-1&stacks=0"), {n: s[::-1] for n, s in NUMBERED.items()}
    )


def test_time_and_depth_are_not_guessed(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", stacked(0), imagej=True, photometric="minisblack", metadata={"axes": "TZYX"}
    )
    with pytest.raises(ValueError, match=r"axes TZYX .* as in \?stacks=0 for T"):
        rank_stacks(str(tmp_path / "a.tif"))
    assert_same_ranking(rank_stacks(f"{tmp_path}/a.tif?stacks=0"), NUMBERED)
