# SPDX-License-Identifier: MIT
"""Stacks scored in this process: those in memory one by one, files as a stream."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from ..errors import naming_stack
from ..options import Options
from ..stacks import StackSource
from .batches import READ_AHEAD
from .pairs import Advance, score_range
from .stack_state import Failed, OpenStack, RangeScore, Scored, open_as_known
from .static_pattern import looked_again
from .stream import Member, score_streams

SOURCES_KEPT_OPEN = 128
"""Files that stay open between checking and reading them; others are opened again."""

DESCRIPTORS_PER_SOURCE = 8
"""File descriptors of a source, generously: HDF5 has one, we have another, virtual datasets those of their sources."""


def score_in_process(
    open_stacks: Sequence[OpenStack], options: Options, threads: int, advance: Advance | None
) -> list[Scored | Failed]:
    found: dict[int, Scored | Failed] = {}
    streamed: list[OpenStack] = []
    for number, stack in enumerate(open_stacks):
        if stack.failed:
            found[number] = Failed(stack.failed)
        elif stack.info.compared == 0:
            found[number] = Scored(stack.info, RangeScore())
        elif stack.source is not None and stack.source.bytes_per_image == 0:
            found[number] = _score_in_memory(stack, options, threads, advance)
        else:
            streamed.append(stack.numbered(number))
    if streamed:
        groups = _groups(streamed, options)
        for group, results in zip(groups, _stream(groups, options, threads, advance), strict=True):
            found.update(zip((stack.number for stack in group), results, strict=True))
    return [found[number] for number in range(len(open_stacks))]


def _score_in_memory(
    stack: OpenStack, options: Options, threads: int, advance: Advance | None
) -> Scored | Failed:
    assert stack.source is not None
    n = stack.info.shape[0]
    try:
        with naming_stack(stack.name, stack.spec.location):
            numbers = score_range(stack.source, stack.info, options, 0, n, threads, advance)
            numbers = looked_again(stack.info, options, numbers, stack.source, threads)
    except Exception as error:
        if not options.goes_on_after(error):
            raise
        return Failed(error)
    return Scored(stack.info, numbers)


def _groups(open_stacks: Sequence[OpenStack], options: Options) -> list[list[OpenStack]]:
    """Put stacks together that share chunks of one dataset: each chunk is then decoded once.

    As many as memory allows: of the rest, each group decodes the chunks again, and says so.
    """
    limit = options.memory_limit or READ_AHEAD
    families: list[list[OpenStack]] = []
    for stack in open_stacks:
        family = next((each for each in families if _belong_together(each[0], stack)), None)
        if family is None:
            families.append([stack])
        else:
            family.append(stack)
    groups: list[list[OpenStack]] = []
    for family in families:
        size = max(1, limit // max(1, family[0].info.bytes_per_image))
        parts = -(-len(family) // size)
        text = (
            f"Its chunks hold pixels of {len(family)} stacks, too many for the memory of {limit} bytes: "
            f"every chunk was decoded {parts} times."
        )
        for start in range(0, len(family), size):
            some = family[start : start + size]
            if parts > 1:
                some = [stack.with_warning(text) for stack in some]
            groups.append(some)
    return groups


def _belong_together(first: OpenStack, other: OpenStack) -> bool:
    if first.source is None or other.source is None:
        return False
    same_images = (
        first.info.shape[0] == other.info.shape[0]
        and first.info.reference_image == other.info.reference_image
    )
    return same_images and first.source.shares_reads_with(other.source)


def _stream(
    groups: Sequence[Sequence[OpenStack]], options: Options, threads: int, advance: Advance | None
) -> list[list[Scored | Failed]]:
    keep_going = options.on_error != "raise"
    members = [[_member(stack) for stack in group] for group in groups]
    found = score_streams(members, options, threads, advance, keep_going=keep_going)
    results: list[list[Scored | Failed]] = []
    for group, outcomes in zip(groups, found, strict=True):
        some: list[Scored | Failed] = []
        for stack, first in zip(group, outcomes, strict=True):
            outcome = first
            if isinstance(first, Failed) and len(group) > 1:
                # What damaged a neighbour need not be in this stack: it gets a try of its own.
                (outcome,) = score_streams([[_member(stack, again=True)]], options, threads, keep_going=True)[
                    0
                ]
            if isinstance(outcome, Failed):
                with contextlib.suppress(Exception), naming_stack(stack.name, stack.spec.location):
                    raise outcome.error
                if not options.goes_on_after(outcome.error):
                    raise outcome.error
            some.append(outcome)
        results.append(some)
    return results


def _member(stack: OpenStack, *, again: bool = False) -> Member:
    open_source: Callable[[], StackSource] = partial(open_as_known, stack.spec, stack.info)
    if stack.source is not None and not again:
        source = stack.source
        open_source = lambda: source
    return Member(stack.name, stack.spec.location, stack.info, open_source, 0, stack.info.shape[0])


def kept_open() -> int:
    try:
        import resource
    except ImportError:  # not on this platform
        return SOURCES_KEPT_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return SOURCES_KEPT_OPEN
    return min(SOURCES_KEPT_OPEN, soft // DESCRIPTORS_PER_SOURCE)
