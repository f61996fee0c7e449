# SPDX-License-Identifier: MIT
"""Stacks made of images in many files."""

from __future__ import annotations

from .resolve import lists_images, spec_of_images
from .spec import ImageFilesSpec, examined_together

__all__ = ["ImageFilesSpec", "examined_together", "lists_images", "spec_of_images"]
