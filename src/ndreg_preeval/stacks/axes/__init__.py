# SPDX-License-Identifier: MIT
"""Axes by their meaning: which one counts the images of a stack, and which one counts stacks."""

from __future__ import annotations

from .image_axis import AxisChoice, axis_of_names, choose_axis, images_first, role

__all__ = ["AxisChoice", "axis_of_names", "choose_axis", "images_first", "role"]
