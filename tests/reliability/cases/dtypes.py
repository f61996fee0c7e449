# SPDX-License-Identifier: MIT
"""Every type of pixel: read right, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..outcomes import NAMES_BAD, NAMES_GOOD, RANKED
from ..support import excellent, faulty, good, to_range
from ..table import Build, Section

dtypes = Section("dtypes")


def ranged(low: float, high: float, dtype: Any) -> Build:
    """The good stacks, each stretched to low..high."""
    return lambda _: good(change=lambda a: to_range(a, low, high, dtype))


def cast(dtype: Any) -> Build:
    """The good stacks in another type; integers hold about 12 bits."""
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        return ranged(0, 4000, kind)
    return lambda _: good(change=lambda a: a.astype(kind))


def bad(spoil: Callable[[NDArray[np.float64]], Any]) -> Build:
    """A fourth stack of a type that holds no image."""
    return lambda _: faulty(spoil(excellent()))


dtypes.add("float32", "float32", cast("f4"), RANKED)
dtypes.add("float16", "float16", cast("f2"), RANKED)
dtypes.add("int8_half", "int8 0..127", ranged(0, 127, "i1"), RANKED)
dtypes.add(
    "int16_full", "int16 over its full range: differences overflow", ranged(-32768, 32767, "i2"), RANKED
)
dtypes.add("int64_full", "int64 over its full range", ranged(-(2**63), 2**63 - 1, "i8"), RANKED, NAMES_GOOD)
dtypes.add("uint8", "uint8 over its full range", ranged(0, 255, "u1"), RANKED)
dtypes.add("uint32", "uint32 over its full range", ranged(0, 2**32 - 1, "u4"), RANKED)
dtypes.add("uint32_offset", "uint32 4e9 + 0..200: lost in float32", ranged(4e9, 4e9 + 200, "u4"), RANKED)
dtypes.add(
    "uint64_offset",
    "uint64 2^63 + 0..5000: about 1 bit lost in float64",
    ranged(2**63, 2**63 + 5000, "u8"),
    RANKED,
    NAMES_GOOD,
)
dtypes.add("bool", "images of 0 and 1", lambda _: good(change=lambda a: a > 0), RANKED, NAMES_GOOD)
dtypes.add("big_endian_f8", "big-endian float64", cast(">f8"), RANKED)
dtypes.add("big_endian_f4", "big-endian float32", cast(">f4"), RANKED)
dtypes.add("big_endian_u2", "big-endian uint16, as in TIFF", cast(">u2"), RANKED)
dtypes.add("big_endian_i4", "big-endian int32", cast(">i4"), RANKED)
dtypes.add("little_explicit", "explicit little-endian", cast("<f8"), RANKED)
dtypes.add("object_floats", "object array of floats", cast(object), RANKED, NAMES_GOOD)


@dtypes.case("mixed_between", "float32, uint16 and big-endian float64 together", RANKED)
def _(_: Path) -> Any:
    stacks = good()
    stacks["kilo"] = stacks["kilo"].astype("f4")
    stacks["zeta"] = to_range(stacks["zeta"], 0, 60000, "u2")
    stacks["alpha"] = stacks["alpha"].astype(">f8")
    return stacks


@dtypes.case("mixed_within", "each image of another type", RANKED, NAMES_GOOD)
def _(_: Path) -> Any:
    def change(stack: NDArray[np.float64]) -> Any:
        counts = to_range(stack, 0, 4000, "f8")
        return [image.astype(kind) for image, kind in zip(counts, ("f4", ">u2", "i8", "f8"), strict=True)]

    return good(change=change)


dtypes.add("complex_imag", "complex64", bad(lambda a: (a * (1 + 1j)).astype("c8")), NAMES_BAD)


@dtypes.case("object_mixed", "object array with None and text", NAMES_BAD)
def _(_: Path) -> Any:
    stack = excellent().astype(object)
    stack[1, 2, 3] = None
    stack[2, 2, 3] = "seven"
    return faulty(stack)


@dtypes.case("object_arrays", "object array of images of different shape", NAMES_BAD)
def _(_: Path) -> Any:
    stack = np.empty(4, object)
    for i, image in enumerate(excellent()):
        stack[i] = image[: 32 - i]
    return faulty(stack)


dtypes.add(
    "datetime64",
    "dates subtract, but are no grey values",
    bad(lambda a: (a * 1e3).astype("M8[s]")),
    NAMES_BAD,
)
dtypes.add(
    "structured",
    "structured dtype",
    bad(lambda a: np.rec.fromarrays([a, a], dtype=[("x", "f8"), ("y", "f8")])),
    NAMES_BAD,
)
dtypes.add("void", "raw bytes", bad(lambda a: a.astype("f4").view("V4")), NAMES_BAD)


@dtypes.case(
    "ml_bfloat16", "bfloat16, which numpy takes for raw bytes", RANKED, NAMES_GOOD, needs=("ml_dtypes",)
)
def _(_: Path) -> Any:
    import ml_dtypes

    return good(change=lambda a: a.astype(ml_dtypes.bfloat16))


@dtypes.case("decimal", "object array of decimal.Decimal", RANKED, NAMES_GOOD)
def _(_: Path) -> Any:
    return good(change=np.vectorize(lambda value: Decimal(float(value)), otypes=[object]))


@dtypes.case("int16_contrast", "int16 of contrast 20000 to 65000: no difference may wrap", RANKED)
def _(_: Path) -> Any:
    stacks = good()
    spans = (20000, 35000, 50000, 65000)
    stacks["zeta"] = np.stack(
        [
            to_range(image, -span / 2, span / 2, "i2")
            for image, span in zip(stacks["zeta"], spans, strict=True)
        ]
    )
    return stacks
