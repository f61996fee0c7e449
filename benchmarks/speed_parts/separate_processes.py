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
from common.timing import Measured, NotMeasured, Program, prepared, sample
from ndreg_preeval import build_config

from .cases import Case
from .programs import program


@functools.lru_cache(maxsize=1)
def made(name: str, *fields: Any) -> tuple[Program, int, bool]:
    """A checked program, and how it is sampled."""
    return prepared(program(name, Case(*fields)), one_thread=True)


def prepare(name: str, *fields: Any) -> None:
    """Make and check a program; called in a worker."""
    made(name, *fields)


def seconds(name: str, *fields: Any) -> float:
    """Seconds per image; called in a worker."""
    return sample(*made(name, *fields))


def configuration() -> dict[str, Any]:
    """What the worker runs; called in a worker."""
    return build_config()


def in_turn(where: Mapping[str, tuple[Worker, str]], case: Case, runs: int) -> Measured:
    """Time named programs in their workers, run after run in turn."""
    times: dict[str, list[float]] = {}
    missing: dict[str, str] = {}
    for title, (worker, name) in where.items():
        try:
            worker.call(prepare, name, *case)
        except NotMeasured as reason:
            missing[title] = str(reason)
        else:
            times[title] = []
    for _ in range(runs):
        for title, lasted in times.items():
            worker, name = where[title]
            lasted.append(worker.call(seconds, name, *case))
    return Measured(times, missing)


def apart(names: Iterable[str], case: Case, runs: int) -> Measured:
    """The same, each in a fresh process of its own."""
    with ExitStack() as stack:
        return in_turn({name: (stack.enter_context(Worker()), name) for name in names}, case, runs)
