# SPDX-License-Identifier: MIT
"""Cases of the ranking benchmark made of photographs and micrographs: several stacks of one known motion.

Windows are cut out of a photograph at whole pixels, so that new content comes in at the borders and
nothing is interpolated; motion by parts of a pixel is that of windows whose pixels are then put together.
Everything follows from (seed, kind, index): `make_cases(seed, per_kind)`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import other_kinds, static_kinds
from .photographs import binned, channels, cut, find_part, made_up, smooth
from .static_kinds import Images, between

DOSES = (0.3, 2000.0)
"""Mean counts per pixel."""
REACH = 0.15
"""Largest shift, of the image's smaller side."""
QUICK_SIZES = {64: 0.4, 96: 0.25, 128: 0.25, 192: 0.08, 256: 0.02}
SIZES = {64: 0.2, 128: 0.25, 192: 0.2, 256: 0.2, 512: 0.11, 1024: 0.03, 2048: 0.01}
"""Pixels along a side, and how often. No photograph has the largest ones: scenes are made up for them."""
LARGEST = 1024
"""Pixels of what photographs are large enough for."""
SMOOTH = 0.3
"""Share of the scenes that are out of focus: little fine structure is where static things win."""
MOTIONS = ("random", "drift", "walk", "jump", "rests", "tiny")
STEPS = ((2, 2), (2, 2), (3, 3), (4, 4), (1, 2), (2, 1), (2, 4))
"""Pixels that maps enlarged by their nearest pixel make of one."""


@dataclass
class Case:
    """Stacks of one motion."""

    name: str
    family: str
    motion: str
    shifts: NDArray[np.float64]
    """(n, 2) translation that maps image i on image 0, pixels."""
    stacks: dict[str, Images]


@dataclass
class Film:
    """Size and motion of a case."""

    height: int
    width: int
    motion: str
    steps: NDArray[np.int_]
    """(n, 2) shifts, in the scene's pixels."""
    finer: int
    """Pixels of the scene along a side of one pixel of the images."""

    @property
    def shifts(self) -> NDArray[np.float64]:
        """In pixels of the images."""
        return self.steps / self.finer

    def scene_size(self) -> tuple[int, int]:
        """Pixels of the scene that are seen at some time."""
        rows, columns = np.ptp(self.steps, axis=0)
        return self.height * self.finer + int(rows), self.width * self.finer + int(columns)

    def of(self, scene: Images) -> Images:
        """What a perfect detector sees: (n, height, width), the mean is 1."""
        starts = self.steps - self.steps.min(axis=0)
        windows = cut(scene, starts, self.height * self.finer, self.width * self.finer)
        film = binned(windows, self.finer, self.finer)
        film /= film.mean() + 1e-6
        return film


def _length(rng: np.random.Generator, size: int, quick: bool) -> int:
    """Images of a stack: 2 to 200, short ones and two more often."""
    if size == 64 and rng.random() < 0.05:
        return int(rng.integers(100, 201))
    longest = {64: 40, 96: 30, 128: 20, 192: 12, 256: 6}.get(size, 8 if size < LARGEST else 5)
    if size > LARGEST:
        longest = 3
    elif not quick:
        longest *= 2
    return int(between(rng.random(), 2, longest + 0.999))


