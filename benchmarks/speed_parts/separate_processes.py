# SPDX-License-Identifier: MIT
"""Programs timed in processes of their own, in turn.

A peer runs as its user would run it: its memory allocator, its thread pools and its copies of
common libraries are its own. The same serves other instruction sets and other builds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from common.child_process import Worker
from common.known_shifts import moved_scene
from common.timing import Measured, NotMeasured, Program, prepared, sample
from ndreg_preeval import build_config

from .fft_pairs import PAIRS
from .peers import SCORES
from .scorers import score_of_one


@functools.lru_cache(maxsize=1)
def made(name: str, rows: int, columns: int, dtype: str) -> tuple[Program, int]:
    """A checked program for one image, and how often it is run in a sample."""
    reference, image = moved_scene((rows, columns), dtype)
    if name in PAIRS:
        program = PAIRS[name](image)
    elif name in SCORES:
        program = SCORES[name](reference, image)
    else:
        program = score_of_one(name, reference, image)
    return prepared(program, one_thread=True)


def prepare(name: str, rows: int, columns: int, dtype: str) -> None:
    """Make and check a program; called in a worker."""
    made(name, rows, columns, dtype)


def seconds(name: str, rows: int, columns: int, dtype: str) -> float:
    """Seconds per image; called in a worker."""
    return sample(*made(name, rows, columns, dtype))


def configuration() -> dict[str, Any]:
    """What the worker runs; called in a worker."""
    return build_config()


def in_turn(
    where: Mapping[str, tuple[Worker, str]], shape: tuple[int, int], dtype: str, runs: int
) -> Measured:
    """Time named programs in their workers, run after run in turn."""
    times: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    for title, (worker, program) in where.items():
        try:
            worker.call(prepare, program, *shape, dtype)
        except NotMeasured as reason:
            missing[title] = str(reason)
        else:
            times[title] = []
    for _ in range(runs):
        for title, lasted in times.items():
            worker, program = where[title]
            lasted.append(worker.call(seconds, program, *shape, dtype))
    return Measured(times, missing)


def apart(programs: Iterable[str], shape: tuple[int, int], dtype: str, runs: int) -> Measured:
    """The same, each in a fresh process of its own."""
    with ExitStack() as stack:
        where = {name: (stack.enter_context(Worker()), name) for name in programs}
        return in_turn(where, shape, dtype, runs)
