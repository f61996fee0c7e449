# SPDX-License-Identifier: MIT
from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import METHODS, Ranking, RankingWarning, rank_stacks, score_stack
from tests.support import oracle
from tests.support.scenes import SHAPE, assert_same_numbers, drifting, three

ORDER = ["clear", "fair", "poor"]


def test_best_first_under_every_method() -> None:
    for name in METHODS:
        ranking = rank_stacks(three(), method=name)
        assert ranking.ranked_stack_names == ORDER == list(ranking.scores) == list(ranking.stacks)
        assert ranking.reference_stack == "clear"
        assert ranking.method is METHODS[name]
        assert list(ranking.scores.values()) == sorted(ranking.scores.values(), reverse=True)
        assert ranking.warnings == ()
        assert ranking.num_threads >= 1
        # Stacks that agree are ranked as if each were alone.
        assert ranking.ranked_stack_names == oracle.rank(three(), name)


def test_scores_are_those_of_single_stacks() -> None:
    ranking = rank_stacks(three())
    for name in ("clear", "fair"):
        assert_same_numbers(ranking.stacks[name], score_stack(three()[name]))


def test_ties_keep_the_order_of_the_mapping() -> None:
    stack = drifting(0.3)
    assert rank_stacks({"c": stack, "a": stack.copy(), "b": stack.copy()}).ranked_stack_names == [
        "c",
        "a",
        "b",
    ]


