# SPDX-License-Identifier: MIT
"""Where the blocks run: in this process, on the caller's executor, or in a child apart."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..argument_checks import kind
from ..options import Options

if TYPE_CHECKING:
    from concurrent.futures import Executor


def choose_engine(
    executor: Executor | None, isolate: bool, options: Options, context: contextlib.ExitStack
) -> tuple[Executor | None, Options]:
    """Return where blocks run, and the options for there; `context` ends what was started.

    Raises
    ------
    TypeError, ValueError
        When `executor` or `isolate` is none, or both were given.
    """
    if not isinstance(isolate, bool):
        raise TypeError(f"isolate must be True or False, not {kind(isolate)}")
    if executor is not None and (
        isinstance(executor, type) or not callable(getattr(executor, "submit", None))
    ):
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {kind(executor)}")
    if not isolate:
        return executor, options
    if executor is not None:
        raise ValueError("isolate=True brings its own process: it cannot be combined with an executor")
    from .in_child_process import isolated

    return context.enter_context(isolated(options))
