# SPDX-License-Identifier: MIT
"""The walk from the root of an HDF5 file to an object, every link looked at before it is followed."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH100, PTH109, PTH116, PTH117, PTH118, PTH119, PTH120

from __future__ import annotations

import contextlib
import fnmatch
import itertools
import os
import re
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from ...errors import annotate, clip, printable_location, shorten
from ...text import NAMES_TRIED, did_you_mean
from ..regular_file import check_regular_file
from ..uris import UriMeaning
from .files import LOCKING, open_file

if TYPE_CHECKING:
    import h5py

WILDCARDS: Final = re.compile(r"[*?\[]")

MAX_LOOKED: Final = 100_000
"""Largest number of objects of one file that are looked at for a pattern."""

MAX_LINKS: Final = 64
"""Largest number of soft and external links on one path: more of them are a loop."""


class Files:
    """HDF5 files opened for one purpose, closed together.

    Parameters
    ----------
    lockings : sequence of dict
        As `open_file` takes it.
    """

    def __init__(self, lockings: Sequence[dict[str, Any]] = LOCKING) -> None:
        self._files: dict[str, h5py.File] = {}
        self._lockings = lockings
        self.other_locking = False
        """Whether one was opened with other locking than was asked for."""

    def __len__(self) -> int:
        return len(self._files)

    def open(self, path: str) -> h5py.File:
        """Open a file once; raises as `open_file` does."""
        key = os.path.join(os.getcwd(), path)
        if key not in self._files:
            self._files[key] = open_file(path, self._lockings)
        return self._files[key]

    def files(self) -> list[h5py.File]:
        """Return those that are open."""
        return list(self._files.values())

    def adopt(self, path: str, file: h5py.File) -> None:
        """Close this file too, when the time has come."""
        self._files[path] = file

    def close(self) -> None:
        """Close all; safe to call twice."""
        while self._files:
            _, file = self._files.popitem()
            # Damaged metadata may be noticed only now; what was read is not touched by that.
            with contextlib.suppress(RuntimeError, OSError, ValueError):
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def locate(files: Files, group: h5py.Group, path: str) -> Any:
    """Return the group or dataset at a path, seen from a group.

    External links are followed by opening their file here, since libhdf5 would also open pipes
    and devices.

    Raises
    ------
    KeyError
        When there is no such object; names the file, the path and what is there instead.
    OSError
        When a link is broken, part of a loop, or of a kind we do not follow.
    """
    import h5py

    path = re.sub("/{2,}", "/", path)
    node: Any = group.file["/"] if path.startswith("/") else group
    todo = _components(path)
    followed = 0
    while todo:
        name = todo.pop()
        if not isinstance(node, h5py.Group):
            raise KeyError(
                f"{_place(node)} is a dataset, not a group: it holds no {shorten(name)}" + _seeking(path)
            )
        link = _link(node, name)
        if link is None:
            raise KeyError(
                f"there is no {shorten(name)} in {_place(node)}{_there(node)}{_meant(node, name)}{_seeking(path)}"
            )
        if isinstance(link, h5py.HardLink):
            node = _child(node, name)
            continue
        followed += 1
        if followed > MAX_LINKS:
            raise OSError(f"{shorten(path)} in {shorten(_filename(group))} leads through a loop of links")
        if isinstance(link, h5py.SoftLink):
            if link.path.startswith("/"):
                node = node.file["/"]
            todo += _components(link.path)
        elif isinstance(link, h5py.ExternalLink):
            node = _open_external(files, node, name, link)
            todo += _components(link.path)
        else:
            raise OSError(f"{_place(node)}: {shorten(name)} is a link of a kind that is not followed")
    return node


def paths_like(files: Files, root: h5py.Group, pattern: str) -> list[str]:
    """Return the paths that a pattern matches, in the order of the file.

    A name that exists just as a component is written is meant literally. Names that wildcards find
    at the end are those of datasets that may hold an image, and of broken links, which are an error
    to be told; those of groups where the pattern ends in a slash. Where nothing has such a name there is no path.

    Parameters
    ----------
    files : Files
        What links open is kept there.
    root : h5py.Group
    pattern : str
        Of ``*``, ``?`` and ``[...]``, each within one component.

    Raises
    ------
    OSError, KeyError
        When the file is damaged, or a link that has no wildcards is broken.
    ValueError
        When too many objects would have to be looked at.
    """
    import h5py

    parts = _components(pattern)[::-1]
    wanted = _is_group if pattern.endswith("/") else _may_be_image
    found: list[tuple[str, Any]] = [("", root)]
    looked = 0
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        below: list[tuple[str, Any]] = []
        for path, group in found:
            if not isinstance(group, h5py.Group):
                continue
            wild = WILDCARDS.search(part) is not None and _link(group, part) is None
            for name in _names_like(group, part) if wild else [part]:
                looked += 1
                if looked > MAX_LOOKED:
                    raise ValueError(
                        f"the pattern {shorten(pattern)} leads to more than {MAX_LOOKED} objects: narrow it"
                    )
                if not wild and _link(group, name) is None:
                    continue
                node: Any = None
                try:
                    node = locate(files, group, name)
                except (KeyError, OSError):
                    if wild and not last:
                        continue
                    if not last:
                        raise
                if not (wild and last) or node is None or wanted(node):
                    below.append((f"{path}/{name}", node))
        found = below
    return [path for path, _ in found]


def _names_like(group: h5py.Group, pattern: str) -> list[str]:
    try:
        return [name for name in group if fnmatch.fnmatchcase(name, pattern)]
    except (RuntimeError, ValueError, KeyError) as error:
        raise OSError(f"{_place(group)} cannot be listed: {error}") from error


def _is_group(node: Any) -> bool:
    import h5py

    return isinstance(node, h5py.Group)


def _may_be_image(node: Any) -> bool:
    import h5py

    try:
        return isinstance(node, h5py.Dataset) and len(node.shape or ()) >= 2 and node.dtype.kind in "biuf"
    except (TypeError, OSError, RuntimeError, ValueError):
        return True  # of a kind that has to be told


def find_beside(file: str, name: str, prefix: str) -> str:
    """Return where libhdf5 finds a file that another one refers to, "" if nowhere.

    Parameters
    ----------
    file : str
        The file that refers to it.
    name : str
        The name it gives.
    prefix : str
        The environment variable of a folder to look in first.
    """
    folder = os.path.dirname(os.path.abspath(file))
    candidates = []
    for each in filter(None, os.environ.get(prefix, "").split(os.pathsep)):
        candidates.append(os.path.join(each.replace("${ORIGIN}", folder), name))
    if os.path.isabs(name):
        candidates += [name, os.path.join(folder, os.path.basename(name))]
    else:
        real = os.path.dirname(os.path.realpath(file))
        candidates += [os.path.join(folder, name), name, os.path.join(real, name)]
    for candidate in candidates:
        try:
            os.stat(candidate)
        except (OSError, ValueError):
            continue
        return candidate
    return ""


def _open_external(files: Files, node: h5py.Group | h5py.Dataset, name: str, link: h5py.ExternalLink) -> Any:
    target = find_beside(_filename(node), link.filename, "HDF5_EXT_PREFIX")
    origin = f"the external link {shorten(name)} in {_place(node)}"
    if not target:
        raise FileNotFoundError(2, f"{origin} is broken: there is no such file", clip(link.filename))
    try:
        check_regular_file(target)
        return files.open(target)["/"]
    except OSError as error:
        message = f"{origin} cannot be followed: {error.strerror or error}"
        raise type(error)(error.errno, message, clip(target)) from error


def _components(path: str) -> list[str]:
    """Names on a path, last first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _link(group: h5py.Group, name: str) -> Any:
    try:
        return group.get(name, getlink=True)
    except KeyError:
        return None
    except TypeError:  # a user-defined link
        return object()
    except (OSError, RuntimeError, ValueError) as error:
        raise OSError(f"{_place(group)}: {shorten(name)} cannot be looked up: {error}") from error


