# SPDX-License-Identifier: MIT
"""All stacks through the core: those in memory at once, files as a stream, or jobs on any executor."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..argument_checks import type_name
from ..errors import naming_stack
from ..options import Options
from ..progress import Progress
from ..stacks import StackSource, StackSpec, resolve_stack, resolve_stacks
from .in_process import kept_open, score_in_process
from .on_executor import inspect_on_executor, score_on_executor
from .pairs import Advance
from .stack_state import Failed, OpenStack, Scored, inspect_stack

if TYPE_CHECKING:
    from concurrent.futures import Executor


def score_stacks(
    stacks: Sequence[tuple[Any, StackSpec]],
    options: Options,
    executor: Executor | None = None,
    on_progress: Progress | None = None,
) -> list[Scored | Failed]:
    """Score every image of some stacks.

    All stacks are opened once before the first image is read, so that a missing file is
    reported at once.

    Parameters
    ----------
    stacks : sequence of (name, StackSpec)
        What to score; names only serve errors.
    options : Options
        How. With ``on_error="rank_last"`` stacks that fail do not stop the others.
    executor : concurrent.futures.Executor, optional
        Runs the blocks. Specs of files travel and are opened there; stacks in memory are
        read here and sent block by block.
    on_progress : callable(done, total), optional
        Told the numbers of images, from the calling thread.

    Returns
    -------
    list of Scored or Failed
        In the order of `stacks`.
    """
    with contextlib.ExitStack() as opened:
        open_stacks = _open(stacks, options, executor, opened)
        advance = _counter(sum(stack.info.compared for stack in open_stacks if not stack.failed), on_progress)
        if executor is not None:
            return score_on_executor(open_stacks, options, executor, advance)
        return score_in_process(open_stacks, options, advance)


def _open(
    stacks: Sequence[tuple[Any, StackSpec]],
    options: Options,
    executor: Executor | None,
    opened: contextlib.ExitStack,
) -> list[OpenStack]:
    """Open and check every stack."""
    inspected: Iterator[OpenStack] = iter(())
    if executor is not None:
        files = [(name, spec) for name, spec in stacks if not spec.in_memory]
        inspected = opened.enter_context(contextlib.closing(inspect_on_executor(files, options, executor)))
    open_stacks: list[OpenStack] = []
    left_open = kept_open()
    for name, spec in stacks:
        if executor is not None and not spec.in_memory:
            open_stacks.append(next(inspected))
            continue
        source: StackSource | None = None
        try:
            with naming_stack(name, spec.location):
                source = spec.open()
                info = inspect_stack(source, options)
        except Exception as error:
            if source is not None:
                source.close()
            if not options.goes_on_after(error):
                raise
            open_stacks.append(OpenStack.of_failure(name, spec, error))
            continue
        if spec.in_memory or left_open > 0:
            left_open -= not spec.in_memory
            opened.enter_context(source)
            open_stacks.append(OpenStack(name, spec, info, source))
        else:
            source.close()
            open_stacks.append(OpenStack(name, spec, info, None))
    return open_stacks


def _counter(total: int, on_progress: Progress | None) -> Advance:
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        done += images
        if on_progress is not None:
            on_progress(done, total)

    advance(0)
    return advance


def choose_engine(
    executor: Executor | None, isolate: bool, options: Options, context: contextlib.ExitStack
) -> tuple[Executor | None, Options]:
    """Return where blocks run, and the options for there; `context` ends what was started.

    Raises
    ------
    TypeError, ValueError
        When `executor` or `isolate` is of another type, or both were given.
    """
    if not isinstance(isolate, bool):
        raise TypeError(f"isolate must be True or False, not {type_name(isolate)}")
    if executor is not None and (
        isinstance(executor, type) or not callable(getattr(executor, "submit", None))
    ):
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {type_name(executor)}")
    if not isolate:
        return executor, options
    if executor is not None:
        raise ValueError("isolate=True brings its own process: it cannot be combined with an executor")
    from .in_child_process import child_executor

    return context.enter_context(child_executor(options))


def resolve(
    image_stacks: Any, options: Options, child: Executor | None = None
) -> list[tuple[Any, StackSpec]]:
    """Resolve the stacks of a ranking; those in files where they are read, if that is a child process."""
    how: dict[str, Any] = {"limits": options.limits, "keep_going": options.on_error != "raise"}
    if child is None:
        return resolve_stacks(image_stacks, **how)
    from .in_child_process import resolve_in_child

    return resolve_in_child(child, image_stacks, **how)


def resolve_one(stack: Any, name: Any, options: Options, child: Executor | None = None) -> StackSpec:
    """Resolve one stack, as `resolve` does."""
    if child is None:
        return resolve_stack(stack, name=name, limits=options.limits)
    from .in_child_process import resolve_one_in_child

    return resolve_one_in_child(child, stack, name, options.limits)
