# SPDX-License-Identifier: MIT
"""Names in the order that a person counts them in, and numbers that are missing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndreg_preeval.stacks.images.natural_order import (
    in_natural_order,
    missing_numbers,
    natural_key,
    natural_sorted,
    points_are_decimal,
)
from tests.support.examples import examples

ORDERS = {
    "numbers": ["im_1.tif", "im_2.tif", "im_10.tif", "im_100.tif"],
    "no number comes before the numbers": ["im", "im1", "im02", "im10"],
    "leading zeros": ["im_007", "im_8", "im_0010", "im_11"],
    "equal numbers by their characters": ["im_001", "im_01", "im_1", "im_2"],
    "folders, too": ["run2/im_10.tif", "run10/im_2.tif", "run10/im_3.tif"],
    "folder before longer name": ["a/z", "a1/a", "a.tif"],
    "scans and their parts": ["/1.1/Ca", "/1.2/Ca", "/1.10/Ca", "/2.1/Ca", "/10.1/Ca"],
    "energies": ["scan_7.1_keV", "scan_7.112_keV", "scan_7.2_keV", "scan_10.05_keV"],
    "energies before an ending": ["e6.9.tif", "e7.05.tif", "e7.1.tif", "e7.25.tif"],
    "counts with a point": ["s1.1.edf", "s1.2.edf", "s1.9.edf", "s1.10.edf", "s2.1.edf"],
    "padded counts with a point": ["s1.0009.edf", "s1.0010.edf", "s2.0001.edf"],
    "versions and dates": ["v1.2.3", "v1.2.10", "v1.10.1", "v2024.1.15", "v2024.2.3"],
    "tilts below zero": ["t_-60.0.mrc", "t_-3.0.mrc", "t_0.0.mrc", "t_+3.0.mrc", "t_60.0.mrc"],
    "a dash between words is no sign": ["im-1", "im-2", "im-10", "x2024-1-9", "x2024-01-10"],
    "long numbers": ["1" + "0" * n for n in (1, 20, 5000)],
    "text in between": ["a1b2c3", "a1b2c10", "a1b10c1", "a2b1c1"],
    "unusual digits are text": ["im_1", "im_2", "im_\u0661"],
}


@pytest.mark.parametrize("name", ORDERS)
def test_orders(name: str) -> None:
    expected = ORDERS[name]
    for seed in range(5):
        shuffled = random.Random(seed).sample(expected, len(expected))
        assert natural_sorted(shuffled) == expected


@examples(100)
@given(st.lists(st.text("ab./-_+ 019", max_size=12)), st.randoms())
def test_the_order_is_that_of_the_names_alone(names: list[str], order: random.Random) -> None:
    found = natural_sorted(names)
    assert sorted(found) == sorted(names)
    shuffled = list(names)
    order.shuffle(shuffled)
    assert natural_sorted(shuffled) == found
    assert natural_sorted(found) == found


@examples(100)
@given(
    st.text("abc_ -", max_size=4).filter(lambda text: not text.endswith(("_", " ", "-")) and text),
    st.lists(st.integers(0, 10**20), unique=True, min_size=1),
    st.text("abc_", max_size=4),
    st.integers(0, 12),
)
def test_whole_numbers_are_in_order(before: str, numbers: list[int], after: str, width: int) -> None:
    names = {number: f"{before}{number:0{width}d}{after}" for number in numbers}
    assert natural_sorted(names.values()) == [names[number] for number in sorted(numbers)]


@examples(100)
@given(st.lists(st.decimals(0, 100, places=3), unique=True, min_size=1))
def test_energies_are_in_order(energies: list[float]) -> None:
    names = {energy: f"scan_{energy:f}_keV".replace("_-", "_") for energy in energies}
    assert natural_sorted(names.values()) == [names[energy] for energy in sorted(energies)]


@examples(100)
@given(st.lists(st.text(), max_size=4), st.booleans())
def test_keys_of_any_names_compare(names: list[str], decimals: bool) -> None:
    keys = [natural_key(name, decimals=decimals) for name in names]
    assert len(sorted(keys)) == len(names)
    assert len(set(keys)) == len(set(names))


@pytest.mark.parametrize(
    ("names", "decimal"),
    [
        (["7.1", "7.112"], True),
        (["7.05", "7.1", "7.10"], True),
        (["a1.9", "a1.10"], False),
        (["1.10", "1.20"], True),
        ([], True),
        (["1.2.10", "1.2.9"], True),
        (["run2024.01_1.9", "run2024.01_1.10"], False),
        (["2024.05/x1.9", "2024.05/x1.10"], False),
        (["/1.9/e7.1", "/1.10/e7.112"], True),
    ],
)
def test_what_a_point_is(names: list[str], decimal: bool) -> None:
    assert points_are_decimal(names) is decimal


def test_the_order_is_told() -> None:
    found = in_natural_order([(f"im_{k}.tif", "") for k in (10, 2, 1)])
    assert found.order == [2, 1, 0]
    assert (
        found.note == "Its 3 images are in the natural order of their names, from 'im_1.tif' to 'im_10.tif'."
    )
    assert in_natural_order([("a.h5", "/1.1/Ca")]).note == "It has one image, 'a.h5::/1.1/Ca'."
    energies = in_natural_order([("e_7.2.tif", ""), ("e_7.112.tif", "")])
    assert energies.order == [1, 0]
    assert energies.note.endswith("numbers with a point count as decimal numbers.")
    counts = in_natural_order([("s1.10.tif", ""), ("s1.9.tif", "")])
    assert counts.order == [1, 0]
    assert counts.note.endswith("numbers with a point count as two whole numbers each.")
    assert "point" not in in_natural_order([("s1.10.tif", ""), ("s1.11.tif", "")]).note


@examples(100)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a2"]), st.text("ab/1", max_size=3)), min_size=1))
def test_files_come_before_paths(names: list[tuple[str, str]]) -> None:
    ordered = [names[index] for index in in_natural_order(names).order]
    files = [file for file, _ in ordered]
    assert files == natural_sorted(files)


def named(*numbers: int, width: int = 0) -> list[tuple[str, ...]]:
    return [(f"im_{number:0{width}d}.tif",) for number in numbers]


HOLES = {
    "one": (named(1, 2, 3, 5), "go from 1 to 5, but 1 is missing: 4."),
    "leading zeros": (named(7, 8, 10, 11, width=4), "go from 7 to 11, but 1 is missing: 9."),
    "in any order": (named(5, 1, 3, 2), "go from 1 to 5, but 1 is missing: 4."),
    "some in a row": (named(0, 1, 2, 6, 7, 8), "go from 0 to 8, but 3 are missing: 3 to 5."),
    "steps": (named(1, 3, 5, 9, 11), "go from 1 to 11 in steps of 2, but 1 is missing: 7."),
    "many": (
        named(*(k for k in range(100) if k % 9 or not k)),
        "go from 0 to 98, but 10 are missing: 9, 18, 27, 36, 45, 54, ....",
    ),
    "folder and file": (
        [(f"scan_{k}/im_{k:04d}.tif",) for k in (1, 2, 4, 5)],
        "go from 1 to 5, but 1 is missing: 3.",
    ),
    "of datasets": ([("a.h5", f"/{k}.1/Ca") for k in (1, 2, 3, 5)], "go from 1 to 5, but 1 is missing: 4."),
}
NO_HOLES = {
    "none": named(1, 2, 3),
    "every second": named(2, 4, 6, 8),
    "twice": [*named(1, 2, 3), *named(2)],
    "one of three, or a step that grows": named(1, 2, 4),
    "two images": named(1, 5),
    "two running numbers": [("a1b1",), ("a1b2",), ("a2b2",), ("a4b3",)],
    "other names": [("a",), ("b",), ("d",)],
    "several steps": named(*range(0, 50, 10), *range(50, 80)),
    "no step": named(1, 10, 17, 33, 34),
    "mostly holes": named(1, 2, 3, 4, 100),
    "fractions": [("e7.1",), ("e7.2",), ("e7.4",)],
    "numbers that are too long": [(f"im_{k}{'0' * 5000}",) for k in (1, 2, 4)],
    "nothing": [],
}


@pytest.mark.parametrize("name", HOLES)
def test_missing_numbers(name: str) -> None:
    names, expected = HOLES[name]
    assert missing_numbers(names) == f"The numbers of its images {expected}"
    assert in_natural_order(names).warning == missing_numbers(names)


@pytest.mark.parametrize("name", NO_HOLES)
def test_nothing_is_missing(name: str) -> None:
    assert missing_numbers(NO_HOLES[name]) == ""


@examples(100)
@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(3, 60), st.data())
def test_a_single_hole_is_found(first: int, step: int, n: int, data: st.DataObject) -> None:
    numbers = [first + k * step for k in range(n)]
    hole = data.draw(st.sampled_from(numbers))
    found = missing_numbers(named(*(number for number in numbers if number != hole)))
    inner = hole not in (numbers[0], numbers[-1]) and n >= 5
    assert (f": {hole}." in found) == inner


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["tilt-60.tif", "tilt-30.tif", "tilt0.tif", "tilt30.tif"], True),
        (["tilt_-60.tif", "tilt_-30.tif", "tilt_0.tif", "tilt_30.tif"], False),
        (["im-1.tif", "im-2.tif", "im-3.tif"], False),
        (["a-1.tif", "b1.tif"], False),
    ],
)
def test_a_minus_behind_text_is_told(names: list[str], told: bool) -> None:
    warning = in_natural_order([(name, "") for name in names]).warning
    assert ("minus in 'tilt-60.tif" in warning) == told
    assert told == bool(warning)
