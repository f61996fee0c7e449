# SPDX-License-Identifier: MIT
"""All programs that are given stacks in files, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from .hdf5_layouts import Stored
from .rankers import best_of, digest, ewoksndreg, rank, rank_in_memory
from .readers import blocks_of, chunks_of, images_of, reading


def no_answer(_result: Any, _stored: Stored) -> str:
    """Reading alone checks its pixels when it is made."""
    return ""


class Recipe(NamedTuple):
    """How a program is made, and what its result comes down to."""

    make: Callable[[Stored], Callable[[], Any]]
    answer: Callable[[Any, Stored], str] = no_answer


THREADS = 2
METHODS = ("evidence", "peak_to_mean")


def ranked(method: str, threads: int = THREADS) -> str:
    """The name of a ranking from files."""
    return f"`{method}`, {threads} thread{'s' if threads > 1 else ''}"


def in_memory(method: str) -> str:
    """The name of the same ranking in memory."""
    return f"`{method}` in memory"


DEFAULT = ranked("evidence")
EWOKSNDREG = "ewoksndreg"
H5PY = "h5py, image by image"
H5PY_CHUNKS = "h5py, by chunks"
DECODE = "our reading alone, 1 thread"

RANKED = [ranked(method, threads) for method in METHODS for threads in (1, THREADS)]
READ = [H5PY, H5PY_CHUNKS, DECODE]
IN_MEMORY = [in_memory(method) for method in METHODS]

RECIPES: dict[str, Recipe] = {
    **{
        ranked(method, threads): Recipe(partial(rank, method=method, threads=threads), digest)
        for method in METHODS
        for threads in (1, THREADS)
    },
    EWOKSNDREG: Recipe(ewoksndreg, best_of),
    H5PY: Recipe(partial(reading, blocks=images_of)),
    H5PY_CHUNKS: Recipe(partial(reading, blocks=chunks_of)),
    DECODE: Recipe(partial(reading, blocks=blocks_of)),
    **{in_memory(method): Recipe(partial(rank_in_memory, method=method), digest) for method in METHODS},
}
