# SPDX-License-Identifier: MIT
"""One range of one stack through the core, block by block in bounded memory.

Whatever the block size and the number of threads, an image gets the same numbers bit for bit:
they depend on that image and the one it is compared with alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .. import core
from ..options import Options
from ..stacks import Block, StackSource, copy_of, image_of, prepend
from .batches import block_length, block_ranges
from .core_scorer import check_valid, core_mask, core_threads, make_scorer
from .stack_state import RangeScore, Records, StackInfo

Advance = Callable[[int], None]
"""Called with the number of images that were just scored."""


def read_reference(source: StackSource, info: StackInfo, options: Options) -> Block | None:
    """Read what all images of a stack are compared with, if it is one image."""
    if options.pairing == "previous" or info.shape[0] < 2:
        return None
    return source.read(info.reference_image, info.reference_image + 1)


def score_range(
    source: StackSource,
    reference: Block | None,
    info: StackInfo,
    options: Options,
    start: int,
    stop: int,
    threads: int,
    advance: Advance | None = None,
) -> RangeScore:
    """Score the compared images among start <= i < stop of an open stack.

    `reference` is the block of the reference image, None with pairing "previous".

    Raises
    ------
    ValueError
        For invalid pixels where the options refuse them; names the image.
    """
    if info.shape[0] < 2:  # nothing to compare
        return RangeScore(np.empty(0, core.PAIR_SCORE))
    if reference is None:
        return _score_previous(source, info, options, start, stop, threads, advance)

    index = info.reference_image
    scorer = make_scorer(reference, info.precision, options)
    reference_invalid = int(scorer.reference_invalid_pixels)
    check_valid(options, [reference_invalid], [index])
    parts = []
    for first, last in block_ranges(start, stop, block_length(info, options, threads)):
        for low, high, block in _without(source, first, last, index):
            records = scorer.score(
                block.images, mask=core_mask(block, options), num_threads=core_threads(options, threads)
            )
            check_valid(options, records["invalid_pixels"], range(low, high))
            parts.append(records)
            if advance is not None:
                advance(len(records))
    itself = None
    if options.method.include_reference and start == 0:
        itself = scorer.score(reference.images, mask=core_mask(reference, options), num_threads=1)
    return RangeScore(_joined(parts), itself, int(scorer.reference_flags), reference_invalid)


def _score_previous(
    source: StackSource,
    info: StackInfo,
    options: Options,
    start: int,
    stop: int,
    threads: int,
    advance: Advance | None,
) -> RangeScore:
    """Each image of the range against the one before it; that of the first one is read too."""
    scorer = None
    last: Block | None = None
    flags = invalid = 0
    parts = []
    for low, high in block_ranges(max(start - 1, 0), stop, block_length(info, options, threads)):
        block = source.read(low, high)
        if scorer is None:
            scorer = make_scorer(image_of(block, 0), info.precision, options)
            flags, invalid = int(scorer.reference_flags), int(scorer.reference_invalid_pixels)
            check_valid(options, [invalid], [low])
        joined = block if last is None else prepend(last, block)
        if len(joined.images) > 1:
            records = scorer.score_consecutive(
                joined.images, mask=core_mask(joined, options), num_threads=core_threads(options, threads)
            )
            check_valid(options, records["invalid_pixels"], range(high - len(records), high))
            parts.append(records)
            if advance is not None:
                advance(len(records))
        # A copy: a view would keep the whole block in memory next to the one that follows.
        last = copy_of(image_of(block, -1))
    return RangeScore(_joined(parts), None, flags, invalid)


def _joined(parts: list[Records]) -> Records:
    return np.concatenate([np.empty(0, core.PAIR_SCORE), *parts])


def _without(source: StackSource, start: int, stop: int, reference: int) -> Iterator[tuple[int, int, Block]]:
    """Read a range but for the reference image, in one go."""
    start += start == reference
    stop -= stop - 1 == reference
    if start >= stop:
        return
    block = source.read(start, stop)
    if not start < reference < stop:
        yield start, stop, block
        return
    for low, high in ((start, reference), (reference + 1, stop)):
        part = slice(low - start, high - start)
        yield low, high, Block(block.images[part], None if block.mask is None else block.mask[part])
