# SPDX-License-Identifier: MIT
"""Fewer points for the values of many images: of neighbours the one with the lowest value, as low ones are looked for."""

from __future__ import annotations

from typing import Any

import numpy as np


def neighbours_together(number: int, most: int) -> int:
    """How many neighbours have to share a point, for so many images to have at most `most` points."""
    return max(1, -(-number // most))


def lowest_of_neighbours(values: Any, together: int) -> Any:
    """Positions of the lowest value of each so many neighbours, (m,) int array in order."""
    starts = range(0, len(values), together)
    kept = [start + int(np.argmin(values[start : start + together])) for start in starts]
    return np.array(kept, dtype=np.intp)
