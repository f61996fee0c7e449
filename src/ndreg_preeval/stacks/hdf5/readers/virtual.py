# SPDX-License-Identifier: MIT
"""Virtual datasets read source by source, so that their chunks are decoded like any others."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from ....errors import naming, shorten
from ...base import ReadTask
from ...selection import AxisRange
from ..files import file_state
from ..locate import Files, find_beside, locate
from ..source_files import open_source
from ..virtual_sources import source_mappings
from .base import Reader, Request

if TYPE_CHECKING:
    import h5py

OPEN_SOURCES: Final = 16
"""Largest number of files of sources that are kept open."""


class OpenReader(Protocol):
    """Function that finds the reader of a source: that of `hdf5.open_reader`."""

    def __call__(
        self, dataset: h5py.Dataset, axes: Sequence[AxisRange], image_axis: int, state: Any, /
    ) -> Reader: ...


class _Run(NamedTuple):
    """Neighbouring elements along one axis."""

    start: int
    length: int

    @property
    def stop(self) -> int:
        return self.start + self.length


class _Mapping(NamedTuple):
    """A box of the virtual dataset, and the box of a source that it shows."""

    file: str
    path: str
    target: tuple[_Run, ...]
    source: tuple[_Run, ...]
    axes: tuple[int | None, ...]
    """For each axis of the source, that of the virtual dataset; None where it has no such axis."""


class VirtualReader(Reader):
    """Reads virtual datasets whose mappings are boxes that do not overlap."""

    other_locking: bool = False
    """Whether a source, or one of its own, is open with other locking than the file of the virtual dataset."""

    def __init__(
        self, dataset: h5py.Dataset, mappings: Sequence[_Mapping], image_axis: int, open_reader: OpenReader
    ) -> None:
        self._dataset = dataset
        self._mappings = sorted(mappings, key=lambda each: each.target)
        self._image_axis = image_axis
        self._open_reader = open_reader
        self._open: OrderedDict[tuple[str, str], tuple[Files, Reader]] = OrderedDict()
        self._fill = dataset.fillvalue
        first = self._reader(self._mappings[0])
        self.concurrent: bool = first.concurrent
        self.working_bytes: int = first.working_bytes
        self.images_per_chunk: int = self._chunk_length()

    @classmethod
    def of(cls, dataset: h5py.Dataset, image_axis: int, open_reader: OpenReader) -> VirtualReader | None:
        """Return a reader, or None when libhdf5 has to put the sources together."""
        if not dataset.is_virtual or dataset.dtype.kind not in "biuf":
            return None
        mappings = []
        shapes: dict[tuple[str, str], tuple[int, ...]] = {}
        other_locking = False
        for file, path, source, target in source_mappings(dataset):
            if (file, path) not in shapes:
                with Files() as files:
                    found = _open_source(dataset, file, path, files)
                    if found.dtype != dataset.dtype:
                        return None  # HDF5 converts, and clips what does not fit
                    shapes[file, path] = found.shape
                    other_locking |= files.other_locking or _sources_differ(found)
            mapping = _mapping(file, path, _box(source, shapes[file, path]), _box(target, dataset.shape))
            if mapping is None:
                return None
            mappings.append(mapping)
        if not mappings or not _are_apart([each.target for each in mappings], 0):
            return None
        reader = cls(dataset, mappings, image_axis, open_reader)
        reader.other_locking = other_locking
        return reader

    def _chunk_length(self) -> int:
        """Images of a chunk, where the chunks of all sources lie in step with the virtual dataset."""
        first = self._mappings[0]
        with Files() as files:
            chunks = _open_source(self._dataset, first.file, first.path, files).chunks
        if chunks is None or self._image_axis not in first.axes:
            return 1
        length = int(chunks[first.axes.index(self._image_axis)])
        in_step = all(
            self._image_axis in each.axes
            and each.target[self._image_axis].start % length == 0
            and each.source[each.axes.index(self._image_axis)].start % length == 0
            for each in self._mappings
        )
        return length if in_step else 1

    def tasks(self, requests: Sequence[Request]) -> list[ReadTask]:
        """Those of all sources, one after the other."""
        wanted: OrderedDict[int, list[tuple[int, Request]]] = OrderedDict()
        found: list[ReadTask] = []
        for owner, request in enumerate(requests):
            covered = 0
            for number, mapping in enumerate(self._mappings):
                part = _part_of(request, mapping)
                if part is not None:
                    covered += part.out.size
                    wanted.setdefault(number, []).append((owner, part))
            if covered < request.out.size:  # as HDF5 says: what no source has is the fill value
                request.out[...] = self._fill
        for number, parts in wanted.items():
            mapping = self._mappings[number]
            label = f"the source {shorten(mapping.path)} in {shorten(mapping.file)}"
            with naming(label):
                tasks = self._reader(mapping).tasks([part for _, part in parts])
            order = number << 48  # sources one after the other, each in its own order
            for task in tasks:
                owner, run = parts[task.owner][0], _named(task.run, label)
                found.append(ReadTask(run, order + task.place, owner))
        return found

    def close(self) -> None:
        """Close the files of all sources."""
        while self._open:
            _, (files, reader) = self._open.popitem()
            reader.close()
            files.close()

    def _reader(self, mapping: _Mapping) -> Reader:
        key = (mapping.file, mapping.path)
        if key not in self._open:
            files = Files()
            try:
                dataset = _open_source(self._dataset, mapping.file, mapping.path, files)
                axes = [AxisRange(0, 1, length, reverse=False, drop=False) for length in dataset.shape]
                image_axis = mapping.axes.index(self._image_axis) if self._image_axis in mapping.axes else 0
                reader = self._open_reader(dataset, axes, image_axis, file_state(dataset.file))
            except BaseException:
                files.close()
                raise
            self._open[key] = (files, reader)
            # Those dropped close when the last of their tasks has run.
            while len(self._open) > OPEN_SOURCES:
                self._open.popitem(last=False)
        self._open.move_to_end(key)
        return self._open[key][1]


def _open_source(dataset: h5py.Dataset, file: str, path: str, files: Files) -> Any:
    if file == ".":
        return locate(files, dataset.file["/"], "/" + path)
    found = find_beside(dataset.file.filename, file, "HDF5_VDS_PREFIX")
    return locate(files, open_source(dataset, found, files), "/" + path)


def _sources_differ(dataset: Any) -> bool:
    """Whether sources of a source, however deep, are open with other locking than its file."""
    if not dataset.is_virtual:
        return False
    for file, path in {(file, path): None for file, path, _, _ in source_mappings(dataset)}:
        with Files() as files:
            found = _open_source(dataset, file, path, files)
            if files.other_locking or _sources_differ(found):
                return True
    return False


def _named(run: Callable[[], None], label: str) -> Callable[[], None]:
    def named() -> None:
        with naming(label):
            run()

    return named


# ------------------------------------------------------------------ boxes


def _mapping(
    file: str, path: str, there: tuple[_Run, ...] | None, here: tuple[_Run, ...] | None
) -> _Mapping | None:
    if there is None or here is None:
        return None
    # Axes of one element may come and go between a source and what shows it.
    long_here = [axis for axis, run in enumerate(here) if run.length != 1]
    long_there = [axis for axis, run in enumerate(there) if run.length != 1]
    if [here[axis].length for axis in long_here] != [there[axis].length for axis in long_there]:
        return None
    partner: dict[int, int] = dict(zip(long_there, long_here, strict=True))
    return _Mapping(file, path, here, there, tuple(partner.get(axis) for axis in range(len(there))))


def _box(space: Any, shape: tuple[int, ...]) -> tuple[_Run, ...] | None:
    import h5py

    if space.get_select_type() == h5py.h5s.SEL_ALL:
        return tuple(_Run(0, length) for length in shape)
    if not space.is_regular_hyperslab():
        return None
    runs = []
    for start, stride, count, block in zip(*space.get_regular_hyperslab(), strict=True):
        if count in (h5py.h5s.UNLIMITED, 2**64 - 1) or block in (h5py.h5s.UNLIMITED, 2**64 - 1):
            return None
        if count != 1 and stride != block:
            return None
        runs.append(_Run(int(start), int(count * block)))
    return tuple(runs)


def _are_apart(boxes: list[tuple[_Run, ...]], axis: int) -> bool:
    """Return whether no two boxes overlap, as far as sorting axis by axis can tell."""
    if len(boxes) < 2:
        return True
    if axis == len(boxes[0]):
        return False
    groups: dict[_Run, list[tuple[_Run, ...]]] = {}
    for box in boxes:
        groups.setdefault(box[axis], []).append(box)
    runs = sorted(groups)
    if any(before.stop > after.start for before, after in itertools.pairwise(runs)):
        return False
    return all(_are_apart(group, axis + 1) for group in groups.values())


def _part_of(request: Request, mapping: _Mapping) -> Request | None:
    """Return what a source has of a request, None where it has nothing."""
    outside: list[Any] = []
    walks: list[AxisRange] = []
    for axis, run in zip(request.axes, mapping.target, strict=True):
        first = max(0, -(-(run.start - axis.start) // axis.step))
        last = min(axis.count, -(-(run.stop - axis.start) // axis.step))
        if first >= last:
            return None
        start = axis.start + first * axis.step - run.start
        walks.append(AxisRange(start, axis.step, last - first, reverse=False, drop=False))
        outside.append(slice(first, last))
    axes = []
    for run, partner in zip(mapping.source, mapping.axes, strict=True):
        if partner is None:
            axes.append(AxisRange(run.start, 1, 1, reverse=False, drop=False))
        else:
            walk = walks[partner]
            axes.append(AxisRange(run.start + walk.start, walk.step, walk.count, reverse=False, drop=False))
    # The axes of the source: those of one element here are taken away or put in.
    kept = {partner for partner in mapping.axes if partner is not None}
    for number, part in enumerate(outside):
        if number not in kept:
            outside[number] = part.start
    out = request.out[tuple(outside)]
    lifted = tuple(np.newaxis if partner is None else slice(None) for partner in mapping.axes)
    return Request(tuple(axes), out[lifted])
