# SPDX-License-Identifier: MIT
"""Programs by their names, each a loop over one stack or a call with it; timed in one process, in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from common.child_process import Worker
from common.timing import Measured, NotMeasured, Program, measure

from .cases import Case
from .fft_pairs import PAIRS
from .peers import SCORES
from .rankings import own

Wanted = tuple[str, Case]
"""Name and stack of a program."""


def program(name: str, case: Case) -> Program:
    """The program of this name for this stack, after it has given the known answer."""
    if name in PAIRS:
        return PAIRS[name](list(case.stack()))
    if name in SCORES:
        return SCORES[name](case)
    return own(name, case)


def title_of(name: str, case: Case) -> str:
    """Name of a program in the times."""
    return f"{name} {case.dtype}"


def timed_here(
    wanted: list[tuple[str, list[Any]]], runs: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Seconds per image, run by run, and why programs are missing; called in a worker."""
    programs = []
    missing = {}
    for name, fields in wanted:
        case = Case(*fields)
        title = title_of(name, case)
        try:
            programs.append(replace(program(name, case), name=title))
        except NotMeasured as reason:
            missing[title] = str(reason)
    return measure(programs, runs, one_thread=True), missing


def together(worker: Worker, wanted: Iterable[Wanted], runs: int) -> Measured:
    """Time programs in one process, run after run in turn."""
    times, missing = worker.call(timed_here, [(name, list(case)) for name, case in wanted], runs)
    return Measured(times, missing)
