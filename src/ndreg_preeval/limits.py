# SPDX-License-Identifier: MIT
"""Limits of what a stack may ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from .argument_checks import as_int

__all__ = ["USUAL_LIMITS", "Limits"]


@dataclass(frozen=True)
class Limits:
    """Limits of what a stack may ask for before its pixels are read; None lifts a limit.

    Parameters
    ----------
    image_bytes : int or None
        Largest image, counted as height * width * 8 bytes.
    stack_bytes : int or None
        Largest stack, counted as n * height * width * itemsize bytes.
    ratio : int or None
        How many times its file size a dataset may declare, above `ratio_floor`.
    ratio_floor : int
        Datasets up to this many bytes are not held against the size of their file.
    chunk_bytes : int or None
        Largest chunk of a chunked dataset, in bytes.
    virtual_depth : int or None
        How deep virtual datasets may refer to virtual datasets.
    open_seconds : int or None
        How long opening one stack may take with ``isolate=True``; nothing can stop libhdf5
        in the own process.

    Examples
    --------
    Maps of up to 4 GiB, each no more than 100 times larger than its file:

    >>> from ndreg_preeval import Limits
    >>> limits = Limits(image_bytes=4 << 30, ratio=100)
    >>> limits.stack_bytes == Limits().stack_bytes
    True
    """

    __module__ = "ndreg_preeval"

    image_bytes: int | None = 1 << 30
    stack_bytes: int | None = 1 << 40
    ratio: int | None = 4096
    ratio_floor: int = 256 << 20
    chunk_bytes: int | None = 256 << 20
    virtual_depth: int | None = 8
    open_seconds: int | None = 120

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.name != "ratio_floor":
                continue
            number = as_int(f"limits.{each.name}", value)
            if number < 0:
                raise ValueError(f"limits.{each.name} must not be negative, not {number}")
            object.__setattr__(self, each.name, number)


USUAL_LIMITS: Final = Limits()
"""Limits of those who ask for no others."""
