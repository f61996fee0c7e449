# SPDX-License-Identifier: MIT
"""What a run of the scaling benchmark was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from common.goals import Goals


@dataclass(frozen=True)
class ScalingSettings:
    """Options of `scaling.py`, and the goals that the parts report to."""

    sizes: tuple[int, ...]
    """Of the square images of stacks."""
    numbers: tuple[int, ...]
    """Of threads and processes, beyond one."""
    cpus: tuple[int, ...]
    """Those that this process may run on, in the order in which they are taken; of no meaning where
    processes cannot be pinned."""
    runs: int = 5
    seconds: float = 0.2
    """A sample lasts about so long, or one call."""
    huge: tuple[int, ...] = (4096, 8192)
    """Of single images."""
    goals: Goals = field(default_factory=Goals)
