# SPDX-License-Identifier: MIT
"""The core's scorer, made of options and method, and what it is given with each block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..options import Options
from ..stacks import Block


def make_scorer(
    reference: Block,
    precision: str,
    options: Options,
    *,
    second_opinion: bool | None = None,
    stays: bool = False,
    threads: int = 0,
) -> core.Scorer:
    """Build the core's scorer for one reference image, which needs no copy of it where it `stays` as it is.

    Its transforms are shared by `threads` (0: as many as the core chooses).

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
        reference_stays=stays,
        num_threads=threads,
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


def check_valid(
    options: Options, invalid_pixels: Any, indices: Sequence[int], block: Block, start: int
) -> None:
    """Raise ValueError for the first of some images with invalid pixels, for options that refuse them.

    The images are those of the indices, in a block that begins with image `start`. Pixels that the `mask`
    option or metadata of the file take out are no reason to refuse one.
    """
    allowed: Any = masked_pixels(options)
    mask = core_mask(block, options) if block.declared else None
    if mask is not None:
        allowed = np.count_nonzero(~mask, axis=(1, 2))[np.asarray(indices) - start]
    counts = np.asarray(invalid_pixels, dtype=np.int64) - allowed
    found = np.flatnonzero(counts > 0)
    if len(found):
        first = int(found[0])
        raise ValueError(
            f'image {indices[first]}: {counts[first]} pixels are NaN, infinite or masked, and invalid="raise"'
        )


def core_threads(options: Options, threads: int) -> int:
    """Number of threads that the core is told: as many as asked for, or 0 to choose where the caller asked for no number."""
    return threads if options.num_threads or threads == 1 else 0
