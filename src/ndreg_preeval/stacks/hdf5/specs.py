# SPDX-License-Identifier: MIT
"""Specs of stacks in HDF5 files: by URI, or datasets and groups that the caller has open."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import naming, printable_location
from ..axes import split_meaning
from ..base import StackSource, StackSpec
from ..choices import AS_FOUND, Choices
from ..selection import Indices
from ..uris import UriMeaning
from .axis_names import stored_axes
from .locate import Files, locate
from .nexus import series_names
from .series import SeriesSource
from .series_parts import series_parts
from .source import Hdf5Source
from .source_files import open_agreeing

if TYPE_CHECKING:
    import h5py

    from ...options import Limits


@dataclass(frozen=True)
class UriSpec(StackSpec):
    """A stack in an HDF5 file.

    Parameters
    ----------
    file_path : str
        Absolute, so that it means the same in another process.
    data_path : str
        Path of the dataset from the root of the file.
    limits : Limits
    indices : tuple of int, slice and ..., optional
        What to take of the dataset; what is left must have 3 axes.
    location : str
        How messages call it.
    choices : Choices
        The axis that counts the images, and what metadata may leave out.
    note : str
        What a person should know of how it was found.
    found : bool
        As of `StackSpec`.
    """

    __module__ = "ndreg_preeval.stacks"

    file_path: str
    data_path: str
    limits: Limits
    indices: Indices | None = None
    location: str = field(default="", compare=False)
    choices: Choices = AS_FOUND
    note: str = field(default="", compare=False)
    found: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", Choices(*self.choices))
        if not self.location:
            object.__setattr__(
                self, "location", str(UriMeaning(self.file_path, self.data_path, self.indices))
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # Slices cannot be pickled by reference in every protocol; their parts can.
        of_file = (self.file_path, self.data_path, self.limits, self.indices, self.location)
        return (UriSpec, (*of_file, tuple(self.choices), self.note, self.found))

    def reading_by(self, choices: Choices) -> UriSpec:
        """Return the same with the choices of the caller; an axis of the URI stays."""
        return replace(self, choices=choices.of_uri(self.choices.image_axis))

    def open(self) -> StackSource:
        """Open the file and check the dataset; no pixel is read.

        Raises
        ------
        OSError
            FileNotFoundError, PermissionError, ...: when the file or what it refers to cannot be read.
        KeyError
            When the file has no such dataset; names some that it has.
        TypeError, ValueError
            When the dataset is no stack, or beyond the limits.
        """
        source = open_agreeing(self._open).projections()
        source.notes = (*filter(None, [self.note]), *source.notes)
        return source

    def _open(self, lockings: Sequence[dict[str, Any]]) -> Hdf5Source | SeriesSource:
        files = Files(lockings)
        try:
            with naming(printable_location(self.location)):
                root = files.open(self.file_path)["/"]
                node = locate(files, root, "/" + self.data_path)
                if not is_dataset(node) and series_names(node):
                    parts = [(name, partial(self._open_part, name)) for name in series_parts(node)]
                    of_series = (self.location, self.choices, files.close)
                    return SeriesSource(parts, self.limits, self.indices, *of_series)
                found_in = None
                if node.name != f"/{self.data_path.strip('/')}" or node.file != root.file:
                    # A link led to it.
                    found_in = locate(files, root, "/" + self.data_path.strip("/").rpartition("/")[0])
                of_dataset = (self.limits, self.indices, self.location, files, self.choices, found_in)
                return Hdf5Source(node, *of_dataset)
        except BaseException:
            files.close()
            raise

    def _open_part(self, name: str, indices: Indices | None) -> Hdf5Source:
        path = f"{self.data_path}/{name}"
        part = UriSpec(self.file_path, path, self.limits, indices, choices=self.choices.of_part())
        source = open_agreeing(part._open)
        if not isinstance(source, Hdf5Source):
            raise TypeError("a part of a series is a series")
        return source


class Member(NamedTuple):
    """A stack below a group that the caller has open, and keeps open."""

    group: h5py.Group
    path: str
    """From the group, as `nexus.stack_paths` gives it for a group at "."."""
    indices: Indices | None = None
    """What is taken of a dataset that holds several stacks."""
    found: bool = False
    """As of `StackSpec`."""


@dataclass(frozen=True, eq=False)
class GroupSpec(StackSpec):
    """A stack in a group that the caller has open, and keeps open: a series, or what lies below.

    Parameters
    ----------
    group : h5py.Group
    limits : Limits
    path : str
        Path of the stack from the group; "." for a series that the group itself is.
    location : str
        How messages call it.
    choices : Choices
    """

    group: h5py.Group
    limits: Limits
    path: str = "."
    location: str = ""
    choices: Choices = AS_FOUND
    indices: Indices | None = None
    found: bool = False
    in_memory = True

    def __post_init__(self) -> None:
        if self.group and not self.location:
            path = self.path.removeprefix(".").rstrip("/")
            if not self.path.startswith("/"):
                path = f"{str(self.group.name).rstrip('/')}{path}" or "/"
            object.__setattr__(
                self, "location", str(UriMeaning(str(self.group.file.filename), path, self.indices))
            )

    def reading_by(self, choices: Choices) -> GroupSpec:
        """Return the same with the choices of the caller."""
        return replace(self, choices=choices)

    def several(self, stacks_axis: int | None) -> list[tuple[str, StackSpec]]:
        """Return a spec for each stack along an axis of the dataset, if it is one."""
        if not self.group:
            return []
        with Files() as files, naming(printable_location(self.location)):
            node = locate(files, self.group, self.path)
            found_in = locate(files, self.group, self.path.rpartition("/")[0] or "/")
            found = _stacks_of(files, node, found_in, self.indices, stacks_axis)
        return [(name, replace(self, indices=indices, location="")) for name, indices in found]

    def open(self) -> StackSource:
        """Check the stack; raises as `UriSpec.open` does, but for the file."""
        if not self.group:
            raise ValueError("the h5py group is closed")
        files = Files()
        try:
            with naming(printable_location(self.location)):
                node = locate(files, self.group, self.path)
                if not is_dataset(node):
                    parts = [(name, partial(self._open_part, name)) for name in series_parts(node)]
                    of_series = (self.location, self.choices, files.close)
                    return SeriesSource(parts, self.limits, None, *of_series).projections()
                found_in = locate(files, self.group, self.path.rpartition("/")[0] or "/")
                of_dataset = (self.limits, self.indices, self.location, files, self.choices, found_in)
                return Hdf5Source(node, *of_dataset).projections()
        except BaseException:
            files.close()
            raise

    def _open_part(self, name: str, indices: Indices | None) -> Hdf5Source:
        files = Files()
        location = f"{self.location}/{name}"
        try:
            group = locate(files, self.group, self.path)
            node = locate(files, group, name)
            return Hdf5Source(node, self.limits, indices, location, files, self.choices.of_part(), group)
        except BaseException:
            files.close()
            raise


@dataclass(frozen=True, eq=False)
class DatasetSpec(StackSpec):
    """A stack in an `h5py.Dataset` that the caller has open, and keeps open."""

    dataset: h5py.Dataset
    limits: Limits
    location: str = ""
    choices: Choices = AS_FOUND
    indices: Indices | None = None
    found: bool = False
    in_memory = True

    def __post_init__(self) -> None:
        if self.dataset and not self.location:
            text = str(UriMeaning(str(self.dataset.file.filename), str(self.dataset.name), self.indices))
            object.__setattr__(self, "location", text)

    def reading_by(self, choices: Choices) -> DatasetSpec:
        """Return the same with the choices of the caller."""
        return replace(self, choices=choices)

    def several(self, stacks_axis: int | None) -> list[tuple[str, StackSpec]]:
        """Return a spec for each stack along an axis of the dataset."""
        if not self.dataset:
            return []
        with Files() as files, naming(printable_location(self.location)):
            found = _stacks_of(files, self.dataset, None, self.indices, stacks_axis)
        return [(name, replace(self, indices=indices, location="")) for name, indices in found]

    def open(self) -> StackSource:
        """Check the dataset; raises as `UriSpec.open` does, but for the file."""
        if not self.dataset:
            raise ValueError("the h5py dataset is closed")
        with naming(printable_location(self.location)):
            of_dataset = (self.limits, self.indices, self.location, Files(), self.choices)
            return Hdf5Source(self.dataset, *of_dataset).projections()


def _stacks_of(
    files: Files, node: Any, found_in: Any, indices: Indices | None, stacks_axis: int | None
) -> list[tuple[str, Indices | None]]:
    """Names and slices of the stacks that an axis of a dataset counts; none where it is one stack, or part of one."""
    if indices is not None or not is_dataset(node) or node.shape is None or len(node.shape) < 4:
        return []
    found = split_meaning(UriMeaning("", ""), stored_axes(files, node, found_in), stacks_axis)
    return [(each.label, each.indices) for each in found if each.label]


def is_dataset(value: object) -> bool:
    """Return whether this is an h5py dataset, without importing h5py to find out."""

    module = sys.modules.get("h5py")
    return module is not None and isinstance(value, module.Dataset)


def is_group(value: object) -> bool:
    """Return whether this is an h5py group, without importing h5py to find out."""

    module = sys.modules.get("h5py")
    return module is not None and isinstance(value, module.Group)
