# SPDX-License-Identifier: MIT
"""Ranges of images as jobs on any `concurrent.futures.Executor`."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import naming_stack
from ..options import Options
from ..stacks import Block, StackSource, StackSpec
from .batches import block_length, block_ranges
from .pairs import Advance, Pairs, score_range
from .stack_state import (
    Failed,
    OpenStack,
    RangeScore,
    Scored,
    StackInfo,
    goes_on_without,
    inspect_stack,
    open_as_known,
)
from .static_pattern import looked_again
from .stream import Member, score_streams
from .told import tell_source

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

IMAGES_PER_JOB = 16
"""Least number of images per job: each job reads and transforms the reference image anew."""

BYTES_PER_JOB = 64 << 20
"""Largest size of the images that are sent to a worker, in bytes."""

JOBS_IN_FLIGHT = 32
"""Number of jobs at a time on executors that do not tell how many workers they have."""


class _Call(NamedTuple):
    name: Any
    location: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


def inspect_on_executor(
    stacks: Sequence[tuple[Any, StackSpec]], options: Options, executor: Executor
) -> Generator[OpenStack, None, None]:
    """Open and check stacks in files where the executor runs; yields them in their order."""
    calls = (_Call(name, spec.location, inspect_file, (spec, options)) for name, spec in stacks)
    with contextlib.closing(_in_order(executor, calls, JOBS_IN_FLIGHT)) as results:
        for (name, spec), (info, error) in zip(stacks, results, strict=True):
            if error is None:
                yield OpenStack(name, spec, info, None)
                continue
            if not goes_on_without(spec, error, options):
                raise error
            yield OpenStack.of_failure(name, spec, error)


def score_on_executor(
    open_stacks: Sequence[OpenStack], options: Options, executor: Executor, advance: Advance | None
) -> list[Scored | Failed]:
    """Run jobs of consecutive images; results are put together in the order of the stacks."""
    # The executor brings the parallelism: more threads than asked for would only fight.
    threads = options.num_threads or 1
    parts: list[list[RangeScore]] = [[] for _ in open_stacks]
    warnings: list[dict[str, None]] = [{} for _ in open_stacks]
    failed = [stack.failed for stack in open_stacks]
    workers = getattr(executor, "_max_workers", None)
    window = 2 * workers if isinstance(workers, int) and workers > 0 else JOBS_IN_FLIGHT
    numbers: deque[int] = deque()

    def calls() -> Iterator[_Call]:
        for number, stack in enumerate(open_stacks):
            if failed[number] is not None:
                continue
            try:
                for job in _jobs(stack, options, threads):
                    if failed[number] is not None:
                        break
                    numbers.append(number)
                    yield job
            except Exception as error:
                if not options.goes_on_after(error):
                    raise
                failed[number] = error

    wholes = [RangeScore()] * len(open_stacks)
    settled = 0

    def settle(number: int) -> None:
        """Put the parts of a stack together as soon as they are complete, and let go of them."""
        some, parts[number] = parts[number], []
        if failed[number] is not None or not some:
            return
        stack = open_stacks[number]
        try:
            with naming_stack(stack.name, stack.spec.location):
                wholes[number] = _whole(stack, some, options, threads)
        except Exception as error:
            if not options.goes_on_after(error):
                raise
            failed[number] = error

    with contextlib.closing(_in_order(executor, calls(), window)) as results:
        for result, error in results:
            number = numbers.popleft()
            if error is None:
                score, remarks = result
                for before in range(settled, number):
                    settle(before)
                settled = number
                parts[number].append(score)
                warnings[number].update(dict.fromkeys(remarks))
                if advance is not None:
                    advance(len(score.records))
            elif not options.goes_on_after(error):
                raise error
            else:
                failed[number] = failed[number] or error
    for number in range(settled, len(open_stacks)):
        settle(number)
    found: list[Scored | Failed] = []
    for stack, whole, remarks, failure in zip(open_stacks, wholes, warnings, failed, strict=True):
        if failure is not None:
            found.append(Failed(failure))
        else:
            read_here = () if stack.source is None else stack.source.warnings_while_reading()
            info = stack.info.with_warning(*dict.fromkeys([*remarks, *read_here]))
            found.append(Scored(info, whole))
    return found


def _whole(stack: OpenStack, parts: list[RangeScore], options: Options, threads: int) -> RangeScore:
    numbers = RangeScore.joined(parts)
    if stack.source is None and len(parts) == 1:
        return numbers  # final where they were made
    return looked_again(stack.info, options, numbers, stack.source, threads)


def _jobs(stack: OpenStack, options: Options, threads: int) -> Iterator[_Call]:
    n = stack.info.shape[0]
    length = _job_length(stack, options, threads)
    if stack.source is None:
        for start, stop in block_ranges(0, n, length):
            of_file = (stack.spec, stack.info, options, start, stop, threads)
            yield _Call(stack.name, stack.spec.location, _score_file_range, of_file)
        return
    with naming_stack(stack.name):
        pairs = Pairs.of(stack.info, options)
        reference = pairs.read_reference(stack.source)
        before: Block | None = None
        for start, stop in block_ranges(0, n, length):
            block = stack.source.read(start, stop)
            whole = block.after(before)
            source = BlockSource(whole, start=stop - len(whole.images))
            arguments = (source, reference, stack.info, options, start, stop, threads)
            yield _Call(stack.name, "", _score_excerpt, arguments)
            before = pairs.kept(block)


def _job_length(stack: OpenStack, options: Options, threads: int) -> int:
    """Whole blocks; of a stack in memory no more than is cheap to send."""
    n, height, width = stack.info.shape
    length = block_length(stack.info, options, threads)
    length *= -(-min(IMAGES_PER_JOB, n) // length)
    if stack.source is not None:
        length = min(length, max(1, BYTES_PER_JOB // (8 * height * width)))
    return length


def _in_order(
    executor: Executor, calls: Iterator[_Call], window: int
) -> Generator[tuple[Any, Exception | None], None, None]:
    """Results, or errors, in the order of the calls, at most `window` of them under way at a time."""
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


def _result(pending: deque[tuple[_Call, Future[Any]]]) -> tuple[Any, Exception | None]:
    call, future = pending.popleft()
    try:
        with naming_stack(call.name, call.location):
            return future.result(), None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this stack's
        return None, error
    finally:
        # On KeyboardInterrupt it still waits in the executor's queue. Dropping the names
        # breaks the cycle error -> traceback -> this frame -> future -> error.
        future.cancel()
        del call, future


# ------------------------------------------------------------------ where the executor runs


def inspect_file(spec: StackSpec, options: Options) -> StackInfo:
    """Open and check one stack."""
    with spec.open() as source:
        info = inspect_stack(source, options)
        tell_source("", source)
        return info


def _score_file_range(
    spec: StackSpec, info: StackInfo, options: Options, start: int, stop: int, threads: int
) -> tuple[RangeScore, tuple[str, ...]]:
    """Open a stack where this runs and score some of its images."""
    member = Member("", "", info, partial(open_as_known, spec, info), start, stop)
    ((outcome,),) = score_streams([[member]], options, threads, keep_going=True)
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome.numbers, outcome.info.warnings[len(info.warnings) :]


def _score_excerpt(
    source: StackSource, reference: Block | None, *arguments: Any
) -> tuple[RangeScore, tuple[str, ...]]:
    return score_range(source, *arguments, reference=reference), ()


class BlockSource(StackSource):
    """Some images of a stack in memory, to be sent to a worker."""

    def __init__(self, block: Block, start: int) -> None:
        self._block = block
        self._start = start

    def read(self, start: int, stop: int) -> Block:
        """Images of the block, counted as in the whole stack."""
        return self._block.part(start - self._start, stop - self._start)
