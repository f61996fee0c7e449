# SPDX-License-Identifier: MIT
"""Families of images: datasets of one shape whose paths differ in one number, found among many paths."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from ...uris import escape

NUMBER: Final = re.compile(r"[0-9]+")

NOT_COUNTING: Final = re.compile(
    r"(?i)(?<![a-z])(mca|det|detector|channel|chan|ch|roi|xspress|xmap|falcon|resolutionlevel|level|layer)[ _]?$"
)
"""Words before a number that tells detectors, channels or sizes apart, and counts no images."""

MIN_SIDE: Final = 3
"""Shortest side of an image of a family, in pixels: what is narrower is a table."""

Shape = tuple[int, ...]


class Family(NamedTuple):
    """Images whose paths differ in one number."""

    pattern: str
    """A path with ``*`` in place of the number, which means these images and nothing else that is there."""
    paths: tuple[str, ...]
    """In the order of the numbers."""
    shape: Shape
    """Of one image."""
    place: int
    """The component of the path that has the number; that before the first slash is 0."""

    @property
    def numbered_names(self) -> bool:
        """Whether the names of the datasets themselves have the number."""
        return self.place == self.pattern.count("/")


class Families(NamedTuple):
    """What `find_families` found."""

    families: list[Family]
    """In the order of their first members."""
    unequal: list[str]
    """Patterns of datasets that would be families if they had one shape."""


class _Template(NamedTuple):
    """A path without one of its numbers."""

    before: str
    after: str
    others: tuple[str, ...]
    """The other components."""
    place: int

    def component(self, star: str) -> str:
        return f"{escape(self.before)}{star}{escape(self.after)}"

    def pattern(self, star: str) -> str:
        parts = [escape(each) for each in self.others]
        return "/".join([*parts[: self.place], self.component(star), *parts[self.place :]])


def find_families(
    images: Sequence[tuple[str, Shape]], others: Iterable[str] = (), aliases: Iterable[str] = ()
) -> Families:
    """Return the families among images.

    Parameters
    ----------
    images : sequence of (str, tuple of int)
        Paths of the datasets that may be images, from the root of their file, and their shapes.
    others : iterable of str
        Paths of other datasets: no pattern may match these.
    aliases : iterable of str
        Paths of objects that are among the others under another path: no pattern may lead through these.

    Notes
    -----
    Where several numbers of a path vary, the first one counts that makes a family: scans lie outside of what
    they hold. Numbers in the last component count only where all images of the group have such: else they are
    a part of the name, as in ``Scatter_Peak000`` beside ``Ca_K``.
    """
    shapes = dict(images)
    members: dict[_Template, list[tuple[int, str]]] = defaultdict(list)
    for path in shapes:
        for template, number in _templates(path):
            members[template].append((number, path))
    there, linked = _Paths([*shapes, *others]), _Paths(aliases)
    families: list[Family] = []
    unequal: dict[str, None] = {}
    taken: set[str] = set()
    for path, shape in shapes.items():
        for template, _ in _templates(path) if path not in taken else ():
            paths = tuple(each for _, each in sorted(members[template]))
            if len(paths) < 2 or not taken.isdisjoint(paths):
                continue
            if any(shapes[each] != shape for each in paths):
                unequal[template.pattern("*")] = None
                continue
            star = _exact_star(template, set(paths), there, linked)
            if star:
                families.append(Family(template.pattern(star), paths, shape, template.place))
                taken.update(paths)
                break
    return Families(_without_parts_of_names(families, shapes), list(unequal))


def _templates(path: str) -> list[tuple[_Template, int]]:
    """A path without each of its numbers in turn, and that number; the outermost first."""
    parts = path.split("/")
    found = []
    for place, part in enumerate(parts):
        others = (*parts[:place], *parts[place + 1 :])
        for number in NUMBER.finditer(part):
            before = part[: number.start()]
            if not NOT_COUNTING.search(before) and len(number[0]) <= 18:
                found.append((_Template(before, part[number.end() :], others, place), int(number[0])))
    return found


def _exact_star(template: _Template, wanted: set[str], there: _Paths, linked: _Paths) -> str:
    """Return what stands for the number, so that the pattern means the wanted paths alone; "" for nothing."""
    depth = len(template.others) + 1
    for star in ("*", "[0-9]*"):
        component = template.component(star)
        found = there.like(depth, template.place, template.others)
        if any(path not in wanted for path, part in found if fnmatchcase(part, component)):
            continue
        through = (
            part
            for length in range(template.place + 1, depth + 1)
            for _, part in linked.like(length, template.place, template.others[: length - 1])
        )
        if not any(fnmatchcase(part, component) for part in through):
            return star
    return ""


def _without_parts_of_names(families: list[Family], shapes: dict[str, Shape]) -> list[Family]:
    """Leave out those whose numbers only tell some datasets of a group apart from the others."""
    in_group: dict[tuple[str, Shape], set[str]] = defaultdict(set)
    for path, shape in shapes.items():
        in_group[path.rpartition("/")[0], shape].add(path)
    named: dict[tuple[str, Shape], list[Family]] = defaultdict(list)
    for family in families:
        if family.numbered_names:
            named[family.paths[0].rpartition("/")[0], family.shape].append(family)
    kept = []
    for family in families:
        if family.numbered_names:
            key = family.paths[0].rpartition("/")[0], family.shape
            like = [each for each in named[key] if len(each.paths) == len(family.paths)]
            if sum(len(each.paths) for each in like) != len(in_group[key]):
                continue
        kept.append(family)
    return kept


class _Paths:
    """Paths, looked up by all of their components but one."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._of_length: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
        for path in paths:
            parts = path.split("/")
            self._of_length[len(parts)].append((path, parts))
        self._found: dict[tuple[int, int], dict[tuple[str, ...], list[tuple[str, str]]]] = {}

    def like(self, length: int, place: int, others: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the paths of these components, and the one that each has at the place."""
        if (length, place) not in self._found:
            by_others: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
            for path, parts in self._of_length[length]:
                by_others[*parts[:place], *parts[place + 1 :]].append((path, parts[place]))
            self._found[length, place] = by_others
        return self._found[length, place].get(others, [])
