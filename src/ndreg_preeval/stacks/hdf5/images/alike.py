# SPDX-License-Identifier: MIT
"""Images stored alike in file after file: what they have in common is found once, their places in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...pixel_checks import check_sizes
from ...regular_file import FileState
from ..files import file_state, reads_system_file
from ..metadata import nothing_beside
from ..readers import Placed, RawFile

if TYPE_CHECKING:
    import h5py

    from ....options import Limits
    from ...selection import AxisRange


class OrdinaryFile(NamedTuple):
    """An open file whose bytes can be read beside HDF5."""

    file: h5py.File
    state: FileState
    allocated: int
    """Where HDF5 takes it to end."""

    @classmethod
    def of(cls, file: h5py.File) -> OrdinaryFile | None:
        """Look at an open file; None where only HDF5 can read it."""
        if not reads_system_file(file):
            return None
        state = file_state(file)
        raw = RawFile.open(state.path, state.identity)
        if raw is None:
            return None
        try:
            return cls(file, state, raw.allocated())
        finally:
            raw.close()


class Alike:
    """What an image has in common with those of the same type, shape and storage that metadata say nothing about.

    Parameters
    ----------
    dataset : h5py.Dataset
        That was examined in full, and found to be read at known places.
    reader : Placed
        Detached from it.
    axes : sequence of AxisRange
        What is taken of it.
    limits : Limits
    """

    def __init__(
        self, dataset: h5py.Dataset, reader: Placed, axes: Sequence[AxisRange], limits: Limits
    ) -> None:
        self._type = dataset.id.get_type().copy()
        self._properties = dataset.id.get_create_plist()
        self._shape: tuple[int, ...] = dataset.shape
        self._reader = reader
        self._axes = axes
        self._limits = limits
        self._itemsize = dataset.dtype.itemsize
        counts = [axis.count for axis in axes if not axis.drop]
        self._sizes = (1, counts[0], counts[1])

    def reader_of(self, opened: OrdinaryFile, names: Sequence[bytes], dataset: h5py.Dataset) -> Placed | None:
        """Return the detached reader of another dataset, None where it may differ in more than its place.

        Parameters
        ----------
        opened : OrdinaryFile
        names : sequence of bytes
            The way to the dataset, through hard links alone.
        dataset : h5py.Dataset

        Raises
        ------
        OSError
            When the index of its chunks is damaged.
        ValueError
            When it is beyond the limits.
        """
        found = dataset.id
        if found.shape != self._shape or not found.get_type().equal(self._type):
            return None
        if not found.get_create_plist().equal(self._properties) or not found.get_storage_size():
            return None
        if not nothing_beside(opened.file, names, dataset):
            return None
        check_sizes(self._sizes, self._itemsize, opened.state.size, self._limits)
        return self._reader.of_alike(dataset, self._axes, opened.allocated)
