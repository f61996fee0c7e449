# SPDX-License-Identifier: MIT
"""The stacks that a file or group alone stands for: signals of NXdata, datasets in it, or what a search finds."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from ....errors import RankingWarning
from ..locate import Files
from ..nexus import plain_paths, signal_paths
from .candidates import Candidate, Found, search
from .layouts import holds_element_maps
from .listing import describe, link_warnings

if TYPE_CHECKING:
    import h5py


class Below(NamedTuple):
    """What is below a group."""

    stacks: list[Candidate]
    """Those that it stands for."""
    found: Found | None
    """What a search found, where there was one."""


def stacks_below(files: Files, group: h5py.Group, path: str, *, plain: bool, level: int = 4) -> Below:
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
    level : int
        Of the caller whom warnings concern.
    """
    broken: dict[str, str] = {}
    try:
        paths = signal_paths(files, group, path, broken)
        if not paths and plain and not holds_element_maps(files, group):
            paths = plain_paths(files, group, path, broken)
        if paths:
            return Below([Candidate(each) for each in paths], None)
        found = search(files, group, path, broken)
        return Below(found.group() if plain else found.only(), found)
    finally:
        for text in link_warnings(broken):
            warnings.warn(text, RankingWarning, stacklevel=level)


def told_below(files: Files, group: h5py.Group, path: str, below: Below) -> str:
    """Return, for a message, what there is below a group; "" where there is nothing."""
    return describe(below.found or search(files, group, path, {}), path)
