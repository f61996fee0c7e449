# SPDX-License-Identifier: MIT
"""Pairs of images and their records: which image of a stack is compared with which.

Whatever the block size and the number of threads, an image gets the same numbers bit for bit:
they depend on that image and the one it is compared with alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..options import Options
from ..stacks import Block, StackSource
from .batches import IMAGES_PER_CALL, block_length, block_ranges
from .core_scorer import check_valid, core_mask, core_threads, make_scorer
from .stack_state import RangeScore, Records, StackInfo, joined_records

Advance = Callable[[int], None]
"""Called with the number of images that were just scored."""


class Pairs(NamedTuple):
    """Which image of a stack is compared with which; decided here and nowhere else."""

    n_images: int
    reference: int | None
    """The image all others are compared with; None where each is compared with the one before it."""

    @classmethod
    def of(cls, info: StackInfo, options: Options) -> Pairs:
        """Return the pairs of a stack."""
        return cls(info.shape[0], None if options.pairing == "previous" else info.reference_image)

    @property
    def consecutive(self) -> bool:
        """Whether each image is compared with the one before it."""
        return self.reference is None

    @property
    def first_reference(self) -> int:
        """The first image of the stack that another one is compared with."""
        return self.reference or 0

    def compared(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Return those of the images start <= i < stop that are compared with another one, as ranges."""
        alone = self.first_reference
        ranges = ((start, min(stop, alone)), (max(start, alone + 1), stop))
        return [(low, high) for low, high in ranges if low < high]

    def images(self) -> NDArray[np.intp]:
        """Return the indices of all compared images."""
        images = np.arange(1, self.n_images)
        if self.first_reference:
            images[: self.first_reference] -= 1
        return images

    def indices(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the indices of all compared images, and of what each is compared with."""
        images = self.images()
        return images, images - 1 if self.reference is None else np.full(len(images), self.reference)

    def number(self, image: int) -> int:
        """Return which of the compared images one is, counted from 1."""
        return image + 1 if image < self.first_reference else image

    def compared_images(self, image: int) -> tuple[int, ...]:
        """Return the image, and what it is compared with where that is not one for all."""
        return (image - 1, image) if self.consecutive else (image,)

    def read_from(self, start: int) -> int:
        """Return the first image that has to be read to score a range that begins at `start`."""
        return max(start - 1, 0) if self.consecutive else start

    def read_reference(self, source: StackSource) -> Block | None:
        """Read what all images are compared with, if it is one image."""
        return None if self.reference is None else source.read(self.reference, self.reference + 1)

    def kept(self, block: Block) -> Block | None:
        """Return the image of a block that the next block's first one is compared with, if any.

        A copy: a view would keep the whole block in memory next to the one that follows.
        """
        return block.image(-1).copy() if self.consecutive else None


class PairScorer:
    """Scores images of one stack against what they are compared with.

    Made of a block that begins with image `start` and holds the reference image; where each image
    is compared with the one before it, any block will do. With `itself` the reference image is
    compared with itself too, where the method asks for it: once per stack. `stays` says that nobody
    writes to the memory of the block as long as the scorer is used. Raises ValueError for
    invalid pixels where the options refuse them, and names the image.
    """

    def __init__(
        self,
        info: StackInfo,
        options: Options,
        block: Block,
        start: int,
        *,
        itself: bool = True,
        stays: bool = False,
        threads: int = 1,
    ) -> None:
        self._options = options
        self.pairs: Pairs = Pairs.of(info, options)
        index = start if self.pairs.reference is None else self.pairs.reference
        reference = block.image(index - start)
        self._core = make_scorer(reference, info.precision, options, stays=stays, threads=threads)
        if options.invalid == "raise":
            check_valid(options, [self._core.reference_invalid_pixels], [index], reference, index)
        self._itself: Records | None = None
        if itself and self.wants_itself:
            mask = core_mask(reference, options)
            self._itself = self._core.score(reference.images, mask=mask, num_threads=threads)

    @property
    def wants_itself(self) -> bool:
        """Whether the method asks for the reference image compared with itself."""
        return self._options.method.include_reference and not self.pairs.consecutive

    def score(
        self,
        block: Block,
        start: int,
        images: tuple[int, int],
        before: Block | None = None,
        *,
        threads: int,
        itself: bool = False,
        stop: Callable[[], bool] | None = None,
        advance: Advance | None = None,
    ) -> Records:
        """Score those of a range of images that are compared with another one.

        The block begins with image `start`. `before` is the image before it, where one is needed. With
        `itself` the reference image, if it is in the range, is compared with itself on the way, where the
        method asks for it. `stop` tells whether to give up.
        """
        low, high = images
        compared = self.pairs.compared(low, high)
        if not compared:
            return np.empty(0, core.PAIR_SCORE)
        call: dict[str, Any] = {"num_threads": threads, "stop": stop}
        if advance is not None:
            call["progress"] = _differences(advance, sum(end - begin for begin, end in compared))
        if self.pairs.consecutive:
            first = compared[0][0]
            some = block.part(max(first - 1 - start, 0), high - start)
            some = some.after(before) if first == start else some
            records = self._core.score_consecutive(some.images, mask=core_mask(some, self._options), **call)
        else:
            some = block.part(low - start, high - start)
            records = self._against_reference(some, low, itself, call)
        if self._options.invalid == "raise":
            indices = [i for each in compared for i in range(*each)]
            check_valid(self._options, records["invalid_pixels"], indices, some, high - len(some.images))
        return records

    def _against_reference(self, some: Block, start: int, itself: bool, call: dict[str, Any]) -> Records:
        mask = core_mask(some, self._options)
        place = self.pairs.first_reference - start
        if not 0 <= place < len(some.images):
            return self._core.score(some.images, mask=mask, **call)
        if not (itself and self.wants_itself):
            return self._core.score(some.images, mask=mask, skip=place, **call)
        records = self._core.score(some.images, mask=mask, **call)
        self._itself = records[place : place + 1]
        return joined_records([records[:place], records[place + 1 :]])

    def numbers(self, parts: Sequence[Records]) -> RangeScore:
        """Return the records of consecutive ranges, and what is known of the reference image."""
        records = parts[0] if len(parts) == 1 else joined_records(parts)
        return RangeScore(
            records, self._itself, int(self._core.reference_flags), int(self._core.reference_invalid_pixels)
        )


def _differences(advance: Advance, most: int) -> Callable[[int, int], None]:
    """Return what to tell how many images are done, at most so many: `advance` hears what was added."""
    told = 0

    def tell(done: int, _: int) -> None:
        nonlocal told
        added = min(done, most) - told
        told += added
        if added:
            advance(added)

    return tell


def _ranges(
    source: StackSource, info: StackInfo, options: Options, start: int, stop: int, threads: int
) -> Iterator[tuple[int, int]]:
    """Return what is scored at a time: as many as a call takes, fewer where masks are joined in memory of their own."""
    together = options.mask is None or source.read(start, stop).mask is None
    return block_ranges(start, stop, IMAGES_PER_CALL if together else block_length(info, options, threads))


def score_range(
    source: StackSource,
    info: StackInfo,
    options: Options,
    start: int,
    stop: int,
    threads: int,
    advance: Advance | None = None,
    *,
    reference: Block | None = None,
) -> RangeScore:
    """Score the compared images among start <= i < stop of a stack whose blocks are views of memory.

    The core gets them at once, 65536 at most, and no thread of it waits for others before the end.
    `reference` is the block of the reference image, where the stack has none.

    Raises
    ------
    ValueError
        For invalid pixels where the options refuse them; names the image.
    """
    if info.compared == 0:
        return RangeScore()
    pairs = Pairs.of(info, options)
    inside = pairs.reference is not None and start <= pairs.reference < stop
    ranges = list(_ranges(source, info, options, pairs.read_from(start), stop, threads))
    if reference is None and not (inside and len(ranges) == 1):
        reference = pairs.read_reference(source)
    scorer: PairScorer | None = None
    at_once = core_threads(options, threads)
    itself = start == 0 and not inside
    if reference is not None:
        first = pairs.first_reference
        scorer = PairScorer(info, options, reference, first, itself=itself, stays=True, threads=at_once)
    before: Block | None = None
    parts = []
    for low, high in ranges:
        block = source.read(low, high)
        if scorer is None:
            scorer = PairScorer(info, options, block, low, itself=itself, stays=True, threads=at_once)
        wanted = max(low, start), high
        parts.append(
            scorer.score(block, low, wanted, before, threads=at_once, itself=start == 0, advance=advance)
        )
        before = block.image(-1) if pairs.consecutive else None
    return scorer.numbers(parts) if scorer else RangeScore()
