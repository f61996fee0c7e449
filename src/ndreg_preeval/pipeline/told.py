# SPDX-License-Identifier: MIT
"""Facts for the log: what stacks are, how they are read, where they are scored, and what was computed twice."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .. import core
from ..errors import printable_location, shorten
from ..log import asked, tell
from ..stacks import StackSource
from .stack_state import OpenStack, Scored

LIBRARIES: Final = ("numpy", "h5py", "hdf5plugin", "imagecodecs", "tifffile", "zarr", "dask", "fabio")
"""Libraries whose versions may matter; those that are not imported did nothing."""


def tell_engine(words: str, threads: int) -> None:
    """Tell where stacks are scored."""
    if not asked():
        return
    build = core.build_config()
    number = f"{threads} thread{'s' * (threads != 1)}"
    tell(
        "scored %s, with %s per call of the core (%s) and kernels for %s",
        words,
        number,
        build["threads"],
        build["isa"],
    )
    if asked(logging.DEBUG):
        for name in LIBRARIES:
            if name in sys.modules:
                version = getattr(sys.modules[name], "__version__", None) or importlib.metadata.version(name)
                tell("%s %s is in use", name, version, level=logging.DEBUG)


def tell_source(name: Any, source: StackSource) -> None:
    """Tell what a stack that was opened is, and how its pixels are read."""
    if not asked():
        return
    n, height, width = source.shape
    place = printable_location(source.location) if source.location else "memory"
    label = shorten(name) if name != "" else "a stack"
    tell("%s: %d images of %d x %d, %s, from %s", label, n, height, width, source.dtype, place)
    tell("%s: %s", label, source.how_read())
    if source.exclusive:
        tell("%s: one thread reads it, since its reads wait for each other", label)
    elif source.concurrent:
        tell("%s: several threads read it at a time", label)


def tell_scores(stacks: Sequence[OpenStack], found: Sequence[Any]) -> None:
    """Tell which images were computed again in double precision."""
    if not asked():
        return
    for stack, each in zip(stacks, found, strict=True):
        if isinstance(each, Scored) and len(each.numbers.records):
            records = each.numbers.records
            double = int(np.count_nonzero(records["flags"] & core.IN_DOUBLE))
            if stack.info.precision == "auto":
                tell(
                    "%s: %d of %d images again in double precision", shorten(stack.name), double, len(records)
                )
