# SPDX-License-Identifier: MIT
"""The compiled module, loaded without a side effect and not where it would hang: all others import it from here."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

__all__ = [
    "ALL_INVALID",
    "FEW_LEVELS",
    "FILE",
    "HOT_PIXEL",
    "IDENTICAL",
    "IN_DOUBLE",
    "NO_CONTRAST",
    "PAIR_SCORE",
    "REPEATED_PIXELS",
    "WRAPPED",
    "Cancelled",
    "Scorer",
    "build_config",
    "default_threads",
    "leave_openmp_place",
    "method_named",
    "method_names",
    "rank",
    "stack_score",
    "summary",
    "usable_cpus",
]


def refuse_subinterpreters() -> None:
    """Later versions of Python refuse by themselves; 3.11 would wait for ever.

    Raises
    ------
    ImportError
        In a sub-interpreter.
    """
    if sys.version_info >= (3, 12):
        return
    try:
        interpreters: Any = importlib.import_module("_xxsubinterpreters")
    except ImportError:  # a Python without them
        return
    if interpreters.get_current() != interpreters.get_main():
        raise ImportError("module ndreg_preeval._core does not support loading in subinterpreters")


@contextlib.contextmanager
def kept_cpus() -> Iterator[None]:
    """Leave the thread on the CPUs that it has.

    Where OMP_PROC_BIND or OMP_PLACES is set, to load an OpenMP runtime binds the thread to one
    place, often one CPU, and all threads that Python starts from it later would share that one.
    """
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    yield
    if os.sched_getaffinity(0) != before:
        with contextlib.suppress(OSError):  # allowed or not, the module works
            os.sched_setaffinity(0, before)


refuse_subinterpreters()
with kept_cpus():
    from . import _core

from ._core import (
    ALL_INVALID,
    FEW_LEVELS,
    HOT_PIXEL,
    IDENTICAL,
    IN_DOUBLE,
    NO_CONTRAST,
    PAIR_SCORE,
    REPEATED_PIXELS,
    WRAPPED,
    Cancelled,
    Scorer,
    build_config,
    default_threads,
    leave_openmp_place,
    method_named,
    method_names,
    rank,
    stack_score,
    summary,
    usable_cpus,
)

FILE: Final = str(_core.__file__)
"""Path of the compiled module."""
