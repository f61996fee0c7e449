# SPDX-License-Identifier: MIT
"""Effort that a piece of code takes, in counts that no busy machine changes: calls and bytes."""

from __future__ import annotations

import contextlib
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

IO = Path("/proc/self/io")


@dataclass
class Effort:
    """What was counted, once the block has ended."""

    calls: int = 0
    """Of functions in Python, and from there of functions in C."""
    read: int = 0
    """Bytes that were read from files, cached or not; 0 where the system does not tell."""
    memory: int = 0
    """The most bytes that Python and numpy held at a time, beyond what they held before."""


def bytes_read() -> int:
    """How many this process has read so far."""
    if not IO.exists():
        return 0
    return int(IO.read_text().split("rchar:")[1].split()[0])


@contextlib.contextmanager
def counted() -> Iterator[Effort]:
    """Count what the block takes, in this thread and those that it starts."""
    effort = Effort()

    def count(_: FrameType, event: str, __: Any) -> None:
        if event in ("call", "c_call"):
            effort.calls += 1

    profiling = sys.getprofile()
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    read = bytes_read()
    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield effort
    finally:
        sys.setprofile(profiling)
        threading.setprofile(profiling)  # type: ignore[arg-type]
        effort.read = bytes_read() - read
        effort.memory = tracemalloc.get_traced_memory()[1] - held
        if not tracing:
            tracemalloc.stop()
