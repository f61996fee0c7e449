# SPDX-License-Identifier: MIT
"""Finding image stacks in NeXus files: groups and links -> URIs of datasets."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ...errors import RankingWarning, clip, naming, place, shorten
from ..names import short_names
from ..tiff.source import is_tiff
from ..uris import format_uri, parse_uri, uri_text
from .files import check_regular_file
from .locate import Files, locate
from .select import select_reading

if TYPE_CHECKING:
    from silx.io.url import DataUrl

MAX_DEPTH: Final = 32
MAX_GROUPS: Final = 100_000
MAX_DEFAULTS: Final = 16


def find_stacks(uri: str | os.PathLike[str] | DataUrl) -> dict[str, str]:
    """Find the image stacks in a group or in a whole file.

    A stack is a signal or auxiliary signal of 3 dimensions in an NXdata group. Where the group, or
    the groups it leads to by their ``default``, hold several NXdata groups, the innermost group of
    this chain that holds at least two stacks decides; without such, all stacks below the group
    count. Without any, 3-dimensional datasets directly in the group do.

    Soft and external links are followed, and each dataset is given once. A TIFF file is one stack.

    Parameters
    ----------
    uri : str, Path or DataUrl
        File, or file and path of a group: ``"scan.h5"``, ``"scan.h5::/entry"``.

    Returns
    -------
    dict
        Name to URI, in the order of the file. The names are the paths without what all share.

    Raises
    ------
    OSError, KeyError
        When there is no such file or group.
    ValueError
        When it holds no image stack.

    Warns
    -----
    RankingWarning
        For every broken link.
    """
    readings = parse_uri(uri)
    if not readings[0].path and is_tiff(readings[0].file):
        check_regular_file(readings[0].file)
        return {os.path.splitext(os.path.basename(readings[0].file))[0]: uri_text(uri)}
    with naming(place(uri_text(uri))), Files() as files:
        reading, node = select_reading(readings, files)
        if reading.indices is not None and not _is_dataset(node):
            raise ValueError("a slice needs a dataset, and this is a group")
        path = "/" + reading.path.strip("/")
        if _is_dataset(node):
            if not _is_stack(node):
                raise ValueError(f"this dataset is no stack of images: its shape is {node.shape}")
            return {short_names([path])[0]: format_uri(reading.file, path, reading.indices)}
        paths = stack_paths(files, node, path)
    if not paths:
        raise ValueError(
            f"no image stack was found in {shorten(uri_text(uri))}: neither NXdata with 3-D signals "
            "nor 3-D datasets"
        )
    return dict(zip(short_names(paths), (format_uri(reading.file, each) for each in paths), strict=True))


def stack_paths(files: Files, group: Any, path: str, *, plain: bool = True) -> list[str]:
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
            warnings.warn(f"broken link {shorten(link)}: {clip(reason, 600)}", RankingWarning, stacklevel=3)


class _Search:
    """One walk, on which no object is visited twice."""

    def __init__(self, files: Files, broken: dict[str, str]) -> None:
        self._files = files
        self._broken = broken
        self._seen: set[tuple[int, int]] = set()

    def below(self, group: Any, path: str, depth: int = 0) -> Iterator[str]:
        """Paths of the signals of all NXdata groups, this group included."""
        if depth > MAX_DEPTH or len(self._seen) > MAX_GROUPS or not self._is_new(group):
            return
        if _text(group, "NX_class") == "NXdata":
            yield from self._stacks(group, path, _signals(group))
            return
        for name in _names(group):
            child = self._follow(group, path, name)
            if child is not None and not _is_dataset(child):
                yield from self.below(child, _join(path, name), depth + 1)

    def plain(self, group: Any, path: str) -> Iterator[str]:
        """Paths of the 3-D datasets directly in the group."""
        yield from self._stacks(group, path, _names(group))

    def _stacks(self, group: Any, path: str, names: list[str]) -> Iterator[str]:
        for name in names:
            child = self._follow(group, path, name)
            if child is not None and _is_dataset(child) and _is_stack(child) and self._is_new(child):
                yield _join(path, name)

    def _follow(self, group: Any, path: str, name: str) -> Any:
        return _follow(self._files, group, name, _join(path, name), self._broken)

    def _is_new(self, node: Any) -> bool:
        import h5py

        info = h5py.h5o.get_info(node.id)
        identity = (int(info.fileno), int(info.addr))
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True


def _follow(files: Files, group: Any, name: str, path: str, broken: dict[str, str]) -> Any:
    import h5py

    try:
        node = locate(files, group, name)
    except (OSError, KeyError) as error:
        broken[path] = str(error.args[-1] if error.args else error)
        return None
    return node if isinstance(node, (h5py.Group, h5py.Dataset)) else None


def _default_chain(files: Files, group: Any, path: str, broken: dict[str, str]) -> list[tuple[Any, str]]:
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


def _signals(group: Any) -> list[str]:
    signal = _text(group, "signal")
    if signal:
        return list(dict.fromkeys([signal, *_texts(group, "auxiliary_signals")]))
    # Before 2014 the dataset itself said that it is the signal.
    marked = [name for name in _names(group) if _marked_as_signal(group, name)]
    return marked or [name for name in ("data",) if name in _names(group)]


def _marked_as_signal(group: Any, name: str) -> bool:
    import h5py

    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        return False
    return str(_attribute(group[name], "signal")) in ("1", "b'1'", "[1]")


def _text(node: Any, attribute: str) -> str:
    texts = _texts(node, attribute)
    return texts[0] if texts else ""


def _texts(node: Any, attribute: str) -> list[str]:
    value = _attribute(node, attribute)
    if value is None:
        return []
    items = value.ravel().tolist() if hasattr(value, "ravel") else [value]
    decoded = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
    return [item for item in decoded if isinstance(item, str)]


def _attribute(node: Any, name: str) -> Any:
    try:
        return node.attrs.get(name)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError):
        return None  # an attribute that cannot be read says nothing


def _names(group: Any) -> list[str]:
    return list(itertools.islice(group, MAX_GROUPS))


def _join(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def _is_dataset(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Dataset)


def _is_stack(dataset: Any) -> bool:
    try:
        return dataset.ndim == 3 and dataset.dtype.kind in "biuf"
    except (TypeError, ValueError, OSError, RuntimeError):
        return False
