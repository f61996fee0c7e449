# SPDX-License-Identifier: MIT
"""One range of one stack through the core, block by block in bounded memory.

Whatever the block size and the number of threads, an image gets the same numbers bit for bit:
they depend on that image and the one it is compared with alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..options import Options
from ..stacks.base import Block, StackSource

READ_AHEAD = 256 << 20
"""Bytes of images held at a time when no memory_limit is given."""

PIXELS_PER_CALL = 1 << 22
"""Pixels per thread and core call: some tens of milliseconds, so that progress is seen."""

Images = NDArray[Any] | list[NDArray[Any]]
Records = NDArray[np.void]

Advance = Callable[[int], None]
"""Called with the number of images that were just scored."""


class StackInfo(NamedTuple):
    """What is known of a stack once it was opened; small and picklable."""

    shape: tuple[int, int, int]
    dtype: str
    location: str
    precision: Literal["single", "double"]
    reference_image: int
    images_per_chunk: int
    bytes_per_image: int
    warnings: tuple[str, ...]

    @property
    def compared(self) -> int:
        """How many images are compared with another one."""
        return max(self.shape[0] - 1, 0)


class RangeScore(NamedTuple):
    """Numbers of the compared images of a range, in the order of the stack."""

    records: Records
    reference_record: Records | None = None
    """The reference image compared with itself, where the method asks for it."""
    reference_flags: int = 0
    """Core flags of the reference image (pairing "previous": of the first image read)."""
    reference_invalid: int = 0
    """Invalid pixels of the same image."""


def describe(source: StackSource, options: Options) -> StackInfo:
    """Check an open stack against the options.

    Raises
    ------
    ValueError
        When the mask does not fit or the stack lacks the reference image.
    """
    n, height, width = source.shape
    options.check_mask_shape((height, width))
    return StackInfo(
        shape=(n, height, width),
        dtype=str(source.dtype),
        location=source.location,
        precision=options.working_precision(source.dtype),
        reference_image=options.reference_index(n),
        images_per_chunk=max(1, source.images_per_chunk),
        bytes_per_image=max(0, source.bytes_per_image),
        warnings=tuple(source.warnings),
    )


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


# ------------------------------------------------------------------ ranges of images


def block_length(info: StackInfo, options: Options, threads: int) -> int:
    """Return how many images are read and scored at a time.

    As many as keep a core call short; fewer where memory asks for it; whole rows of chunks
    where memory allows. Without a `memory_limit` of the user's, a row of chunks may take four
    times the usual: reading it in parts decodes every chunk again for each part.
    """
    n, height, width = info.shape
    length = max(1, threads * PIXELS_PER_CALL // (height * width))
    limit = options.memory_limit or READ_AHEAD
    if info.bytes_per_image > 0:
        length = min(length, max(1, limit // info.bytes_per_image))
    row = info.images_per_chunk
    if length >= row:
        length -= length % row
    elif row * info.bytes_per_image <= (limit if options.memory_limit else 4 * READ_AHEAD):
        length = row
    return min(length, n)


def block_ranges(start: int, stop: int, length: int) -> Iterator[tuple[int, int]]:
    """Cut a range where the index is a multiple of `length`."""
    while start < stop:
        end = min(stop, (start // length + 1) * length)
        yield start, end
        start = end


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


# ------------------------------------------------------------------ what the core is given


def make_scorer(
    reference: Block, precision: str, options: Options, *, second_opinion: bool | None = None
) -> core.Scorer:
    """Build the core's scorer for one reference image.

    With a second opinion the filter of the method belongs to the second
    correlogram; otherwise there is only one, and it is the method's and the options' alike.
    """
    method = options.method
    confirm = method.asks_opinion
    plain = options.normalization is None or method.normalization is None
    own: dict[str, Any] = {"window": options.window, "cutoff": options.cutoff}
    opinion: dict[str, Any] = {}
    if confirm:
        opinion = {
            "confirm_window": method.window,
            "confirm_cutoff": method.cutoff,
            "confirm_window_from": method.window_from,
            "judgement": "evidence" if method.statistic == "evidence" else "ratio",
        }
    else:
        own = {
            "window": options.window or method.window,
            "cutoff": options.cutoff or method.cutoff,
            "window_from": method.window_from,
        }
    mask = core_mask(reference, options)
    return core.Scorer(
        reference.images[0],
        mask=None if mask is None else mask[0],
        precision=precision,
        confirm=confirm if second_opinion is None else second_opinion,
        max_shift=options.max_shift,
        normalization=None if plain else "phase",
        # The min-max normalisation of the original leaves the mean in, and so do aligners by plain
        # cross-correlation.
        keep_mean=plain or method.statistic == "peak_minus_mean",
        ignore_hot_pixel=method.ignore_hot_pixel,
        **own,
        **opinion,
    )


def core_mask(block: Block, options: Options) -> NDArray[np.bool_] | None:
    """Valid pixels of a block: its own and those of the `mask` option."""
    if options.mask is None:
        return block.mask
    if block.mask is None:
        return np.broadcast_to(options.mask, (len(block.images), *options.mask.shape))
    return block.mask & options.mask


def masked_pixels(options: Options) -> int:
    """Pixels of an image that the `mask` option takes out on purpose."""
    return 0 if options.mask is None else int(options.mask.size - np.count_nonzero(options.mask))


def check_valid(options: Options, invalid_pixels: Any, indices: Any) -> None:
    """Raise ValueError for the first image with invalid pixels, where these are refused."""
    if options.invalid != "raise":
        return
    counts = np.asarray(invalid_pixels, dtype=np.int64) - masked_pixels(options)
    found = np.flatnonzero(counts > 0)
    if len(found):
        first = int(found[0])
        raise ValueError(
            f'image {indices[first]}: {counts[first]} pixels are NaN, infinite or masked, and invalid="raise"'
        )


def core_threads(options: Options, threads: int) -> int:
    """What the core is told: as many as asked for, or 0 to choose where nobody asked."""
    return threads if options.num_threads or threads == 1 else 0


class Excerpt(StackSource):
    """Some images of a stack in memory, to be sent to a worker."""

    def __init__(self, block: Block, start: int) -> None:
        self._block = block
        self._start = start

    def read(self, start: int, stop: int) -> Block:
        """Images of the excerpt, counted as in the whole stack."""
        part = slice(start - self._start, stop - self._start)
        mask = self._block.mask
        return Block(self._block.images[part], None if mask is None else mask[part])


def image_of(block: Block, index: int) -> Block:
    """One image of a block, as a block of its own."""
    return part_of(block, index, index + 1 or None)


def part_of(block: Block, start: int, stop: int | None) -> Block:
    """Some consecutive images of a block."""
    part = slice(start, stop)
    return Block(block.images[part], None if block.mask is None else block.mask[part])


def copy_of(block: Block) -> Block:
    """A block that owns its memory."""
    return Block(
        [np.array(image) for image in block.images], None if block.mask is None else block.mask.copy()
    )


def prepend(first: Block, rest: Block) -> Block:
    """Two blocks as one; pixels are not copied."""
    mask = None
    if first.mask is not None or rest.mask is not None:
        mask = np.concatenate([_full_mask(first), _full_mask(rest)])
    return Block([*first.images, *rest.images], mask)


def _full_mask(block: Block) -> NDArray[np.bool_]:
    if block.mask is not None:
        return block.mask
    return np.ones((len(block.images), *block.images[0].shape), dtype=np.bool_)
