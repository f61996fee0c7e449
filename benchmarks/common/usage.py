# SPDX-License-Identifier: MIT
"""What one call takes: time, time of all processors, memory, and bytes from the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from .timing import NotMeasured

T = TypeVar("T")
MIB = 1 << 20
STATUS = Path("/proc/self/status")


class Usage(NamedTuple):
    """Of one call; None where the system does not tell."""

    seconds: float
    cpu: float
    """User and system time of all threads of the process, in seconds."""
    growth: int | None
    """Highest resident memory until now, beyond what there was to begin with, in bytes."""
    fetched: int | None
    """Bytes that came from the disk and not from the page cache."""


def resident(field: str) -> int:
    """Bytes of VmRSS (now) or VmHWM (peak) of this process.

    Not `getrusage`: its peak begins with that of the process which started this one.
    """
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{field}:"):
            return 1024 * int(line.split()[1])
    raise NotMeasured(f"the system does not tell {field}")


def forget_peak() -> int:
    """Let the peak begin with what is resident now, and return that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError as error:
        raise NotMeasured("the system does not reset the peak of resident memory") from error
    return resident("VmRSS")


def baseline() -> int | None:
    """Let the peak of the memory begin with what is resident now, and return that."""
    try:
        return forget_peak()
    except NotMeasured:
        return None


def used(run: Callable[[], T], before: int | None) -> tuple[Usage, T]:
    """Call it once; `before` is what `baseline` returned."""
    fetched, cpu, start = fetched_bytes(), time.process_time(), time.perf_counter()
    result = run()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    now = fetched_bytes()
    return (
        Usage(
            seconds,
            cpu,
            None if before is None else resident("VmHWM") - before,
            None if fetched is None or now is None else now - fetched,
        ),
        result,
    )


def fetched_bytes() -> int | None:
    """What this process has had read from disks so far."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("read_bytes:")), None)


def forget_pages(files: Iterable[str]) -> None:
    """Ask the system to drop its cached pages of these files."""
    for name in files:
        with Path(name).open("rb") as file:
            if not hasattr(os, "posix_fadvise"):
                raise NotMeasured("the system cannot be asked to forget a file")
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
