# SPDX-License-Identifier: MIT
"""Rankings come back from JSON: those of every kind of stack in `stacks/forms`, of everything else here."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndreg_preeval import METHODS, Limits, Method, Ranking, StackRanker, StackScore, rank_stacks
from ndreg_preeval.options import Options
from ndreg_preeval.results import InputRead, Provenance
from tests.support.round_trips import assert_comes_back
from tests.support.scenes import SHAPE, drifting, three

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

MASK = np.ones(SHAPE, bool)
MASK[:5, 3:] = False
OWN = Method("confirmation", "median", window="hann", cutoff=0.1, name="mine µ")

CALLS: dict[str, dict[str, Any]] = {
    **{method: {"method": method} for method in METHODS},
    "own method": {"method": OWN},
    "previous": {"pairing": "previous"},
    "last reference": {"reference_image": -1},
    "double": {"precision": "double"},
    "mask": {"mask": MASK},
    "mask of numbers": {"mask": MASK.astype(np.uint8) * 3, "mask_valid": 3},
    "aligner": {"window": "hann", "cutoff": 0.2, "max_shift": 9, "normalization": None},
    "limits": {"limits": Limits(image_bytes=None, ratio=7), "memory_limit": 12345, "num_threads": 1},
    "forced": {"reference_stack": "fair"},
    "forced, mask": {"reference_stack": "clear", "mask": MASK},
}


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_every_option(options: dict[str, Any]) -> None:
    ranking = rank_stacks(three(), **options)
    found = assert_comes_back(ranking)
    assert found.options == ranking.options
    again = rank_stacks(three(), reference_stack=options.get("reference_stack"), options=found.options)
    assert again == ranking
    for name, stack in again.items():
        assert stack.peak.tobytes() == ranking[name].peak.tobytes() == found[name].peak.tobytes()


def odd_stacks() -> dict[Any, Any]:
    """Stacks with something of everything that makes one odd."""
    clear = drifting(0.05, n=6)
    hot = drifting(2.0, n=6)
    hot[:, 4, 4] = 1e6
    holes = drifting(0.5, n=6)
    holes[2, :9] = np.nan
    holes[4] = np.inf
    enlarged = drifting(0.5, n=6, shape=(16, 20)).repeat(2, axis=1).repeat(2, axis=2)
    blank_reference = drifting(0.5, n=6)
    blank_reference[0] = 3
    return {
        "clear": clear,
        7: hot,
        "7": holes,
        ("a", 1): enlarged,
        b"7": np.zeros((6, *SHAPE)),
        "one": clear[:1],
        "rest": np.stack([clear[0]] * 6),
        "\udc80\x1b[1m日本\0": blank_reference,
        "": drifting(3.0, n=3).astype(">i2"),
        None: drifting(9.0, n=6),
        "gone": "gone.h5::/entry/a",
    }


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_odd_stacks(method: str, pairing: Any) -> None:
    ranking = rank_stacks(odd_stacks(), method=method, pairing=pairing, on_error="rank_last")
    assert ranking["gone"].error is not None
    assert len(ranking) == 11
    found = assert_comes_back(ranking)
    assert len(found) == 11
    assert rank_stacks(odd_stacks(), options=found.options) == ranking


def test_no_evidence_and_no_name() -> None:
    ranking = rank_stacks({None: np.zeros((3, *SHAPE)), 1: np.full((3, *SHAPE), 2)})
    found = assert_comes_back(ranking)
    assert found.reference_stack == "None"


def test_engines() -> None:
    with ThreadPoolExecutor(2) as executor:
        assert_comes_back(rank_stacks(three(), executor=executor))
    images = three()
    ranker = StackRanker({name: stack[0] for name, stack in images.items()})
    assert_comes_back(ranker.add({name: stack[1:] for name, stack in images.items()}).result())


def test_files(tmp_path: Path) -> None:
    ranking = rank_stacks(three())
    ranking.save_json(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text("utf-8")
    assert text.startswith('{\n "format_version": 3,')
    assert text.endswith("}\n")
    ranking.save_json(tmp_path / "a.json", indent=None)  # replaced
    assert len((tmp_path / "a.json").read_text("utf-8").splitlines()) == 1
    assert Ranking.from_json(tmp_path / "a.json") == ranking
    assert Ranking.from_json(text.encode()) == ranking


def test_reports_of_what_came_back(tmp_path: Path) -> None:
    ranking = rank_stacks(three())
    found = Ranking.from_json(ranking.to_json())
    assert str(found) == str(ranking)
    assert found.to_csv() == ranking.to_csv()
    with pytest.raises(ValueError, match=r"stack 'clear': its images did not travel .* read from JSON"):
        found.correlogram("clear", 1)
    pytest.importorskip("h5py")
    found.save_nexus(tmp_path / "a.h5")


# What Hypothesis makes up: any number, name and text.
NUMBERS = st.floats(width=64)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
NAMES = st.one_of(
    TEXTS, st.integers(-9, 9), st.none(), st.binary(max_size=3), st.tuples(TEXTS, st.booleans())
)
COUNTS = st.integers(0, 2**62)
PROVENANCES = st.builds(
    Provenance,
    version=st.none() | TEXTS,
    date=st.none() | TEXTS,
    command_line=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    inputs=st.lists(
        st.builds(
            InputRead,
            stack=TEXTS,
            uri=TEXTS,
            shape=st.tuples(COUNTS, COUNTS, COUNTS),
            dtype=TEXTS,
            files=COUNTS,
            size=st.none() | COUNTS,
            modified=st.none() | TEXTS,
        ),
        max_size=2,
    ).map(tuple),
)


def arrays(m: int, elements: Any, dtype: Any, shape: tuple[int, ...] = ()) -> Any:
    count = m * int(np.prod(shape, dtype=int))
    flat = st.lists(elements, min_size=count, max_size=count)
    return flat.map(lambda values: np.array(values, dtype=dtype).reshape(m, *shape))


FLOATS = (
    *("peak", "mean", "rms", "peak_to_mean", "second_peak", "zero_peak", "opinion", "opinion_rms"),
    *("opinion_second", "opinion_moved", "opinion_zero", "confirmation", "probability", "probability_masked"),
    *("p_value", "values"),
)


@st.composite
def scores(draw: Any, name: Any, method: Method) -> StackScore:
    m = draw(st.integers(0, 3))
    n = m + draw(st.integers(1, 3))
    indices = arrays(m, st.integers(0, n - 1), np.intp)
    return StackScore(
        name=name,
        score=draw(NUMBERS),
        n_images=n,
        shape=(draw(COUNTS), draw(COUNTS)),
        dtype=draw(TEXTS),
        location=draw(TEXTS),
        method=method,
        precision=draw(st.sampled_from(["single", "double", "mixed"])),
        rankable=draw(st.booleans()),
        reference_image=draw(st.integers(0, n)),
        trust=draw(st.floats(0, 1)),
        trust_masked=draw(st.floats(0, 1)),
        reasons=tuple(draw(st.lists(TEXTS, max_size=2))),
        warnings=tuple(draw(st.lists(TEXTS, max_size=2))),
        image_indices=draw(indices),
        reference_indices=draw(indices),
        shifts=draw(arrays(m, NUMBERS, float, (2,))),
        peak_shifts=draw(arrays(m, st.integers(-(2**31), 2**31), np.intp, (2,))),
        invalid_pixels=draw(arrays(m, COUNTS, np.int64)),
        static_pixels=draw(arrays(m, COUNTS, np.int64)),
        flags=draw(arrays(m, st.integers(0, 2**32 - 1), np.uint32)),
        jumps=draw(arrays(m, st.booleans(), bool)),
        error=draw(st.none() | TEXTS),
        reference_flags=draw(st.integers(0, 2**32 - 1)),
        image_axis=draw(st.integers(0, 2)),
        **{each: draw(arrays(m, NUMBERS, float)) for each in FLOATS},
    )


@st.composite
def rankings(draw: Any) -> Ranking:
    method = replace(draw(st.sampled_from(list(METHODS.values()))), name=draw(TEXTS))
    mask = draw(st.none() | arrays(3, st.booleans(), bool, (draw(st.integers(0, 11)),)))
    options = Options(
        method=method,
        reference_image=draw(st.integers(-5, 5)),
        max_shift=draw(st.none() | st.floats(0, 1e300)),
        mask=mask,
        memory_limit=draw(st.none() | st.integers(1024, 2**80)),
        limits=Limits(ratio=draw(st.none() | COUNTS)),
    )
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    forced = not names or draw(st.booleans())
    return Ranking(
        reference_stack=draw(NAMES) if forced else draw(st.sampled_from(names)),
        ranked_stack_names=None if forced else names,
        method=method,
        options=options,
        warnings=tuple(draw(st.lists(TEXTS, max_size=2))),
        num_threads=draw(st.integers(0, 2**40)),
        stack_scores=tuple(draw(scores(name, method)) for name in names),
        _specs=(None,) * len(names),
        _made=draw(st.none() | PROVENANCES),
    )


@settings(max_examples=150, deadline=None)
@given(rankings())
def test_whatever_it_holds_comes_back(ranking: Ranking) -> None:
    text = ranking.to_json()
    found = Ranking.from_json(text)
    assert found == ranking
    assert hash(found) == hash(ranking)
    # Numbers that are not finite come back as NaN, which may be another worst image: hence from here on.
    once = found.to_json()
    twice = Ranking.from_json(once)
    assert twice == found
    assert twice.to_json() == once
    if ranking.provenance is not None:
        assert json.loads(once)["provenance"] == json.loads(text)["provenance"]
