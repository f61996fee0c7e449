# SPDX-License-Identifier: MIT
"""The oracle of plain cross-correlation: spectra multiplied, nothing divided by its size.

x = irfft2(F0 conj(Fi) G) / (|image 0 - mean| |image i - mean|)      G: low pass
c = (product of the means) / (product of the standard deviations), at most max |x| in size
r = |c + x| - |c|                 what an aligner follows that does not take the means out
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Plain(NamedTuple):
    """A plain correlogram: coefficients, what was added to all of them, and both together."""

    x: Floats
    level: float
    signed: Floats

    @property
    def r(self) -> Floats:
        return np.asarray(np.abs(self.signed) - abs(self.level))


def norm(pixels: Floats) -> tuple[float, float]:
    """Mean of an image, and the norm of what is left of it without that."""
    mean = math.fsum(pixels.ravel()) / pixels.size
    return mean, math.sqrt(math.fsum(((pixels - mean) ** 2).ravel()))


def plain(
    first: Floats,
    other: Floats,
    spectra: tuple[NDArray[np.complex128], NDArray[np.complex128]],
    low_pass: Floats,
    *,
    keep_mean: bool,
    search: NDArray[np.bool_],
) -> Plain:
    """Correlate two images of `spectra`; `search` is where the aligner may look."""
    (m0, n0), (m1, n1) = norm(first), norm(other)
    x = np.fft.irfft2(spectra[0] * spectra[1].conj() / (n0 * n1) * low_pass, s=first.shape)
    level = 0.0
    if keep_mean:
        most = float(np.abs(x)[search].max())
        level = min(most, max(-most, (m0 / n0) * (m1 / n1) * first.size))
    return Plain(x, level, x + level)


PLAIN_EVIDENCE = {
    "zero": (-0.85, 0.26, 0.63),
    "near": (-0.38, 1.11, 0.71),
    "axis": (-1.45, 2.25, 0.70),
    "elsewhere": (-1.12, 2.08, 1.16),
}
"""By where the peak lies: a constant, and how often m and the logarithm of g count."""


def place(pair: Any) -> str:
    """Where the peak lies: at zero shift, near it, on one of the axes through it, or elsewhere."""
    near, far = sorted((abs(int(pair.peak_dy)), abs(int(pair.peak_dx))))
    if far <= 2:
        return "near" if far else "zero"
    return "elsewhere" if near else "axis"


def plain_evidence(pair: Any, pixels: int) -> float:
    """The log odds of the fitted model for aligners by plain correlation."""
    ratio = (pair.opinion_peak + 1e-6) / ((pair.opinion_moved or pair.opinion_second) + 1e-6)
    moved = min(12.0, max(-12.0, math.log(ratio)))
    gap = max(0.0, pair.peak - pair.second_peak) * math.sqrt(pixels)
    constant, *times = PLAIN_EVIDENCE[place(pair)]
    return constant + times[0] * moved + times[1] * math.log(gap + 0.01)
