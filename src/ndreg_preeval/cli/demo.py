# SPDX-License-Identifier: MIT
"""Demo data: element maps of one drifting scene, with the drift known.

They look as a fluorescence XANES scan of a mineral section does: the same grains seen by
several elements while the sample drifts, each with its own dose, and the things that make
people choose the wrong element. One stack has the shape that a naive score likes best.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ..atomic_write import replacing

if TYPE_CHECKING:
    from h5py import Group

    from ..results import RankingData

GROUP: Final = "/entry/fit/results"

CREATOR: Final = "ndreg_preeval demo"
"""Program that made the file, as the file says it."""

DRIFT_PER_IMAGE: Final = 0.6
"""Average drift from image to image, in pixels; up to a sixteenth of the width in all."""


@dataclass(frozen=True)
class Element:
    """One element of the demo: how its stack sees the scene."""

    name: str
    counts: float
    """Mean counts per pixel."""
    grains: float
    """Share of the counts that comes from grains; the rest is texture."""
    trouble: str | None = None
    """"edge": appears only above an absorption edge; "detector": pattern that does not move."""


ELEMENTS: Final = (
    Element("S-K", 0.02, 0.5),
    Element("Cl-K", 1.2, 0.2),
    Element("K-K", 4.0, 0.4),
    Element("Ca-K", 60.0, 0.6),
    Element("Cr-K", 20.0, 0.5, "detector"),
    Element("Fe-K", 25.0, 0.7, "edge"),
)
"""Elements in the order of the file. Calcium is the one to align with."""

BEST: Final = "Ca-K"


@dataclass(frozen=True)
class DemoTruth:
    """Truth about a demo file: what was put into it."""

    path: str
    uri: str
    """The NXdata group with all stacks: what to rank."""
    shifts: NDArray[np.float64]
    """Shifts that register image i onto image 0: dy, dx in pixels, of shape (n, 2)."""
    best: str
    """The stack that aligns best."""
    names: tuple[str, ...]
    """All stacks, in the order of the file."""


@dataclass(frozen=True)
class DemoCheck:
    """Comparison of a ranking with what was put in."""

    passed: bool
    chosen: str
    expected: str
    max_error: float
    """Largest error of the chosen stack's shifts, in pixels; inf when it has no shifts."""
    allowed_error: float

    def __str__(self) -> str:
        """One sentence."""
        verdict = "ok" if self.passed else "FAILED"
        right = "the right stack" if self.chosen == self.expected else f"expected {self.expected}"
        return (
            f"check {verdict}: chose {self.chosen} ({right}); its shifts are within {self.max_error:.2f} "
            f"pixels of the drift put in (allowed: {self.allowed_error:g})"
        )


def make_demo(
    path: str | os.PathLike[str],
    *,
    seed: int = 0,
    n_images: int = 20,
    shape: tuple[int, int] = (128, 128),
    overwrite: bool = True,
) -> DemoTruth:
    """Write a NeXus file with six element maps of one drifting scene.

    Parameters
    ----------
    path : str or path-like
        File to write.
    seed : int
        The same seed gives the same pixels.
    n_images : int
        Images per stack, at least 2.
    shape : (int, int)
        Height and width in pixels, at least 32 each.
    overwrite : bool
        Replace a file that exists, when the new one is complete.

    Returns
    -------
    DemoTruth
        The URI to rank and the drift that went in.

    Raises
    ------
    ValueError
        Fewer than 2 images, or images smaller than 32 x 32.
    OSError
        The file cannot be written.
    """
    height, width = shape
    if n_images < 2:
        raise ValueError(f"n_images of a demo must be at least 2, got {n_images}")
    if height < 32 or width < 32:
        raise ValueError(f"shape of a demo must be at least (32, 32), got {tuple(shape)}")
    rng = np.random.default_rng(seed)
    shifts = _drift(rng, n_images, min(shape))
    stacks = _film(rng, shifts, (height, width))
    with replacing(path, overwrite=overwrite) as temporary:
        _write(temporary, stacks)
    text = os.fspath(path)
    return DemoTruth(text, f"{text}::{GROUP}", shifts, BEST, tuple(stacks))


def check_demo(ranking: RankingData, truth: DemoTruth, *, allowed_error: float = 1.0) -> DemoCheck:
    """Compare a ranking of a demo file with what was put in.

    Parameters
    ----------
    ranking : RankingData
        Ranking of `truth.uri`, with the first image as reference.
    truth : DemoTruth
        From `make_demo`.
    allowed_error : float
        Largest distance, in pixels, between a shift found and the drift put in. The default
        is what "aligned" means for the probabilities of a ranking.
    """
    chosen = str(ranking.reference_stack)
    stack = ranking.stacks.get(ranking.reference_stack)
    error = float("inf")
    if stack is not None and len(stack.shifts) == len(truth.shifts) - 1:
        expected = truth.shifts[np.asarray(stack.image_indices)]
        expected = expected - truth.shifts[np.asarray(stack.reference_indices)]
        error = float(np.hypot(*(np.asarray(stack.shifts) - expected).T).max())
    passed = chosen == truth.best and error <= allowed_error
    return DemoCheck(passed, chosen, truth.best, error, allowed_error)


def _drift(rng: np.random.Generator, n: int, width: int) -> NDArray[np.float64]:
    """(n, 2) slow drift with jitter, first row zero."""
    time = np.linspace(0.0, 1.0, n)
    angle, turn = rng.uniform(0, 2 * np.pi), rng.choice([-1.0, 1.0])
    direction = angle + turn * 1.2 * time
    path = np.stack([time * np.sin(direction), time * np.cos(direction)], axis=1)
    path = path * min(width / 16, DRIFT_PER_IMAGE * n) + rng.normal(0, 0.25, (n, 2))
    return np.asarray(path - path[0])