def test_failed_stacks_come_behind_those_of_one_image(tmp_path: Path) -> None:
    """And images without contrast behind all others, whatever their score."""
    stacks = {
        "missing": str(tmp_path / "missing.h5::/images"),
        "one": drifting(0.3)[:1],
        "constant": np.ones((5, *SHAPE)),
        "also missing": str(tmp_path / "also_missing.h5::/images"),
        "also one": drifting(0.3)[1:2],
        "fair": drifting(0.3),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        ranking = rank_stacks(stacks, on_error="rank_last")
    assert ranking.ranked_stack_names == ["fair", "constant", "one", "also one", "missing", "also missing"]
    assert list(ranking.scores.values())[1:] == [0] * 5


def test_forced_stack() -> None:
    ranking = rank_stacks(three(), reference_stack="poor")
    assert ranking.reference_stack == "poor"
    assert ranking.ranked_stack_names is None
    assert ranking.scores == {}
    assert "poor" in str(ranking)
    with pytest.raises(
        ValueError, match=r"reference_stack='pore' must be one of the stacks 'poor', 'clear', 'fair'"
    ):
        rank_stacks(three(), reference_stack="pore")
    with pytest.raises(TypeError, match="reference_stack must be the name"):
        rank_stacks(three(), reference_stack=["poor"])


def test_keys_are_the_callers_own() -> None:
    class Name(str):
        """Turns hostile once it is a key."""

        armed = False

        def __eq__(self, other: object) -> bool:
            if Name.armed:
                raise RuntimeError("compared")
            return str.__eq__(self, other)

        def __hash__(self) -> int:
            if Name.armed:
                raise RuntimeError("hashed")
            return str.__hash__(self)

    stacks = {Name(name): stack for name, stack in three().items()}
    keys = {str.__str__(key): key for key in stacks}
    Name.armed = True
    names = rank_stacks(stacks).ranked_stack_names
    assert names is not None
    assert [id(name) for name in names] == [id(keys[name]) for name in ORDER]


def test_mixed_keys() -> None:
    clear, fair, poor = (three()[name] for name in ORDER)
    assert rank_stacks({None: poor, 1: clear, b"x": fair}).ranked_stack_names == [1, b"x", None]


def test_nothing_to_rank() -> None:
    with pytest.raises(ValueError, match="no stack"):
        rank_stacks({})
    one = drifting(0.1, n=1)
    with pytest.raises(ValueError, match=r"no stack can be ranked.*two images.*'s1', 's2'"):
        rank_stacks({"s1": one, "s2": one})
    nan = np.full((3, 8, 8), np.nan)
    with pytest.raises(ValueError, match=r"no stack can be ranked.*valid pixels.*'a', 'b'"):
        rank_stacks({"a": nan, "b": nan})


def test_short_stacks_come_last() -> None:
    with pytest.warns(RankingWarning) as caught:
        ranking = rank_stacks({"short": drifting(0.01, n=1), **three()})
    assert ranking.ranked_stack_names == [*ORDER, "short"]
    assert ranking.scores["short"] == 0
    texts = [str(warning.message) for warning in caught]
    assert any("stack 'short': It has 1 image" in text for text in texts)
    assert any(
        "The stacks differ in their number of images (5 in 'poor', 'clear' and 1 more, 1" in t for t in texts
    )
    assert {warning.filename for warning in caught} == {__file__}


def test_stacks_without_evidence_come_after_all_with_some() -> None:
    flat = np.full((5, *SHAPE), 0.1)
    noise = np.random.default_rng(0).normal(size=(5, *SHAPE))
    ranking = rank_stacks({"flat": flat, "zero": 0 * flat, **three(), "noise": noise})
    names = ranking.ranked_stack_names
    assert names is not None
    assert names[:2] == ["clear", "fair"]
    assert names[-2:] == ["flat", "zero"]


def test_a_stack_of_nan_scrambles_nothing() -> None:
    with pytest.warns(
        RankingWarning, match="stack 'nan': Without a valid pixel, so they count as 0: images 0-4"
    ):
        ranking = rank_stacks({"nan": np.full((5, *SHAPE), np.nan), **three()})
    assert ranking.ranked_stack_names == [*ORDER, "nan"]


def test_no_stack_deserves_trust() -> None:
    rng = np.random.default_rng(3)
    noise = {name: rng.normal(size=(4, *SHAPE)) for name in "ab"}
    for method in METHODS:
        with pytest.warns(RankingWarning, match=r"No stack deserves trust: image \d of the best one, '[ab]'"):
            ranking = rank_stacks(noise, method=method)
        assert len(ranking.warnings) == 1


def test_flat_stacks_alone_say_so_without_a_python_warning() -> None:
    ranking = rank_stacks({"a": np.zeros((3, 8, 8)), "b": np.ones((3, 8, 8))})
    assert ranking.ranked_stack_names == ["a", "b"]
    assert "No stack deserves trust" in ranking.warnings[0]


def test_static_pattern_while_others_move() -> None:
    rng = np.random.default_rng(4)
    pattern = 20 * rng.normal(size=SHAPE)
    stacks = {"pattern": drifting(0.1) + pattern, "clear": drifting(0.05)}
    with pytest.warns(RankingWarning, match=r"static pattern is suspected in 'pattern'.*'clear' move"):
        rank_stacks(stacks)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", ">u2", "f2", "f4", "f8", "g", "i8"])
def test_plain_input_of_any_dtype_warns_of_nothing(dtype: str) -> None:
    kind = np.dtype(dtype).kind
    stacks = {}
    for name, stack in three().items():
        scaled = (stack - stack.min()) / np.ptp(stack)
        stacks[name] = (scaled > 0.5) if kind == "b" else (100 * scaled).astype(dtype)
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        assert rank_stacks(stacks).ranked_stack_names == ORDER


def test_the_stack_at_fault_is_named() -> None:
    for bad, error in (
        (np.zeros((3, 4)), ValueError),
        (np.zeros((0, 4, 4)), ValueError),
        (np.zeros((3, 4, 4), complex), TypeError),
        (None, TypeError),
        ([np.zeros((4, 4)), np.zeros((4, 5))], ValueError),
    ):
        with pytest.raises(error, match="stack 'bad'") as caught:
            rank_stacks({**three(), "bad": bad})
        assert len(str(caught.value)) < 1000
        assert type(pickle.loads(pickle.dumps(caught.value))) is error


def test_messages_stay_short_with_long_names() -> None:
    with pytest.raises(ValueError, match="stack 'xxx") as caught:
        rank_stacks({"x" * 1_000_000: np.zeros((3, 4))})
    assert len(str(caught.value)) < 4096
    with pytest.raises(ValueError, match="must be one of") as caught:
        rank_stacks({"x" * 100_000 + str(i): drifting(0.1) for i in range(50)}, reference_stack="y" * 100_000)
    assert len(str(caught.value)) < 4096


def test_pickling_leaves_pixels_behind(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["fair"] = drifting(0.8)
    stacks: dict[str, Any] = {"clear": drifting(0.05), "fair": f"{path}::/fair"}
    ranking = rank_stacks(stacks)
    data = pickle.dumps(ranking)
    copy: Ranking = pickle.loads(data)
    assert len(data) < 12_000  # the images in memory alone have 51200 bytes
    assert copy.scores == ranking.scores
    assert copy.options == ranking.options
    assert str(copy) == str(ranking)
    np.testing.assert_array_equal(copy.correlogram("fair", 2), ranking.correlogram("fair", 2))
    with pytest.raises(ValueError, match=r"stack 'clear'.*did not travel"):
        copy.correlogram("clear", 2)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_correlogram_is_what_the_numbers_came_from(pairing: Any) -> None:
    ranking = rank_stacks(three(), pairing=pairing, reference_image=1 if pairing == "reference" else 0)
    stack = ranking.stacks["clear"]
    for image, peak, (dy, dx) in zip(stack.image_indices, stack.peak, stack.peak_shifts, strict=True):
        surface = ranking.correlogram("clear", int(image))
        assert surface.shape == SHAPE
        assert surface[dy % SHAPE[0], dx % SHAPE[1]] == pytest.approx(peak, abs=1e-12)
    smooth = ranking.correlogram("clear", -1, second_opinion=True)
    assert not np.allclose(smooth, ranking.correlogram("clear", -1))


def test_correlogram_refuses() -> None:
    ranking = rank_stacks(three())
    with pytest.raises(KeyError, match="no stack 'nope'"):
        ranking.correlogram("nope", 1)
    with pytest.raises(ValueError, match="stack 'fair': image 5 is outside its 5 images"):
        ranking.correlogram("fair", 5)
    with pytest.raises(TypeError, match="image must be an integer"):
        ranking.correlogram("fair", 1.5)  # type: ignore[arg-type]


def test_second_opinion_of_a_method_without_one() -> None:
    evidence = rank_stacks(three(), method="evidence")
    documented = rank_stacks(three(), method="peak_to_mean")
    np.testing.assert_array_equal(
        documented.correlogram("fair", 2, second_opinion=True),
        evidence.correlogram("fair", 2, second_opinion=True),
    )


def test_dictionary_and_json() -> None:
    ranking = rank_stacks(three())
    assert json.loads(ranking.to_json(indent=1)) == json.loads(json.dumps(ranking.to_dict()))
    assert [stack["name"] for stack in ranking.to_dict()["stacks"]] == ORDER
    assert repr(ranking) == "Ranking(reference_stack='clear', 3 stacks)"
    assert "clear" in str(ranking)


def test_every_form_gives_the_same_bits(tmp_path: Path) -> None:
    stacks = three()
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        for name, stack in stacks.items():
            file[f"entry/{name}"] = stack
    expected = rank_stacks(stacks)
    with h5py.File(path) as file:
        forms: list[Any] = [
            {name: list(stack) for name, stack in stacks.items()},
            {name: stack.tolist() for name, stack in stacks.items()},
            {name: f"{path}::/entry/{name}" for name in stacks},
            {"poor": f"{path}::/entry/poor", "clear": stacks["clear"], "fair": list(stacks["fair"])},
            [f"{path}::/entry/{name}" for name in stacks],
            {name: file[f"entry/{name}"] for name in stacks},
        ]
        for form in forms:
            ranking = rank_stacks(form)
            assert ranking.ranked_stack_names == ORDER
            for name, stack in expected.stacks.items():
                assert_same_numbers(ranking.stacks[name], stack)


def test_inputs_are_left_alone() -> None:
    stacks = three()
    copies = {name: stack.copy() for name, stack in stacks.items()}
    for stack in stacks.values():
        stack.setflags(write=False)
    rank_stacks(stacks)
    for name, stack in stacks.items():
        np.testing.assert_array_equal(stack, copies[name])
