# SPDX-License-Identifier: MIT
"""Filters as a dataset has them, by number, and what is said of damaged chunks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DEFLATE: Final = 1
SHUFFLE: Final = 2
FLETCHER: Final = 3
SCALE_OFFSET: Final = 6
BZIP2: Final = 307
LZF: Final = 32000
BLOSC: Final = 32001
LZ4: Final = 32004
BITSHUFFLE: Final = 32008
ZSTD: Final = 32015
BLOSC2: Final = 32026
CHECKSUM_BYTES: Final = 4
Bytes = NDArray[np.uint8]
Values = tuple[int, ...]

Inflate = Callable[[Bytes, Bytes, Values], Any]
"""inflate(raw, out, values): fills `out` with what raw holds; returns what it wrote."""


class Filter(NamedTuple):
    """One filter of a dataset, as its creation property list has it."""

    code: int
    values: Values


class Damaged(Exception):
    """Damage of a chunk, to be said after its place."""


def first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or type(error).__name__


def measured_length(inflate: Inflate | None, raw: bytes, most: int) -> int:
    """Return how many bytes a chunk inflates to, at most one more than `most`: for a Python without its library.

    Raises
    ------
    ValueError
        When it does not inflate.
    """
    if inflate is None:
        raise ValueError("nothing at hand inflates it")
    try:
        return len(inflate(np.frombuffer(raw, np.uint8), np.empty(most + 1, np.uint8), ()))
    except (Damaged, RuntimeError) as error:
        raise ValueError(f"it {error}" if isinstance(error, Damaged) else str(error)) from error


def imagecodec(name: str, **options: Any) -> Inflate | None:
    try:
        function = getattr(importlib.import_module("imagecodecs"), name)
        # Codecs that a build lacks are there, but only raise.
        if not getattr(
            importlib.import_module("imagecodecs"), name.split("_", maxsplit=1)[0].upper()
        ).available:
            return None
    except (ImportError, AttributeError):
        return None
    return lambda raw, out, _: function(raw, out=out, **options)
