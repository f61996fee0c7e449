# SPDX-License-Identifier: MIT
"""All that could be stacks below a group, at any depth, and which of them belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from ...axes import SUSPICIOUS, choose_axis, images_first
from ...pixel_checks import DAMAGED, without_spare_axis
from ...selection import Indices
from ..axis_names import axis_names, likely_axis
from ..locate import Files, locate
from ..metadata import Neighbours
from ..nexus import default_chain, holds_stacks
from .families import MIN_SIDE, Family, find_families
from .layouts import ElementMaps, element_maps, is_reference
from .walk import Budget, Seen, Walk

if TYPE_CHECKING:
    import h5py

MAX_SLICES: Final = 256
"""Largest number of stacks of one dataset that are listed."""


class Candidate(NamedTuple):
    """What could be a stack."""

    path: str
    """Of a dataset, or of a series; or a pattern of the paths of images."""
    shape: tuple[int, int, int] | None = None
    """Number, height and width of the images, None for a series."""
    indices: Indices | None = None
    """What is taken of the dataset, where that has more axes."""
    images: tuple[str, ...] = ()
    """Paths of the images, where the path is a pattern."""
    signal: bool = False
    """Whether NXdata groups call it, or its images, their signal."""
    default: bool = False
    """Whether the ``default`` attributes of what holds its images lead to these."""
    spectra: bool = False
    """Whether it says of itself that its last axis is that of spectra."""
    several: bool = False
    """Whether the dataset holds several stacks, along an axis that its names or the caller say."""

    @property
    def name(self) -> str:
        """Path that tells it apart."""
        return self.path if self.indices is None else f"{self.path}/{_number(self.indices)}"


class Found(NamedTuple):
    """What a search found."""

    candidates: list[Candidate]
    images: list[Candidate]
    """Single images: datasets of two axes, and those of elements."""
    elements: list[ElementMaps]
    more_axes: list[Seen]
    """Datasets of more than four axes, or of four of which none is known to count stacks."""
    unequal: list[str]
    """Patterns whose images have several shapes."""
    stopped: str
    """Why the search ended before its end, in words; empty where it did not."""
    unclear: frozenset[str] = frozenset()
    """Paths of NXdata groups whose signal has more axes than a stack: nothing else in them stands for them."""

    def only(self) -> list[Candidate]:
        """Return the one candidate, none where there are several."""
        only = len(self.candidates) == 1 and not self.stopped
        return self.candidates if only and not self._beside_signal(self.candidates) else []

    def group(self) -> list[Candidate]:
        """Return the candidates that belong together, none where several groups could be meant.

        They are siblings below one parent, and their images have one shape. Where the ``default`` attributes of
        scans lead to some of them, only these count; else where NXdata groups call some their signal, these.
        What is in an NXdata group, and not its signal, is none of them where the signal has more axes than a stack.
        """
        whole = _preferred([each for each in self.candidates if each.indices is None])
        clear = not self.stopped and are_siblings(whole) and not self._beside_signal(whole)
        return whole if clear else []

    def _beside_signal(self, candidates: list[Candidate]) -> bool:
        """Return whether some are beside a signal of more axes, and no signals themselves."""
        paths = [path for each in candidates if not each.signal for path in each.images or (each.path,)]
        return any((path.rpartition("/")[0] or "/") in self.unclear for path in paths)

    def one_per_file(self) -> list[tuple[str, Candidate]]:
        """Return the images that are stacks over several files like this one, and their names.

        Where there are maps by element, these; else datasets of one image, those that NXdata prefers.
        """
        if self.elements:
            return [
                (f"{each.path}/{name}", Candidate(each.path, (1, each.shape[1], each.shape[2]), (number,)))
                for each in self.elements
                for number, name in enumerate(each.names)
            ]
        return [(each.path, each) for each in _preferred(self.images)]


def search(
    files: Files,
    group: h5py.Group,
    path: str,
    broken: dict[str, str],
    budget: Budget | None = None,
    stacks_axis: int | None = None,
) -> Found:
    """Look for all that could be stacks below a group.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
    path : str
        How the group was reached.
    broken : dict
        Broken links, and why they are, are added to it.
    budget : Budget, optional
    stacks_axis : int, optional
        The axis that counts stacks in datasets of four axes; else as their names say.
    """
    budget = budget or Budget()
    walk = Walk(files, broken, budget)
    seen = list(walk.below(group, path))
    start = group.file["/"] if path.startswith("/") else group
    elements = list(element_maps(files, start, seen))
    seen = _beside(seen, elements)
    series = [each for each in seen if each.is_series]
    flat = [each for each in seen if _is_image(each)]
    sets = find_families(
        [(each.path, each.shape[-2:]) for each in flat],
        [each.path for each in seen if not _is_image(each)],
        walk.aliases,
    )
    in_families = {each for family in sets.families for each in family.paths}
    by_path = {each.path: each for each in flat}
    candidates = [Candidate(each.path) for each in series]
    known = _Nodes(files, start)
    defaults: dict[str, str] = {}
    for family in sets.families:
        candidates.append(_of_family(family, by_path, known, defaults))
    more_axes = []
    for each in seen:
        axes = len(without_spare_axis(each.shape, 3))
        if axes == 3 and each.path not in in_families:
            candidates.append(_of_stack(each, known))
        elif axes > 3 and known.holds_stacks(each, stacks_axis):
            candidates.append(Candidate(each.path, signal=each.signal, several=True))
        elif axes == 4:
            candidates += _slices(each)
            more_axes.append(each)
        elif axes > 4:
            more_axes.append(each)
    order = {each.path: place for place, each in enumerate(seen)}
    candidates.sort(key=lambda each: order[each.images[0] if each.images else each.path])
    default = known.default(path)
    images = [
        Candidate(
            each.path, (1, *each.shape[-2:]), None, (), each.signal, each.signal and each.above == default
        )
        for each in flat
        if len(each.shape) == 2 and each.path not in in_families
    ]
    return Found(_without_references(candidates), images, elements, more_axes, sets.unequal, budget.stopped)


def are_siblings(candidates: Sequence[Candidate]) -> bool:
    """Return whether stacks have images of one shape, and paths that differ in one name."""
    if not candidates:
        return False
    if len({each.shape and each.shape[1:] for each in candidates}) > 1:
        return False
    paths = [each.path.split("/") for each in candidates]
    if len({len(parts) for parts in paths}) > 1:
        return False
    return sum(len(set(column)) > 1 for column in zip(*paths, strict=True)) <= 1


def _preferred(candidates: list[Candidate]) -> list[Candidate]:
    """Return those that ``default`` attributes lead to, or else signals of NXdata, or else all."""
    for wanted in ("default", "signal"):
        candidates = [each for each in candidates if getattr(each, wanted)] or candidates
    return candidates


class _Nodes(NamedTuple):
    """Objects by their paths."""

    files: Files
    start: h5py.Group

    def shape(self, path: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
        """Return a shape of three axes with that of the images first."""
        try:
            dataset = locate(self.files, self.start, path)
            beside = locate(self.files, self.start, path.rpartition("/")[0] or "/")
            names = axis_names(dataset, Neighbours(self.files, dataset, beside), [])
            if len(shape) == len(names) == 3:
                likely = likely_axis(dataset, (0, 1, 2))
                shape = images_first(shape, choose_axis(shape, names, None, likely).axis)
        except DAMAGED:
            pass  # what cannot be read says nothing of axes; reading the pixels will tell
        return without_spare_axis(shape, 3)  # type: ignore[return-value]

    def holds_stacks(self, seen: Seen, stacks_axis: int | None) -> bool:
        """Return whether an axis of a dataset counts stacks."""
        try:
            dataset = locate(self.files, self.start, seen.path)
            beside = locate(self.files, self.start, seen.above or "/")
            return holds_stacks(self.files, dataset, beside, stacks_axis)
        except DAMAGED:
            return False

    def default(self, path: str) -> str:
        """Return the path of the group that ``default`` attributes lead to from another one."""
        try:
            group = locate(self.files, self.start, path)
            return default_chain(self.files, group, path, {})[-1][1]
        except DAMAGED:
            return path


def _beside(seen: list[Seen], elements: list[ElementMaps]) -> list[Seen]:
    """Leave out what is beside maps by element, down from the same top: spectra, scalers, and the maps."""
    tops = {"/".join(each.path.split("/")[:2]) + "/" for each in elements}
    return [each for each in seen if not each.path.startswith(tuple(tops))] if tops else seen


def _is_image(seen: Seen) -> bool:
    flat = len(seen.shape) == 2 or (len(seen.shape) == 3 and seen.shape[0] == 1)
    return flat and min(seen.shape[-2:]) >= MIN_SIDE and not seen.spectra


def _of_family(family: Family, seen: dict[str, Seen], known: _Nodes, defaults: dict[str, str]) -> Candidate:
    signal = all(seen[each].signal for each in family.paths)
    first = family.paths[0]
    scan = "/".join(first.split("/")[: family.place + 1])
    if scan not in defaults and not family.numbered_names:
        defaults[scan] = known.default(scan)
    default = defaults.get(scan) == first.rpartition("/")[0]
    shape = (len(family.paths), family.shape[0], family.shape[1])
    return Candidate(family.pattern, shape, None, family.paths, signal, default and signal)


def _of_stack(seen: Seen, known: _Nodes) -> Candidate:
    shape = known.shape(seen.path, seen.shape)
    return Candidate(seen.path, shape, None, (), seen.signal, spectra=seen.spectra)


def _slices(seen: Seen) -> list[Candidate]:
    """Return the stacks of a dataset of four axes, along its last one where that is short, else along its first."""
    axis = stacks_axis(seen.shape)
    left = seen.shape[1:] if axis == 0 else seen.shape[:-1]
    found = []
    for number in range(min(seen.shape[axis], MAX_SLICES)):
        indices: Indices = (number,) if axis == 0 else (Ellipsis, number)
        found.append(Candidate(seen.path, left, indices))  # type: ignore[arg-type]
    return found


def stacks_axis(shape: tuple[int, ...]) -> int:
    """Return the axis that probably counts stacks, of four: the last one where it is short, else the first."""
    return len(shape) - 1 if SUSPICIOUS * shape[-1] <= min(shape[1:-1]) else 0


def _without_references(candidates: list[Candidate]) -> list[Candidate]:
    """Leave out flats, darks, masks and spectra where there is anything else."""
    for is_beside in (lambda each: is_reference(each.path), lambda each: each.spectra):
        candidates = [each for each in candidates if not is_beside(each)] or candidates
    return candidates


def _number(indices: Indices) -> int:
    return next(each for each in indices if isinstance(each, int))
