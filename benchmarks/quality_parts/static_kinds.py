# SPDX-License-Identifier: MIT
"""What stays with the detector while the sample moves.

Every function takes (rng, film, level, dose): what a perfect detector sees, (n, h, w) with a mean of
about 1, how bad it is (0 harmless, 1 mostly hopeless) and mean counts per pixel; it returns counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Images = NDArray[np.float64]
Damage = Callable[[np.random.Generator, Images, float, float], Images]


def between(level: float, low: float, high: float) -> float:
    """From low to high by equal factors."""
    return float(low * (high / low) ** level)


def counted(rng: np.random.Generator, expected: Images, dose: float) -> Images:
    """Poisson counts."""
    return rng.poisson(np.maximum(expected, 0) * dose).astype(float)


def spread(film: Images) -> float:
    """Contrast of the scene."""
    return float(film[0].std()) + 1e-3


def grid(film: Images) -> tuple[Images, Images]:
    """Coordinates of the pixels, from -1 to 1."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in film.shape[1:]), indexing="ij")
    return y, x


def _behind(
    rng: np.random.Generator, film: Images, open_part: Images, dose: float, outside: float = 0
) -> Images:
    """The scene behind something partly open, before or after photons are counted."""
    if rng.random() < 0.5:
        return counted(rng, film * open_part + outside * (1 - open_part), dose)
    return counted(rng, film, dose) * open_part + outside * dose * (1 - open_part)


def _outside(rng: np.random.Generator, film: Images) -> float:
    """How bright it is where nothing is seen."""
    return float(rng.choice([0.0, 0.0, 0.0, 0.1, film.mean(), 2.0]))


