# SPDX-License-Identifier: MIT
"""Image stacks in groups of a NeXus file: NXdata and links -> paths of datasets."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ...errors import RankingWarning, clip, shorten
from ..pixel_checks import without_spare_axis
from .locate import Files, locate

if TYPE_CHECKING:
    import h5py

SERIES: Final = re.compile(r"data_\d{6,}")
"""Names of the links to the parts of a series, as detectors write them."""

MAX_DEPTH: Final = 32
MAX_GROUPS: Final = 100_000
MAX_DEFAULTS: Final = 16
MAX_LOOKED: Final = 2000
"""Largest number of objects that are looked at for a message."""
MAX_TOLD: Final = 6
"""Largest number of datasets that a message names."""


def stack_paths(files: Files, group: h5py.Group, path: str, *, plain: bool = True) -> list[str]:
    """Return the paths of the image stacks of a group.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
    path : str
        How the group was reached.
    plain : bool
        Whether 3-D datasets count where there is no NXdata.
    """
    broken: dict[str, str] = {}
    try:
        found: list[str] = []
        for each, where in reversed(_default_chain(files, group, path, broken)):
            found = list(_Search(files, broken).below(each, where))
            if len(found) >= 2:
                return found
        if found or not plain:
            return found
        return list(_Search(files, broken).plain(group, path))
    finally:
        for link, reason in broken.items():
            warnings.warn(f"broken link {shorten(link)}: {clip(reason, 600)}", RankingWarning, stacklevel=4)


def datasets_below(files: Files, group: h5py.Group, path: str) -> str:
    """Return, for a message, where below a group there is what could be a stack; "" where there is nothing.

    The search is short: it is for a message.
    """
    found: list[str] = []
    ways_out = ["name them"]
    todo, looked, seen = [(group, path)], 0, set()
    while todo and looked < MAX_LOOKED:
        node, where = todo.pop(0)
        identity = _identity(node)
        if identity in seen:
            continue
        seen.add(identity)
        for name in itertools.islice(_names(node), MAX_LOOKED):
            looked += 1
            child = _follow(files, node, name, _join(where, name), {})
            if child is None:
                continue
            if not _is_dataset(child):
                todo.append((child, _join(where, name)))
            elif is_stack(child):
                found.append(shorten(_join(where, name)))
                ways_out[1:] = ["rank_stacks takes them all by the URI of their group alone"]
            elif child.shape is not None and len(child.shape) > 3 and child.dtype.kind in "biuf":
                cut = ",0" * (len(child.shape) - 3)
                found.append(
                    f"{shorten(_join(where, name))} (of {len(child.shape)} axes: take some by &slice=:{cut})"
                )
    if not found:
        return ""
    more = f" and {len(found) - MAX_TOLD} more" if len(found) > MAX_TOLD else ""
    return f"; below it there are {', '.join(found[:MAX_TOLD])}{more}: {'; '.join(ways_out)}"


class _Search:
    """One walk, on which no object is visited twice."""

    def __init__(self, files: Files, broken: dict[str, str]) -> None:
        self._files = files
        self._broken = broken
        self._seen: set[tuple[int, int]] = set()

    def below(self, group: h5py.Group, path: str, depth: int = 0) -> Iterator[str]:
        """Paths of the signals of all NXdata groups, this group included."""
        if depth > MAX_DEPTH or len(self._seen) > MAX_GROUPS or not self._is_new(group):
            return
        if is_series(self._files, group):
            yield path
            return
        if _text(group, "NX_class") == "NXdata":
            yield from self._stacks(group, path, _signals(group))
            return
        for name in _names(group):
            child = self._follow(group, path, name)
            if child is not None and not _is_dataset(child):
                yield from self.below(child, _join(path, name), depth + 1)

    def plain(self, group: h5py.Group, path: str) -> Iterator[str]:
        """Paths of the 3-D datasets directly in the group."""
        yield from self._stacks(group, path, _names(group))

    def _stacks(self, group: h5py.Group, path: str, names: list[str]) -> Iterator[str]:
        for name in names:
            child = self._follow(group, path, name)
            if child is not None and _is_dataset(child) and is_stack(child) and self._is_new(child):
                yield _join(path, name)

    def _follow(self, group: h5py.Group, path: str, name: str) -> Any:
        return _follow(self._files, group, name, _join(path, name), self._broken)

    def _is_new(self, node: h5py.Group | h5py.Dataset) -> bool:
        identity = _identity(node)
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True


def _identity(node: h5py.Group | h5py.Dataset) -> tuple[int, int]:
    import h5py

    info = h5py.h5o.get_info(node.id)
    return int(info.fileno), int(info.addr)


def series_names(group: h5py.Group) -> list[str]:
    """Return the names of the parts of a series, in the order of their numbers."""
    return sorted(filter(SERIES.fullmatch, _names(group)), key=lambda name: int(name.rpartition("_")[2]))


def is_series(files: Files, group: h5py.Group) -> bool:
    """Return whether a group is one stack in parts: it has such links, and no other stack.

    Links are not followed, but for others: a part that is missing does not make it anything else.
    """
    names = series_names(group)
    if not names:
        return False
    there = _names(group)
    others = [name for name in there if name not in set(names)]
    if _text(group, "NX_class") == "NXdata":
        others = [name for name in _signals(group) if name in others or "/" in name]
    found = (_follow(files, group, name, name, {}) for name in others)
    return not any(_is_dataset(node) and is_stack(node) for node in found)


def _follow(files: Files, group: h5py.Group, name: str, path: str, broken: dict[str, str]) -> Any:
    import h5py

    try:
        node = locate(files, group, name)
    except (OSError, KeyError) as error:
        broken[path] = str(error.args[-1] if error.args else error)
        return None
    return node if isinstance(node, (h5py.Group, h5py.Dataset)) else None


def _default_chain(
    files: Files, group: h5py.Group, path: str, broken: dict[str, str]
) -> list[tuple[Any, str]]:
    chain = [(group, path)]
    while len(chain) < MAX_DEFAULTS and _text(group, "NX_class") != "NXdata":
        default = _text(group, "default")
        if not default:
            break
        where = default if default.startswith("/") else _join(path, default)
        group = _follow(files, group, default, where, broken)
        if group is None or _is_dataset(group):
            break
        path = where
        chain.append((group, path))
    return chain


def _signals(group: h5py.Group) -> list[str]:
    signal = _text(group, "signal")
    if signal:
        return list(dict.fromkeys([signal, *_texts(group, "auxiliary_signals")]))
    # Before 2014 the dataset itself said that it is the signal.
    marked = [name for name in _names(group) if _marked_as_signal(group, name)]
    return marked or [name for name in ("data",) if name in _names(group)]


def _marked_as_signal(group: h5py.Group, name: str) -> bool:
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return False
    return str(_attribute(group[name], "signal")) in ("1", "b'1'", "[1]")


def _text(node: h5py.Group | h5py.Dataset, attribute: str) -> str:
    texts = _texts(node, attribute)
    return texts[0] if texts else ""


def _texts(node: h5py.Group | h5py.Dataset, attribute: str) -> list[str]:
    value = _attribute(node, attribute)
    if value is None:
        return []
    items = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    decoded = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
    return [item for item in decoded if isinstance(item, str)]


def _attribute(node: h5py.Group | h5py.Dataset, name: str) -> Any:
    try:
        return node.attrs.get(name)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError):
        return None  # an attribute that cannot be read says nothing


def _names(group: h5py.Group) -> list[str]:
    return list(itertools.islice(group, MAX_GROUPS))


def _join(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def _is_dataset(node: h5py.Group | h5py.Dataset) -> bool:
    import h5py

    return isinstance(node, h5py.Dataset)


def is_stack(dataset: h5py.Dataset) -> bool:
    try:
        return len(without_spare_axis(dataset.shape, 3)) == 3 and dataset.dtype.kind in "biuf"
    except (TypeError, ValueError, OSError, RuntimeError):
        return False
