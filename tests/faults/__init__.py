# SPDX-License-Identifier: MIT
"""Stacks with something wrong in them, and what a ranking must make of them."""

from __future__ import annotations

import sys

if "pytest" in sys.modules:  # assertions here tell as much as those of tests
    sys.modules["pytest"].register_assert_rewrite(f"{__name__}.outcome")

from . import chunks, files, links
from .chunks import BOMBS
from .fault import FAULTS, Fault

__all__ = ["BOMBS", "FAULTS", "Fault", "chunks", "files", "links"]
