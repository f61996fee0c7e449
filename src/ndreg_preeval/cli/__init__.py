# SPDX-License-Identifier: MIT
"""The command line `ndreg-preeval`."""

from __future__ import annotations

from .main import main

__all__ = ["main"]
