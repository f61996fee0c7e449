# SPDX-License-Identifier: MIT
"""Former home of `FailedSpec`, where rankings look for it that were pickled then."""

from __future__ import annotations

from .base import FailedSpec

__all__ = ["FailedSpec"]
