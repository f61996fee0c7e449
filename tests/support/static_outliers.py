# SPDX-License-Identifier: MIT
"""Static outliers once more: the rule of docs/method.md, slow and obvious, pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Place = tuple[int, int]
MOVES = ((-3, 0), (3, 0), (0, -3), (0, 3))
"""Where outliers are looked for that are there by chance."""


class Pixels:
    """An image, where it is valid, and where most of its pixels are."""

    def __init__(self, image: Any, mask: Any = None) -> None:
        image = np.asarray(image)
        self.top = float(np.iinfo(image.dtype).max) if image.dtype.kind in "iu" else math.inf
        with np.errstate(all="ignore"):
            self.values = image.astype(np.float64)
        self.valid = np.isfinite(self.values)
        if mask is not None:
            self.valid &= np.asarray(mask, bool)
        self.shape = image.shape
        self.centre, self.spread = math.nan, 0.0
        sample = [float(self.values[p]) for p in self._sample() if self.valid[p]]
        self.whole = False
        self.usable = len(sample) >= 16 and self._find_bulk(sorted(sample))
        if self.usable:
            self._leave_gaps(sorted(sample))

    def _sample(self) -> Iterator[Place]:
        """Runs of four pixels, eight of them along either axis."""
        h, w = self.shape
        rows, length = min(8, h), min(4, w)
        columns = min(8, w // length)
        for i in range(rows):
            for j in range(columns):
                first = min((2 * j + 1) * w // (2 * columns), w - length)
                for k in range(length):
                    yield (2 * i + 1) * h // (2 * rows), first + k

    def _leave_gaps(self, sample: list[float]) -> None:
        """Up to three values that a quarter of the sample has, and that are far from the others: no bulk."""
        for _ in range(3):
            value = max(sample, key=sample.count)
            others = [v for v in sample if v != value]
            if 4 * sample.count(value) < len(sample) or len(others) < 16:
                return
            before = self.centre, self.spread, self.whole
            if not self._find_bulk(others) or not self.far(value, 2):
                self.centre, self.spread, self.whole = before
                return
            sample = others

    def _find_bulk(self, sample: list[float]) -> bool:
        self.whole = all(v == math.floor(v) for v in sample)
        half = len(sample) // 2
        widths = [sample[i + half] - sample[i] for i in range(len(sample) - half)]
        first = widths.index(min(widths))
        self.centre = sample[first] + widths[first] / 2
        self.spread = widths[first] / 1.349
        if widths[first] == 0:
            others = sorted(abs(v - self.centre) for v in sample if v != self.centre)
            if others:
                self.spread = others[len(others) // 10]
            else:
                self.spread = 1.0
                return self.whole
        return True

    def far(self, value: float, spreads: float) -> bool:
        return abs(value - self.centre) > spreads * self.spread

    def around(self, place: Place) -> list[Place]:
        """The up to eight pixels around one."""
        h, w = self.shape
        y, x = place
        return [
            (i, j)
            for i in range(max(0, y - 1), min(h, y + 2))
            for j in range(max(0, x - 1), min(w, x + 2))
            if (i, j) != place
        ]

    def spot(self, place: Place) -> int:
        """Whether a pixel stands out of its neighbours, and these are alike: 1 above, -1 below them."""
        value = float(self.values[place])
        if not self.valid[place] or not self.far(value, 4):
            return 0
        near = [float(self.values[p]) for p in self.around(place) if self.valid[p]]
        if len(near) < 3 or 2 * sum(abs(v - value) < abs(value - self.centre) / 2 for v in near) >= len(near):
            return 0
        median = sorted(near)[(len(near) - 1) // 2]
        differences = sorted(abs(v - median) for v in near)
        height = abs(value - median)
        if height <= 4 * self.spread or height <= 5 * differences[(6 * len(near) - 1) // 8]:
            return 0
        return 1 if value > median else -1


def zero_stands_out(pair: Any, *, plain: bool) -> bool:
    """Whether two images agree at zero shift as static outliers make them."""
    if plain:
        return bool(pair.zero_peak > pair.peak / 2)
    h, w = pair.r.shape
    near = [pair.r[y % h, x % w] for y in range(-2, 3) for x in range(-2, 3)]
    return bool(pair.zero_peak > 3.5 * pair.rms and pair.zero_peak >= 0.9 * max(near))


def _places(which: NDArray[np.bool_]) -> list[Place]:
    return [(int(y), int(x)) for y, x in np.argwhere(which)]


def _flags(image: Pixels) -> set[float]:
    """Values of detectors for no value: the largest of the type; -1 and -2 if nothing else is below 0."""
    found = {image.top}
    below = {float(v) for v in image.values[image.valid] if v < 0}
    if image.whole and below <= {-1.0, -2.0}:
        found |= below
    return found


def _special(image: Pixels) -> dict[float, bool]:
    """Values of gaps, and whether they are flags."""
    flags = _flags(image)
    below_zero = 0.0 if image.whole else -math.inf
    values = image.values[image.valid]
    reach = 2 * image.spread
    outside = values[
        (values < max(image.centre - reach, below_zero)) | (values >= min(image.centre + reach, image.top))
    ]
    special: dict[float, bool] = {}
    for sign in (-1, 1):
        side = outside[(outside < image.centre) if sign < 0 else (outside >= image.centre)]
        numbers, counts = np.unique(side, return_counts=True)
        extremes = dict(
            sorted(zip(numbers.tolist(), counts.tolist(), strict=True), key=lambda v: -sign * v[0])[:8]
        )
        chosen: set[float] = set()
        for value, count in sorted(extremes.items(), key=lambda v: (-v[1], -sign * v[0])):
            beside = [
                n
                for other, n in extremes.items()
                if other != value
                and other not in chosen
                and abs(other - value) < abs(value - image.centre) / 4
            ]
            many = count >= 3 and image.far(value, 2) and count * len(beside) >= 2 * sum(beside)
            if value in flags or many:
                chosen.add(value)
                special[value] = value in flags
    others = np.isin(values, list(special), invert=True)
    if 2 * np.isin(outside, list(special), invert=True).sum() > others.sum():
        return {}
    return special


def _may_have_outliers(image: Pixels) -> bool:
    """Whether those there can be hold enough of the variance."""
    values = image.values[image.valid]
    low, high = float(values.min()), float(values.max())
    if (image.whole and low < 0) or high >= image.top:
        return True

    def square(value: float) -> float:
        return ((value - image.centre) / image.spread) ** 2

    far = int((np.abs(values - image.centre) >= 4 * image.spread).sum())
    most = (values == low).sum() * square(low) + (values == high).sum() * square(high)
    return bool(most + far * max(square(low), square(high)) >= 2 * math.sqrt(image.values.size))


def _areas(image: Pixels, kinds: dict[float, bool]) -> Iterator[tuple[float, list[Place], list[Place]]]:
    """Pixels that touch and have one of these values, and those beside them that have none of them."""
    special = image.valid & np.isin(image.values, list(kinds))
    seen = np.zeros(image.shape, bool)
    for start in _places(special):
        if seen[start]:
            continue
        value = float(image.values[start])
        area, beside = [start], []
        seen[start] = True
        for place in area:
            for other in image.around(place):
                if special[other] and image.values[other] == value and not seen[other]:
                    seen[other] = True
                    area.append(other)
                elif not special[other] and other not in beside:
                    beside.append(other)
        yield value, area, beside


def _apart(image: Pixels, value: float, beside: list[Place]) -> bool:
    """Most of what is beside an area is nearer to the bulk than to its value."""
    near = [abs(float(image.values[p]) - value) for p in beside if image.valid[p]]
    return sum(d > abs(value - image.centre) / 2 for d in near) >= 0.75 * len(near)


def static_outliers(reference: Pixels, image: Pixels, shares: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Which pixels of a pair are static outliers that matter; `shares`: of the variance of each image."""
    found = np.zeros(reference.shape, bool)
    if not (reference.usable and image.usable and _may_have_outliers(reference)):
        return found
    kinds = _special(reference)
    special = reference.valid & np.isin(reference.values, list(kinds))

    def moved(place: Place, by: Place) -> Place | None:
        y, x = place[0] + by[0], place[1] + by[1]
        inside = 0 <= y < found.shape[0] and 0 <= x < found.shape[1]
        return (y, x) if inside and not special[y, x] else None

    small: dict[float, list[Place]] = {value: [] for value in kinds}
    by_chance = dict.fromkeys(kinds, 0)
    for value, area, beside in _areas(reference, kinds):
        if not _apart(reference, value, beside):
            continue
        is_small = len(area) < 9
        if is_small:
            for by in MOVES:
                there = [moved(place, by) for place in area]
                hit = all(p is not None and image.valid[p] and image.values[p] == value for p in there)
                by_chance[value] += len(area) if hit else 0
        if _same_area(image, area, beside, value if is_small or kinds[value] else None, flag=kinds[value]):
            if is_small:
                small[value] += area
            else:
                found[tuple(np.transpose(area))] = True
    for value, places in small.items():
        if len(places) > by_chance[value]:
            found[tuple(np.transpose(places))] = True

    values = reference.values
    limit = 4 * reference.spread
    candidates = reference.valid & ~special & (np.abs(values - reference.centre) > limit)
    spots = [(place, side) for place in _places(candidates) if (side := reference.spot(place))]
    if len(spots) <= 0.03 * reference.valid.sum():
        same = [place for place, side in spots if image.spot(place) == side]
        chance = sum(
            1
            for place, side in spots
            for by in MOVES
            if (there := moved(place, by)) is not None and image.spot(there) == side
        )
        if len(same) > chance:
            found[tuple(np.transpose(same))] = True

    product = float(shares[0][found & reference.valid].sum() * shares[1][found & image.valid].sum())
    if product * found.size <= 4:
        found[:] = False
    both = reference.valid & image.valid & ~found
    if found.any() and (reference.values[both] == image.values[both]).all():
        found[:] = False
    return found


def _same_area(
    image: Pixels, area: list[Place], beside: list[Place], value: float | None, *, flag: bool
) -> bool:
    """Whether an image has this very area: of this value, or of any one where that is None."""
    order = [area[len(area) // 2], *area]
    if value is None:
        inside = [float(image.values[p]) for p in order if image.valid[p]]
    else:
        inside = [float(image.values[p]) for p in order if image.valid[p] and image.values[p] == value]
    if not inside:
        return False
    there = inside[0]
    if not flag and not image.far(there, 2):
        return False
    wrong = sum(bool(image.valid[p]) and image.values[p] != there for p in area)
    wrong += sum(bool(image.valid[p]) and image.values[p] == there for p in beside)
    return wrong <= int(0.03 * len(beside)) and _apart(image, there, beside)
