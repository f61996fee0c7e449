# SPDX-License-Identifier: MIT
"""Axes that count stacks: what names say, what is asked for, and the URIs of each stack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval.stacks.axes import StoredAxes, find_stacks_axis, split_meaning, stack_names
from ndreg_preeval.stacks.axes.stacks_axis import MAX_STACKS_BY_NAME, STACKS
from ndreg_preeval.stacks.selection import apply_slice, flips, parse_slice, with_index
from ndreg_preeval.stacks.uris import UriMeaning, parse_uri

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reading.md"
NAMES = ("element", "time", "y", "x")


def test_the_page_has_the_names() -> None:
    text = PAGE.read_text().partition("the one axis called ")[2].partition("(or the plural")[0]
    found = re.findall("`(.*?)`", text)
    assert set(found) | {f"{name}s" for name in found} >= set(STACKS)
    assert set(found) <= set(STACKS)
    assert f"Up to {MAX_STACKS_BY_NAME} stacks" in PAGE.read_text()


@pytest.mark.parametrize("shape", [(5, 6, 7), (5, 6), (), (3, 1, 6, 7), (1, 3, 6, 7)], ids=str)
def test_fewer_axes_are_one_stack(shape: tuple[int, ...]) -> None:
    names = NAMES[-len(shape) :] if shape else ()
    assert find_stacks_axis(StoredAxes(shape, names), None) is None
    if len(shape) < 4:
        assert find_stacks_axis(StoredAxes(shape, names), 0) is None


@pytest.mark.parametrize("asked", range(-5, 5))
def test_any_axis_can_be_asked_for(asked: int) -> None:
    axes = StoredAxes((2, 3, 1, 5, 6), [None] * 5)
    if asked % 5 == 2:
        with pytest.raises(ValueError, match="a stack has three"):
            find_stacks_axis(axes, asked)
    else:
        assert find_stacks_axis(axes, asked) == asked % 5


@pytest.mark.parametrize("asked", [0, -4, None])
def test_an_axis_of_no_stacks(asked: int | None) -> None:
    with pytest.raises(ValueError, match=r"there is no stack.*0"):
        find_stacks_axis(StoredAxes((0, 4, 5, 6), NAMES), asked)


def test_names_are_used_once() -> None:
    labels: list[Any] = ["a", b"b", "c"]
    axes = StoredAxes((3, 4, 5, 6), NAMES, lambda axis: labels if axis == 0 else None)
    assert stack_names(axes, 0) == ["a", "b", "c"]
    assert stack_names(axes, 1) == ["0", "1", "2", "3"]
    for wrong in (["a", "a", "b"], ["a", "b"], ["a", "", "b"], ["a", None, "b"], [1, 2, 3]):
        labels[:] = wrong
        assert stack_names(axes, 0) == ["0", "1", "2"]
    labels[:] = ["a" * 500, "b\n", "c"]
    assert all(len(name) <= 100 and name.isprintable() for name in stack_names(axes, 0))


@pytest.mark.parametrize(
    "text", [None, "...", "0", ":,1", "...,0", "::-1", "1:,:,::-1", "0,::2,:,-3:", "::-2,...,::-1"]
)
@pytest.mark.parametrize("shape", [(2, 3, 4, 5, 6), (4, 3, 2, 5)], ids=len)
def test_one_element_of_an_axis(text: str | None, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    indices = None if text is None else parse_slice(text)
    left = array if indices is None else array[indices]
    for axis in range(left.ndim):
        for index in range(left.shape[axis]):
            found = with_index(indices, shape, axis, index)
            np.testing.assert_array_equal(array[found], np.take(left, index, axis))
            axes = apply_slice(found, shape)
            some = array[tuple(slice(each.start, each.stop, each.step) for each in axes)][flips(axes)]
            np.testing.assert_array_equal(some.reshape(array[found].shape), array[found])


@pytest.mark.parametrize("text", ["", "&slice=1", "&slice=...,::-1", "&slice=:,1:,::-1&axis=2"])
def test_each_stack_has_a_uri(text: str) -> None:
    meaning = parse_uri(f"a.h5::/maps{text}&stacks=0")[0]
    shape = (2, 3, 4, 5, 6) if text == "&slice=1" else (3, 4, 5, 6)
    axes = StoredAxes(shape, [None] * len(shape), lambda axis: list("abcde")[: shape[axis]])
    found = split_meaning(meaning, axes, None)
    assert [each.label for each in found] == ["a", "b", "c"]
    for each in found:
        assert each.stacks_axis is None
        assert parse_uri(str(each))[0] == each._replace(label="")


def test_one_stack_is_left_alone() -> None:
    meaning = UriMeaning("a.h5", "/maps")
    for shape in ((4, 5, 6), (3, 4, 5, 6)):
        assert split_meaning(meaning, StoredAxes(shape, [None] * len(shape)), None) == [meaning]
    beyond = meaning._replace(indices=(9,))
    assert split_meaning(beyond, StoredAxes((3, 4, 5, 6), NAMES), 0) == [beyond]
    with pytest.raises(ValueError, match="index 9 is outside"):
        split_meaning(beyond._replace(stacks_axis=0), StoredAxes((3, 4, 5, 6), NAMES), None)
    with pytest.raises(ValueError, match="stacks=0 needs one axis more"):
        split_meaning(meaning._replace(stacks_axis=0), StoredAxes((4, 5, 6), NAMES[1:]), None)
