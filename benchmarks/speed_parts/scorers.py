# SPDX-License-Identifier: MIT
"""The scores of this package as programs, compared with plain numpy before they are timed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from common.known_shifts import Answer, Image, plain_answer, way_back
from common.timing import Program, require
from ndreg_preeval import _core

PEAK_TO_MEAN, ROBUST = "peak_to_mean", "robust"
TOLERANCE = {"single": 1e-4, "double": 1e-9}


def precision_for(dtype: DTypeLike) -> str:
    """What the package chooses by itself: single where single precision holds every pixel."""
    dtype = np.dtype(dtype)
    small = {"b": 1, "i": 2, "u": 2, "f": 4}.get(dtype.kind, 0)
    return "single" if dtype.itemsize <= small else "double"


def check(record: np.void, answer: Answer, precision: str) -> None:
    """One record of the core against the answer of plain numpy."""
    found = (int(record["peak_dy"]), int(record["peak_dx"]))
    tolerance = TOLERANCE[precision]
    require(found == answer.shift, f"shift {found} instead of {answer.shift}")
    require(abs(record["peak"] - answer.peak) < tolerance, f"peak {record['peak']}, not {answer.peak}")
    require(
        abs(record["mean"] - answer.mean) < tolerance * answer.mean,
        f"mean {record['mean']}, not {answer.mean}",
    )


def score_of_one(
    method: str,
    reference: Image,
    image: Image,
    *,
    mask: NDArray[np.bool_] | None = None,
    answer: Answer | None = None,
    name: str = "",
) -> Program:
    """Whole scores of one image per call in one thread; the reference is known already."""
    precision = precision_for(image.dtype)
    scorer = _core.Scorer(reference, mask=mask, precision=precision, confirm=method == ROBUST)
    images = [image]
    (record,) = scorer.score(images, mask=mask, num_threads=1)
    check(record, answer or plain_answer(reference, image, mask), precision)
    return Program(name or method, lambda: scorer.score(images, mask=mask, num_threads=1))


def score_of_many(
    method: str,
    reference: Image,
    images: Image | Sequence[Image],
    *,
    threads: int = 1,
    compare: bool = True,
    name: str = "",
) -> Program:
    """Whole scores of many images per call.

    All shifts are checked, peak and mean of the first and the last image against plain numpy
    (unless `compare` is off, for images that plain numpy has no memory for), and all numbers
    against those of one thread, bit for bit.
    """
    precision = precision_for(reference.dtype)
    scorer = _core.Scorer(reference, precision=precision, confirm=method == ROBUST)

    def run() -> NDArray[Any]:
        return scorer.score(images, num_threads=threads)

    records = run()
    back = way_back(reference.shape)
    require(len(records) == len(images), "a record per image")
    require((records["peak_dy"] == back[0]).all() and (records["peak_dx"] == back[1]).all(), "shifts")
    if compare:
        for k in (0, len(images) - 1):
            check(records[k], plain_answer(reference, images[k]), precision)
    if threads > 1:
        alone = scorer.score(images, num_threads=1)
        require(records.tobytes() == alone.tobytes(), f"{threads} threads change the numbers")
    return Program(name or method, run, len(images))
