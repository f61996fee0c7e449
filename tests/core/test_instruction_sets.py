# SPDX-License-Identifier: MIT
"""`NDREG_PREEVAL_ISA` chooses the kernels, and says clearly what it cannot.

`tests/core/test_instruction_sets_suite.py` runs the tests of the numbers once per instruction set.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import _core
from tests.core.test_dtypes import LAYOUTS, whole_numbers
from tests.support.agreement import assert_agrees, bits
from tests.support.isas import ALL, USABLE, VARIABLE
from tests.support.oracle import EPS, EPS_SINGLE, Floats

PRECISIONS = [("double", EPS), ("single", EPS_SINGLE)]


def images_of(h: int, w: int) -> Floats:
    rng = np.random.default_rng(100 * h + w)
    scene = rng.normal(size=(h, w))
    moved = np.roll(scene, (h // 3, -(w // 4)), (0, 1)) + 0.2 * rng.normal(size=(h, w))
    return np.array([scene, moved, rng.normal(size=(h, w))])


def test_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    facts = ndreg_preeval.build_config()
    assert ALL[0] == USABLE[0] == "baseline"
    assert len(set(ALL)) == len(ALL)
    assert [isa for isa in ALL if isa in USABLE] == USABLE
    assert facts["isa"] == USABLE[-1]


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or not Path("/proc/cpuinfo").exists(),
    reason="what a processor can do is read from /proc/cpuinfo, on x86-64",
)
def test_all_that_the_processor_can_do_is_usable() -> None:
    text = Path("/proc/cpuinfo").read_text()
    flags = set(next(line for line in text.splitlines() if line.startswith("flags")).split())
    needed = {
        "baseline": set(),
        "avx2": {"avx2", "fma"},
        "avx512": {"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl"},
    }
    assert list(needed) == ALL
    assert [isa for isa in ALL if needed[isa] <= flags] == USABLE


@pytest.mark.parametrize("isa", USABLE)
def test_the_forced_one_runs(isa: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What differs is the last bits: AVX2 and later fuse multiplications with additions."""
    images = images_of(150, 170)
    monkeypatch.setenv(VARIABLE, "baseline")
    plain = _core.Scorer(images[0], precision="single").correlogram(images[1])
    monkeypatch.setenv(VARIABLE, isa)
    assert ndreg_preeval.build_config()["isa"] == isa
    found = _core.Scorer(images[0], precision="single").correlogram(images[1])
    again = _core.Scorer(images[0], precision="single").correlogram(images[1])
    assert (again == found).all()
    assert (found == plain).all() == (isa == "baseline")


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize("isa", USABLE)
def test_each_agrees_with_the_oracle(
    isa: str, precision: str, eps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, isa)
    for h, w in ((32, 48), (37, 53), (101, 44), (130, 121), (8, 300), (300, 9)):
        images = images_of(h, w)
        for options in ({}, {"window": "hann", "cutoff": 0.2}):
            records = _core.Scorer(images[0], precision=precision, **options).score(images[1:])
            for record, image in zip(records, images[1:], strict=True):
                assert_agrees(record, images[0], image, eps=eps, **options)


@pytest.mark.parametrize("name", ["sse9", "AVX2", "avx", " ", "baseline,avx2", "ü", "x" * 10_000])
def test_unknown_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = images_of(8, 9)[0]
    monkeypatch.setenv(VARIABLE, name)
    for call in (lambda: _core.Scorer(image), ndreg_preeval.build_config):
        with pytest.raises(ValueError, match=f"^{VARIABLE} must be one of ") as caught:
            call()
        message = str(caught.value)
        assert all(f"'{isa}'" in message for isa in USABLE)
        assert f"'{name[:200]}'" in message
        assert len(message) < 500
    with pytest.raises(ValueError, match=VARIABLE):
        ndreg_preeval.rank_stacks({"a": images_of(8, 9)})


@pytest.mark.skipif(ALL == USABLE, reason="this processor has all instruction sets")
def test_names_that_are_known_but_not_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    for isa in set(ALL) - set(USABLE):
        monkeypatch.setenv(VARIABLE, isa)
        with pytest.raises(ValueError, match=f"{VARIABLE} must be one of .*, not '{isa}'"):
            _core.Scorer(images_of(8, 9)[0])


def test_an_empty_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    images = images_of(40, 41)
    monkeypatch.delenv(VARIABLE, raising=False)
    expected = bits(_core.Scorer(images[0]).score(images))
    monkeypatch.setenv(VARIABLE, "")
    assert ndreg_preeval.build_config()["isa"] == USABLE[-1]
    assert bits(_core.Scorer(images[0]).score(images)) == expected


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("isa", USABLE)
def test_scorers_keep_theirs(isa: str, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images = images_of(60, 77)
    monkeypatch.setenv(VARIABLE, isa)
    scorer = _core.Scorer(images[0], precision=precision)

    def answers() -> tuple[bytes, bytes, bytes]:
        one, two = scorer.score(images, num_threads=2), scorer.score_consecutive(images)
        return bits(one), bits(two), scorer.correlogram(images[1]).tobytes()

    expected = answers()
    for later in (*USABLE, "nonsense"):
        monkeypatch.setenv(VARIABLE, later)
        assert answers() == expected


@pytest.mark.parametrize("isa", USABLE)
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dtype", ["?", "i1", "<u2", ">i4", "f2", "f4", ">f8", "i8"])
def test_every_layout_gives_the_same_bits(
    dtype: str, precision: str, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in images that are wider than any vector and no multiple of it."""
    monkeypatch.setenv(VARIABLE, isa)
    small = whole_numbers(dtype)
    images: Any = np.tile(small, (1, 2, 5))[:, :25, :83]
    images[0] = images[0, ::-1]
    expected = _core.Scorer(images[0], precision=precision).score(images[1:])
    assert expected["peak"].all()
    for name, layout in LAYOUTS.items():
        given = layout(images)
        records = _core.Scorer(given[0], precision=precision).score(given[1:])
        assert bits(records) == bits(expected), name
