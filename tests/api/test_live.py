# SPDX-License-Identifier: MIT
"""Ranking stacks while their images come."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import RankingWarning, StackRanker, StackScorer, rank_stacks, score_stack
from tests.results.test_evidence import moving
from tests.support.scenes import assert_same_numbers, drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def stacks() -> dict[str, Any]:
    return {"noisy": moving(3.0), "good": moving(0.3, 2), "fair": moving(1.0, 3)}


@pytest.mark.parametrize("method", ["evidence", "plain", "robust", "ewoksndreg"])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_the_same_as_ranking_all_at_once(pairing: Any, method: str) -> None:
    images = stacks()
    mask = np.random.default_rng(1).random(images["good"].shape[1:]) > 0.05
    options = {"pairing": pairing, "method": method, "mask": mask, "max_shift": 20}
    ranker = StackRanker({name: stack[0] for name, stack in images.items()}, **options)
    for index in range(1, 6):
        ranker.add({name: stack[index] for name, stack in images.items()})
        sofar = rank_stacks({name: stack[: index + 1] for name, stack in images.items()}, **options)
        found = ranker.result()
        assert found.scores == sofar.scores
        assert found.ranked_stack_names == sofar.ranked_stack_names
        assert found.trust == sofar.trust
        assert found.stacks["fair"].shifts.tobytes() == sofar.stacks["fair"].shifts.tobytes()


def test_several_images_and_stacks_at_a_time() -> None:
    images = stacks()
    ranker = StackRanker({name: stack[0] for name, stack in images.items()})
    ranker.add({"good": images["good"][1:4]}).add({"noisy": images["noisy"][1]})
    found = ranker.result()
    assert found.ranked_stack_names == ["good", "noisy", "fair"]
    assert [stack.n_images for stack in found.stack_scores] == [4, 2, 1]
    assert not found.stacks["fair"].rankable
    assert any("differ in their number of images" in text for text in found.warnings)


def test_a_bad_image_adds_nothing_to_any_stack() -> None:
    images = stacks()
    ranker = StackRanker({name: stack[0] for name, stack in images.items()})
    ranker.add({name: stack[1] for name, stack in images.items()})
    before = ranker.result().scores
    with pytest.raises(ValueError, match=r"'fair'.*shape of the reference"):
        ranker.add({"good": images["good"][2], "fair": np.zeros((3, 3))})
    with pytest.raises(KeyError, match="'other' has no reference image"):
        ranker.add({"good": images["good"][2], "other": images["good"][2]})
    assert ranker.result().scores == before
    assert ranker.add({}).result().scores == before


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(
        TypeError, match="reference_images must be a mapping of stack names to images, not list"
    ):
        StackRanker([moving(1)[0]])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="reference_images is empty"):
        StackRanker({})
    with pytest.raises(TypeError, match="there is no option"):
        StackRanker({"a": moving(1)[0]}, speed=3)
    ranker = StackRanker({"a": moving(1)[0]})
    with pytest.raises(TypeError, match="images must be a mapping of stack names to images, not ndarray"):
        ranker.add(moving(1)[1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no stack can be ranked, each needs two images"):
        ranker.result()


def test_warnings_are_in_the_result_and_the_result_travels() -> None:
    images = stacks()
    ranker = StackRanker({"noise": 50 * images["noisy"][0]})
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        found = ranker.add({"noise": images["good"][1]}).result()
    assert any("No stack deserves trust" in text for text in found.warnings)
    again = pickle.loads(pickle.dumps(found))
    assert again.scores == found.scores
    assert "noise" in str(again)
    with pytest.raises(ValueError, match="did not travel with the ranking: they were in memory"):
        found.correlogram("noise", 1)


@pytest.mark.parametrize("count", [1, 2])
def test_objects_with_an_array_only(count: int) -> None:
    class Detector:
        def __init__(self, data: Any) -> None:
            self.data = data

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array(self.data, dtype=dtype)

    stack = drifting(0.1, n=3)
    scorer = StackScorer(Detector(stack[0]))
    ranker = StackRanker({"a": Detector(stack[0])})
    for start in range(1, 3, count):
        images = Detector(stack[start] if count == 1 else stack[start : start + count])
        scorer.add(images)
        ranker.add({"a": images})
    assert_same_numbers(scorer.result(), score_stack(stack))
    assert_same_numbers(ranker.result().stacks["a"], score_stack(stack))
