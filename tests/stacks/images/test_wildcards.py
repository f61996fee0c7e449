# SPDX-License-Identifier: MIT
"""One component of a pattern against one name."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ndreg_preeval.stacks.images.wildcards import (
    STACK,
    Component,
    Hit,
    as_wildcards,
    escape_one,
    has_wildcards,
    without_wildcards,
)
from ndreg_preeval.stacks.uris import escape
from tests.support.examples import examples

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("pattern", "name", "value", "rest"),
    [
        ("{stack}_*.tif", "Ca_1.tif", "Ca", "{stack}_1.tif"),
        ("{stack}_*.tif", "Ca_K_001.tif", "Ca_K", "{stack}_001.tif"),
        ("im_*_{stack}.tif", "im_001_Ca.tif", "Ca", "im_001_{stack}.tif"),
        ("{stack}_{stack}_?.h5", "Fe_Fe_3.h5", "Fe", "{stack}_{stack}_3.h5"),
        ("{stack}_{stack}_?.h5", "Fe_Ca_3.h5", None, ""),
        ("im_*_{stack}.tif", "im_001_Ca_K.tif", "Ca_K", "im_001_{stack}.tif"),
        ("*_{stack}", "1_a_b", "a_b", "1_{stack}"),
        ("*_*_{stack}", "1_2_a_b", "a_b", "1_2_{stack}"),
        ("*_[.*]{stack}", "1_.a_*b", "a_*b", "1_.{stack}"),
        ("[*]_{stack}", "*_a_b", "a_b", "*_{stack}"),
        ("{stack}_*_*.tif", "Ca_1_x.tif", "Ca", "{stack}_1_x.tif"),
        ("{stack}/*_*_{stack}_*_*", "Ca/1_2_Ca_3_4", "Ca", "{stack}/1_2_{stack}_3_4"),
        ("[A-Z]*{stack}", "Xa*b", "a*b", "X{stack}"),
        ("{stack}", "a[1]", "a[1]", "{stack}"),
        ("{stack}x", "x", None, ""),
        ("[{stack}]", "[Ca]", "Ca", "[{stack}]"),
        ("{stack}*", ".Ca", None, ""),
        (".{stack}", ".Ca", "Ca", ".{stack}"),
        ("{stack}", "a\nb", "a\nb", "{stack}"),
    ],
)
def test_values(pattern: str, name: str, value: str | None, rest: str) -> None:
    expected = None if value is None else Hit(value, rest)
    assert Component(pattern, of_file=True).match(name) == expected


@pytest.mark.parametrize(
    ("pattern", "bound", "name", "matches"),
    [
        ("{stack}_*", "Ca", "Ca_1", True),
        ("{stack}_*", "Ca", "CaCa_1", False),
        ("{stack}_*", "a.c", "abc_1", False),
        ("x*", "Ca", "xyz", True),
        ("{stack}*", ".h", ".hidden", True),
    ],
)
def test_a_value_that_is_known(pattern: str, bound: str, name: str, matches: bool) -> None:
    hit = Component(pattern, bound, of_file=True).match(name)
    assert (hit is not None) is matches
    assert hit is None or hit.stack == bound


@examples(100)
@given(st.text("ab*?[]!-.", max_size=8), st.text("ab.*[]", min_size=1, max_size=8))
def test_without_stack_it_is_fnmatch(pattern: str, name: str) -> None:
    assert (Component(pattern).match(name) is not None) == fnmatch.fnmatchcase(name, pattern)


@examples(100)
@given(NAMES, NAMES)
@example(".", ".x")
def test_an_escaped_name_matches_itself_alone(name: str, other: str) -> None:
    component = Component(escape(name), of_file=True)
    assert component.match(name) == Hit(None, name)
    assert (component.match(other) is not None) == (name == other)
    assert STACK not in escape(name)
    assert escape(name) == name or has_wildcards(escape(name))
    one = escape_one(name)  # of paths in a file, where a leading point hides nothing
    assert has_wildcards(one) or not name.strip("!")
    assert Component(one).match(name) == Hit(None, name)
    assert (Component(one).match(other) is not None) == (name == other)


@examples(100)
@given(
    NAMES.filter(lambda name: not name.startswith(".")),
    st.sampled_from(["{stack}", "x_{stack}.tif", "{stack}-*"]),
)
def test_a_value_leads_back_to_its_name(value: str, pattern: str) -> None:
    name = pattern.replace("*", "7").replace(STACK, value)
    hit = Component(pattern, of_file=True).match(name)
    assert hit is not None
    assert hit.stack is not None
    if "*" not in pattern:
        assert hit == Hit(value, pattern)
    assert Component(as_wildcards(pattern, hit.stack), of_file=True).match(name)
    assert Component(pattern, hit.stack, of_file=True).match(name) == hit
    assert hit.rest.replace(STACK, hit.stack, 1) == name


@pytest.mark.parametrize(
    ("component", "text"),
    [
        ("im_*", "im"),
        ("*_Ca.tif", "Ca.tif"),
        ("im_[0-9]_x", "im__x"),
        ("{stack}", ""),
        ("**", ""),
        ("Ca", "Ca"),
    ],
)
def test_fixed_text(component: str, text: str) -> None:
    assert without_wildcards(component) == text
