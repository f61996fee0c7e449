# SPDX-License-Identifier: MIT
"""Virtual datasets: HDF5 gives fill values for what it cannot find, so every source is looked at."""

from __future__ import annotations

import itertools
import math
import operator
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ...errors import clip, shorten
from ..regular_file import FileState, check_regular_file
from .locate import Files, find_beside, locate
from .source_files import open_source

if TYPE_CHECKING:
    import h5py

    from ...options import Limits

MAX_BLOCKS = 100_000


def virtual_files(
    dataset: h5py.Dataset,
    limits: Limits,
    check_storage: Callable[..., list[FileState]],
    *,
    depth: int,
    seen: tuple[Any, ...],
) -> list[FileState]:
    """Check all sources of a virtual dataset; return their files.

    Raises
    ------
    OSError
        When a source is missing, smaller than what is mapped, or refers back to the dataset.
    ValueError
        When virtual datasets are nested deeper than the limit.
    """
    identity = _identity(dataset)
    if identity in seen:
        raise OSError(f"the virtual dataset {shorten(dataset.name)} refers to itself")
    if limits.virtual_depth is not None and depth >= limits.virtual_depth:
        raise ValueError(
            f"virtual datasets are nested more than {limits.virtual_depth} deep: "
            "raise Limits.virtual_depth to allow it"
        )
    states: dict[str, FileState] = {}
    checked: dict[tuple[str, str], tuple[int, ...]] = {}
    for source in source_mappings(dataset):
        file, path, space, target = source
        if (file, path) not in checked:
            shape, found = _check_source(dataset, file, path, limits, check_storage, depth, (*seen, identity))
            checked[file, path] = shape
            states.update((state.path, state) for state in found)
        _check_extent(file, path, space, target, checked[file, path])
    if not checked:
        raise OSError(f"the virtual dataset {shorten(dataset.name)} has no source")
    return list(states.values())


def _check_source(
    dataset: h5py.Dataset,
    file: str,
    path: str,
    limits: Limits,
    check_storage: Callable[..., list[FileState]],
    depth: int,
    seen: tuple[Any, ...],
) -> tuple[tuple[int, ...], list[FileState]]:
    import h5py

    what = f"the source {shorten(path)} of the virtual dataset {shorten(dataset.name)}"
    with Files() as files:
        if file == ".":
            root = dataset.file["/"]
        else:
            found = find_beside(dataset.file.filename, file, "HDF5_VDS_PREFIX")
            if not found:
                raise FileNotFoundError(2, f"{what} is missing: no such file", clip(file))
            check_regular_file(found)
            try:
                root = open_source(dataset, found, files)
            except OSError as error:
                raise OSError(f"{what} cannot be read: {error}") from error
        try:
            node = locate(files, root, "/" + path)
        except KeyError as error:
            raise OSError(f"{what} is missing: {error.args[0]}") from error
        if not isinstance(node, h5py.Dataset):
            raise OSError(f"{what} is no dataset")
        return node.shape or (), check_storage(node, limits, depth=depth + 1, seen=seen)


def _check_extent(file: str, path: str, space: Any, target: Any, shape: tuple[int, ...]) -> None:
    import h5py

    try:
        if space.get_select_type() == h5py.h5s.SEL_ALL:
            fits = math.prod(shape) >= target.get_select_npoints()
        else:
            _, last = space.get_select_bounds()
            fits = len(last) == len(shape) and all(map(operator.lt, last, shape))
    except (RuntimeError, ValueError, TypeError, OSError):
        return  # unlimited: HDF5 takes what there is
    if not fits:
        raise OSError(
            f"the source {shorten(path)} in {shorten(file)} of a virtual dataset has the shape "
            f"{shorten(shape)}, smaller than what is mapped"
        )


def source_mappings(dataset: h5py.Dataset) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield file, dataset path, selection there and selection here of every source."""
    properties = dataset.id.get_create_plist()
    for index in range(properties.get_virtual_count()):
        file = properties.get_virtual_filename(index)
        path = properties.get_virtual_dsetname(index)
        space = properties.get_virtual_srcspace(index)
        target = properties.get_virtual_vspace(index)
        if "%" not in file + path:
            yield file, path, space, target
            continue
        if "%b" not in (file + path).replace("%%", ""):
            yield file.replace("%%", "%"), path.replace("%%", "%"), space, target
            continue
        # printf-style names: blocks 0, 1, ... up to the first whose file is missing.
        for block in itertools.count():
            name = _numbered(file, block)
            there = name == "." or bool(find_beside(dataset.file.filename, name, "HDF5_VDS_PREFIX"))
            if block > 0 and (not there or "%b" in path or block > MAX_BLOCKS):
                break
            yield name, _numbered(path, block), space, target


def _numbered(name: str, block: int) -> str:
    return "%".join(part.replace("%b", str(block)) for part in name.split("%%"))


def _identity(dataset: h5py.Dataset) -> tuple[Any, ...]:
    return os.path.realpath(dataset.file.filename), dataset.name
