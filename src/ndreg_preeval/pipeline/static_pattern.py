# SPDX-License-Identifier: MIT
"""Peaks at zero shift, looked at again when a stack is done: a sample at rest, or a pattern that stays?

The numbers of a pair do not tell, but the other images of the stack do. Some of the images are enough:
about sixteen, spread over the stack, chosen by their places alone. So neither blocks nor threads nor
executors change a bit, and a live scan finds the same as a stack that is complete.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..options import Options
from ..stacks import Block, StackSource
from .core_scorer import core_mask, core_threads
from .pairs import Pairs
from .stack_state import RangeScore, Records, StackInfo

LONGEST_AXIS: Final = 2048
"""Length of the middle of larger images, in pixels, which is looked at in their place."""

Pattern = tuple[int, int]
"""Numbers that the core found, for its `with_static_pattern`."""


class KeptImages:
    """Images that are looked at again when their stack is done, kept as they pass by.

    Parameters
    ----------
    pairs : Pairs
    shape : (int, int, int)
        Of the stack.
    most_bytes : int or None
        Memory for them, in bytes; images that find no room have to be read again. None: all are kept.
    """

    bytes: int

    def __init__(self, pairs: Pairs, shape: tuple[int, int, int], most_bytes: int | None) -> None:
        self._pairs = pairs
        self._stride = stride(shape)
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self.bytes = 0
        self.images: dict[int, Block] = {}

    def take(self, records: Records, first: int, block: Block, start: int, before: Block | None) -> None:
        """Keep what is needed of scored images.

        Parameters
        ----------
        records : (k,) record array
            Of consecutive compared images, of which the first is image `first`.
        block : Block
            Begins with image `start`.
        before : Block or None
            The image before it, where it is needed.
        """
        for place in core.at_zero_shift(records):
            index = first + place
            if self._pairs.number(index) % self._stride:
                continue
            for each in self._pairs.compared_images(index):
                image = before if each < start else block.image(each - start)
                if image is not None and each not in self.images:
                    self._keep(each, image)

    def _keep(self, index: int, image: Block) -> None:
        part = middle(image)
        size = part.images[0].nbytes
        with self._lock:
            if self._most_bytes is not None and self.bytes + size > self._most_bytes:
                return
            self.bytes += size
        self.images[index] = part.copy()


def stride(shape: tuple[int, int, int]) -> int:
    """Return the number whose multiples are the numbers of images that are looked at again."""
    return core.static_pattern_stride(shape[0] - 1, *shape[1:])


def middle(image: Block) -> Block:
    """Return the part of an image that is looked at again; pixels are not copied."""
    pixels = image.images[0]
    height, width = pixels.shape
    if max(height, width) <= LONGEST_AXIS:
        return image
    top, left = max(0, height - LONGEST_AXIS) // 2, max(0, width - LONGEST_AXIS) // 2
    part = np.s_[top : top + LONGEST_AXIS, left : left + LONGEST_AXIS]
    mask = None if image.mask is None else image.mask[:, *part]
    return Block([pixels[part]], mask, image.declared)


def looked_again(
    info: StackInfo,
    options: Options,
    numbers: RangeScore,
    source: StackSource | None,
    threads: int,
) -> RangeScore:
    """Return the numbers of a whole stack with what its images tell of peaks at zero shift.

    Parameters
    ----------
    info : StackInfo
    options : Options
    numbers : RangeScore
        Of all compared images, with those that were kept.
    source : StackSource or None
        Where others are read from; None where all that are needed were kept.
    threads : int
        Threads of the core call.
    """
    kept = dict(numbers.kept)
    numbers = numbers._replace(kept=())
    places = places_to_look_at(info, options, numbers.records)
    if not places:
        return numbers
    images = _images(info, options, places, kept, source)
    return with_pattern(numbers, options, find_pattern(info, options, places, images, threads))


def with_reference(info: StackInfo, options: Options, numbers: RangeScore, source: StackSource) -> RangeScore:
    """Return the numbers of a part of a stack with the reference image among those that were kept, if there are any."""
    reference = Pairs.of(info, options).reference
    if not numbers.kept or reference is None:
        return numbers
    image = middle(source.read(reference, reference + 1)).copy()
    return numbers._replace(kept=(*numbers.kept, (reference, image)))


def _images(
    info: StackInfo,
    options: Options,
    places: list[int],
    kept: Mapping[int, Block],
    source: StackSource | None,
) -> dict[int, Block]:
    """All images that the look at some places needs, whole or their middle; the reference image is the first one."""
    compared, references = Pairs.of(info, options).indices()
    needed = dict.fromkeys([*references[places].tolist(), *compared[places].tolist()])
    images: dict[int, Block] = {}
    for index in sorted(needed, key=lambda index: (index in compared, index)):
        image = kept.get(index)
        if image is None:
            assert source is not None
            image = source.read(index, index + 1)
        images[index] = image
    return images


def places_to_look_at(info: StackInfo, options: Options, records: Records) -> list[int]:
    """Return which compared images are looked at again, as places in their records."""
    if not options.method.asks_opinion:
        return []
    at_zero = core.at_zero_shift(records)
    if not at_zero:
        return []
    step = stride(info.shape)
    return [place for place in at_zero if (place + 1) % step == 0]


def find_pattern(
    info: StackInfo, options: Options, places: list[int], images: Mapping[int, Block], threads: int
) -> Pattern:
    """Return what the images at some places tell."""
    compared, references = Pairs.of(info, options).indices()
    at = {index: place for place, index in enumerate(images)}
    of_core = [(at[int(references[place])], at[int(compared[place])]) for place in places]
    blocks = [middle(image) for image in images.values()]
    masks = [_mask_of(block, options, info) for block in blocks]
    mask = None
    if any(each is not None for each in masks):
        shape = blocks[0].images[0].shape
        mask = np.stack([np.ones(shape, np.bool_) if each is None else each for each in masks])
    return core.find_static_pattern(
        [block.images[0] for block in blocks],
        mask=mask,
        pairs=of_core,
        num_threads=core_threads(options, threads),
    )


def _mask_of(part: Block, options: Options, info: StackInfo) -> NDArray[np.bool_] | None:
    if options.mask is not None and part.images[0].shape != info.shape[1:]:
        whole = middle(Block([options.mask], None)).images[0]
        return whole if part.mask is None else part.mask[0] & whole
    mask = core_mask(part, options)
    return None if mask is None else mask[0]


def with_pattern(numbers: RangeScore, options: Options, pattern: Pattern) -> RangeScore:
    """Return the numbers with what a pattern says of the images at zero shift."""
    if not pattern[0]:
        return numbers
    plain = options.normalization is None or options.method.normalization is None
    judgement = "evidence" if options.method.statistic == "evidence" else "ratio"
    records = core.with_static_pattern(numbers.records, pattern, judgement, plain)
    return numbers._replace(records=records)


class LiveLook:
    """The same for a stack whose images come one by one: what is found holds for those so far.

    Which images are kept is the caller's: whoever asks for the numbers meanwhile has those of the same moment.

    Parameters
    ----------
    info : StackInfo
        Of the stack, whatever its number of images.
    options : Options
    threads : int
        Threads of a core call.
    """

    def __init__(self, info: StackInfo, options: Options, threads: int) -> None:
        self._info = info
        self._options = options
        self._threads = threads
        self._found: tuple[list[int], Pattern] = ([], (0, 0))

    def first(self, reference: Block) -> dict[int, Block]:
        """Return what is kept of the image that all others are compared with, or the first one."""
        wanted = self._options.method.asks_opinion and self._options.pairing != "previous"
        return {0: middle(reference)} if wanted else {}

    def candidates(
        self, records: Records, first: int, block: Block, before: Block | None
    ) -> dict[int, Block]:
        """Return copies of the images of a block to be kept; the block begins with image `first`, and is compared."""
        if not self._options.method.asks_opinion:
            return {}
        info = self._info.with_count(first + len(records))
        kept = KeptImages(Pairs.of(info, self._options), info.shape, None)
        kept.take(records, first, block, first, before)
        return kept.images

    def needed(self, images: dict[int, Block], count: int) -> dict[int, Block]:
        """Return those of some images that are looked at when the stack has `count` images."""
        info = self._info.with_count(count)
        pairs = Pairs.of(info, self._options)
        step = stride(info.shape)
        needed = {0} if pairs.reference is not None else set()
        for index in images:
            # Of consecutive pairs either image may be the one that is needed.
            for image in (index, index + 1) if pairs.consecutive else (index,):
                if image and pairs.number(image) % step == 0:
                    needed.update(pairs.compared_images(image))
        return {index: image for index, image in images.items() if index in needed}

    def numbers(self, info: StackInfo, numbers: RangeScore, kept: Mapping[int, Block]) -> RangeScore:
        """Return the numbers of the images so far with what those that were kept tell of peaks at zero shift."""
        places = places_to_look_at(info, self._options, numbers.records)
        if not places:
            return numbers
        found = self._found  # read once: other threads may be in here
        if found[0] != places:
            images = _images(info, self._options, places, kept, None)
            found = places, find_pattern(info, self._options, places, images, self._threads)
            self._found = found
        return with_pattern(numbers, self._options, found[1])
