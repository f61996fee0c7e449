# SPDX-License-Identifier: MIT
"""What a fault is: how to make it, and what the error has to say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Build = Callable[[Path], str]


@dataclass(frozen=True)
class Fault:
    """Something wrong with the stack "bad", which is in bad.h5."""

    build: Build = field(repr=False)
    """Makes the file in an empty folder; returns the URI."""
    kind: type[Exception] = OSError
    says: tuple[str, ...] = ()
    """Regular expressions for what the message must hold, besides the stack, its file and dataset."""
    image: int | None = None
    """The image at fault: must be in the range that the message names."""
    chunk: bool = True
    """With `image`: the message must name its chunk, too."""
    apart: bool = False
    """libhdf5 or a plugin of its crashes or hangs: tried in a process of its own."""


FAULTS: dict[str, Fault] = {}


def add(name: str, build: Build, kind: type[Exception] = OSError, *says: str, **more: Any) -> None:
    """Name a fault."""
    assert name not in FAULTS
    FAULTS[name] = Fault(build, kind, says, **more)
