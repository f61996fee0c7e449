# SPDX-License-Identifier: MIT
"""Axes by their meaning: which one counts the images of a stack, and which one counts stacks."""

from __future__ import annotations

from .image_axis import SUSPICIOUS, AxisChoice, axis_of_names, choose_axis, images_first, role
from .stacks_axis import MAX_STACKS, StoredAxes, find_stacks_axis, split_meaning, stack_names

__all__ = [
    "MAX_STACKS",
    "SUSPICIOUS",
    "AxisChoice",
    "StoredAxes",
    "axis_of_names",
    "choose_axis",
    "find_stacks_axis",
    "images_first",
    "role",
    "split_meaning",
    "stack_names",
]
