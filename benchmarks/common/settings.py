# SPDX-License-Identifier: MIT
"""What a run of the benchmark was asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from .goals import Goals


@dataclass(frozen=True)
class Settings:
    """Options of `speed.py`, and the goals that the parts report to."""

    sizes: tuple[int, ...] = (256, 512, 1000, 1024, 2048)
    runs: int = 7
    quick: bool = False
    goals: Goals = field(default_factory=Goals)


@dataclass(frozen=True)
class ReadingSettings:
    """Options of `reading.py`, and the goals that the parts report to."""

    images: int = 48
    """Per stack."""
    size: int = 1024
    runs: int = 5
    files: int = 500
    """Images of the stacks that have one in each file."""
    gigabytes: float = 10.0
    """Of the longest stack."""
    goals: Goals = field(default_factory=Goals)


def progress(text: str) -> None:
    """Say what is being measured."""
    print(text, file=sys.stderr, flush=True)
