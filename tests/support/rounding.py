# SPDX-License-Identifier: MIT
"""How far rounding may take a correlogram from the oracle's."""

from __future__ import annotations

import math

import numpy as np

from tests.support import oracle
from tests.support.plain_correlation import norm


def correlogram_error(
    reference: oracle.Image,
    image: oracle.Image,
    window: str | None,
    cutoff: float | None,
    eps: float,
    *,
    keep_mean: bool = False,
    window_from: int = 8,
    worst: bool = False,
) -> float:
    """How far a transform of precision `eps` may be from the exact correlogram, anywhere in it.

    A bin of a transform is off by about eps sqrt(log2(hw)) times the norm of the image, which
    turns its phase by that over its size; the correlogram is the mean of the phases. `worst` adds
    these up, otherwise they add as independent errors do. 16 is the room for the constants.
    """
    shape = image.pixels.shape
    hw = image.pixels.size
    kept = oracle.phases(reference, image, window, cutoff, keep_mean, window_from)
    if not np.any(kept):
        return 0.0
    weight = oracle.lowpass((shape[0], shape[1]), cutoff)
    turn = np.zeros(kept.shape)
    for one in (reference, image):
        error = 16 * eps * norm(one.pixels)[1] * math.sqrt(1 + math.log2(hw))
        if window is not None:  # lets the rounding of the mean pass, of double in either precision
            error += 0.5 * oracle.EPS * float(np.abs(one.pixels).sum())
        size = np.abs(oracle.spectrum(one, window, window_from))
        turn = np.hypot(turn, np.minimum(2.0, error / np.where(size > 0, size, np.inf)))
    if keep_mean:
        turn[0, 0] = 0
    turn = np.where(kept != 0, turn * weight, 0.0)
    twice = np.full(kept.shape[1], 2.0)  # the half spectrum stands for the whole one
    twice[0] = 1
    if shape[1] % 2 == 0:
        twice[-1] = 1
    total = float((twice * turn).sum()) if worst else float(np.sqrt((twice**2 * turn**2).sum()))
    # the inverse transform's own error, and that of exponentials far below 1
    exponents = 1 - np.log(np.maximum(weight, 1e-300))
    own = 4 * eps * (1 + math.log2(hw)) * float((twice * np.abs(kept) * exponents).sum()) / hw
    return total / hw + own


def plain_error(
    reference: oracle.Image,
    image: oracle.Image,
    window: str | None,
    cutoff: float | None,
    eps: float,
    *,
    worst: bool = False,
) -> float:
    """How far a transform of precision `eps` may be from the exact plain correlogram, anywhere in it.

    As `correlogram_error`: a bin is off by about eps sqrt(log2(hw)) times the norm of its
    image, and the bins of the other image carry that into the correlogram.
    """
    if not (reference.has_evidence and image.has_evidence):
        return 0.0
    hw = image.pixels.size
    weight = oracle.lowpass((image.pixels.shape[0], image.pixels.shape[1]), cutoff)
    sizes = [np.abs(oracle.spectrum(one, window)) / norm(one.pixels)[1] for one in (reference, image)]
    total = 0.0
    for one, carrier in zip((reference, image), reversed(sizes), strict=True):
        error = 16 * eps * math.sqrt(1 + math.log2(hw))
        if window is not None:  # as above
            error += 0.5 * oracle.EPS * float(np.abs(one.pixels).sum()) / norm(one.pixels)[1]
        carried = 2 * carrier * weight * error
        total += float(carried.sum()) if worst else float(np.sqrt((carried**2).sum()))
    exponents = 1 - np.log(np.maximum(weight, 1e-300))
    own = 8 * eps * (1 + math.log2(hw)) * float((sizes[0] * sizes[1] * weight * exponents).sum())
    return (total + own) / hw + 4 * eps
