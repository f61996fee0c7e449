# SPDX-License-Identifier: MIT
"""The folder benchmarks is no package: its parts are found as its programs find them."""

from __future__ import annotations

import sys
from pathlib import Path

BENCHMARKS = str(Path(__file__).resolve().parents[2] / "benchmarks")
if BENCHMARKS not in sys.path:
    sys.path.append(BENCHMARKS)
