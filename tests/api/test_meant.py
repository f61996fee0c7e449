# SPDX-License-Identifier: MIT
"""Misspelt names of options, methods and stacks are refused with the one that was probably meant."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import rank_stacks
from ndreg_preeval.text import did_you_mean, nearest
from tests.support.scenes import three


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("methd", ["method", "mask"], ["method"]),
        ("max_shift", ["max-shift", "mask"], ["max-shift"]),
        ("CA-K", ["Ca-K", "Cr-K"], ["Ca-K"]),
        ("ref", ["reference_stack", "reference_image", "precision"], ["reference_stack", "reference_image"]),
        ("", ["a"], []),
        ("x", ["xylophone"], []),
        ("nothing", ["a", "b", 3, None], []),
        (7, [7.5, 70, "7"], ["7"]),
    ],
)
def test_nearest(word: object, known: list[object], meant: list[str]) -> None:
    assert nearest(word, known) == meant


def test_words_of_strangers_cost_little_and_stay_short() -> None:
    assert len(did_you_mean("x" * 10**6, ["x" * 10**6] * 3)) < 1000
    assert nearest("z" * 100, (f"name {i}" for i in range(10**6))) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda **more: rank_stacks(three(), **more),
        lambda **more: ndreg_preeval.score_stack(three()["clear"], **more),
        lambda **more: ndreg_preeval.StackScorer(three()["clear"][0], **more),
        lambda **more: ndreg_preeval.reg2d_preeval(three(), **more),
    ],
)
@pytest.mark.parametrize(
    ("name", "meant"), [("methd", "method"), ("maxshift", "max_shift"), ("Mask", "mask")]
)
def test_keywords(call: Any, name: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"(?i){name}'.*did you mean '{meant}'\?"):
        call(**{name: "plain"})
    with pytest.raises(TypeError, match="xyzzy") as caught:
        call(xyzzy=1)
    assert "did you mean" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "plian"}, "not 'plian'; did you mean 'plain'?"),
        ({"method": "peak to mean"}, "did you mean 'peak_to_mean'?"),
        (
            {"pairing": "Previous"},
            "must be one of 'reference', 'previous', not 'Previous'; did you mean 'previous'?",
        ),
        ({"reference_stack": "Clear"}, "did you mean 'clear'?"),
        ({"window": "han"}, "did you mean 'hann'?"),
    ],
)
def test_values(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="must be one of") as caught:
        rank_stacks(three(), **options)
    assert said in str(caught.value)


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_stacks_of_a_ranking() -> None:
    ranking = rank_stacks(three())
    with pytest.raises(KeyError, match="did you mean 'clear'"):
        ranking["cleer"]
    assert "cleer" not in ranking
    assert ranking.get("cleer") is None


def test_warnings_point_at_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rank_stacks({"noise": np.random.default_rng(0).normal(size=(3, 32, 32))})
    assert caught
    assert {each.filename for each in caught} == {__file__}
