# SPDX-License-Identifier: MIT
"""The core's `Scorer` as a program, compared with plain numpy before it is timed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.known_shifts import Answer, Image, plain_answer, way_back
from common.timing import Program, require
from ndreg_preeval import _core

from .rankings import ROBUST, tolerance_of


def check(record: np.void, answer: Answer, tolerance: float) -> None:
    """One record of the core against the answer of plain numpy."""
    found = (int(record["peak_dy"]), int(record["peak_dx"]))
    require(found == answer.shift, f"shift {found} instead of {answer.shift}")
    for kind in ("peak", "mean"):
        expected = getattr(answer, kind)
        require(abs(record[kind] / expected - 1) < tolerance, f"{kind} {record[kind]}, not {expected}")


def score_of_many(method: str, reference: Image, images: Image | Sequence[Image], name: str = "") -> Program:
    """Whole scores of many float32 images per call, in one thread; the reference is known already.

    All shifts are checked, and peak and mean of the first and the last image.
    """
    scorer = _core.Scorer(reference, precision="single", confirm=method == ROBUST)

    def run() -> NDArray[Any]:
        return scorer.score(images, num_threads=1)

    records = run()
    back = way_back(reference.shape)
    require(len(records) == len(images), "a record per image")
    require((records["peak_dy"] == back[0]).all() and (records["peak_dx"] == back[1]).all(), "shifts")
    for k in (0, len(images) - 1):
        check(records[k], plain_answer(reference, images[k]), tolerance_of(reference, "single"))
    return Program(name or method, run, len(images))
