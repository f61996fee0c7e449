# SPDX-License-Identifier: MIT
"""The part of a correlogram that is worth a picture."""

from __future__ import annotations

from typing import Any


def around_zero(values: Any, reach: int) -> tuple[Any, tuple[float, float, float, float]]:
    """Part that holds zero shift and the peak, and its extent in pixels of shift.

    Parameters
    ----------
    values : (h, w) array
        A correlogram with zero shift in its middle, as of `numpy.fft.fftshift`.
    reach : int
        Farthest shift that must be in it, in pixels along an axis.

    Returns
    -------
    array, (left, right, bottom, top)
        The part, and its borders as `matplotlib` wants them.
    """
    half = max(16, int(1.3 * reach) + 4)
    height, width = values.shape
    y, x = height // 2, width // 2
    top, bottom = max(0, y - half), min(height, y + half + 1)
    left, right = max(0, x - half), min(width, x + half + 1)
    extent = (left - x - 0.5, right - x - 0.5, bottom - y - 0.5, top - y - 0.5)
    return values[top:bottom, left:right], extent
