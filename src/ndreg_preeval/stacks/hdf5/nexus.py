# SPDX-License-Identifier: MIT
"""Image stacks in groups of a NeXus file: NXdata and links -> paths of datasets."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ...errors import shorten
from ..axes import find_stacks_axis
from ..pixel_checks import DAMAGED, without_spare_axis
from .axis_names import stored_axes
from .locate import Files, locate

if TYPE_CHECKING:
    import h5py

SERIES: Final = re.compile(r"data_\d{6,}")
"""Names of the links to the parts of a series, as detectors write them."""

IS_EMPTY: Final = "empty: "
"""Begins the shape of a dataset without a pixel, which is left out."""

IS_DAMAGED: Final = "damaged: "
"""Begins the reason of what is no broken link, but a damaged object."""

MAX_DEPTH: Final = 32
MAX_GROUPS: Final = 100_000
MAX_DEFAULTS: Final = 16


class Left(NamedTuple):
    """A signal of NXdata that has axes enough for a stack, and is not taken as one."""

    path: str
    shape: tuple[int, ...]
    why: str = ""
    """Why it never can be, in words; empty where it has too many axes and the caller can say which count."""

    @property
    def above(self) -> str:
        """Path of the group that calls it its signal."""
        return self.path.rpartition("/")[0] or "/"


def signal_paths(
    files: Files,
    group: h5py.Group,
    path: str,
    broken: dict[str, str],
    stacks_axis: int | None = None,
    left: dict[tuple[int, int], Left] | None = None,
) -> list[str]:
    """Return the paths of the signals of NXdata groups that count, and of series.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    group : h5py.Group
    path : str
        How the group was reached.
    broken : dict
        Broken links, and why they are, are added to it.
    stacks_axis : int, optional
        The axis that counts stacks in datasets of one axis more, which count too; else as their names say.
    left : dict, optional
        Signals that are not taken are added to it, by what `identity` tells of them.
    """
    found: list[str] = []
    left = {} if left is None else left
    for each, where in reversed(default_chain(files, group, path, broken)):
        found = list(_Search(files, broken, stacks_axis, left).below(each, where))
        if len(found) >= 2:
            break
    return found


def plain_paths(
    files: Files, group: h5py.Group, path: str, broken: dict[str, str], stacks_axis: int | None = None
) -> list[str]:
    """Return the paths of the 3-D datasets directly in a group; arguments as of `signal_paths`."""
    return list(_Search(files, broken, stacks_axis, {}).plain(group, path))


class _Search:
    """One walk, on which no object is visited twice."""

    def __init__(
        self,
        files: Files,
        broken: dict[str, str],
        stacks_axis: int | None,
        left: dict[tuple[int, int], Left],
    ) -> None:
        self._files = files
        self._left = left
        self._stacks_axis = stacks_axis
        self._broken = broken
        self._seen: set[tuple[int, int]] = set()

    def below(self, group: h5py.Group, path: str, depth: int = 0) -> Iterator[str]:
        """Paths of the signals of all NXdata groups, this group included."""
        if depth > MAX_DEPTH or len(self._seen) > MAX_GROUPS or not self._is_new(group, path):
            return
        try:
            if is_series(self._files, group):
                yield path
                return
            signals = signal_names(group) if attribute_text(group, "NX_class") == "NXdata" else None
            names = member_names(group)
        except DAMAGED as error:
            self._broken[path] = damage(error)
            return
        if signals is not None:
            found = list(self._stacks(group, path, signals))
            yield from found
            # One without images may hold others that have some.
            if found:
                return
        for name in names:
            child = self._follow(group, path, name)
            if child is not None and not is_dataset(child):
                yield from self.below(child, join(path, name), depth + 1)

    def plain(self, group: h5py.Group, path: str) -> Iterator[str]:
        """Paths of the 3-D datasets directly in the group."""
        yield from self._stacks(group, path, member_names(group))

    def _stacks(self, group: h5py.Group, path: str, names: list[str]) -> Iterator[str]:
        for name in names:
            child = self._follow(group, path, name)
            if child is None or not is_dataset(child):
                continue
            held = is_stack(child) or holds_stacks(self._files, child, group, self._stacks_axis)
            if not held:
                self._leave(child, join(path, name))
            elif self._is_new(child, join(path, name)):
                self._left.pop(identity(child), None)
                if 0 in child.shape:
                    self._broken[join(path, name)] = f"{IS_EMPTY}{child.shape}"
                else:
                    yield join(path, name)

    def _leave(self, dataset: h5py.Dataset, path: str) -> None:
        """Keep what is not taken, if it has axes enough; another group may name the axes of the same dataset."""
        try:
            shape, key = dataset.shape or (), identity(dataset)
            if len(without_spare_axis(shape, 3)) < 3 or key in self._seen:
                return
            if 0 in shape:
                self._broken[path] = f"{IS_EMPTY}{shape}"
            elif not _is_text(dataset):
                self._left.setdefault(key, Left(path, shape, _never(dataset)))
        except DAMAGED as error:
            self._broken[path] = damage(error)

    def _follow(self, group: h5py.Group, path: str, name: str) -> Any:
        return follow(self._files, group, name, join(path, name), self._broken)

    def _is_new(self, node: h5py.Group | h5py.Dataset, path: str) -> bool:
        try:
            found = identity(node)
        except OSError as error:
            self._broken[path] = damage(error)
            return False
        if found in self._seen:
            return False
        self._seen.add(found)
        return True


def _is_text(dataset: h5py.Dataset) -> bool:
    try:
        return dataset.dtype.kind in "SUO"
    except TypeError:
        return False


def _never(dataset: h5py.Dataset) -> str:
    try:
        if dataset.dtype.kind not in "biuf":
            return f"its type, {shorten(str(dataset.dtype), 60)}, is not one of pixels"
    except TypeError:
        return "its type is not one of pixels"
    spectra = attribute_text(dataset, "interpretation").lower() == "spectrum"
    return "its last axis is that of spectra" if spectra else ""


def identity(node: h5py.Group | h5py.Dataset) -> tuple[int, int]:
    """Return what tells an object from all others that are open; raises OSError where it is damaged."""
    import h5py

    try:
        info = h5py.h5o.get_info(node.id)
    except DAMAGED as error:
        raise OSError(f"it cannot be looked at: {why(error)}") from error
    return int(info.fileno), int(info.addr)


def series_names(group: h5py.Group) -> list[str]:
    """Return the names of the parts of a series, in the order of their numbers."""
    return sorted(
        filter(SERIES.fullmatch, member_names(group)), key=lambda name: int(name.rpartition("_")[2])
    )


def is_series(files: Files, group: h5py.Group) -> bool:
    """Return whether a group is one stack in parts: it has such links, and no other stack.

    Links are not followed, but for others: a part that is missing does not make it anything else.
    """
    names = series_names(group)
    if not names:
        return False
    there = member_names(group)
    others = [name for name in there if name not in set(names)]
    if attribute_text(group, "NX_class") == "NXdata":
        others = [name for name in signal_names(group) if name in others or "/" in name]
    found = (follow(files, group, name, name, {}) for name in others)
    return not any(is_dataset(node) and is_stack(node) for node in found)


def follow(files: Files, group: h5py.Group, name: str, path: str, broken: dict[str, str]) -> Any:
    import h5py

    try:
        node = locate(files, group, name)
    except (OSError, KeyError) as error:
        broken[path] = why(error)
        return None
    return node if isinstance(node, (h5py.Group, h5py.Dataset)) else None


def damage(error: BaseException) -> str:
    """Return how a damaged object is kept among broken links."""
    return f"{IS_DAMAGED}{why(error)}"


def why(error: BaseException) -> str:
    """Return the reason that an error tells."""
    return str(error.args[-1] if error.args else error)


def default_chain(
    files: Files, group: h5py.Group, path: str, broken: dict[str, str]
) -> list[tuple[Any, str]]:
    chain = [(group, path)]
    while len(chain) < MAX_DEFAULTS and attribute_text(group, "NX_class") != "NXdata":
        default = attribute_text(group, "default")
        if not default:
            break
        where = default if default.startswith("/") else join(path, default)
        group = follow(files, group, default, where, broken)
        if group is None or is_dataset(group):
            break
        path = where
        chain.append((group, path))
    return chain


def signal_names(group: h5py.Group) -> list[str]:
    signal = attribute_text(group, "signal")
    if signal:
        return list(dict.fromkeys([signal, *attribute_texts(group, "auxiliary_signals")]))
    # Before 2014 the dataset itself said that it is the signal.
    marked = [name for name in member_names(group) if _marked_as_signal(group, name)]
    return marked or [name for name in ("data",) if name in member_names(group)]


def _marked_as_signal(group: h5py.Group, name: str) -> bool:
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return False
    return str(_attribute(group[name], "signal")) in ("1", "b'1'", "[1]")


def attribute_text(node: h5py.Group | h5py.Dataset, attribute: str) -> str:
    texts = attribute_texts(node, attribute)
    return texts[0] if texts else ""


def attribute_texts(node: h5py.Group | h5py.Dataset, attribute: str) -> list[str]:
    """Return the texts of an attribute that is one or several; none where it is something else."""
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


def member_names(group: h5py.Group) -> list[str]:
    """Return the names in a group; raises OSError where it is damaged."""
    try:
        return list(itertools.islice(group, MAX_GROUPS + 1))
    except DAMAGED as error:
        raise OSError(f"{shorten(str(group.name))} cannot be listed: {why(error)}") from error


def join(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def is_dataset(node: h5py.Group | h5py.Dataset) -> bool:
    import h5py

    return isinstance(node, h5py.Dataset)


def is_stack(dataset: h5py.Dataset) -> bool:
    try:
        return len(without_spare_axis(dataset.shape, 3)) == 3 and dataset.dtype.kind in "biuf"
    except (TypeError, ValueError, OSError, RuntimeError):
        return False


def holds_stacks(files: Files, dataset: h5py.Dataset, group: h5py.Group, stacks_axis: int | None) -> bool:
    """Return whether an axis of a dataset, found in a group, counts stacks."""
    try:
        if len(dataset.shape) < 4 or dataset.dtype.kind not in "biuf":
            return False
        return find_stacks_axis(stored_axes(files, dataset, group), stacks_axis) is not None
    except DAMAGED:
        return False
