# SPDX-License-Identifier: MIT
"""Photographs and micrographs inside the scikit-image wheel, and windows of them: nothing is resampled."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float64]

NAMES = [
    "astronaut",
    "brick",
    "camera",
    "cell",
    "cat",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "immunohistochemistry",
    "microaneurysms",
    "moon",
    "motorcycle",
    "page",
    "retina",
    "rocket",
    "text",
]
"""Ordinary functions of `skimage.data` that download nothing; the motorcycle is one of a stereo pair."""
LOOKS = 4
"""Places that are looked at for one with contrast: skies are empty."""


@cache
def channels(name: str) -> tuple[Image, ...]:
    """A photograph in grey, and its red, green and blue where it has colours; from 0 to 1, read only."""
    made = getattr(skimage.data, "stereo_motorcycle" if name == "motorcycle" else name)()
    photo = np.asarray(made[0] if isinstance(made, tuple) else made).astype(float)
    photo /= max(1.0, photo.max())
    found = [photo]
    if photo.ndim == 3:
        colours = [photo[..., i] for i in range(3)]
        found = [0.2126 * colours[0] + 0.7152 * colours[1] + 0.0722 * colours[2], *colours]
    for each in found:
        each.flags.writeable = False
    return tuple(found)


def binned(images: Image, rows: int, columns: int) -> Image:
    """Means of blocks of so many rows and columns of the last two axes; what is left over is cut off."""
    if rows == columns == 1:
        return images
    h, w = images.shape[-2] // rows, images.shape[-1] // columns
    blocks = images[..., : h * rows, : w * columns].reshape(*images.shape[:-2], h, rows, w, columns)
    means: Image = blocks.mean(axis=(-3, -1))
    return means


@cache
def _zoomed(name: str, channel: int, zoom: int) -> Image:
    return binned(channels(name)[channel], zoom, zoom)


class Part(NamedTuple):
    """A part of a photograph, at one of its four orientations."""

    name: str
    zoom: int
    """Pixels of the photograph along a side of one pixel of the part."""
    turned: int
    row: int
    column: int
    height: int
    width: int

    def of(self, channel: int) -> Image:
        """The part's pixels in one of the photograph's channels."""
        scene = np.rot90(_zoomed(self.name, channel, self.zoom), self.turned)
        return scene[self.row : self.row + self.height, self.column : self.column + self.width]


def find_part(rng: np.random.Generator, height: int, width: int, coloured: bool = False) -> Part:
    """A place of that size in some photograph; of a few the one with the most contrast."""
    fitting = []
    for name in NAMES:
        several = channels(name)
        if coloured and len(several) == 1:
            continue
        for zoom in (1, 2):
            for turned in range(4):
                there = np.array(several[0].shape) // zoom
                h, w = there[::-1] if turned % 2 else there
                if h >= height and w >= width:
                    fitting.append((name, zoom, turned, int(h), int(w)))
    # First the photograph, then how it is seen: else the small ones came seldom.
    fitting_names = sorted({each[0] for each in fitting})
    chosen = fitting_names[rng.integers(len(fitting_names))]
    views = [each for each in fitting if each[0] == chosen]
    name, zoom, turned, h, w = views[rng.integers(len(views))]
    places = [
        Part(name, zoom, turned, int(row), int(column), height, width)
        for row, column in zip(
            rng.integers(h - height + 1, size=LOOKS), rng.integers(w - width + 1, size=LOOKS), strict=True
        )
    ]
    return max(places, key=lambda part: _contrast(part.of(0)))


def _contrast(scene: Image) -> float:
    return float(scene.std() / (scene.mean() + 1e-3))


def cut(scene: Image, starts: NDArray[np.int_], height: int, width: int) -> Image:
    """Windows of the scene that begin at whole pixels: (n, height, width)."""
    return np.stack([scene[r : r + height, c : c + width] for r, c in starts])


def smooth(scene: Image, sigma: float) -> Image:
    """The scene out of focus."""
    blurred: Image = ndimage.gaussian_filter(scene, sigma)
    return blurred


def made_up(rng: np.random.Generator, height: int, width: int) -> Image:
    """A scene for images that no photograph is large enough for: hills of every size, and particles."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    frequency[0, 0] = np.inf
    hills = np.fft.irfft2(
        np.fft.rfft2(rng.standard_normal((height, width))) / frequency ** rng.uniform(0.6, 1.6),
        s=(height, width),
    )
    particles = smooth((rng.random((height, width)) < 10 ** rng.uniform(-5, -3)).astype(float), 2)
    scene: Image = hills / hills.std() + rng.uniform(0, 3) * particles / (particles.std() + 1e-9)
    scene -= np.quantile(scene, 0.01)
    return np.maximum(scene, 0)
