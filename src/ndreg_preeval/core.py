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
    "AT_REST",
    "FEW_LEVELS",
    "FILE",
    "HIDES_MOTION",
    "HOT_PIXEL",
    "IDENTICAL",
    "IN_DOUBLE",
    "NO_CONTRAST",
    "PAIR_SCORE",
    "REPEATED_PIXELS",
    "SPLIT_PEAK",
    "STATIC_APERTURE",
    "STATIC_BACKGROUND",
    "WRAPPED",
    "Cancelled",
    "Scorer",
    "at_zero_shift",
    "build_config",
    "default_threads",
    "find_static_pattern",
    "kept_memory",
    "leave_openmp_place",
    "method_named",
    "method_names",
    "rank",
    "release_memory",
    "stack_score",
    "static_pattern_stride",
    "summary",
    "usable_cpus",
    "with_static_pattern",
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
    AT_REST,
    FEW_LEVELS,
    HIDES_MOTION,
    HOT_PIXEL,
    IDENTICAL,
    IN_DOUBLE,
    NO_CONTRAST,
    PAIR_SCORE,
    REPEATED_PIXELS,
    SPLIT_PEAK,
    STATIC_APERTURE,
    STATIC_BACKGROUND,
    WRAPPED,
    Cancelled,
    Scorer,
    at_zero_shift,
    build_config,
    default_threads,
    find_static_pattern,
    kept_memory,
    leave_openmp_place,
    method_named,
    method_names,
    rank,
    stack_score,
    static_pattern_stride,
    summary,
    usable_cpus,
    with_static_pattern,
)


def release_memory() -> int:
    """Give memory that is kept for later calls back to the system.

    Memory for images and spectra is kept when a stack is done, since fresh pages cost as much as what
    is done in them: at most an eighth of what the process may use and 4 GiB, or as much as the
    environment variable ``NDREG_PREEVAL_KEPT_MEMORY`` says (``0``, ``500M``, ``2G``), which is read
    for every stack. Threads that sleep between calls end, too. The next call is as slow as the first
    one. Other threads may be in calls; other processes (`isolate`, executors) keep what they have.

    Returns
    -------
    int
        Bytes, about, that were given back.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import rank_stacks, release_memory
    >>> scene = np.random.default_rng(1).normal(size=(64, 64))
    >>> images = [np.roll(scene, 2 * i, axis=1) for i in range(3)]
    >>> ranking = rank_stacks({"a": images})
    >>> release_memory() > 0
    True
    >>> release_memory()
    0
    """
    return _core.release_memory()


FILE: Final = str(_core.__file__)
"""Path of the compiled module."""
