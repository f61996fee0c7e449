# SPDX-License-Identifier: MIT
"""A ranking is a mapping in rank order, equal to another one by its content, and its options can be given again."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import Method, Ranking, StackRanker, StackScorer, rank_stacks, score_stack
from ndreg_preeval.options import Options
from ndreg_preeval.results.equality import same, unique_texts
from tests.support.scenes import three

NAMES = ["clear", 7, ("a", 1)]


def stacks() -> dict[Any, Any]:
    return dict(zip(NAMES, three().values(), strict=True))


@pytest.fixture
def ranking() -> Ranking:
    return rank_stacks(stacks())


def test_a_mapping_in_rank_order(ranking: Ranking) -> None:
    assert isinstance(ranking, Mapping)
    assert list(ranking) == list(ranking.keys()) == ranking.ranked_stack_names
    assert list(reversed(ranking)) == ranking.ranked_stack_names[::-1]
    assert len(ranking) == 3
    assert all(name in ranking for name in NAMES)
    assert "7" not in ranking
    assert dict(ranking) == dict(ranking.items()) == ranking.stacks
    assert list(ranking.values()) == list(ranking.stack_scores)
    assert ranking[7] is ranking.stacks[7] is ranking.get(7)
    assert ranking.get("7") is None
    with pytest.raises(KeyError, match="there is no stack '7' in this ranking"):
        ranking["7"]


def test_the_dict_of_stacks_is_ones_own(ranking: Ranking) -> None:
    ranking.stacks.clear()
    assert len(ranking) == len(ranking.stacks) == 3


def test_a_forced_ranking_is_empty() -> None:
    forced = rank_stacks(stacks(), reference_stack=7)
    assert (list(forced), len(forced), 7 in forced) == ([], 0, False)
    assert forced == rank_stacks(stacks(), reference_stack=7)
    assert forced != rank_stacks(stacks(), reference_stack="clear")


def test_equal_by_content(ranking: Ranking) -> None:
    again = rank_stacks(stacks())
    assert ranking == again
    assert hash(ranking) == hash(again)
    assert ranking["clear"] == again["clear"]
    assert ranking["clear"] != again[7]
    assert pickle.loads(pickle.dumps(ranking)) == ranking
    assert ranking != dict(ranking)
    assert ranking["clear"] != "clear"


def test_nan_is_equal_to_nan() -> None:
    one, other = (rank_stacks(stacks(), method="peak_to_mean") for _ in range(2))
    assert np.isnan(one["clear"].probability).all()
    assert one == other


@pytest.mark.parametrize("name", ["peak", "shifts", "flags", "jumps", "image_indices", "values"])
def test_every_number_counts(ranking: Ranking, name: str) -> None:
    one = ranking["clear"]
    values = getattr(one, name).copy()
    values.flat[-1] = not values.flat[-1] if values.dtype == bool else values.flat[-1] + 1
    assert replace(one, **{name: values}) != one
    assert replace(one, **{name: values[:-1]}) != one
    changed = [replace(score, **{name: values}) if score is one else score for score in ranking.values()]
    assert replace(ranking, stack_scores=tuple(changed)) != ranking


@pytest.mark.parametrize(
    "changes",
    [
        {"warnings": ("one more",)},
        {"num_threads": 77},
        {"options": Options(cutoff=0.3)},
        {"method": Method(name="mine")},
        {"reference_stack": "clear"},
        {"reference_stack": None},
        {"ranked_stack_names": None},
        {"stack_scores": ()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_part_counts(ranking: Ranking, changes: dict[str, Any]) -> None:
    assert ranking.reference_stack == 7
    assert replace(ranking, **changes) != ranking


def test_masks_are_compared() -> None:
    mask = np.ones((3, 4), bool)
    other = mask.copy()
    other[0, 0] = False
    assert same(Options(mask=mask), Options(mask=mask))
    assert not same(Options(mask=mask), Options(mask=other))
    assert not same(Options(mask=mask), Options())


def test_texts_of_names_stay_unlike() -> None:
    assert unique_texts([7, "7", "7 (2)", b"x", "b'x'"]) == ["7", "7 (3)", "7 (2)", "b'x'", "b'x' (2)"]
    assert unique_texts(["7 (2)", "7", 7]) == ["7 (2)", "7", "7 (3)"]
    assert unique_texts([]) == []


METHODS = ["evidence", "robust", Method("peak_to_mean", "median", window="hann", cutoff=0.2)]


@pytest.mark.parametrize("method", METHODS, ids=["evidence", "robust", "own"])
def test_options_can_be_given_again(method: Any) -> None:
    mask = np.ones(next(iter(three().values())).shape[1:], bool)
    mask[:3] = False
    first = rank_stacks(stacks(), method=method, mask=mask, reference_image=-1, num_threads=1)
    again = rank_stacks(stacks(), options=first.options)
    assert again == first
    assert again["clear"].peak.tobytes() == first["clear"].peak.tobytes()
    assert score_stack(stacks()[7], name=7, options=first.options) == first[7]


def test_options_of_live_scorers() -> None:
    images = next(iter(three().values()))
    options = rank_stacks(stacks(), method="robust", num_threads=1).options
    assert StackScorer(images[0], options=options).add(images[1:]).result().method == options.method
    ranking = StackRanker({"a": images[0]}, options=options).add({"a": images[1:]}).result()
    assert ranking.options == options


@pytest.mark.parametrize(
    "beside",
    [
        {"method": "robust"},
        {"mask": np.ones((4, 4), bool)},
        {"reference_image": 2},
        {"reference_image": False},
        {"num_threads": 3},
        {"normalization": None},
    ],
    ids=str,
)
def test_options_come_alone(beside: dict[str, Any]) -> None:
    (name,) = beside
    with pytest.raises(TypeError, match=rf"and {name} came beside it: .*replace\(options, {name}="):
        rank_stacks(stacks(), options=Options(), **beside)


def test_options_are_those_of_a_ranking() -> None:
    with pytest.raises(
        TypeError, match=r"options must be those of a ranking .*, not dict; Ranking.from_json"
    ):
        rank_stacks(stacks(), options={"method": "robust"})  # type: ignore[arg-type]
