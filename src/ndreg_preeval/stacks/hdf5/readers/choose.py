# SPDX-License-Identifier: MIT
"""The reader that fits how a dataset is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...regular_file import FileState
from ...selection import AxisRange
from ..files import reads_system_file
from .base import Reader
from .chunked import ChunkedReader
from .contiguous import ContiguousReader
from .libhdf5 import LibhdfReader, PutTogetherReader
from .raw_file import RawFile
from .small_chunks import SmallChunksReader, is_small
from .virtual import VirtualReader

if TYPE_CHECKING:
    import h5py


def open_reader(
    dataset: h5py.Dataset, axes: Sequence[AxisRange], image_axis: int, state: FileState
) -> Reader:
    """Return the reader that fits how a dataset is stored.

    Bytes are read beside HDF5 where the file is an ordinary one: on a disk, without a user block
    before it, and not open for writing here (HDF5 may then hold pixels that are not in the file).
    """
    if dataset.is_virtual:
        return _open_virtual(dataset, image_axis)
    if dataset.external or dataset.file.mode != "r":
        return LibhdfReader(dataset)
    raw = None
    if reads_system_file(dataset.file) and dataset.file.userblock_size == 0:
        raw = RawFile.open(state.path, state.identity)
    try:
        found: Reader | None = ContiguousReader.of(dataset, raw, axes, image_axis)
        if found is None and raw is not None and dataset.chunks is not None and is_small(dataset):
            found = SmallChunksReader.of(dataset, raw)
        return found or ChunkedReader.of(dataset, raw) or LibhdfReader(dataset, raw)
    except BaseException:
        if raw is not None:
            raw.close()
        raise


def _open_virtual(dataset: h5py.Dataset, image_axis: int) -> Reader:
    if dataset.file.mode == "r":
        return VirtualReader.of(dataset, image_axis, open_reader) or PutTogetherReader(dataset)
    # HDF5 opens the sources for writing, too, which fails where one is open for reading.
    try:
        return PutTogetherReader(dataset)
    except OSError:
        found = VirtualReader.of(dataset, image_axis, open_reader)
        if found is None:
            raise
        return found
