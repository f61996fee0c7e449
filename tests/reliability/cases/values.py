# SPDX-License-Identifier: MIT
"""Pixels that are constant, missing, infinite, tiny, huge or dominated by an offset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..outcomes import (
    BAD_LAST,
    FOUR,
    NAMES_BAD,
    NAMES_GOOD,
    OTHERS_IN_ORDER,
    RANKED,
    ZETA_FIRST,
    error,
    rank,
)
from ..support import excellent, faulty, good, images, to_range
from ..table import Section

values = Section("values")
OVERFLOW = error(ValueError, TypeError, OverflowError, naming=["kilo", "zeta", "alpha"])


def spoilt(*changes: tuple[tuple[int, int, int], float]) -> NDArray[np.float64]:
    """The excellent stack with some pixels replaced."""
    stack = excellent()
    for index, value in changes:
        stack[index] = value
    return stack


values.add(
    "constant_pow2", "all 0.1, 32 x 32", lambda _: faulty(np.full((4, 32, 32), 0.1)), BAD_LAST, NAMES_BAD
)
values.add(
    "constant_prime",
    "all 0.1, 37 x 41: rounding of the FFT must not look like a signal",
    lambda _: faulty(np.full((4, 37, 41), 0.1)),
    BAD_LAST,
    NAMES_BAD,
)
values.add(
    "constant_different_per_image",
    "each image constant, each of another value",
    lambda _: faulty(np.broadcast_to(np.array([0.1, 0.7, 3.3, 1e5])[:, None, None], (4, 37, 41)).copy()),
    BAD_LAST,
    NAMES_BAD,
)
values.add("negative_zero", "all -0.0", lambda _: faulty(np.full((4, 32, 40), -0.0)), BAD_LAST, NAMES_BAD)


@values.case("one_constant", "one dark image in an otherwise excellent stack", ZETA_FIRST, NAMES_BAD)
def _(_: Path) -> Any:
    stack = excellent()
    stack[2] = 0.1
    return faulty(stack)


@values.case("single_pixel", "one bright pixel: a flat spectrum", FOUR, NAMES_BAD)
def _(_: Path) -> Any:
    stack = np.zeros((4, 32, 40))
    for i in range(4):
        stack[i, 5 + i, 7 - i] = 1.0
    return faulty(stack)


NAN = float("nan")
INF = float("inf")
values.add(
    "all_nan_stack", "a stack of NaN", lambda _: faulty(np.full((4, 32, 40), NAN)), BAD_LAST, NAMES_BAD
)
values.add(
    "one_nan_pixel",
    "one NaN pixel in one image",
    lambda _: faulty(spoilt(((1, 3, 4), NAN))),
    NAMES_BAD,
    OTHERS_IN_ORDER,
)
values.add(
    "one_nan_pixel_pos2",
    "one NaN pixel, the faulty stack third",
    lambda _: faulty(spoilt(((1, 3, 4), NAN)), at=2),
    NAMES_BAD,
    OTHERS_IN_ORDER,
)
values.add(
    "all_stacks_nan",
    "nothing can be ranked",
    lambda _: good(change=lambda a: np.full_like(a, NAN)),
    NAMES_GOOD,
)
values.add("pos_inf", "a +inf pixel", lambda _: faulty(spoilt(((2, 3, 4), INF))), NAMES_BAD, OTHERS_IN_ORDER)
values.add(
    "both_inf",
    "+inf and -inf",
    lambda _: faulty(spoilt(((0, 3, 4), INF), ((0, 9, 9), -INF), ((2, 1, 1), -INF))),
    NAMES_BAD,
    OTHERS_IN_ORDER,
)
values.add("denormal", "values about 1e-310", lambda _: good(change=lambda a: a * 1e-310), RANKED, NAMES_GOOD)
values.add(
    "denormal_f32",
    "float32 about 1e-40",
    lambda _: good(change=lambda a: (a * 1e-40).astype(np.float32)),
    RANKED,
    NAMES_GOOD,
)
values.add(
    "tiny", "values about 1e-200: products underflow", lambda _: good(change=lambda a: a * 1e-200), RANKED
)
values.add(
    "huge_range_overflow",
    "-1.7e308..1.7e308: the range overflows",
    lambda _: good(change=lambda a: a / np.abs(a).max() * 1.7e308),
    RANKED,
    OVERFLOW,
)
values.add(
    "huge_f32_overflow",
    "float32 -3.3e38..3.3e38",
    lambda _: good(change=lambda a: to_range(a, -3.3e38, 3.3e38, np.float32)),
    RANKED,
    OVERFLOW,
)
values.add(
    "f32_sum_overflow",
    "float32 up to 3e38: the sum overflows",
    lambda _: good(change=lambda a: to_range(a, 1e38, 3e38, np.float32)),
    RANKED,
)
values.add("large_offset", "1e9 + texture", lambda _: good(change=lambda a: a + 1e9), RANKED)
values.add(
    "large_offset_1e14",
    "1e14 + 10 x texture: about 9 bits left",
    lambda _: good(change=lambda a: 10 * a + 1e14),
    RANKED,
    NAMES_GOOD,
)


def _hot(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    stack[:, 3, 5] += 1e6
    return stack


values.add("hot_pixel", "the same hot pixel in every image", lambda _: good(change=_hot), RANKED)


@values.case("scale_per_image", "images of one stack scaled by 1e-12 to 1e12", RANKED)
def _(_: Path) -> Any:
    stacks = good()
    stacks["zeta"] *= np.array([1e-12, 1e-4, 1e4, 1e12])[:, None, None]
    return stacks


@values.case("ties_identical", "the same data three times: mapping order", rank("c", "a", "b"))
def _(_: Path) -> Any:
    stack = images(0.8)
    return {"c": stack, "a": stack.copy(), "b": stack.copy()}
