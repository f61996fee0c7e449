# SPDX-License-Identifier: MIT
"""Files of electron microscopes: DM3 and DM4, SER and EMI."""

from __future__ import annotations

from .dm_backend import DmBackend
from .formats import DmFormat, EmiFormat, SerFormat

__all__ = ["DmBackend", "DmFormat", "EmiFormat", "SerFormat"]