def _child(group: h5py.Group, name: str) -> Any:
    try:
        return group[name]
    except (KeyError, OSError, RuntimeError, ValueError, TypeError) as error:
        raise OSError(f"{_place(group)}: {shorten(name)} cannot be opened: {error}") from error


def _meant(group: h5py.Group, name: str) -> str:
    """What was probably meant by a name that a group does not hold."""
    if name.startswith(":"):
        return "; two colons part the file from the path in it"
    try:
        names = list(itertools.islice(group, NAMES_TRIED))
    except (OSError, RuntimeError, ValueError, KeyError):
        return ""
    return did_you_mean(name, names)


def _there(group: h5py.Group) -> str:
    """Some of the names that a group does hold."""
    try:
        names = list(itertools.islice(group, 11))
    except (OSError, RuntimeError, ValueError, KeyError):
        return ""
    if not names:
        return ", which is empty"
    listed = ", ".join(shorten(name, 60) for name in names[:10])
    return f"; it holds {listed}" + (", ..." if len(names) > 10 else "")


def _seeking(path: str) -> str:
    return f" (looking for {shorten(path)})"


def _place(node: h5py.Group | h5py.Dataset) -> str:
    return printable_location(f"{_filename(node)}::{node.name}")


def _filename(node: h5py.Group | h5py.Dataset) -> str:
    return str(node.file.filename)


def select_meaning(meanings: list[UriMeaning], files: Files) -> tuple[UriMeaning, Any]:
    """Return the first meaning whose group or dataset exists, and that object.

    Parameters
    ----------
    meanings : list of UriMeaning
        As `parse_uri` gives them.
    files : Files
        Where the file is opened.

    Raises
    ------
    OSError, KeyError, ValueError
        What is wrong with the first meaning; names the other meanings that were tried.
    """
    failure: Exception | None = None
    tried: list[str] = []
    for meaning in meanings:
        try:
            root = files.open(meaning.file)["/"]
            if meaning.problem:
                # Checked after the file: that it is missing is the better message.
                raise ValueError(meaning.problem)
            return meaning, locate(files, root, "/" + meaning.path)
        except (OSError, KeyError, ValueError) as error:
            tried.append(shorten(str(meaning), 300))
            failure = failure or error
    assert failure is not None
    texts = list(dict.fromkeys(tried))
    if len(texts) > 1:
        annotate(failure, f"read as {' or as '.join(texts[:3])}")
    raise failure
