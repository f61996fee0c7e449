# SPDX-License-Identifier: MIT
"""Stacks of any length from few images that come again and again: soon written, their answer known."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import ndreg_preeval
from common.known_shifts import Image
from common.timing import require
from common.usage import baseline, used

from .drifting_scene import BEST, drifting_scene
from .hdf5_layouts import GROUP, settle
from .programs import THREADS

CYCLE = 16
"""Different images in a stack."""
FILLED = 0.01
"""Share of the pixels that are not zero, so that chunks are small and files short."""
SMALL = 64
"""Size and number of the images that a process sees first."""


def cycle(size: int) -> Image:
    """Counts of a drifting scene where it is brightest, zero elsewhere."""
    counts = drifting_scene(CYCLE, size).cast("uint16")[BEST]
    counts[counts < np.quantile(counts[0], 1 - FILLED)] = 0
    return counts


def write_images(path: Path, images: int, size: int, filters: Mapping[str, Any]) -> str:
    """One image per chunk; what was compressed once is written as often as it is needed."""
    different = cycle(size)[:images]
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset(
            f"{GROUP}/long", (images, size, size), "uint16", chunks=(1, size, size), **filters
        )
        dataset[: len(different)] = different
        chunks = [dataset.id.read_direct_chunk((index, 0, 0)) for index in range(len(different))]
        for index in range(len(different), images):
            mask, data = chunks[index % CYCLE]
            dataset.id.write_direct_chunk((index, 0, 0), data, filter_mask=mask)
    settle(path)
    return f"{path}::{GROUP}/long"


def write_maps(path: Path, images: int, size: int, side: int) -> str:
    """Chunks of side x side pixels of all images, gzip."""
    different = cycle(size)
    indices = np.arange(images) % CYCLE
    with h5py.File(path, "w") as file:
        dataset = file.create_dataset(
            f"{GROUP}/long",
            (images, size, size),
            "uint16",
            chunks=(images, min(side, size), min(side, size)),
            compression="gzip",
            compression_opts=1,
        )
        for top in range(0, size, side):
            for left in range(0, size, side):
                tile = different[:, top : top + side, left : left + side]
                dataset[:, top : top + side, left : left + side] = tile[indices]
    settle(path)
    return f"{path}::{GROUP}/long"


def rank_long(
    uri: str, small: str, images: int, size: int, memory_limit: int | None
) -> Sequence[float | int | None]:
    """The `Usage` of ranking such a stack, which is compared with its cycle; called in a fresh worker."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ndreg_preeval.RankingWarning)
        ndreg_preeval.rank_stacks({"long": small}, num_threads=THREADS, memory_limit=memory_limit)
        before = baseline()
        usage, ranking = used(
            lambda: ndreg_preeval.rank_stacks({"long": uri}, num_threads=THREADS, memory_limit=memory_limit),
            before,
        )
        # The first image once more at the end: what a long stack compares it with itself for.
        stack = cycle(size)
        stack = np.concatenate([stack, stack[:1]])
        once = ndreg_preeval.rank_stacks({"long": stack}, num_threads=THREADS)
    found, expected = ranking.stacks["long"], once.stacks["long"]
    which = np.arange(images - 1) % CYCLE
    for name in ("peak", "mean", "rms", "peak_shifts", "shifts", "confirmation", "probability", "flags"):
        same = np.array_equal(getattr(found, name), getattr(expected, name)[which])
        require(same, f"{name} of the long stack")
    return usage
