# SPDX-License-Identifier: MIT
"""Scores of four made-up stacks, held against figures found once by independent programs.

The images are whole numbers from a formula, so they are the same everywhere and for ever. The
figures: `ewoksndreg` by the original's `peak_eval` with the sign turned, `peak_to_mean` and
`robust` by independent implementations.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import aggregate

REFERENCE = {
    "ewoksndreg": {
        "clean": 0.7075341853396782,
        "fair": 0.4292647696777784,
        "lost": 0.27974654759308637,
        "static": 0.6471929623675484,
    },
    "peak_to_mean": {
        "clean": 30.093648601732912,
        "fair": 11.011336466817497,
        "lost": 4.396037389929679,
        "static": 23.59325166013793,
    },
    "robust": {
        "clean": 0.6655240316709987,
        "fair": 0.19601018045589166,
        "lost": 0.016384016713750206,
        "static": 0.6713054287455869,
    },
}
CONFIRMATIONS = {
    "clean": [6.320590973450913, 3.1890857897566858, 1.8894789577915283, 1.4285593385562572],
    "fair": [1.2307923467852973, 0.9858129270824552, 0.6473085915814355, 0.5575953756053816],
    "lost": [0.12533606103604614, 0.18692674637505433, 0.5472839993391823, 0.2999617200790924],
    "static": [1.5862917718643692, 2.6874007629054377, 2.277688650620853, 2.6552616961081017],
}


def stacks() -> dict[str, NDArray[np.int64]]:
    """One scene moved by (-2, 1) pixels an image, under four amounts of own pattern."""
    y, x = np.mgrid[:24, :30]
    made: dict[str, list[NDArray[np.int64]]] = {name: [] for name in CONFIRMATIONS}
    static = 5 * ((x * x * 3 + y * y * 11) % 101)
    for i in range(5):
        yy, xx = y + 2 * i, x - i
        scene = (xx * xx * 31 + yy * yy * 17 + xx * yy * 7) % 251
        own = (x * x * 13 + y * y * (29 + i) + x * y * (5 + 2 * i)) % 241
        made["clean"].append(9 * scene + own)
        made["fair"].append(scene + own)
        made["lost"].append(own)
        made["static"].append(scene + own + static)
    return {name: np.array(images) for name, images in made.items()}


def core_statistics(stack: NDArray[Any], method: str, precision: str) -> tuple[NDArray[np.float64], str]:
    options = oracle.METHODS[method]
    scorer = _core.Scorer(
        stack[0],
        precision=precision,
        confirm=options["statistic"] == "confirmation",
        confirm_window="hann",
        confirm_cutoff=0.15,
        judgement="ratio",
        keep_mean=options["statistic"] == "peak_minus_mean",
    )
    records = scorer.score(stack if options.get("include_reference") else stack[1:])
    values = {
        "confirmation": records["probability"],
        "peak_to_mean": records["peak"] / records["mean"],
        "peak_minus_mean": records["peak"] - records["mean"],
    }[options["statistic"]]
    return values, options["how"]


@pytest.mark.parametrize("method", REFERENCE)
def test_oracle(method: str) -> None:
    found = {name: oracle.stack_score(stack, method) for name, stack in stacks().items()}
    assert found == pytest.approx(REFERENCE[method], rel=1e-12)


@pytest.mark.parametrize(("precision", "room"), [("double", 1e-11), ("single", 1e-4)])
@pytest.mark.parametrize("method", REFERENCE)
def test_core(method: str, precision: str, room: float) -> None:
    found = {name: aggregate(*core_statistics(stack, method, precision)) for name, stack in stacks().items()}
    assert found == pytest.approx(REFERENCE[method], rel=room)


def test_core_confirmations() -> None:
    for name, stack in stacks().items():
        records = _core.Scorer(stack[0], **oracle.METHODS["robust"]["options"]).score(stack[1:])
        assert records["confirmation"] == pytest.approx(CONFIRMATIONS[name], rel=1e-11)
        wanted = [oracle.pair_score(stack[0], image) for image in stack[1:]]
        assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(p.peak_dy, p.peak_dx) for p in wanted]


def test_the_clean_stack_has_the_known_motion() -> None:
    """The scene leaves at one border and comes in at the other; most of it is followed."""
    stack = stacks()["clean"]
    records = _core.Scorer(stack[0]).score(stack[1:])
    assert [(int(r["peak_dy"]), int(r["peak_dx"])) for r in records] == [(2 * i, -i) for i in range(1, 5)]
    assert (np.abs(records["shift_y"] - records["peak_dy"]) < 0.5).all()


@pytest.mark.parametrize("method", REFERENCE)
def test_rank_stacks(method: str) -> None:
    from ndreg_preeval import RankingWarning, rank_stacks

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)  # of the stack that never moves
        ranking = rank_stacks(stacks(), method=method, precision="double")
    best_first = sorted(REFERENCE[method], key=lambda name: -REFERENCE[method][name])
    assert ranking.ranked_stack_names == best_first
    assert dict(ranking.scores) == pytest.approx(REFERENCE[method], rel=1e-11)
