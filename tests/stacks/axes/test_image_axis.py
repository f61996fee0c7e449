# SPDX-License-Identifier: MIT
"""Names of axes, and what they decide."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from ndreg_preeval.stacks.axes import axis_of_names, choose_axis, role
from ndreg_preeval.stacks.axes.image_axis import COLUMN, IMAGES, RECOGNISED, ROW, WEAK

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reading.md"
SHAPE = (20, 21, 22)


def test_the_page_has_the_table() -> None:
    found = re.findall(r"^\| ((?:row|column|images).*?) \| (`.*`) \|$", PAGE.read_text(), re.MULTILINE)
    assert {kind: tuple(re.findall("`(.*?)`", names)) for kind, names in found} == RECOGNISED


def test_no_name_is_in_two_rows() -> None:
    names = list(itertools.chain.from_iterable(RECOGNISED.values()))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("y", ROW),
        ("Latitude", ROW),
        (" X ", COLUMN),
        ("TIME", IMAGES),
        ("rotation_angle", IMAGES),
        ("pixel_y", ROW),
        ("samX", COLUMN),
        ("sampleX", COLUMN),
        ("scan_x", COLUMN),
        ("x_y", None),
        ("z", WEAK),
        ("energy [keV]", IMAGES),
        ("dim_0", None),
        ("", None),
        (None, None),
        ("?" * 5000, None),
    ],
)
def test_role(name: str | None, wanted: str | None) -> None:
    assert role(name) == wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (("time", "y", "x"), 0),
        (("y", "time", "x"), 1),
        (("y", "x", "time"), 2),
        (("x", "y", "foo"), 2),
        (("x", "y", None), 2),
        (("lat", "lon", "level"), 2),
        (("x", "y", "z"), 2),
        (("z", "y", "x"), 0),
        ((None, None, "energy"), 2),
        (("dim_0", "dim_1", "frame"), 2),
        (("foo", "energy", "x"), 1),
        (("energy", "z", "x"), 0),
        ((None, "z", "x"), None),
        (("time", "energy", "x"), None),
        (("y", "row", "time"), 2),
        (("y", "y", "y"), None),
        (("y", "x", "x"), None),
        (("foo", "bar", "baz"), None),
        ((None, None, None), None),
    ],
)
def test_names_decide(names: tuple[str | None, ...], wanted: int | None) -> None:
    assert axis_of_names(names) == wanted
    assert choose_axis(SHAPE, names, None).axis == (wanted or 0)
    for asked in range(-3, 3):
        assert choose_axis(SHAPE, names, asked).axis == asked % 3


def test_what_is_told() -> None:
    assert choose_axis(SHAPE, ("time", "y", "x"), None) == (0, "", "")
    told = choose_axis(SHAPE, ("y", "x", "time"), None)
    assert told == (2, "Its images are counted along axis 2 of (20, 21, 22) (y, x, time).", "")
    assert choose_axis(SHAPE, None, 1).note == "Its images are counted along axis 1 of (20, 21, 22)."
    assert choose_axis(SHAPE, None, None, likely=2).axis == 2
    assert choose_axis(SHAPE, ("time", "y", "x"), None, likely=2).axis == 0


@pytest.mark.parametrize("shape", [(96, 128, 6), (96, 128, 24), (8, 8, 2), (96, 128, 1)])
def test_a_short_last_axis_without_name_is_suspicious(shape: tuple[int, int, int]) -> None:
    n, height, width = shape
    text = f"{shape}: read as {n} images of {height} x {width}; if the last axis counts the images, pass image_axis=2."
    for names in (None, ("foo", "bar", "baz"), ("y", "x", "x")):
        assert choose_axis(shape, names, None) == (0, "", text)
    assert not choose_axis(shape, None, 0).warning
    assert not choose_axis(shape, ("time", "y", "x"), None).warning


@pytest.mark.parametrize("shape", [(96, 128, 25), (6, 96, 128), (23, 128, 6), (128, 23, 6), (4, 8, 2)])
def test_other_shapes_are_not(shape: tuple[int, int, int]) -> None:
    assert choose_axis(shape, None, None) == (0, "", "")