def _film(
    rng: np.random.Generator, shifts: NDArray[np.float64], shape: tuple[int, int]
) -> dict[str, NDArray[np.float32]]:
    """Counts of every element: {name: (n, h, w)}."""
    # New content enters at the borders; the wrap-around of the Fourier shift stays outside.
    margin = int(np.ceil(np.abs(shifts).max())) + 8
    size = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    frequency = np.hypot(np.fft.fftfreq(size[0])[:, None], np.fft.rfftfreq(size[1])[None, :])
    grains = _Grains(rng, size)
    # The beam blurs what it scans: this also keeps the Fourier shift free of ringing.
    beam = np.exp(-2 * (np.pi * 0.7 * frequency) ** 2)
    ramps = [_phase_ramp(shift, size) for shift in shifts]
    energy_step = 1 / (1 + np.exp(-(np.arange(len(shifts)) - 0.35 * len(shifts)) / 0.8))
    stacks = {}
    for element in ELEMENTS:
        scene = element.grains * grains.draw(rng) + (1 - element.grains) * _texture(rng, size, frequency)
        spectrum = np.fft.rfft2(scene) * beam
        images = np.empty((len(shifts), *shape))
        for image, ramp in zip(images, ramps, strict=True):
            moved = np.fft.irfft2(spectrum * ramp, s=size)
            image[:] = moved[margin : margin + shape[0], margin : margin + shape[1]]
        images = np.clip(images, 0, None)
        images *= element.counts / images.mean()
        if element.trouble == "edge":
            images *= (0.002 + energy_step)[:, None, None]
        if element.trouble == "detector":
            images += _detector_pattern(rng, shape)
        stacks[element.name] = rng.poisson(images).astype(np.float32)
    return stacks


def _phase_ramp(shift: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.complex128]:
    """What moves a scene so that `shift` moves it back."""
    y = np.fft.fftfreq(size[0])[:, None] * shift[0]
    x = np.fft.rfftfreq(size[1])[None, :] * shift[1]
    return np.asarray(np.exp(2j * np.pi * (y + x)))


def _texture(
    rng: np.random.Generator, size: tuple[int, int], frequency: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Random field with a 1/f spectrum, positive, mean 1."""
    noise = np.fft.rfft2(rng.standard_normal(size))
    field = np.fft.irfft2(noise / np.maximum(frequency, 1 / max(size)), s=size)
    field = np.exp(0.7 * field / field.std())
    return np.asarray(field / field.mean())


class _Grains:
    """Grains of a mineral section: cells around random points, plus small bright inclusions."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        self.number = max(12, size[0] * size[1] // 400)
        points = rng.uniform(0, 1, (self.number, 2)) * size
        y, x = np.indices(size, dtype=np.float64)
        nearest = np.full(size, np.inf)
        second = np.full(size, np.inf)
        self.cell = np.zeros(size, dtype=np.intp)
        for k, (py, px) in enumerate(points):
            distance = np.hypot(y - py, x - px)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            nearest = np.where(closer, distance, nearest)
            self.cell[closer] = k
        self.boundary = np.clip((second - nearest) / 1.5, 0, 1)
        self.inclusions = rng.uniform(0, 1, (self.number // 2, 2)) * size
        self.y, self.x = y, x

    def draw(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """How much of one element is where; mean 1."""
        content = rng.lognormal(0, 0.9, self.number)
        field = content[self.cell] * self.boundary
        for py, px in self.inclusions:
            if rng.random() < 0.5:
                radius = rng.uniform(0.8, 1.6)
                distance2 = (self.y - py) ** 2 + (self.x - px) ** 2
                field += rng.exponential(6) * np.exp(-distance2 / (2 * radius**2))
        return np.asarray(field / field.mean())


def _detector_pattern(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Counts that stay where they are while the sample moves: unequal pixels, one of them hot."""
    pattern = rng.exponential(6.0, shape)
    pattern[rng.integers(shape[0]), rng.integers(shape[1])] = 500.0
    return pattern


def _write(path: str, stacks: dict[str, NDArray[np.float32]]) -> None:
    """NXroot / NXentry / NXprocess / NXdata, as fit programs write their element maps."""
    import h5py

    first, *others = stacks
    n, height, width = next(iter(stacks.values())).shape
    with h5py.File(path, "w") as file:
        _group(file, "NXroot", default="entry", creator=CREATOR)
        entry = _group(file.create_group("entry"), "NXentry", default="fit")
        entry["title"] = "Element maps of a drifting mineral section around the Fe K-edge"
        fit = _group(entry.create_group("fit"), "NXprocess", default="results")
        fit["program"] = CREATOR
        results = _group(fit.create_group("results"), "NXdata", signal=first, axes=["energy", "y", "x"])
        results.attrs["auxiliary_signals"] = others
        for name, values, units in (
            ("energy", 7.10 + 0.002 * np.arange(n), "keV"),
            ("y", 0.5 * np.arange(height), "um"),
            ("x", 0.5 * np.arange(width), "um"),
        ):
            results[name] = values
            results[name].attrs["units"] = units
        for name, images in stacks.items():
            dataset = results.create_dataset(
                name, data=images, chunks=(1, height, width), compression="gzip", shuffle=True
            )
            dataset.attrs["interpretation"] = "image"
            dataset.attrs["units"] = "counts"


def _group(group: Group, nx_class: str, **attributes: Any) -> Group:
    """Mark a group as a NeXus class."""
    group.attrs["NX_class"] = nx_class
    for key, value in attributes.items():
        group.attrs[key] = value
    return group
