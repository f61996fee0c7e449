# SPDX-License-Identifier: MIT
"""The stacks that a file or group alone stands for: signals of NXdata, datasets in it, or what a search finds."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ....errors import RankingWarning
from ...selection import Indices
from ..locate import Files
from ..nexus import Left, is_dataset, plain_paths, signal_paths
from .beside_signals import beside_signals, told_beside
from .candidates import Candidate, Found, search
from .layouts import element_maps, holds_element_maps
from .listing import describe, left_warnings, link_warnings
from .walk import Budget, Seen

if TYPE_CHECKING:
    import h5py

MAX_LOOKED: Final = 2000
"""Largest number of objects that are looked at for a message alone."""


class Below(NamedTuple):
    """What is below a group."""

    stacks: list[Candidate]
    """Those that it stands for."""
    found: Found | None
    """What a search found, where there was one."""


def stacks_below(
    files: Files,
    group: h5py.Group,
    path: str,
    *,
    plain: bool,
    hurry: bool = False,
    level: int = 4,
    stacks_axis: int | None = None,
) -> Below:
    """Return the stacks that a group stands for, perhaps none.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
    path : str
        How the group was reached.
    plain : bool
        Whether it is to be ranked as a whole: then datasets in it count where there is no NXdata, and whatever a search
        finds that belongs together. Else the only stack that it finds counts.
    hurry : bool
        Whether a search ends after some time; else after a number of objects only, so that what is ranked never
        depends on the time.
    level : int
        Of the caller whom warnings concern.
    stacks_axis : int, optional
        The axis that counts stacks in datasets of one axis more, which count too; else as their names say.
    """
    broken: dict[str, str] = {}
    told: list[str] = []
    signals: dict[tuple[int, int], Left] = {}
    try:
        paths = signal_paths(files, group, path, broken, stacks_axis, signals)
        left = list(signals.values())
        # What else an NXdata group holds does not stand for it in place of its signal.
        unclear = frozenset(each.above for each in left if not each.why)
        itself = (path.rstrip("/") or "/") in unclear
        if not paths and plain and not itself and not holds_element_maps(files, group):
            paths = plain_paths(files, group, path, broken, stacks_axis)
        if paths and plain:
            others = beside_signals(files, group, paths, stacks_axis)
            if others:
                told.append(told_beside(paths, others, all_taken=len(paths) == 1))
            paths += others if len(paths) == 1 else []
        if paths:
            told += left_warnings(left)
            return Below([Candidate(each) for each in paths], None)
        budget = Budget() if hurry else Budget(seconds=math.inf)
        found = search(files, group, path, broken, budget, stacks_axis)._replace(unclear=unclear)
        stacks = found.group() if plain else found.only()
        # Where nothing is taken, errors and lists name signals of more axes.
        told += left_warnings(left if stacks else [each for each in left if each.why])
        return Below(stacks, found)
    finally:
        for text in [*link_warnings(broken), *told]:
            warnings.warn(text, RankingWarning, stacklevel=level)


def told_below(files: Files, group: h5py.Group, path: str, below: Below, file: str = "") -> str:
    """Return, for a message, what there is below a group; "" where there is nothing."""
    return describe(below.found or search(files, group, path, {}, Budget(MAX_LOOKED, math.inf)), path, file)


def images_below(files: Files, node: Any, path: str) -> list[tuple[str, str, Indices | None]]:
    """Return what is a stack over several files like this one, as names, paths and slices.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    node : h5py.Group or h5py.Dataset
        A dataset gives its maps by element, where it has such; a group the images in it, where it has no stacks.
    path : str
        How it was reached.
    """
    if is_dataset(node):
        start, shape = node.file["/"], node.shape or ()
        maps = element_maps(files, start, [Seen(path, shape)]) if path.startswith("/") else ()
        found = [
            (f"{each.path}/{name}", Candidate(each.path, None, (number,)))
            for each in maps
            for number, name in enumerate(each.names)
        ]
        return [(name, each.path, each.indices) for name, each in found]
    below = stacks_below(files, node, path, plain=True)
    if below.stacks or below.found is None or below.found.candidates:
        return []
    return [(name, each.path, each.indices) for name, each in below.found.one_per_file()]
