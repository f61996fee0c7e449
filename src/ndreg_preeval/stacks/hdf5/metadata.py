# SPDX-License-Identifier: MIT
"""Attributes and neighbours of a dataset that describe its pixels, read without trust in any of them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from ..pixel_checks import DAMAGED, FILL_ATTRIBUTES
from .locate import Files, locate

_ATTRIBUTES: Final = (b"target", *(name.encode() for name in FILL_ATTRIBUTES))

_BESIDE: Final = (b"pixel_mask", b"underload_value")

T = TypeVar("T")

MAX_SEARCHED: Final = 32
"""Largest number of members of a group that are looked at for those of a class: each stack asks anew."""


def tried(question: Callable[[], T], default: T) -> T:
    """Return an answer, or the default where it cannot be had."""
    try:
        return question()
    except DAMAGED:
        return default


def attribute(node: Any, name: str) -> Any:
    """Return an attribute, None where it is missing or cannot be read."""
    import h5py

    # Most attributes are nowhere: asking first is quick.
    return tried(lambda: node.attrs[name] if h5py.h5a.exists(node.id, name.encode()) else None, None)


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
        The group that led to it, perhaps by a link; without it, its own name tells.
    alone : bool
        Whether no link led there: that group is also where it lies.
    """

    def __init__(self, files: Files, dataset: Any, found_in: Any = None, *, alone: bool = False) -> None:
        self._files = files
        self._dataset = dataset
        parent = found_in if alone else tried(lambda: dataset.parent, None)
        found = [group for group in (found_in, parent) if _is_group(group)]
        if found_in is None:
            found += self._behind_link(parent)
        target = text(attribute(dataset, "target"))
        if target.startswith("/") and "/" in target[1:]:
            found += self._member(dataset.file["/"], target.rpartition("/")[0])
        self.beside: list[Any] = []
        for group in found:
            if group not in self.beside:
                self.beside.append(group)

    @functools.cached_property
    def groups(self) -> list[Any]:
        """The groups beside the dataset, and the detectors of its entry that can only be its own."""
        return [*self.beside, *(each for group in self.beside[:1] for each in self._detectors(group))]

    def find(self, *names: str) -> Any:
        """Return the first dataset of these names, None where there is none."""
        for group in self.groups:
            for name in names:
                for node in self._member(group, name):
                    if not _is_group(node):
                        return node
        return None

    def member(self, group: Any, name: str) -> Any:
        """Return a member of a group; None where there is none, or its link is broken."""
        return next(iter(self._member(group, name)), None)

    def _behind_link(self, parent: Any) -> list[Any]:
        """The group that a soft link leads to, where the name of the dataset is that of the link."""
        import h5py

        name = tried(lambda: str(self._dataset.name), "").rpartition("/")[2]
        if tried(lambda: parent.id.links.get_info(name.encode()).type, None) != h5py.h5l.TYPE_SOFT:
            return []
        path = tried(lambda: str(parent.get(name, getlink=True).path), "")
        above = path.rpartition("/")[0] or ("/" if path.startswith("/") else "")
        return self._member(parent, above) if above else []

    def _member(self, group: Any, name: str) -> list[Any]:
        # Most names are nowhere: this is quick, where an error would tell what is there instead.
        if "/" not in name and not tried(lambda: group.id.links.exists(name.encode()), False):
            return []
        node = tried(lambda: _hard_member(group, name) or locate(self._files, group, name), None)
        return [] if node is None else [node]

    def _detectors(self, group: Any) -> Iterator[Any]:
        first = tried(lambda: str(group.name), "").strip("/").partition("/")[0]
        if not first or not tried(lambda: _has_class(group, first), True):
            return
        entries = self._member(group.file["/"], first)
        if not entries or text(attribute(entries[0], "NX_class")) != "NXentry":
            return
        for instrument in self._member(entries[0], "instrument"):
            detectors = self._of_class(instrument, "NXdetector")
            own = [each for each in detectors if self.member(each, "data") == self._dataset]
            # Dectris has the pixels beside the instrument.
            if not own and len(detectors) == 1 and self.member(detectors[0], "data") is None:
                own = detectors
            for each in own:
                yield each
                yield from self._member(each, "detectorSpecific")

    def _of_class(self, group: Any, name: str) -> list[Any]:
        names: list[str] = tried(lambda: list(itertools.islice(group, MAX_SEARCHED + 1)), [])
        if len(names) > MAX_SEARCHED:
            return []
        nodes = itertools.chain.from_iterable(self._member(group, each) for each in names)
        return [node for node in nodes if _is_group(node) and text(attribute(node, "NX_class")) == name]


def _hard_member(group: Any, name: str) -> Any:
    """Return a member that no link leads to, None for others: `locate` costs ten times as much."""
    import h5py

    name_there = name.encode()
    if "/" in name or group.id.links.get_info(name_there).type != h5py.h5l.TYPE_HARD:
        return None
    found = h5py.h5o.open(group.id, name_there)
    if isinstance(found, h5py.h5g.GroupID):
        return h5py.Group(found)
    return h5py.Dataset(found) if isinstance(found, h5py.h5d.DatasetID) else None


def nothing_beside(file: Any, names: Sequence[bytes], dataset: Any) -> bool:
    """Return whether it is plain that no metadata can say anything of a dataset's pixels: asking is quick.

    Parameters
    ----------
    file : h5py.File
    names : sequence of bytes
        The way to the dataset, through hard links alone: where it was found, it lies.
    dataset : h5py.Dataset
    """
    import h5py

    try:
        if any(h5py.h5a.exists(dataset.id, name) for name in _ATTRIBUTES):
            return False
        links, above = file.id.links, b"/".join(names[:-1])
        if any(links.exists(above + b"/" + name if above else name) for name in _BESIDE):
            return False
        # Detectors are those of an NXentry.
        if not above or not h5py.h5a.exists(file.id, b"NX_class", obj_name=names[0]):
            return True
        return not links.exists(names[0] + b"/instrument")
    except DAMAGED:
        return False


def _has_class(group: Any, first: str) -> bool:
    """Return whether a member of the root says that it is of some class: asking is quick."""
    import h5py

    return bool(h5py.h5a.exists(group.id, b"NX_class", obj_name=b"/" + first.encode()))


def _is_group(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Group)
