# SPDX-License-Identifier: MIT
"""Stacks that witness for each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ndreg_preeval
from ndreg_preeval.consensus import agreement

Place = tuple[int, int]


def bayes(places: Sequence[Place], probability: Sequence[float]) -> list[float]:
    """The same by Bayes' rule, one hypothesis after the other."""

    def near(a: Place, b: Place) -> bool:
        return max(abs(a[0] - b[0]), abs(a[1] - b[1])) <= 1

    def odds_of(place: Place, peaks: Sequence[tuple[Place, float]]) -> float:
        rest = place == (0, 0)
        chance = 0.5 if rest else 0.5 * 0.2
        odds = 0.1 if rest else 0.9 * 0.2
        for other, p in peaks:
            if near(other, place):
                sure = min(p, 0.999)
                odds *= 1 + sure / (1 - sure) / chance
        return odds

    peaks = list(zip(places, probability, strict=True))
    hypotheses = {place: odds_of(place, peaks) for place in set(places)}
    total = 1 + sum(hypotheses.values())
    found = []
    for place, p in peaks:
        together = sum(odds for other, odds in hypotheses.items() if near(other, place)) / total
        own = odds_of(place, [(place, p)])
        found.append(min(1.0, together / (own / (1 + own))))
    return found


cells = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
votes = st.lists(st.tuples(cells, st.floats(0, 1)), min_size=1, max_size=6)


@given(votes)
def test_agrees_with_bayes_rule(peaks: list[tuple[Place, float]]) -> None:
    places, probability = [place for place, _ in peaks], [p for _, p in peaks]
    found = agreement(np.array(places), np.array(probability))
    assert found == pytest.approx(bayes(places, probability), rel=1e-9)
    assert ((found >= 0) & (found <= 1)).all()


@given(votes)
def test_one_stack_alone_loses_nothing(peaks: list[tuple[Place, float]]) -> None:
    place, p = peaks[0]
    assert agreement(np.array([place]), np.array([p])) == pytest.approx([1])
    # and stacks that say the same do not lose either
    same = agreement(np.array([place] * 3), np.array([p] * 3))
    assert same == pytest.approx([1, 1, 1])


@given(votes)
def test_order_of_the_stacks_does_not_matter(peaks: list[tuple[Place, float]]) -> None:
    places, probability = np.array([place for place, _ in peaks]), np.array([p for _, p in peaks])
    turned = agreement(places[::-1], probability[::-1])[::-1]
    assert agreement(places, probability) == pytest.approx(turned, rel=1e-12)


def test_a_sure_stack_at_zero_is_outvoted_by_stacks_that_moved() -> None:
    places = np.array([(0, 0), (5, -3), (5, -2), (4, -3)])
    found = agreement(places, np.array([0.99, 0.8, 0.6, 0.5]))
    assert found[0] < 0.1
    assert (found[1:] > 0.9).all()


def test_one_weak_stack_changes_little() -> None:
    found = agreement(np.array([(0, 0), (5, -3)]), np.array([0.99, 0.05]))
    assert found[0] > 0.98


def moving_stacks() -> dict[str, np.ndarray]:
    """A clean pair of element maps of a drifting scene, and one with fixed hot pixels."""
    rng = np.random.default_rng(5)
    scenes = rng.normal(size=(3, 48, 48))
    drift = [(2 * i, -3 * i) for i in range(6)]
    stacks = {
        name: np.array([np.roll(scene, shift, (0, 1)) for shift in drift]) + rng.normal(size=(6, 48, 48))
        for name, scene in zip(("stuck", "fair", "good"), scenes, strict=True)
    }
    stacks["stuck"] = 0.2 * stacks["stuck"] + rng.normal(size=(48, 48)) + 0.1 * rng.normal(size=(6, 48, 48))
    stacks["fair"] += 0.5 * rng.normal(size=(6, 48, 48))
    return stacks


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_default_method_sees_through_a_static_pattern() -> None:
    stacks = moving_stacks()
    alone = ndreg_preeval.rank_stacks(stacks, method="robust")
    assert alone.reference_stack == "stuck"
    ranking = ndreg_preeval.rank_stacks(stacks)
    assert ranking.method.name == "consensus"
    assert ranking.ranked_stack_names == ["good", "fair", "stuck"]
    stuck = ranking.stacks["stuck"]
    # In images 4 and 5 the others are weak witnesses.
    assert "other stacks saw another motion in images 1-3 (3 of 5)" in stuck.warnings[-1]
    assert (stuck.agreement[:3] < 0.2).all()
    assert (stuck.agreement < 0.7).all()
    assert (stuck.values == stuck.probability * stuck.agreement).all()
    for name in ("good", "fair"):
        one = ranking.stacks[name]
        assert one.probability.tobytes() == alone.stacks[name].probability.tobytes()
        assert (one.agreement[:3] == 1).all()


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_only_stacks_of_one_shape_and_length_share_their_motion() -> None:
    stacks = moving_stacks()
    stacks["good"], stacks["fair"] = stacks["good"][:, :40], stacks["fair"][:-1]
    ranking = ndreg_preeval.rank_stacks(stacks)
    for stack in ranking.stacks.values():
        assert (stack.agreement == 1).all()
        assert (stack.values == stack.probability).all()


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_mapping_order_does_not_matter() -> None:
    stacks = moving_stacks()
    orders = {
        tuple(ndreg_preeval.rank_stacks({name: stacks[name] for name in names}).ranked_stack_names or ())
        for names in itertools.permutations(stacks)
    }
    assert orders == {("good", "fair", "stuck")}


def test_score_of_one_stack_is_the_robust_one() -> None:
    stack = moving_stacks()["good"]
    alone = ndreg_preeval.score_stack(stack, method="robust")
    assert ndreg_preeval.score_stack(stack).score == alone.score


def test_many_stacks() -> None:
    rng = np.random.default_rng(1)
    places, probability = rng.integers(-4, 5, (60, 2)), rng.uniform(size=60)
    pairs = [(int(y), int(x)) for y, x in places]
    assert agreement(places, probability) == pytest.approx(bayes(pairs, list(probability)), rel=1e-9)
