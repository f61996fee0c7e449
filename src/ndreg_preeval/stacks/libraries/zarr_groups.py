# SPDX-License-Identifier: MIT
"""Zarr groups and OME-Zarr by name: an array is a stack, and a group stands for those in it."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122

from __future__ import annotations

import contextlib
import fnmatch
import itertools
import math
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import naming, printable_location, shorten, without_warnings
from ...limits import Limits
from ..axes import StoredAxes, split_meaning
from ..backend import Backend, refuse_axis
from ..base import Storage
from ..choices import Choices
from ..names import short_names
from ..pixel_checks import FillValues, fill_values
from ..regular_file import FileState, absolute
from ..uris import UriMeaning
from ..zarr import (
    ZarrArray,
    array_of,
    arrays_below,
    compression_of,
    description_of,
    has_chunks,
    is_store,
    load_zarr,
    member_of,
    names_of,
    open_store,
    refuse_cut_chunks,
    stored_bytes,
)
from .base import INDEX, LibraryFile, LibraryFormat, NotRead, errors_of_library, state_of
from .image import LibraryImageSpec, read_image
from .source import LibrarySpec

NO_LIMITS: Final = Limits(chunk_bytes=None)
"""For looking at what there is: arrays are checked when they are opened."""


class ZarrFile(LibraryFile):
    """An array in a store; zarr decodes chunks in any thread, and has threads of its own."""

    concurrent = True

    def __init__(self, found: ZarrArray, limits: Limits) -> None:
        array = found.array
        self.shape: tuple[int, ...] = tuple(int(length) for length in array.shape)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype)
        self.axis_names: Sequence[str | None] | None = names_of(array) or found.names
        self.labels: Sequence[str] | None = found.labels or None
        self.chunks: tuple[int, ...] | None = tuple(int(length) for length in array.chunks)
        self._array = array
        chunk = math.prod(self.chunks) * self.dtype.itemsize
        if limits.chunk_bytes is not None and chunk > limits.chunk_bytes:
            raise ValueError(
                f"its chunks of {self.chunks} take {chunk} bytes, more than the limit of {limits.chunk_bytes}: "
                "raise Limits.chunk_bytes to allow it"
            )
        refuse_cut_chunks(array)
        if math.prod(self.shape) and not has_chunks(array):
            raise ValueError("the array holds no pixels: none of its chunks was written")
        declared = math.prod(self.shape) * self.dtype.itemsize
        # Counting all chunks takes a while, and is for large arrays only.
        self.stored = declared
        if limits.ratio is not None and declared > limits.ratio_floor:
            self.stored: int | None = stored_bytes(array, declared / max(1, limits.ratio))
        told: list[str] = []
        if self.dtype.kind in "biuf":
            self.fill_values: FillValues = fill_values(array.attrs, self.dtype, told)
        self.warnings: tuple[str, ...] = tuple(told)

    def storage(self) -> Storage:
        """Return its chunks, what compresses them, and how many bytes they have: their sizes are asked for."""
        stored = stored_bytes(self._array, math.inf)
        return Storage(self.chunks, "", compression_of(self._array), stored)

    def read(self, index: INDEX) -> NDArray[Any]:
        """Return part of the pixels; chunks that were never written are the fill value of the array."""
        return np.asarray(self._array[index])


class ZarrFormat(LibraryFormat):
    """An array in a folder or zip archive, by zarr: formats 2 and 3, consolidated or not, sharded or not."""

    name = "zarr"
    modules: ClassVar[tuple[str, ...]] = ("zarr",)
    extra: ClassVar[str | None] = "zarr"

    @classmethod
    def load(cls) -> None:
        """Import zarr; raises as `load_zarr`."""
        load_zarr()

    @classmethod
    def states(cls, path: str) -> tuple[FileState, ...]:
        """Look at the archive, or at what describes the root of the folder; raises as `description_of`."""
        return (state_of(description_of(path)),)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:
        """Open the store, and find the array."""
        found, missing = array_of(open_store(path, limits), data_path)
        if missing:
            raise NotRead(KeyError(missing))
        if not isinstance(found, ZarrArray):
            raise ValueError("it is a zarr group, not an array")  # noqa: TRY004 - as of HDF5
        return ZarrFile(found, limits)


class ZarrBackend(Backend):
    """Folders with zarr's metadata, and names that end as those of stores; nothing is read of a network."""

    def claims(self, meaning: UriMeaning) -> bool:
        """Return whether a file or folder is a store."""
        return is_store(meaning.file)

    def has_folder(self, folder: str) -> bool:
        """Return whether a folder is a store, rather than a folder of files."""
        return is_store(folder)

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:  # noqa: ARG002
        """Return the array, or the arrays of a group."""
        return self._found(meanings)

    def spec(self, meaning: UriMeaning, limits: Limits) -> LibrarySpec:
        """Return the spec of an array, or of a slice of it."""
        choices = Choices(meaning.image_axis)
        of_file = (absolute(meaning.file), limits, meaning.indices, str(meaning), choices, meaning.path)
        return LibrarySpec(ZarrFormat.name, *of_file)

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> LibraryImageSpec:
        """Return the spec of an array of one image, or of a slice that leaves one."""
        refuse_axis(meaning)
        of_file = (absolute(meaning.file), limits, meaning.indices, str(meaning), meaning.path)
        return LibraryImageSpec(ZarrFormat.name, *of_file, choices.declared_invalid)

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of an array of one image, and its name."""
        meaning, node = self._select(meanings)
        if not isinstance(node, ZarrArray):
            raise ValueError("it is a zarr group, not an array: give the path of one array in it")  # noqa: TRY004
        name = meaning.path.rstrip("/").rpartition("/")[2]
        return read_image(ZarrFormat, self.image_spec(meaning, limits, Choices())), name

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return "array" for one, unless an axis of it counts stacks."""
        meaning, node = self._select(meanings)
        return "array" if isinstance(node, ZarrArray) and not self._split(meaning, node)[0].label else ""

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the array itself, or the arrays of a group."""
        with naming(printable_location(text)):
            found = self._found(meanings)
        names = short_names([meaning.named_path for meaning in found])
        if not found[0].named_path:  # an array at the root
            names = [os.path.splitext(os.path.basename(found[0].file.rstrip("/")))[0]]
        return dict(zip(names, map(str, found), strict=True))

    def paths_like(self, file: str, pattern: str) -> list[str]:
        """Return the paths of arrays that a pattern matches; what exists as it is written is meant so."""
        with _asking_zarr(file):
            return self._paths_like(
                open_store(file, NO_LIMITS), [part for part in pattern.split("/") if part]
            )

    def _paths_like(self, root: Any, parts: list[str]) -> list[str]:
        found: list[tuple[str, Any]] = [("", root)]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            below: list[tuple[str, Any]] = []
            for path, group in found:
                if not hasattr(group, "arrays"):
                    continue
                literal = member_of(group, part)
                if literal is not None:
                    below.append((f"{path}/{part}", literal))
                elif re.search(r"[*?\[]", part):
                    names = sorted(name for name in group.keys() if fnmatch.fnmatchcase(name, part))  # noqa: SIM118
                    members = [(f"{path}/{name}", group[name]) for name in names]
                    below += [each for each in members if not last or len(getattr(each[1], "shape", ())) >= 2]
            found = below
        return [path for path, _ in found]

    def _found(self, meanings: list[UriMeaning]) -> list[UriMeaning]:
        """The array that is meant, or those of the group."""
        meaning, node = self._select(meanings)
        if isinstance(node, ZarrArray):
            return self._split(meaning, node)
        with _asking_zarr(meaning.file):
            arrays = arrays_below(node)
            there = "" if arrays else _there(node)
        base = meaning.path.strip("/")
        whole = {f"/{base}/{path}" if base else f"/{path}": array for path, array in arrays.items()}
        if not whole:
            raise ValueError(
                f"{shorten(str(meaning))} is a zarr group, and no array of three axes or more is in it{there}"
            )
        if meaning.indices is not None and len(whole) > 1:
            raise ValueError(f"slice= needs an array, and {shorten(str(meaning))} is a group of {len(whole)}")
        found = []
        for path, array in whole.items():
            # An axis of stacks is that of arrays that have one.
            axis = meaning.stacks_axis if len(array.array.shape) > 3 else None
            found += self._split(meaning.at(path)._replace(stacks_axis=axis), array)
        return found

    def _split(self, meaning: UriMeaning, found: ZarrArray) -> list[UriMeaning]:
        """Return the stacks of an array: several where one of its axes counts them."""
        if meaning.series is not None:
            raise ValueError("series= is for files of several series, as TIFF has them: not zarr")
        shape = tuple(int(length) for length in found.array.shape)
        names = names_of(found.array) or found.names
        names = names if names is not None and len(names) == len(shape) else (None,) * len(shape)
        axes = StoredAxes(shape, names, lambda _: found.labels or None)
        return split_meaning(meaning, axes, self.choices.stacks_axis)

    def _select(self, meanings: list[UriMeaning]) -> tuple[UriMeaning, Any]:
        """Return the first meaning that leads to something, and that; raises what is wrong with the first."""
        file = meanings[0].file
        ZarrFormat.states(file)
        words = ""
        with _asking_zarr(file):
            root = open_store(file, NO_LIMITS)
        for meaning in meanings:
            if meaning.file != file:
                continue
            with _asking_zarr(file):
                node, missing = array_of(root, meaning.path)
            if not missing:
                if meaning.problem:
                    raise ValueError(meaning.problem)
                return meaning, node
            words = words or missing
        raise KeyError(words)


@contextlib.contextmanager
def _asking_zarr(file: str) -> Iterator[None]:
    """Turn what zarr raises into errors of the store; it warns of files that are none of its own, which is no news."""
    with errors_of_library(ZarrFormat, file), without_warnings():
        yield


def _there(group: Any) -> str:
    """Tell which arrays and groups are in a group."""
    arrays = [f"{shorten(name, 60)} {array.shape}" for name, array in itertools.islice(group.arrays(), 100)]
    groups = [f"the group {shorten(name, 60)}" for name, _ in itertools.islice(group.groups(), 100)]
    told = [*sorted(arrays), *sorted(groups)]
    return f"; there are {', '.join(told[:8])}{', ...' if len(told) > 8 else ''}" if told else ": it is empty"
