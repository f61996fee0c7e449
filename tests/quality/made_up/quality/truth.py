# SPDX-License-Identifier: MIT
"""The highest pixel of a phase correlogram, and how far it is off."""

from __future__ import annotations

import numpy as np

GOOD = 1.0


def fill(stack):
    return np.asarray(stack, float)


def phase(stack):
    spectra = np.fft.fft2(stack)
    shifts = []
    for spectrum in spectra:
        product = spectra[0] * spectrum.conj()
        surface = np.fft.ifft2(product / np.abs(product)).real
        place = np.array(np.unravel_index(surface.argmax(), surface.shape))
        shifts.append((place + np.array(surface.shape) // 2) % surface.shape - np.array(surface.shape) // 2)
    return np.array(shifts, float)


ALIGNERS = {"phase": phase}


def image_errors(case, aligner="phase"):
    return {
        name: np.hypot(*(ALIGNERS[aligner](stack) - case.shifts)[1:].T) for name, stack in case.stacks.items()
    }


def aligns(errors):
    return bool(np.max(errors) <= GOOD)
