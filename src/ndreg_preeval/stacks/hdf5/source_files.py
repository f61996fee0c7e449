# SPDX-License-Identifier: MIT
"""Files of the sources of a virtual dataset, opened with locking as far as HDF5 accepts it.

HDF5 refuses to open a file twice in one process with other locking. A virtual dataset that it puts together itself,
it reads from sources opened as the file of that dataset is open, and it gives fill values where that fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from ...errors import clip, printable_location, shorten
from ..regular_file import check_regular_file
from .files import LOCKING, LOCKING_VARIABLE, OTHER_LOCKING
from .locate import Files, find_beside, locate

if TYPE_CHECKING:
    import h5py

WAY_OUT: Final = (
    "; HDF5 opens it as the file of the virtual dataset is open, and this process has it open with other "
    "locking: close it, open both files with the same locking, or set "
    f"{LOCKING_VARIABLE}=FALSE before Python starts"
)


class _Agreeing(Protocol):
    other_locking: bool

    def close(self) -> None: ...


Opened = TypeVar("Opened", bound=_Agreeing)


def open_agreeing(open_with: Callable[[Sequence[dict[str, Any]]], Opened]) -> Opened:
    """Open a virtual dataset with the locking with which this process has its sources open, if there is one.

    Else HDF5 could put together neither this one nor another one of the same file.

    Parameters
    ----------
    open_with : callable
        Opens it with some locking; ``other_locking`` of what it gives tells whether a source is open with other.
    """
    failure: OSError | None = None
    try:
        found = open_with(LOCKING)
        if not found.other_locking:
            return found
        found.close()
    except OSError as error:
        if OTHER_LOCKING not in str(error):
            raise
        failure = error
    for options in LOCKING[1:]:
        try:
            found = open_with([options])
        except OSError:
            continue
        if not found.other_locking:
            return found
        found.close()
    if failure is not None:
        raise failure
    return open_with(LOCKING)


def open_source(dataset: h5py.Dataset, path: str, files: Files) -> h5py.Group:
    """Open a file that a virtual dataset refers to, for reading its pixels without that dataset.

    Preferably as HDF5 would do it: several stacks may need it, and HDF5 may have to read one of them.

    Raises
    ------
    OSError
        As `open_file`.
    """
    import h5py

    access = dataset.file.id.get_access_plist()
    if access.get_driver() == h5py.h5fd.SEC2:
        try:
            return _adopt(files, path, h5py.h5f.ACC_RDONLY, access)
        except (OSError, RuntimeError, ValueError) as error:
            files.other_locking |= OTHER_LOCKING in str(error)
    return files.open(path)["/"]


def hold_sources(dataset: h5py.Dataset, files: Files) -> None:
    """Open all sources as HDF5 will, and keep them open, so that it finds what it looks for.

    Raises
    ------
    OSError
        Where HDF5 would give fill values, since it cannot open a source.
    """
    import h5py

    from .virtual_sources import source_mappings

    held: dict[str, h5py.Group] = {}
    seen: set[tuple[str, str]] = set()
    for file, path, _, _ in source_mappings(dataset):
        if (file, path) in seen:
            continue
        seen.add((file, path))
        if file not in held:
            held[file] = dataset.file["/"] if file == "." else _hold(dataset, file, path, files)
        node = locate(files, held[file], "/" + path)
        if isinstance(node, h5py.Dataset) and node.is_virtual:
            hold_sources(node, files)


def _hold(dataset: h5py.Dataset, file: str, path: str, files: Files) -> h5py.Group:
    found = find_beside(dataset.file.filename, file, "HDF5_VDS_PREFIX")
    check_regular_file(found)
    opened = dataset.file.id
    try:
        return _adopt(files, found, opened.get_intent(), opened.get_access_plist())
    except (OSError, RuntimeError, ValueError) as error:
        text = f"the source {shorten(path)} of the virtual dataset {shorten(dataset.name)} cannot be read by HDF5: "
        said = str(error)
        hint = WAY_OUT if OTHER_LOCKING in said else ""
        if "already open for read-only" in said:
            hint = "; HDF5 opens it for writing, as the file of the virtual dataset is open: open that for reading"
        raise OSError(f"{text}{clip(said)}: {printable_location(found)}{hint}") from error


def _adopt(files: Files, path: str, intent: int, access: h5py.h5p.PropFAID) -> h5py.Group:
    import h5py

    file = h5py.File(h5py.h5f.open(os.fsencode(path), intent, fapl=access))
    files.adopt(f"{len(files)} {path}", file)
    return file["/"]
