# SPDX-License-Identifier: MIT
"""Scores whose arrays and sentences are made when they are asked for: nobody can tell, and no warning is lost."""

from __future__ import annotations

import copy
import dataclasses
import multiprocessing
import os
import pickle
import threading
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ndreg_preeval import METHODS, RankingWarning, StackScore, core, rank_stacks, score_stack
from ndreg_preeval.options import Options
from ndreg_preeval.pipeline import Pairs, RangeScore, Scored, StackInfo
from ndreg_preeval.results import build_stack_score
from ndreg_preeval.results.stack_warnings import stack_messages
from ndreg_preeval.results.summary import Summary
from ndreg_preeval.results.trust import all_invalid, at_zero, creeping, has_contrast, least_trusted, moves

SIDE = 6
FLAGS = (0, 0, 0, 1, 2, 4, 8, 16, 32, 64 | 2 << 16 | 2 << 24)


def record(
    flags: int, mean: float, dy: int, dx: int, chance: float, masked: float, p: float, invalid: int
) -> Any:
    made = np.zeros((), core.PAIR_SCORE)
    made["flags"], made["mean"], made["peak"] = flags, mean, 5 * mean
    made["peak_dy"], made["peak_dx"], made["shift_y"], made["shift_x"] = dy, dx, dy, dx
    made["probability"], made["probability_masked"], made["p_value"] = chance, masked, p
    made["invalid_pixels"], made["static_pixels"] = invalid, bool(flags & core.HOT_PIXEL)
    return made


chances = st.sampled_from([0.0, 0.2, 0.7, 0.99])
a_record = st.builds(
    record,
    st.sampled_from(FLAGS),
    st.sampled_from([0.0, 0.1, 0.1]),
    st.sampled_from([0, 0, 1, -3]),
    st.sampled_from([0, 0, 2]),
    chances,
    chances,
    st.sampled_from([0.0, 0.005, 0.5]),
    st.sampled_from([0, 0, 0, 4, 5, SIDE * SIDE]),
)


@st.composite
def a_stack(draw: st.DrawFn) -> tuple[Scored, Options]:
    found = draw(st.lists(a_record, max_size=9))
    records: NDArray[Any] = np.array(found, core.PAIR_SCORE)
    masked = draw(st.sampled_from([0, 4, 30]))
    info = StackInfo(
        shape=(len(records) + 1, SIDE, SIDE),
        dtype="float32",
        location="",
        precision="single",
        reference_image=draw(st.integers(0, len(records))),
        images_per_chunk=1,
        bytes_per_image=0,
        warnings=draw(st.sampled_from([(), (), ("It is odd.",)])),
        notes=draw(st.sampled_from([(), ("It is fine.",)])),
        masked=masked,
        declared=masked,
    )
    numbers = RangeScore(
        records, None, draw(st.sampled_from([0, 0, 1, 2])), draw(st.sampled_from([0, 0, 4, SIDE * SIDE]))
    )
    options = Options(
        method=METHODS[draw(st.sampled_from(["evidence", "robust", "peak_to_mean"]))],
        pairing=draw(st.sampled_from(["reference", "previous"])),
    )
    return Scored(info, numbers), options


@settings(max_examples=400, deadline=None)
@given(a_stack())
def test_what_is_worth_a_warning_is_told_at_once(given_stack: tuple[Scored, Options]) -> None:
    scored, options = given_stack
    found, to_issue = build_stack_score("a", scored, options)
    indices = Pairs.of(scored.info, options).images()
    messages = stack_messages(scored.info, scored.numbers, indices, options, found.trust_masked)
    assert list(to_issue) == [message.text for message in messages if message.as_warning]
    assert list(found.warnings) == [message.text for message in messages]


@settings(max_examples=200, deadline=None)
@given(a_stack())
def test_the_summary_says_what_the_arrays_say(given_stack: tuple[Scored, Options]) -> None:
    scored, options = given_stack
    found, _ = build_stack_score("a", scored, options)
    judged = found.mean > 0
    moved = found.peak_shifts[judged].any(axis=1)
    assert found.n_judged == judged.sum()
    nothing = found.flags & (core.NO_CONTRAST | core.ALL_INVALID)
    here = found.reference_flags & (core.NO_CONTRAST | core.ALL_INVALID)
    assert has_contrast(found) == (len(nothing) > 0 and (not nothing.all() or not here))
    assert all_invalid(found) == (len(nothing) > 0 and bool((found.flags & core.ALL_INVALID != 0).all()))
    assert at_zero(found) == (judged.any() and not moved.any() and not creeping(found))
    doubt = least_trusted(found)
    if options.method.asks_opinion:
        trusted = (found.probability[judged] >= 0.5).all()
        worst = judged & (found.probability == found.probability[judged].min(initial=9))
    else:
        trusted = (found.p_value[judged] <= 0.01).all()
        worst = judged & (found.p_value == found.p_value[judged].max(initial=-9))
    assert (doubt is None) == trusted
    if doubt is not None:
        assert doubt[0] == found.image_indices[worst][0]
    mostly = judged.any() and (moved.mean() > 0.5 or creeping(found))
    assert moves(found) == bool(trusted and mostly)