def _motion(rng: np.random.Generator, n: int, size: int, finer: int) -> tuple[str, NDArray[np.int_]]:
    """Name of a motion and its steps; the first one is zero."""
    most = REACH * size
    reach = between(rng.random(), max(1.0, 0.01 * size), most)
    kind = str(rng.choice(MOTIONS, p=[0.35, 0.25, 0.15, 0.1, 0.08, 0.07]))
    shifts = rng.uniform(-reach, reach, (n, 2))
    if kind == "drift":
        shifts = np.linspace(0, 1, n)[:, None] * rng.uniform(-reach, reach, 2) + rng.normal(0, 0.3, (n, 2))
    elif kind == "walk":
        shifts = np.cumsum(rng.normal(0, reach / np.sqrt(n), (n, 2)), axis=0)
    elif kind == "jump":
        shifts = np.where(np.arange(n)[:, None] < n // 2, 0, rng.uniform(-reach, reach, 2))
    elif kind == "rests":
        shifts[rng.random(n) < 0.5] = 0
    elif kind == "tiny":
        shifts = rng.uniform(-1.5, 1.5, (n, 2))
    shifts = np.clip(shifts - shifts[0], -most, most)
    return kind, np.round(shifts * finer).astype(int)


def _film(
    rng: np.random.Generator,
    quick: bool,
    smallest: int = 64,
    finer: int | None = None,
    largest: int = LARGEST,
) -> Film:
    """Draw size, length and motion."""
    weights = QUICK_SIZES if quick else SIZES
    size = min(largest, max(smallest, int(rng.choice(list(weights), p=list(weights.values())))))
    if finer is None:
        finer = int(rng.choice([1, 2, 4], p=[0.7, 0.2, 0.1]))
    if finer > 1:
        # Photographs are not larger: pixels of the images are made of several of theirs.
        size = min(size, 192 if finer == 2 else 64)
    height = width = size
    if rng.random() < 0.3:
        width = int(width * rng.uniform(0.7, 1.0))
        if rng.random() < 0.5:
            height, width = width, height
    n = _length(rng, size, quick)
    motion, steps = _motion(rng, n, min(height, width), finer)
    return Film(height, width, motion, steps, finer)


Strengths = Sequence[tuple[float, float]]
"""Level and dose of each stack."""
Maker = Callable[[np.random.Generator, bool, Strengths], tuple[Film, list[Images]]]


def _scene(rng: np.random.Generator, film: Film) -> Images:
    if max(film.height, film.width) * film.finer > LARGEST:
        return made_up(rng, *film.scene_size())
    part = find_part(rng, *film.scene_size())
    scene = part.of(int(rng.integers(len(channels(part.name)))))
    if rng.random() < SMOOTH:
        scene = smooth(scene, between(rng.random(), 0.6, 4) * film.finer)
    return 1.02 - scene if rng.random() < 0.15 else scene


def _moving(damage: static_kinds.Damage) -> Maker:
    """A sample that moves."""

    def make(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
        film = _film(rng, quick, largest=max(SIZES))
        seen = film.of(_scene(rng, film))
        return film, [damage(rng, seen, *strength) for strength in strengths]

    return make


def _at_rest(damage: static_kinds.Damage) -> Maker:
    """A sample that does not move."""

    def make(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
        film = _film(rng, quick, largest=max(SIZES))
        film.motion, film.steps = "at rest", np.zeros_like(film.steps)
        seen = film.of(_scene(rng, film))
        return film, [damage(rng, seen, *strength) for strength in strengths]

    return make


def _jitter(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
    """A sample that moves by less than a pixel."""
    film = _film(rng, quick, finer=int(rng.choice([2, 4])))
    film.motion = "jitter"
    film.steps = rng.integers(1 - film.finer, film.finer, film.steps.shape)
    if rng.random() < 0.5:
        film.steps = rng.integers(-1, 2, film.steps.shape)
    film.steps -= film.steps[0]
    seen = film.of(_scene(rng, film))
    return film, [other_kinds.clean(rng, seen, *strength) for strength in strengths]


def _elements(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
    """Maps of several elements: colours, inverted ones, other contrasts of one photograph."""
    film = _film(rng, quick)
    coloured = max(film.scene_size()) < 400
    part = find_part(rng, *film.scene_size(), coloured)
    stacks = []
    for level, dose in strengths:
        scene = part.of(int(rng.integers(len(channels(part.name))))) ** rng.uniform(0.5, 3)
        if rng.random() < 0.25:
            scene = scene.max() * 1.02 - scene
        stacks.append(other_kinds.clean(rng, film.of(scene), level, dose))
    return film, stacks


def _smooth(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
    """Nothing fine in it, and hardly any noise."""
    film = _film(rng, quick)
    part = find_part(rng, *film.scene_size())
    stacks = []
    for strength in strengths:
        scene = smooth(part.of(0), between(rng.random(), 0.7, 8) * film.finer)
        stacks.append(other_kinds.trace_noise(rng, film.of(scene), *strength))
    return film, stacks


def _enlarged(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
    """Maps that were measured coarsely, each of their pixels in several of the image."""
    film = _film(rng, quick, smallest=96, finer=1)
    step = np.array(STEPS[rng.integers(len(STEPS))])
    height, width = (int(n) for n in np.array([film.height, film.width]) // step)
    steps = np.round(film.steps / step).astype(int)
    coarse = Film(height, width, film.motion, steps, 1)
    seen = coarse.of(_scene(rng, coarse))
    stacks = [
        np.repeat(np.repeat(other_kinds.clean(rng, seen, *each), step[0], 1), step[1], 2)
        for each in strengths
    ]
    enlarged = Film(height * int(step[0]), width * int(step[1]), film.motion, steps * step, 1)
    return enlarged, stacks


def _blank(damage: static_kinds.Damage) -> Maker:
    """Nothing to be seen of a sample that moves."""

    def make(rng: np.random.Generator, quick: bool, strengths: Strengths) -> tuple[Film, list[Images]]:
        film = _film(rng, quick, largest=max(SIZES))
        nothing = np.ones((len(film.steps), film.height, film.width))
        return film, [damage(rng, nothing, *strength) for strength in strengths]

    return make


KINDS: dict[str, Maker] = {
    "clean": _moving(other_kinds.clean),
    "elements": _elements,
    **{name: _moving(damage) for name, damage in static_kinds.STATIC.items()},
    "rest": _at_rest(other_kinds.clean),
    "rest_brightness": _at_rest(other_kinds.brightness),
    "rest_bleaching": _at_rest(other_kinds.bleaching),
    "rest_noise": _at_rest(other_kinds.coloured_noise),
    "rest_jitter": _jitter,
    "rest_static": _at_rest(static_kinds.any_static),
    "scan_lines": _moving(other_kinds.scan_lines),
    "compressed": _moving(other_kinds.compressed),
    "enlarged": _enlarged,
    "brightness": _moving(other_kinds.brightness),
    "inversion": _moving(other_kinds.inversion),
    "bleaching": _moving(other_kinds.bleaching),
    "coloured_noise": _moving(other_kinds.coloured_noise),
    "smooth": _smooth,
    "blank": _blank(other_kinds.clean),
    "blank_static": _blank(static_kinds.any_static),
}


def make_case(seed: int, kind: str, index: int, quick: bool = True) -> Case:
    """One case; other kinds do not change it."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode()), index])
    number = int(rng.integers(3, 7))
    levels = rng.permutation((np.arange(number) + rng.random(number)) / number)
    # More of them harmless than hopeless: what is hopeless is no question.
    levels **= 1.4
    doses = np.array([between(part**0.6, *DOSES) for part in rng.random(number)])
    if rng.random() < 0.6:
        doses[:] = doses[0]
    film, stacks = KINDS[kind](rng, quick, list(zip(levels.tolist(), doses.tolist(), strict=True)))
    named = {f"s{k}": stack for k, stack in enumerate(stacks)}
    return Case(f"{kind}-{index}", kind, film.motion, film.shifts, named)


def make_cases(
    seed: int, per_kind: int, kinds: Sequence[str] | None = None, quick: bool = True
) -> Iterator[Case]:
    """The cases of a seed, kind after kind."""
    for kind in kinds or KINDS:
        for index in range(per_kind):
            yield make_case(seed, kind, index, quick)
