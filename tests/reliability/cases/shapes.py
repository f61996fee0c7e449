# SPDX-License-Identifier: MIT
"""Stacks of unusual or impossible shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..outcomes import (
    BAD_LAST,
    NAMES_BAD,
    NAMES_GOOD,
    RANKED,
    REFUSED,
    any_order,
    error,
    in_order,
    rank,
    ranking,
)
from ..support import NOISE, excellent, faulty, good, images
from ..table import Section

shapes = Section("shapes")

shapes.add("empty_dict", "an empty mapping", lambda _: {}, rank(), REFUSED)
shapes.add("list_of_arrays", "a list may only hold URIs", lambda _: list(good().values()), REFUSED)
shapes.add("n0", "a stack with no image", lambda _: faulty(np.zeros((0, 32, 40))), NAMES_BAD)
shapes.add("n0_list", "an empty list as stack", lambda _: faulty([]), NAMES_BAD)
shapes.add("n1", "one image: nothing to compare", lambda _: faulty(excellent(n=1)), NAMES_BAD, BAD_LAST)


@shapes.case(
    "n1_all",
    "every stack has one image",
    error(ValueError, TypeError, naming=["s1", "s2"]),
    any_order("s1", "s2"),
)
def _(_: Path) -> Any:
    return {"s1": images(0.05, n=1), "s2": images(0.8, n=1)}


@shapes.case(
    "short_stack_bias",
    "2 poor images must not beat 12 good ones: image 0 is not compared with itself",
    rank("long_good", "short_poor"),
    error(ValueError, TypeError, naming=["long_good", "short_poor"]),
)
def _(_: Path) -> Any:
    return {"short_poor": images(4.0, n=2), "long_good": images(0.05, n=12)}


@shapes.case("mixed_within_broadcastable", "the second image has one row and would broadcast", NAMES_BAD)
def _(_: Path) -> Any:
    stack = list(excellent())
    stack[1] = stack[1][:1]
    return faulty(stack)


shapes.add("1d", "a 1-D array as stack", lambda _: faulty(np.arange(40.0)), NAMES_BAD)
shapes.add("2d", "one image as stack", lambda _: faulty(excellent()[0]), NAMES_BAD)
shapes.add("4d_rgb", "colour images", lambda _: faulty(np.stack([excellent()] * 3, axis=-1)), NAMES_BAD)
shapes.add("5d", "5 dimensions", lambda _: faulty(excellent()[None, None]), NAMES_BAD)
shapes.add("spare_axis", "an axis of one element", lambda _: good(change=lambda a: a[:, None]), RANKED)
shapes.add(
    "list_of_3d",
    "a list of colour images",
    lambda _: faulty(list(np.stack([excellent()] * 3, axis=-1))),
    NAMES_BAD,
)
shapes.add("zero_height", "images of no row", lambda _: faulty(np.zeros((4, 0, 40))), NAMES_BAD)
shapes.add("zero_width", "images of no column", lambda _: faulty(np.zeros((4, 32, 0))), NAMES_BAD)
shapes.add("1xN", "images of one row", lambda _: good(shape=(1, 256)), RANKED, NAMES_GOOD)
shapes.add("Nx1", "images of one column", lambda _: good(shape=(256, 1)), RANKED, NAMES_GOOD)
shapes.add("1x1", "images of one pixel", lambda _: faulty(np.ones((4, 1, 1))), NAMES_BAD, BAD_LAST)
shapes.add(
    "1x1_varying",
    "images of one pixel, each of another value",
    lambda _: faulty(np.arange(1.0, 5.0).reshape(4, 1, 1)),
    NAMES_BAD,
    BAD_LAST,
)


@shapes.case(
    "2x2", "images of 2 x 2", any_order("a", "b"), error(ValueError, TypeError, naming=["'a'", "'b'"])
)
def _(_: Path) -> Any:
    return {"a": images(0.8, shape=(2, 2)), "b": images(0.05, shape=(2, 2))}


shapes.add("prime_small", "31 x 37", lambda _: good(shape=(31, 37)), RANKED)
shapes.add("prime_127x1", "127 x 2", lambda _: good(shape=(127, 2)), RANKED, NAMES_GOOD)
shapes.add(
    "prime_1009x1013",
    "large primes: the FFT library changes its algorithm",
    lambda _: good(n=3, shape=(1009, 1013)),
    RANKED,
    slow=True,
)
shapes.add("odd_odd_min", "15 x 17", lambda _: good(shape=(15, 17)), RANKED)
shapes.add("many_images", "1000 images of 16 x 16", lambda _: good(n=1000, shape=(16, 16)), RANKED)

MANY = ranking(
    "500 names, zeta first, the known ones in order",
    lambda got: len(got) == 500 and got[0] == "zeta" and in_order(got, "zeta", "alpha", "kilo"),
)


@shapes.case("many_stacks", "500 stacks of 2 images", MANY)
def _(_: Path) -> Any:
    rng = np.random.default_rng(5)
    stacks: dict[str, Any] = {f"noise {i}": rng.standard_normal((2, 32, 40)) for i in range(497)}
    for place, (name, noise) in zip((100, 250, 400), NOISE.items(), strict=True):
        items = list(stacks.items())
        items.insert(place, (name, images(noise, n=2)))
        stacks = dict(items)
    return stacks
