# SPDX-License-Identifier: MIT
"""Scores of stacks that the core makes of records of images, and their order."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import METHODS, Method, _core
from tests.support import oracle
from tests.support.oracle_parts import trust as trust_of

RATIOS = [12.0, 30.0, 7.5]


def records(probabilities: list[float], ratios: list[float] = RATIOS) -> NDArray[np.void]:
    made = np.zeros(len(probabilities), _core.PAIR_SCORE)
    made["probability"] = probabilities
    made["mean"] = 0.01
    made["peak"] = np.array(ratios[: len(probabilities)]) * 0.01
    return made


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_image_makes_no_score(method: Method) -> None:
    score, trust, _, values = _core.stack_score(records([]), records([1.0]), method)
    assert (score, len(values)) == (0, 0)
    assert trust == 0 if method.asks_opinion else np.isnan(trust)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_values_are_what_the_method_takes(method: Method) -> None:
    some = records([0.9, 0.5, 0.7])
    score, trust, _, values = _core.stack_score(some, None, method)
    expected = {
        "evidence": some["probability"],
        "confirmation": some["probability"],
        "peak_to_mean": some["peak"] / some["mean"],
        "peak_minus_mean": some["peak"] - some["mean"],
    }[method.statistic]
    np.testing.assert_array_equal(values, expected)
    assert score == pytest.approx(oracle.aggregate(expected, method.aggregation), rel=1e-13)
    if method.asks_opinion:
        assert trust == pytest.approx(trust_of(some["probability"]), rel=1e-13)
    else:
        assert np.isnan(trust)


@pytest.mark.parametrize("probability", [0.0, 1e-7, 0.3, 0.77, 1.0])
def test_trust_of_two_images_is_the_probability_of_the_one_pair(probability: float) -> None:
    for name in ("evidence", "plain", "robust"):
        score, trust, _, _ = _core.stack_score(records([probability]), None, METHODS[name])
        assert trust == probability
        assert probability < 0.05 or score == pytest.approx(probability, rel=1e-15)


def test_trust_falls_with_the_number_of_images_and_is_bounded_by_the_worst() -> None:
    method = METHODS["evidence"]
    for probability in (0.3, 0.9):
        some = records([probability] * 200, [30.0] * 200)
        trusts = [_core.stack_score(some[:k], None, method)[1] for k in range(1, 201)]
        assert trusts[0] == probability
        assert all(np.diff(trusts) < 0)
    one_bad = records([0.999] * 199 + [0.1], [30.0] * 200)
    score, trust, _, _ = _core.stack_score(one_bad, None, method)
    assert trust == 0.1 < score < 0.999


def test_the_reference_enters_the_score_and_nothing_else() -> None:
    method = METHODS["ewoksndreg"]
    some, itself = records([0.1, 0.1, 0.1]), records([1.0], [100.0])
    alone, _, _, values = _core.stack_score(some, None, method)
    score, _, _, same = _core.stack_score(some, itself, method)
    np.testing.assert_array_equal(same, values)
    assert alone == pytest.approx(sum(values) / 3)
    assert score == pytest.approx((sum(values) + 0.99) / 4)


def test_hopeless_stacks_are_told_apart_by_their_peaks() -> None:
    h = 3 / sum(1 / ratio for ratio in RATIOS)
    some = records([0.9, 0.001, 0.9])
    score, trust, _, _ = _core.stack_score(some, None, METHODS["evidence"])
    assert score == pytest.approx(0.05 * h / (h + 30), rel=1e-13)
    assert trust == pytest.approx(trust_of(some["probability"]), rel=1e-13)
    assert trust < 0.05
    for other in ({"statistic": "confirmation"}, {"aggregation": "minimum"}):
        method = dataclasses.replace(METHODS["evidence"], **other)
        expected = oracle.aggregate(some["probability"], method.aggregation)
        assert _core.stack_score(some, None, method)[0] == pytest.approx(expected, rel=1e-13)


def test_records_may_be_packed_or_apart() -> None:
    """numpy leaves out the padding of records when it joins some."""
    some = records([0.9, 0.5, 0.7])
    score, trust, _, values = _core.stack_score(some, None, METHODS["evidence"])
    joined = np.concatenate([some, some])
    joined[::2] = some
    for other in (np.concatenate([some[:1], some[1:]]), joined[::2]):
        again = _core.stack_score(other, None, METHODS["evidence"])
        assert again[:2] == (score, trust)
        np.testing.assert_array_equal(again[3], values)


@pytest.mark.parametrize("how", ["harmonic_mean", "mean", "minimum", "median", "every_image"])
@pytest.mark.parametrize("statistic", ["evidence", "confirmation", "peak_to_mean", "peak_minus_mean"])
@pytest.mark.parametrize("empty", [[], [1], [0, 2], [0, 1, 2, 3]])
def test_images_without_evidence_lower_the_score_by_their_share(
    how: Any, statistic: Any, empty: list[int]
) -> None:
    chances, ratios = np.array([0.9, 0.6, 0.97, 0.8]), np.array([12.0, 30.0, 7.5, 50.0])
    method = Method(statistic, how)
    some, kept = records(list(chances), list(ratios)), np.delete(np.arange(4), empty)
    score, trust, _, _ = _core.stack_score(some[kept], None, method)
    for name in ("probability", "peak", "mean"):
        some[name][empty] = 0
    found = _core.stack_score(some, None, method)
    assert found[0] == pytest.approx(score * len(kept) / 4, rel=1e-14)
    assert found[1] == trust or not method.asks_opinion
    if not empty:
        assert found[0] == score


@pytest.mark.parametrize("how", ["harmonic_mean", "mean", "minimum", "median", "every_image"])
@pytest.mark.parametrize("statistic", ["evidence", "confirmation"])
def test_evidence_without_a_chance_is_told_apart(how: Any, statistic: Any) -> None:
    """Tiny images have no rival to their peak, and no probability: no score is 0, and none above a real one."""
    method = Method(statistic, how)
    poor, better, least = records([0, 0, 0], [2, 3, 4]), records([0, 0, 0], [2, 3, 5]), records([1e-9] * 3)
    scores = [_core.stack_score(each, None, method)[0] for each in (poor, better)]
    assert 0 < scores[0] < scores[1] < (0.05 if how == "every_image" else 1e-11)
    if not (how == "every_image" and statistic == "evidence"):
        assert scores[1] < _core.stack_score(least, None, method)[0]
    nothing = records([0, 0, 0], [0, 0, 0])
    assert 0 < _core.stack_score(nothing, None, method)[0] < scores[0]
    nothing["mean"] = 0
    assert _core.stack_score(nothing, None, method)[0] == 0


def test_one_image_without_a_peak_does_not_decide() -> None:
    """Plain correlation may find nothing at all in an image that has contrast: it counts as a peak of the mean."""
    ratios = [50.0] * 20
    h = 20 / (19 / 50 + 1)
    for least in (0.0, -3.0):
        some = records([0.9] * 20, [least, *ratios[1:]])
        some["probability"][0] = 0
        score, trust, _, _ = _core.stack_score(some, None, METHODS["plain"])
        assert (score, trust) == (pytest.approx(0.05 * h / (h + 30), rel=1e-13), 0)


def test_order() -> None:
    fine, empty = 0.01, 0.0
    stacks: list[tuple[float, list[float]]] = [
        (0.0, []),
        (0.9, [empty, empty]),
        (0.2, [fine, fine]),
        (0.4, [empty, fine]),
        (0.0, []),
        (0.2, [fine]),
        (0.9, [empty]),
    ]
    given = [(score, len(means) > 0, any(mean > 0 for mean in means)) for score, means in stacks]
    assert _core.rank(given) == [3, 2, 5, 1, 6, 0, 4]
    assert _core.rank([]) == []
