# SPDX-License-Identifier: MIT
"""Stacks at any depth of an HDF5 file: a bounded search, families of images, and layouts of programs."""

from __future__ import annotations

from .below import Below, images_below, stacks_below, told_below
from .candidates import Candidate
from .listing import list_warnings, taken

__all__ = ["Below", "Candidate", "images_below", "list_warnings", "stacks_below", "taken", "told_below"]
