# SPDX-License-Identifier: MIT
"""Reading all pixels of stacks in files and doing nothing with them; each way checks its pixels."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import hdf5plugin  # noqa: F401 - registers the filters
import numpy as np
from silx.io.url import DataUrl

from common.known_shifts import Image
from common.timing import NotMeasured, require
from ndreg_preeval import Limits
from ndreg_preeval.stacks.resolve import resolve_stack

from .hdf5_layouts import Stored

IMAGES_AT_A_TIME = 8
"""At least, in the reading of this package."""


@contextmanager
def opened(uri: str) -> Iterator[tuple[Any, range]]:
    """A dataset, and which of its images belong to the stack."""
    url = DataUrl(uri)
    with h5py.File(url.file_path()) as file:
        dataset = file[url.data_path()]
        taken = url.data_slice()
        yield dataset, range(len(dataset))[taken[0] if taken else slice(None)]


def images_of(uri: str) -> Iterator[Image]:
    """The way one reads with h5py: `dataset[i]`."""
    with opened(uri) as (dataset, indices):
        for index in indices:
            yield dataset[index]


def chunks_of(uri: str) -> Iterator[Image]:
    """Blocks of as many images as a chunk holds, so that none is decoded twice."""
    with opened(uri) as (dataset, indices):
        depth = dataset.chunks[0] if dataset.chunks else 1
        if depth == 1:
            raise NotMeasured("no chunk holds more than one image")
        for start in indices[::depth]:
            yield dataset[start : start + depth]


def blocks_of(uri: str) -> Iterator[Image]:
    """The reading of this package, without scoring: ranges of whole chunks, in this thread."""
    with resolve_stack(uri, limits=Limits()).open() as source:
        length = -(-IMAGES_AT_A_TIME // source.images_per_chunk) * source.images_per_chunk
        for start in range(0, source.shape[0], length):
            yield np.asarray(source.read(start, min(start + length, source.shape[0])).images)


def check_pixels(blocks: Iterable[Image], stored: Stored) -> None:
    """Require that these are all pixels that were written."""
    crc = 0
    for block in blocks:
        crc = zlib.crc32(np.ascontiguousarray(block).data, crc)
    require(crc == stored["crc"], "pixels differ from those written")


def reading(stored: Stored, blocks: Callable[[str], Iterator[Image]]) -> Callable[[], None]:
    """All pixels of all stacks, taken as this function does."""

    def every() -> Iterator[Image]:
        for uri in stored["uris"].values():
            yield from blocks(uri)

    def run() -> None:
        for _ in every():
            pass

    check_pixels(every(), stored)
    return run
