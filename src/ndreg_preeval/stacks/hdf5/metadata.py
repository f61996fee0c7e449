# SPDX-License-Identifier: MIT
"""Attributes and neighbours of a dataset that describe its pixels, read without trust in any of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from .locate import Files, locate

T = TypeVar("T")

DAMAGED: Final = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError)
"""Errors that reading metadata ends in where it is damaged, or nothing that was expected."""

MAX_SEARCHED: Final = 200
"""Largest number of members of an entry or instrument that are looked at."""


def tried(question: Callable[[], T], default: T) -> T:
    """Return an answer, or the default where it cannot be had."""
    try:
        return question()
    except DAMAGED:
        return default


def attribute(node: Any, name: str) -> Any:
    """Return an attribute, None where it is missing or cannot be read."""
    return tried(lambda: node.attrs.get(name), None)


def texts(value: Any) -> list[str]:
    """Return the texts of an attribute or small array."""
    items = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    decoded = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
    return [item for item in decoded if isinstance(item, str)]


def text(value: Any) -> str:
    """Return the text of an attribute, "" where it is none."""
    return next(iter(texts(value)), "")


class Neighbours:
    """The groups that may describe a dataset: where it was found, where it lies, and its detector.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    dataset : h5py.Dataset
    found_in : h5py.Group, optional
        The group that led to it, perhaps by a link.
    """

    def __init__(self, files: Files, dataset: Any, found_in: Any = None) -> None:
        self._files = files
        self._dataset = dataset
        parent = tried(lambda: dataset.parent, None)
        self.beside: list[Any] = [group for group in (found_in, parent) if _is_group(group)]
        self.beside += self._behind_link()
        target = text(attribute(dataset, "target"))
        if target.startswith("/") and "/" in target[1:]:
            self.beside += self._member(dataset.file["/"], target.rpartition("/")[0])

    def groups(self) -> Iterator[Any]:
        """The groups beside the dataset, and the detectors of its entry that can only be its own."""
        yield from self.beside
        for group in self.beside[:1]:
            yield from self._detectors(group)

    def find(self, *names: str) -> Any:
        """Return the first dataset of these names, None where there is none."""
        for group in self.groups():
            for name in names:
                for node in self._member(group, name):
                    if not _is_group(node):
                        return node
        return None

    def member(self, group: Any, name: str) -> Any:
        """Return a member of a group; None where there is none, or its link is broken."""
        return next(iter(self._member(group, name)), None)

    def _behind_link(self) -> list[Any]:
        """The group that a soft link leads to, where the name of the dataset is that of the link."""
        import h5py

        parent, _, name = tried(lambda: str(self._dataset.name), "").rpartition("/")
        group: Any = tried(lambda: self._dataset.file[parent or "/"], None)
        link = tried(lambda: group.get(name, getlink=True), None) if name and group is not None else None
        if not isinstance(link, h5py.SoftLink):
            return []
        return self._member(
            group, link.path.rpartition("/")[0] or ("/" if link.path.startswith("/") else ".")
        )

    def _member(self, group: Any, name: str) -> list[Any]:
        node = tried(lambda: locate(self._files, group, name), None)
        return [] if node is None else [node]

    def _detectors(self, group: Any) -> Iterator[Any]:
        entry = group
        for _ in range(MAX_SEARCHED):
            if text(attribute(entry, "NX_class")) == "NXentry":
                break
            above = tried(lambda here=entry: here.parent, None)  # type: ignore[misc]
            if above is None or above == entry:
                return
            entry = above
        for instrument in self._of_class(entry, "NXinstrument"):
            detectors = self._of_class(instrument, "NXdetector")
            own = [each for each in detectors if self.member(each, "data") == self._dataset]
            # Dectris has the pixels beside the instrument.
            if not own and len(detectors) == 1 and self.member(detectors[0], "data") is None:
                own = detectors
            for each in own:
                yield each
                yield from self._member(each, "detectorSpecific")

    def _of_class(self, group: Any, name: str) -> list[Any]:
        names: list[str] = tried(lambda: list(itertools.islice(group, MAX_SEARCHED)), [])
        nodes = itertools.chain.from_iterable(self._member(group, each) for each in names)
        return [node for node in nodes if _is_group(node) and text(attribute(node, "NX_class")) == name]


def _is_group(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Group)