def aperture(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """A round field of view with a hard edge."""
    y, x = grid(film)
    radius = 1.35 - 0.85 * level
    seen = np.hypot(y - rng.normal(0, 0.05), x - rng.normal(0, 0.05)) < radius
    return _behind(rng, film, seen.astype(float), dose, _outside(rng, film))


def soft_aperture(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """One whose edge is one to three pixels wide, or that lets some light through."""
    y, x = grid(film)
    seen = (np.hypot(y, x) < 1.3 - 0.75 * level).astype(float)
    if rng.random() < 0.7:
        seen = ndimage.gaussian_filter(seen, rng.uniform(0.5, 3))
    if rng.random() < 0.5:
        through = 1 - between(level, 0.05, 0.9)
        seen = through + (1 - through) * seen
    return _behind(rng, film, seen, dose, _outside(rng, film))


def frame(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """The edge of the detector, or its corners."""
    y, x = grid(film)
    across = rng.uniform(0.9, 1.1)
    if rng.random() < 0.5:
        # Not in the middle: detectors are not.
        dy, dx = rng.normal(0, 0.1 * level, 2)
        seen = np.maximum(abs(y - dy), abs(x - dx) * across) < 1.05 - 0.55 * level
    else:
        seen = abs(y) + abs(x) * across < 1.95 - 0.95 * level
    return _behind(rng, film, seen.astype(float), dose, _outside(rng, film))


def beam_stop(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """A disk in front of the middle, mostly with the arm that holds it."""
    y, x = grid(film)
    dy, dx = rng.normal(0, 0.15, 2)
    radius = between(level, 0.03, 0.7)
    seen = np.hypot(y - dy, x - dx) > radius
    if rng.random() < 0.7:
        seen &= (abs(y - dy) > radius / 4) | (x < dx)
    open_part = seen.astype(float)
    if rng.random() < 0.3:
        open_part = ndimage.gaussian_filter(open_part, rng.uniform(0.5, 2))
    return _behind(rng, film, open_part, dose, _outside(rng, film))


def background(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """A hill off the centre, a ramp or vignetting, 0.3 to 100 times the contrast, with and without noise."""
    y, x = grid(film)
    amplitude = between(level, 0.3, 100) * spread(film)
    kind = rng.integers(4)
    dy, dx = rng.uniform(-0.8, 0.8, 2)
    if kind == 0:
        added = np.exp(-((y - dy) ** 2 + (x - dx) ** 2) / rng.uniform(0.3, 2))
    elif kind == 1:
        angle = rng.uniform(0, 2 * np.pi)
        added = (1 + y * np.sin(angle) / 1.5 + x * np.cos(angle) / 1.5) / 2
    elif kind == 2:
        added = 1 - ((y - dy / 2) ** 2 + (x - dx / 2) ** 2) / 4
    else:
        # The light of the optics, on the scene itself.
        strength = between(level, 0.05, 0.98)
        shade = 1 - strength * np.clip((y - dy / 2) ** 2 + (x - dx / 2) ** 2, 0, 2) / 2
        return counted(rng, film * shade, dose)
    if rng.random() < 0.5:
        return counted(rng, film + amplitude * added, dose)
    added_later: Images = amplitude * dose * added
    return counted(rng, film, dose) + added_later


def dust(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Shadows: soft dark spots."""
    h, w = film.shape[1:]
    number = round(between(level, 2, 80))
    depth = between(level, 0.05, 1) * rng.uniform(0.5, 1, number)
    y, x = np.mgrid[:h, :w]
    open_part = np.ones((h, w))
    for each in range(number):
        row, column = rng.uniform(0, h), rng.uniform(0, w)
        sigma = rng.uniform(0.8, max(1.5, 0.04 * h))
        open_part *= 1 - depth[each] * np.exp(-((y - row) ** 2 + (x - column) ** 2) / (2 * sigma**2))
    return _behind(rng, film, open_part, dose)


def gain(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """A flat field that nobody took out, white or smooth."""
    shape = film.shape[1:]
    pattern = rng.standard_normal(shape)
    if rng.random() < 0.5:
        pattern = ndimage.gaussian_filter(pattern, rng.uniform(0.7, 8), mode="nearest")
        pattern /= pattern.std()
    return _behind(rng, film, np.exp(between(level, 0.005, 0.8) * pattern), dose)


def lines(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Dead lines and columns, or a level for every column."""
    h, w = film.shape[1:]
    kind = rng.integers(3)
    if kind == 0:
        dead = between(level, 0.005, 0.3)
        open_part = np.outer(rng.random(h) >= dead, rng.random(w) >= dead)
        return counted(rng, film, dose) * open_part
    pattern = np.broadcast_to(rng.standard_normal(w), (h, w))
    if rng.random() < 0.3:
        pattern = np.broadcast_to(rng.standard_normal((h, 1)), (h, w))
    if kind == 1:
        return counted(rng, film * np.exp(between(level, 0.01, 1) * pattern), dose)
    return counted(rng, film, dose) + between(level, 0.02, 5) * spread(film) * dose * pattern


def bad_pixels(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """Dead pixels, hot ones, or both."""
    shape = film.shape[1:]
    counts = counted(rng, film, dose)
    share = between(level, 2e-4, 0.05)
    kind = rng.integers(3)
    if kind != 0:
        hot = rng.random(shape) < share
        heat = rng.exponential(between(rng.random(), 3, 300), shape) * dose
        counts += rng.poisson(heat, counts.shape) * hot if rng.random() < 0.7 else heat * hot
    if kind != 1:
        counts *= rng.random(shape) >= share
    return counts


STATIC: dict[str, Damage] = {
    "aperture": aperture,
    "soft_aperture": soft_aperture,
    "frame": frame,
    "beam_stop": beam_stop,
    "background": background,
    "dust": dust,
    "gain": gain,
    "lines": lines,
    "bad_pixels": bad_pixels,
}


def any_static(rng: np.random.Generator, film: Images, level: float, dose: float) -> Images:
    """One of them; which one is not told."""
    return list(STATIC.values())[rng.integers(len(STATIC))](rng, film, level, dose)