@settings(max_examples=100, deadline=None)
@given(a_stack())
def test_a_summary_outlives_a_pickle(given_stack: tuple[Scored, Options]) -> None:
    found, _ = build_stack_score("a", *given_stack)
    again = pickle.loads(pickle.dumps(found))
    known, made = found._summary, again._summary
    if found.method.asks_opinion:
        assert made == known
    else:  # which has no probability
        assert made._replace(least_probable=0, least_probability=0.0) == known._replace(
            least_probable=0, least_probability=0.0
        )
    assert Summary.of_columns(found).n_judged == known.n_judged


@pytest.fixture
def score() -> StackScore:
    return score_stack(np.random.default_rng(3).normal(size=(4, 20, 22)), invalid="fill")


def test_every_field_is_there_before_it_is_asked_for(score: StackScore) -> None:
    names = {field.name for field in dataclasses.fields(StackScore)}
    assert names <= set(dir(score))
    assert all(hasattr(score, name) for name in names)
    with pytest.raises(AttributeError):
        object.__new__(StackScore).peak  # noqa: B018
    with pytest.raises(dataclasses.FrozenInstanceError):
        score.peak = np.zeros(3)  # type: ignore[misc]


def test_arrays_are_made_once_own_their_memory_and_are_read_only(score: StackScore) -> None:
    arrays = [
        getattr(score, field.name) for field in dataclasses.fields(score) if "NDArray" in str(field.type)
    ]
    assert len(arrays) > 20
    for each in arrays:
        assert not each.flags.writeable
        assert each.base is None or each.base.nbytes == each.nbytes
    assert score.peak is score.peak
    assert score.warnings is score.warnings


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, dataclasses.replace, lambda score: pickle.loads(pickle.dumps(score))],
    ids=["copy", "deepcopy", "replace", "pickle"],
)
def test_copies_have_everything(score: StackScore, again: Any) -> None:
    made = again(score)
    assert repr(made) == repr(score)
    for field in dataclasses.fields(score):
        mine, theirs = getattr(score, field.name), getattr(made, field.name)
        assert np.array_equal(mine, theirs) if isinstance(mine, np.ndarray) else mine == theirs
    assert {*vars(made)} - {"_summary"} == {field.name for field in dataclasses.fields(score)}


def test_a_pickle_has_the_fields_alone(score: StackScore) -> None:
    fresh = score_stack(np.random.default_rng(3).normal(size=(4, 20, 22)))
    data = pickle.dumps(fresh, protocol=2)
    assert b"_origin" not in data
    assert b"StackInfo" not in data
    assert len(data) < 6000


def test_warnings_come_at_once_and_nothing_else_is_made() -> None:
    scene = np.random.default_rng(4).normal(size=(20, 22))
    stack = np.stack([np.roll(scene, k, axis=1) for k in range(4)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ranking = rank_stacks({"a": stack})
    assert "warnings" not in vars(ranking.stack_scores[0])
    stack[2, 3, 4] = np.nan
    with pytest.warns(RankingWarning, match="1 pixel NaN"):
        rank_stacks({"a": stack})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_while_another_thread_makes_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock is held, for which the forked process would wait for ever."""
    inside, done = threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            inside.set()
            done.wait(60)
        return stack_messages(*arguments)

    monkeypatch.setattr("ndreg_preeval.results.columns.stack_messages", slowly)
    stack = np.random.default_rng(3).normal(size=(3, 20, 22))
    one, other = score_stack(stack), score_stack(stack)
    thread = threading.Thread(target=lambda: one.warnings)
    thread.start()
    assert inside.wait(60)
    context = multiprocessing.get_context("fork")
    process = context.Process(target=lambda: other.warnings)
    process.start()
    process.join(20)
    hangs = process.is_alive()
    process.kill()
    done.set()
    thread.join()
    process.join()
    assert not hangs
    assert process.exitcode == 0
