# SPDX-License-Identifier: MIT
"""All stacks, block by block: in this thread, or on any executor."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _core
from .blocks import (
    Advance,
    Excerpt,
    RangeScore,
    StackInfo,
    block_length,
    block_ranges,
    copy_of,
    describe,
    image_of,
    prepend,
    score_range,
)
from .errors import naming_stack
from .options import Options
from .stacks.source import Block, StackSource, StackSpec

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

IMAGES_PER_JOB = 16
"""At least, on an executor: each job reads and transforms the reference image anew."""

BYTES_PER_JOB = 64 << 20
"""At most, of images that are sent to a worker."""

JOBS_IN_FLIGHT = 32
"""On executors that do not tell how many workers they have."""

Progress = Callable[[int, int], None]
"""Called with the number of images done and of all images."""


class Scored(NamedTuple):
    """All numbers of one stack."""

    info: StackInfo
    numbers: RangeScore


def score_stacks(
    stacks: Sequence[tuple[Any, StackSpec]],
    options: Options,
    executor: Executor | None = None,
    on_progress: Progress | None = None,
) -> list[Scored]:
    """Score every image of some stacks.

    All stacks are opened once before the first image is read, so that a missing file is
    reported at once; no more than one file is open at a time.

    Parameters
    ----------
    stacks : sequence of (name, StackSpec)
        What to score; names only serve errors.
    options : Options
        How.
    executor : concurrent.futures.Executor, optional
        Runs the blocks. Recipes of files travel and are opened there; stacks in memory are
        read here and sent block by block.
    on_progress : callable(done, total), optional
        Told the numbers of images, from the calling thread.

    Returns
    -------
    list of Scored
        In the order of `stacks`.
    """
    with contextlib.ExitStack() as opened:
        plans = _plan(stacks, options, executor, opened)
        advance = _counter(sum(plan.info.compared for plan in plans), on_progress)
        if executor is None:
            return [_score_here(plan, options, advance) for plan in plans]
        return _score_there(plans, options, executor, advance)


class _Plan(NamedTuple):
    name: Any
    spec: StackSpec
    info: StackInfo
    source: StackSource | None
    """Stacks in memory stay open; files do not."""


def _plan(
    stacks: Sequence[tuple[Any, StackSpec]],
    options: Options,
    executor: Executor | None,
    opened: contextlib.ExitStack,
) -> list[_Plan]:
    """Open and check every stack."""
    told: Iterator[StackInfo] = iter(())
    if executor is not None:
        files = ((name, spec) for name, spec in stacks if not spec.in_memory)
        calls = (_Call(name, spec.location, _describe_file, (spec, options)) for name, spec in files)
        told = opened.enter_context(contextlib.closing(_in_order(executor, calls, JOBS_IN_FLIGHT)))
    plans = []
    for name, spec in stacks:
        if spec.in_memory:
            with naming_stack(name):
                source = opened.enter_context(spec.open())
                plans.append(_Plan(name, spec, describe(source, options), source))
        elif executor is not None:
            plans.append(_Plan(name, spec, next(told), None))
        else:
            with naming_stack(name, spec.location):
                plans.append(_Plan(name, spec, _describe_file(spec, options), None))
    return plans


def _counter(total: int, on_progress: Progress | None) -> Advance:
    done = 0

    def advance(images: int) -> None:
        nonlocal done
        done += images
        if on_progress is not None:
            on_progress(done, total)

    advance(0)
    return advance


def _score_here(plan: _Plan, options: Options, advance: Advance) -> Scored:
    threads = options.num_threads or _core.default_threads()
    n = plan.info.shape[0]
    with naming_stack(plan.name, plan.spec.location):
        if plan.source is not None:
            reference = read_reference(plan.source, plan.info, options)
            numbers = score_range(plan.source, reference, plan.info, options, 0, n, threads, advance)
        else:
            numbers = _score_file_range(plan.spec, plan.info, options, 0, n, threads, advance)
    return Scored(plan.info, numbers)


def read_reference(source: StackSource, info: StackInfo, options: Options) -> Block | None:
    """Read what all images of a stack are compared with, if it is one image."""
    if options.pairing == "previous" or info.shape[0] < 2:
        return None
    return source.read(info.reference_image, info.reference_image + 1)


# ------------------------------------------------------------------ on an executor


def _score_there(
    plans: Sequence[_Plan], options: Options, executor: Executor, advance: Advance
) -> list[Scored]:
    """Run jobs of consecutive images; results are put together in the order of the stacks."""
    # The executor brings the parallelism: more threads than asked for would only fight.
    threads = options.num_threads or 1
    parts: list[list[RangeScore]] = [[] for _ in plans]
    workers = getattr(executor, "_max_workers", None)
    window = 2 * workers if isinstance(workers, int) and workers > 0 else JOBS_IN_FLIGHT
    jobs = ((number, job) for number, plan in enumerate(plans) for job in _jobs(plan, options, threads))
    numbers: deque[int] = deque()

    def calls() -> Iterator[_Call]:
        for number, job in jobs:
            numbers.append(number)
            yield job

    with contextlib.closing(_in_order(executor, calls(), window)) as results:
        for result in results:
            parts[numbers.popleft()].append(result)
            advance(len(result.records))
    return [Scored(plan.info, _together(some)) for plan, some in zip(plans, parts, strict=True)]


def _together(parts: list[RangeScore]) -> RangeScore:
    first = parts[0]
    return first._replace(records=np.concatenate([part.records for part in parts]))


class _Call(NamedTuple):
    name: Any
    location: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def _jobs(plan: _Plan, options: Options, threads: int) -> Iterator[_Call]:
    n = plan.info.shape[0]
    length = _job_length(plan, options, threads)
    if plan.source is None:
        for start, stop in block_ranges(0, n, length):
            of_file = (plan.spec, plan.info, options, start, stop, threads)
            yield _Call(plan.name, plan.spec.location, _score_file_range, of_file)
        return
    with naming_stack(plan.name):
        reference = read_reference(plan.source, plan.info, options)
        before: Block | None = None
        for start, stop in block_ranges(0, n, length):
            block = plan.source.read(start, stop)
            whole = block if before is None else prepend(before, block)
            excerpt = Excerpt(whole, start=stop - len(whole.images))
            arguments = (excerpt, reference, plan.info, options, start, stop, threads)
            yield _Call(plan.name, "", score_range, arguments)
            if options.pairing == "previous":
                before = copy_of(image_of(block, -1))


def _job_length(plan: _Plan, options: Options, threads: int) -> int:
    """Whole blocks; of a stack in memory no more than is cheap to send."""
    n, height, width = plan.info.shape
    length = block_length(plan.info, options, threads)
    length *= -(-min(IMAGES_PER_JOB, n) // length)
    if plan.source is not None:
        length = min(length, max(1, BYTES_PER_JOB // (8 * height * width)))
    return length


def _in_order(executor: Executor, calls: Iterator[_Call], window: int) -> Generator[Any, None, None]:
    """Results in the order of the calls, at most `window` of them under way at a time."""
    pending: deque[tuple[_Call, Future[Any]]] = deque()
    try:
        for call in calls:
            with naming_stack(call.name, call.location):
                pending.append((call, executor.submit(call.function, *call.arguments)))
            if len(pending) >= window:
                yield _result(pending)
        while pending:
            yield _result(pending)
    finally:
        for _, future in pending:
            future.cancel()


def _result(pending: deque[tuple[_Call, Future[Any]]]) -> Any:
    call, future = pending.popleft()
    with naming_stack(call.name, call.location):
        try:
            return future.result()
        finally:
            # On KeyboardInterrupt it still waits in the executor's queue. Dropping the names
            # breaks the cycle error -> traceback -> this frame -> future -> error.
            future.cancel()
            del call, future


def _describe_file(spec: StackSpec, options: Options) -> StackInfo:
    with spec.open() as source:
        return describe(source, options)


def _score_file_range(
    spec: StackSpec,
    info: StackInfo,
    options: Options,
    start: int,
    stop: int,
    threads: int,
    advance: Advance | None = None,
) -> RangeScore:
    """Open a stack where this runs and score some of its images."""
    with spec.open() as source:
        # A file that is being written may have grown: the images known first are scored.
        if source.shape[1:] != info.shape[1:] or source.shape[0] < info.shape[0]:
            raise ValueError(f"its shape changed from {info.shape} to {source.shape} while it was scored")
        reference = read_reference(source, info, options)
        return score_range(source, reference, info, options, start, stop, threads, advance)
