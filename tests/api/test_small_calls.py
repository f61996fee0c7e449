# SPDX-License-Identifier: MIT
"""Work around the images of a call: so little that many small calls are no waste, counted in calls, not in time."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ndreg_preeval import StackScorer, core, rank_stacks, score_stack
from ndreg_preeval.pipeline import joined_records

random = np.random.default_rng(5)
STACKS = {name: random.normal(size=(2, 16, 16)) for name in "abcdefghij"}


def drift(n: int) -> NDArray[np.float64]:
    """A stack of which nothing has to be said."""
    scene = random.normal(size=(16, 16))
    return np.stack([np.roll(scene, i and 1 + i % 6, axis=1) for i in range(n)])


def calls(work: Callable[[], Any]) -> int:
    """How many functions, of Python and compiled ones, are called by some work."""
    count = 0

    def note(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()  # what is made once is there
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            work()
        finally:
            sys.setprofile(before)
    return count


def test_a_ranking_of_two_small_stacks_takes_few_calls() -> None:
    """500; it was 1900 when columns and reports were made at once."""
    two = {name: STACKS[name] for name in "ab"}
    assert calls(lambda: rank_stacks(two, num_threads=1)) < 750
    assert calls(lambda: rank_stacks(two, num_threads=1, method="peak_to_mean")) < 750
    assert calls(lambda: score_stack(STACKS["a"], num_threads=1)) < 400


def test_another_stack_takes_few_more() -> None:
    two = {name: STACKS[name] for name in "ab"}
    more = calls(lambda: rank_stacks(STACKS, num_threads=1)) - calls(lambda: rank_stacks(two, num_threads=1))
    assert more < 8 * 240


def test_images_of_an_array_take_none() -> None:
    long = {"a": drift(200)}
    short = {"a": long["a"][:20]}
    few, many = (calls(lambda s=s: rank_stacks(s, num_threads=1)) for s in (short, long))
    assert many < few + 20


def test_the_result_of_a_live_scan_takes_no_more_when_it_is_long() -> None:
    images = drift(120)

    def after(number: int) -> int:
        scorer = StackScorer(images[0], num_threads=1)
        for image in images[1:number]:
            scorer.add(image).result()
        return calls(lambda: scorer.add(images[-1]).result())

    # Records are joined two and two, so that after a power of two there is one piece of them.
    assert after(64) <= after(8)


def test_records_are_joined() -> None:
    records = np.zeros(5, core.PAIR_SCORE)
    records["mean"], records["flags"] = np.arange(5), 7
    joined = joined_records([records[:2], records[2:2], records[2:]])
    assert joined.tobytes() == records.tobytes()
    assert joined.dtype == records.dtype
    joined["mean"] = 9
    assert records["mean"].tolist() == [0, 1, 2, 3, 4]
    assert [joined_records(parts).shape for parts in ([], [records[:0]])] == [(0,), (0,)]
