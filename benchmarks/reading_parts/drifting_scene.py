# SPDX-License-Identifier: MIT
"""Stacks of one drifting scene with counting noise: what is written into files to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stacks = dict[str, NDArray[Any]]

COUNTS = {"faint": 6.0, "clear": 200.0}
"""Mean counts per pixel of each stack. The best one is the last: a tie would show the other one."""
BEST = "clear"
CONTRAST = 0.6


@dataclass(frozen=True)
class DriftingScene:
    """Stacks by name, and how far the scene has moved in each image."""

    stacks: Stacks
    drift: NDArray[np.int64]
    """(n, 2) whole pixels; the first row is zero."""

    def cast(self, dtype: str) -> Stacks:
        """The stacks as measured (float32), or as whole counts."""
        if np.dtype(dtype).kind == "f":
            return {name: stack.astype(dtype, copy=False) for name, stack in self.stacks.items()}
        return {name: np.rint(stack).astype(dtype) for name, stack in self.stacks.items()}


def drift(images: int, size: int) -> NDArray[np.int64]:
    """A curved way of up to a sixteenth of the size."""
    time = np.linspace(0.0, 1.0, images)
    way = np.stack([time * size / 16, -(time**1.5) * size / 20], axis=1)
    return np.rint(way).astype(np.int64)


def scene_of(side: int) -> NDArray[np.float32]:
    """A positive texture of mean 1, blurred as by a beam, the same for each call."""
    field = np.random.default_rng(side).standard_normal((side, side), dtype=np.float32)
    for axis in (0, 1):
        field += (np.roll(field, 1, axis) + np.roll(field, -1, axis)) / 2
    texture = np.exp(CONTRAST / float(field.std()) * field)
    return np.asarray(texture / texture.mean(), np.float32)


def drifting_scene(images: int, size: int) -> DriftingScene:
    """Both stacks; new content enters at the borders as the scene moves."""
    moves = drift(images, size)
    margin = int(np.abs(moves).max())
    scene = scene_of(size + 2 * margin)
    rng = np.random.default_rng(images)
    stacks: Stacks = {}
    for name, counts in COUNTS.items():
        stack = np.empty((images, size, size), np.float32)
        for image, (rows, columns) in zip(stack, moves, strict=True):
            top, left = margin - rows, margin - columns
            mean = counts * scene[top : top + size, left : left + size]
            image[:] = mean + np.sqrt(mean) * rng.standard_normal(mean.shape, dtype=np.float32)
        stacks[name] = np.clip(stack, 0, None, out=stack)
    return DriftingScene(stacks, moves)
