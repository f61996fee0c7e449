# SPDX-License-Identifier: MIT
"""What is checked of a dataset before libhdf5 reads its pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from ...errors import shorten
from .external import external_files
from .files import FileState, file_state
from .virtual_sources import virtual_files

if TYPE_CHECKING:
    from ...options import Limits

# Which package brings the filters that HDF5 itself does not.
FILTER_PACKAGES: Final = {
    4: "an HDF5 library built with szip (libaec)",
    307: "hdf5plugin (bzip2)",
    32000: "h5py (lzf)",
    32001: "hdf5plugin (blosc)",
    32004: "hdf5plugin (lz4)",
    32008: "hdf5plugin (bitshuffle)",
    32013: "hdf5plugin (zfp)",
    32015: "hdf5plugin (zstd)",
    32017: "hdf5plugin (sz)",
    32018: "hdf5plugin (fcidecomp)",
    32024: "hdf5plugin (sz3)",
    32026: "hdf5plugin (blosc2)",
    32028: "hdf5plugin (sperr)",
}


def check_sizes(shape: tuple[int, int, int], itemsize: int, stored: int, limits: Limits) -> None:
    """Refuse a stack that asks for more memory or time than its file can be worth.

    Parameters
    ----------
    shape : tuple of 3 int
        (n, height, width) of what is to be read.
    itemsize : int
        Bytes per pixel.
    stored : int
        Bytes of all files that hold its pixels.
    limits : Limits

    Raises
    ------
    ValueError
        With both figures and the limit that would have to be raised.
    """
    n, height, width = shape
    _refuse_above("image_bytes", height * width * 8, limits.image_bytes, f"one image of {height} x {width}")
    declared = n * height * width * itemsize
    _refuse_above("stack_bytes", declared, limits.stack_bytes, f"the stack of shape {shape}")
    if limits.ratio is not None and declared > max(limits.ratio_floor, limits.ratio * stored):
        raise ValueError(
            f"the stack of shape {shape} declares {declared} bytes, more than {limits.ratio} times the "
            f"{stored} bytes of its file: raise Limits.ratio if it is to be trusted"
        )


def check_layout(dataset: Any, limits: Limits) -> None:
    """Refuse chunks and filters that cannot be read.

    Raises
    ------
    ValueError
        When a chunk is larger than the limit.
    OSError
        When a filter is missing.
    """
    if dataset.chunks is not None:
        size = math.prod(dataset.chunks) * dataset.dtype.itemsize
        _refuse_above("chunk_bytes", size, limits.chunk_bytes, f"one chunk of shape {dataset.chunks}")
    import h5py

    properties = dataset.id.get_create_plist()
    for index in range(properties.get_nfilters()):
        code, _, _, name = properties.get_filter(index)
        if not h5py.h5z.filter_avail(code):
            called = shorten(bytes(name).decode("utf-8", "replace"), 60) if name else "without a name"
            package = FILTER_PACKAGES.get(code, "an HDF5 plugin, see the HDF5 list of registered filters")
            raise OSError(f"the pixels need the HDF5 filter {code} ({called}), which {package} brings")


def check_storage(
    dataset: Any, limits: Limits, *, depth: int = 0, seen: tuple[Any, ...] = ()
) -> list[FileState]:
    """Check where the pixels lie, and return the files that hold them, that of the dataset first.

    Parameters
    ----------
    dataset : h5py.Dataset
    limits : Limits
    depth : int
        Virtual datasets that lead here.
    seen : tuple
        Their identities.

    Raises
    ------
    OSError
        When nothing was ever written, or a source of a virtual dataset or a file of external
        storage is missing, too short or nothing to read.
    ValueError
        When virtual datasets are nested too deep; when chunks are too large.
    """
    own = file_state(dataset.file)
    if dataset.is_virtual:
        return [own, *virtual_files(dataset, limits, check_storage, depth=depth, seen=seen)]
    if dataset.external:
        return [own, *external_files(dataset)]
    check_layout(dataset, limits)
    try:
        stored = dataset.id.get_storage_size()
    except (RuntimeError, ValueError) as error:
        raise OSError(f"the index of the chunks cannot be read: {error}") from error
    if dataset.size and stored == 0:
        raise OSError("nothing was ever written to the dataset: HDF5 would give its fill value")
    return [own]


def _refuse_above(option: str, wanted: int, limit: int | None, what: str) -> None:
    if limit is not None and wanted > limit:
        raise ValueError(
            f"{what} takes {wanted} bytes, more than the limit of {limit}: raise Limits.{option} to allow it"
        )
