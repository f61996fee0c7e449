# SPDX-License-Identifier: MIT
"""All stacks through the core, on the engine that the caller chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..argument_checks import type_name
from ..options import Options
from ..progress import Progress
from .engine import Engine, InProcess, NamedSpecs, OnExecutor
from .pairs import Advance
from .stack_state import Failed, Scored
from .told import tell_engine, tell_scores

if TYPE_CHECKING:
    from concurrent.futures import Executor


def choose_engine(executor: Executor | None, isolate: bool, options: Options) -> Engine:
    """Return where stacks are resolved, opened and scored, to be entered.

    Raises
    ------
    TypeError, ValueError
        When `executor` or `isolate` is of another type, or both were given.
    """
    if not isinstance(isolate, bool):
        raise TypeError(f"isolate must be True or False, not {type_name(isolate)}")
    if executor is None:
        if not isolate:
            return InProcess(options)
        from .in_child_process import InChildProcess

        return InChildProcess(options)
    if isinstance(executor, type) or not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {type_name(executor)}")
    if isolate:
        raise ValueError("isolate=True brings its own process: it cannot be combined with an executor")
    return OnExecutor(options, executor)


def options_with_mask(options: Options) -> Options:
    """Return the options with the mask that they name by a URI, read here; raises as `Engine.with_mask`."""
    with InProcess(options) as engine:
        return engine.with_mask(options)


def score_stacks(
    engine: Engine, stacks: NamedSpecs, on_progress: Progress | None = None
) -> list[Scored | Failed]:
    """Score every image of some stacks.

    All stacks are opened once before the first image is read, so that a missing file is
    reported at once.

    Parameters
    ----------
    engine : Engine
        Where and how. With ``on_error="rank_last"`` stacks that fail do not stop the others.
    stacks : sequence of (name, StackSpec)
        What to score; names only serve errors.
    on_progress : callable(done, total), optional
        Told the numbers of images, from the calling thread.

    Returns
    -------
    list of Scored or Failed
        In the order of `stacks`.
    """
    open_stacks = engine.open(stacks)
    tell_engine(engine.words, engine.threads)
    advance = _counter(sum(stack.info.compared for stack in open_stacks if not stack.failed), on_progress)
    found = engine.score(open_stacks, advance)
    tell_scores(open_stacks, found)
    return found


def _counter(total: int, on_progress: Progress | None) -> Advance | None:
    if on_progress is None:
        return None
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        done += images
        on_progress(done, total)

    advance(0)
    return advance
