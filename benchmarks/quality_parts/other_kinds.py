# SPDX-License-Identifier: MIT
"""What else goes wrong, as in `static_kinds`: light, noise, scanning, and what programs do to images."""

from __future__ import annotations

import numpy as np
from scipy import fft, ndimage

from .static_kinds import Images, between, counted, spread


def clean(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Photons alone: the level makes the dose, 2000 down to 0.3 counts, and the stack's own dose is not used."""
    del dose
    return counted(rng, film, between(level, 2000, 0.3))


def brightness(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Gain and offset change from image to image."""
    n = len(film)
    gains = np.exp(-rng.random(n) * between(level, 0.1, 5))[:, None, None]
    offsets = rng.normal(0, between(level, 0.1, 10), n)[:, None, None]
    return counted(rng, film * gains, dose) + offsets * spread(film) * dose


def bleaching(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Light fades; contrast fades with it, or stays."""
    left = np.exp(-np.linspace(0, between(level, 0.1, 6), len(film)))[:, None, None]
    if rng.random() < 0.5:
        return counted(rng, film * left, dose)
    return counted(rng, 1 + (film - 1) * left, dose)


def inversion(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Contrast goes through zero and turns over; the level moves that into the scan."""
    energy = np.linspace(0, 1, len(film))
    edge = 1 / (1 + np.exp(-(energy - rng.uniform(0.3, 0.7)) / 0.1))
    contrast = (1 - 2 * level * edge)[:, None, None]
    return counted(rng, 2 + contrast * (film - 1), dose)


def trace_noise(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Very little noise: without texture even that may decide. Poisson noise where the dose is high."""
    if rng.random() < 0.3:
        return counted(rng, film, dose * between(level, 1e6, 1))
    noise = rng.standard_normal(film.shape) * between(level, 1e-5, 0.5) * spread(film)
    return (film + noise) * dose


def coloured_noise(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Noise that is blurred, or that fills lines, new in every image."""
    n, h, w = film.shape
    noise = rng.standard_normal((n, h, w))
    kind = rng.integers(3)
    if kind == 0:
        sigma = rng.uniform(0.6, 3)
        noise = ndimage.gaussian_filter(noise, (0, sigma, sigma))
    elif kind == 1:
        noise = ndimage.uniform_filter1d(noise, 9, axis=1 + int(rng.integers(2)))
    else:
        noise = 0.3 * noise + rng.standard_normal((n, h, 1))
    noise *= between(level, 0.02, 8) * spread(film) / noise.std()
    return counted(rng, film, max(dose, 20)) / max(dose, 20) * dose + noise * dose


def scan_lines(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """To-and-fro scan: every other line is late by a pixel or two; not at the lowest levels."""
    counts = counted(rng, film, between(rng.random(), dose, 3 * dose))
    late = 0 if level < 0.25 else int(rng.choice([1, 1, 2]))
    if late == 0:
        return counts
    if rng.random() < 0.7:
        counts[:, 1::2] = np.roll(counts[:, 1::2], late, axis=2)
    else:
        counts[:, :, 1::2] = np.roll(counts[:, :, 1::2], late, axis=1)
    return counts


def compressed(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Few levels, or blocks of 8 x 8 whose cosines are rounded, as in JPEG."""
    counts = counted(rng, film, dose)
    low, high = np.quantile(counts, [0.001, 0.999])
    if high <= low:
        return counts
    if rng.random() < 0.5:
        steps = round(between(level, 60, 1))
        few: Images = np.round(np.clip((counts - low) / (high - low), 0, 1) * steps)
        return few
    n, h, w = counts.shape
    padded = np.pad(counts, ((0, 0), (0, -h % 8), (0, -w % 8)), mode="edge")
    tall, wide = padded.shape[1] // 8, padded.shape[2] // 8
    blocks = fft.dctn(padded.reshape(n, tall, 8, wide, 8), axes=(2, 4), norm="ortho")
    rising = 1 + np.arange(8)
    step = between(level, 0.02, 3) * (high - low) * (rising[:, None, None] + rising) / 8
    rounded: Images = fft.idctn(np.round(blocks / step) * step, axes=(2, 4), norm="ortho")
    whole: Images = np.round(rounded.reshape(padded.shape)[:, :h, :w])
    return whole
