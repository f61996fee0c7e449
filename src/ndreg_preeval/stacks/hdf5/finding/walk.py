# SPDX-License-Identifier: MIT
"""A bounded walk through all groups below one, and what they lead to by links: the datasets on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...pixel_checks import DAMAGED
from ..locate import Files
from ..nexus import (
    IS_EMPTY,
    MAX_DEPTH,
    attribute_text,
    damage,
    follow,
    identity,
    is_dataset,
    is_series,
    join,
    member_names,
    signal_names,
)

if TYPE_CHECKING:
    import h5py

MAX_OBJECTS: Final = 100_000
"""Largest number of objects that a search looks at."""

MAX_SECONDS: Final = 10.0
"""Longest time that a search takes, in seconds."""

MAX_BROKEN: Final = 20
"""Largest number of broken links that a search tells one by one."""


class Seen(NamedTuple):
    """A dataset that may be a stack, or an image of one; or a series in parts."""

    path: str
    shape: tuple[int, ...]
    """Empty for a series."""
    signal: bool = False
    """Whether an NXdata group calls it its signal."""
    spectra: bool = False
    """Whether its last axis is that of spectra, as it says itself."""

    @property
    def above(self) -> str:
        """Path of the group that it is in."""
        return self.path.rpartition("/")[0]

    @property
    def is_series(self) -> bool:
        """Whether it is a series in parts."""
        return not self.shape


class Budget:
    """What a search may cost.

    Parameters
    ----------
    objects : int, optional
        Largest number of objects; `MAX_OBJECTS` by default.
    seconds : float, optional
        Longest time; `MAX_SECONDS` by default.
    clock : callable
        Tells the time, in seconds.
    """

    stopped: str

    def __init__(
        self,
        objects: int | None = None,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._objects = self._left = MAX_OBJECTS if objects is None else objects
        self._seconds = MAX_SECONDS if seconds is None else seconds
        self._clock = clock
        self._end = clock() + self._seconds
        self.stopped = ""
        """Why the search ended before its end, in words; empty where it did not."""

    def spend(self) -> bool:
        """Return whether one more object may be looked at."""
        if not self.stopped:
            if self._left <= 0:
                self.stopped = f"{self._objects} objects"
            elif self._clock() > self._end:
                self.stopped = f"{self._seconds:g} s"
        self._left -= 1
        return not self.stopped


class Walk:
    """One walk, on which no object is visited twice, so that loops of links end.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    broken : dict
        Broken links, and why they are, are added to it.
    budget : Budget
    """

    def __init__(self, files: Files, broken: dict[str, str], budget: Budget) -> None:
        self._files = files
        self._broken = broken
        self._budget = budget
        self._seen: set[tuple[int, int]] = set()
        self.aliases: list[str] = []
        """Paths that lead to objects which were met before."""

    def below(self, group: h5py.Group, path: str) -> Iterator[Seen]:
        """Yield the datasets of 2 and more axes, and the series, in the order of the file."""
        if not self._is_new(group, path):
            return
        # Links of a group are looked at one by one, and groups entered when their turn comes: no recursion.
        todo: list[Iterator[Any]] = [self._members(group, path)]
        while todo:
            found = next(todo[-1], None)
            if found is None:
                todo.pop()
            elif isinstance(found, Seen):
                yield found
            elif len(todo) <= MAX_DEPTH:
                todo.append(self._members(*found))

    def _members(self, group: h5py.Group, path: str) -> Iterator[Any]:
        """Yield what is directly in a group: datasets as `Seen`, and (group, path)."""
        try:
            if is_series(self._files, group):
                yield Seen(path, ())
                return
            signals = set(signal_names(group)) if attribute_text(group, "NX_class") == "NXdata" else set()
            names = member_names(group)
        except DAMAGED as error:
            self._tell(path, error)
            return
        for name in names:
            if not self._budget.spend():
                return
            where = join(path, name)
            try:
                child = follow(self._files, group, name, where, self._broken)
                if child is None or not self._is_new(child, where):
                    continue
                if not is_dataset(child):
                    yield child, where
                    continue
                seen = _seen(child, where, signal=name in signals)
            except DAMAGED as error:
                self._tell(where, error)
                continue
            if seen is not None and 0 in seen.shape:
                if len(seen.shape) > 2:
                    self._broken[where] = f"{IS_EMPTY}{seen.shape}"
            elif seen is not None:
                yield seen

    def _is_new(self, node: Any, path: str) -> bool:
        try:
            found = identity(node)
        except DAMAGED as error:
            self._tell(path, error)
            return False
        if found in self._seen:
            self.aliases.append(path)
            return False
        self._seen.add(found)
        return True

    def _tell(self, path: str, error: BaseException) -> None:
        self._broken[path] = damage(error)


def _seen(dataset: h5py.Dataset, path: str, *, signal: bool) -> Seen | None:
    shape = dataset.shape
    if shape is None or len(shape) < 2 or dataset.dtype.kind not in "biuf":
        return None
    said = attribute_text(dataset, "interpretation").lower()
    return Seen(path, shape, signal, said == "spectrum")
