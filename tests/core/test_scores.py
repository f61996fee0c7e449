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

RATIOS = [12.0, 30.0, 7.5]


def records(probabilities: list[float], ratios: list[float] = RATIOS) -> NDArray[np.void]:
    made = np.zeros(len(probabilities), _core.PAIR_SCORE)
    made["probability"] = probabilities
    made["mean"] = 0.01
    made["peak"] = np.array(ratios[: len(probabilities)]) * 0.01
    return made


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_image_makes_no_score(method: Method) -> None:
    score, trust, values = _core.stack_score(records([]), records([1.0]), method)
    assert (score, len(values)) == (0, 0)
    assert trust == 0 if method.asks_opinion else np.isnan(trust)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_values_are_what_the_method_takes(method: Method) -> None:
    some = records([0.9, 0.5, 0.7])
    score, trust, values = _core.stack_score(some, None, method)
    expected = {
        "evidence": some["probability"],
        "confirmation": some["probability"],
        "peak_to_mean": some["peak"] / some["mean"],
        "peak_minus_mean": some["peak"] - some["mean"],
    }[method.statistic]
    np.testing.assert_array_equal(values, expected)
    assert score == pytest.approx(oracle.aggregate(expected, method.aggregation), rel=1e-13)
    if method.asks_opinion:
        assert trust == pytest.approx(oracle.aggregate(some["probability"], "every_image"), rel=1e-13)
    else:
        assert np.isnan(trust)


def test_the_reference_enters_the_score_and_nothing_else() -> None:
    method = METHODS["ewoksndreg"]
    some, itself = records([0.1, 0.1, 0.1]), records([1.0], [100.0])
    alone, _, values = _core.stack_score(some, None, method)
    score, _, same = _core.stack_score(some, itself, method)
    np.testing.assert_array_equal(same, values)
    assert alone == pytest.approx(sum(values) / 3)
    assert score == pytest.approx((sum(values) + 0.99) / 4)


def test_hopeless_stacks_are_told_apart_by_their_peaks() -> None:
    h = 3 / sum(1 / ratio for ratio in RATIOS)
    some = records([0.9, 0.001, 0.9])
    score, trust, _ = _core.stack_score(some, None, METHODS["evidence"])
    assert score == pytest.approx(0.05 * h / (h + 30), rel=1e-13)
    assert trust == pytest.approx(oracle.aggregate(some["probability"], "every_image"), rel=1e-13)
    assert trust < 0.05
    some["mean"][1] = 0
    assert _core.stack_score(some, None, METHODS["evidence"])[0] == 0
    for other in ({"statistic": "confirmation"}, {"aggregation": "minimum"}):
        method = dataclasses.replace(METHODS["evidence"], **other)
        expected = oracle.aggregate(some["probability"], method.aggregation)
        assert _core.stack_score(some, None, method)[0] == pytest.approx(expected, rel=1e-13)


def test_records_may_be_packed_or_apart() -> None:
    """numpy leaves out the padding of records when it joins some."""
    some = records([0.9, 0.5, 0.7])
    score, trust, values = _core.stack_score(some, None, METHODS["evidence"])
    joined = np.concatenate([some, some])
    joined[::2] = some
    for other in (np.concatenate([some[:1], some[1:]]), joined[::2]):
        again = _core.stack_score(other, None, METHODS["evidence"])
        assert again[:2] == (score, trust)
        np.testing.assert_array_equal(again[2], values)


def test_order() -> None:
    fine, flat, invalid, few = 0, _core.NO_CONTRAST, _core.ALL_INVALID, _core.FEW_LEVELS
    stacks: list[tuple[float, list[Any]]] = [
        (0.0, []),
        (0.9, [flat, invalid]),
        (0.2, [fine, fine]),
        (0.4, [invalid, few]),
        (0.0, []),
        (0.2, [fine]),
        (0.9, [flat]),
    ]
    given = [(score, np.array(flags, np.uint32)) for score, flags in stacks]
    assert _core.rank(given) == [3, 2, 5, 1, 6, 0, 4]
    assert _core.rank([]) == []
