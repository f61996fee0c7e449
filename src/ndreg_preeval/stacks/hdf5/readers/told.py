# SPDX-License-Identifier: MIT
"""A reader in words: how pixels are read, by which libraries, and why not otherwise. For the log, and made for it alone."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..codecs import Filter
from .base import Reader
from .chunk_index import filters_of, is_plain
from .chunked import ChunkedReader
from .contiguous import ContiguousReader
from .libhdf5 import LibhdfReader, PutTogetherReader
from .virtual import VirtualReader

if TYPE_CHECKING:
    import h5py


def how_read(reader: Reader, dataset: h5py.Dataset) -> str:
    """Return how a reader reads a dataset, which is open."""
    if isinstance(reader, ChunkedReader):
        decoded = [f"{_name(each)} by {library_of(each)}" for each in filters_of(dataset)]
        by = f", decoded outside HDF5's lock: {', '.join(decoded)}" if decoded else ", not compressed"
        return f"HDF5 chunks of {_shape(dataset.chunks)}{by}{'' if reader.reads_file else '; HDF5 gives their bytes'}"
    if isinstance(reader, ContiguousReader):
        return "contiguous pixels of HDF5, read outside HDF5's lock"
    if isinstance(reader, VirtualReader):
        return "a virtual dataset, put together here: each source is read as fits its file"
    if isinstance(reader, PutTogetherReader):
        return "a virtual dataset, put together by libhdf5 under its lock"
    if isinstance(reader, LibhdfReader):
        return f"read by libhdf5 under its lock, since {_why_not_here(dataset)}"
    return f"read by {type(reader).__name__}"


def library_of(undone: Filter) -> str:
    """Return the name of the library that undoes a filter outside HDF5."""
    found = next(_libraries(undone.decoder), "") if undone.decoder is not None else ""
    return found or "numpy"


def _libraries(part: Any, depth: int = 4) -> Iterator[str]:
    """Libraries that a decoder is made of: functions of others are within ours, as arguments or variables."""
    if depth == 0:
        return
    if isinstance(part, types.ModuleType):
        yield part.__name__
    elif isinstance(part, functools.partial):
        for inner in (part.func, *part.args):
            yield from _libraries(inner, depth - 1)
    elif callable(part):
        home = str(getattr(part, "__module__", None) or "").partition(".")[0]
        if home and home != "ndreg_preeval":
            yield home
        elif str(getattr(part, "__module__", "")).endswith("_core"):
            yield "the compiled module"
        for cell in getattr(part, "__closure__", None) or ():
            yield from _libraries(cell.cell_contents, depth - 1)


def _why_not_here(dataset: h5py.Dataset) -> str:
    if dataset.external:
        return "its pixels are in an external file"
    if dataset.file.mode != "r":
        return "this process has the file open for writing"
    if dataset.chunks is None:
        return "its file is no ordinary one, or its pixels are not where HDF5 says"
    if dataset.dtype.kind not in "biuf" or not is_plain(dataset):
        return "its pixels or chunks are of a kind that only HDF5 knows"
    lacking = [_name(each) for each in filters_of(dataset) if not each.decodes(dataset.dtype.itemsize)]
    if lacking:
        return (
            f"nothing here undoes {' and '.join(lacking)} without HDF5 (the extra decode has most decoders)"
        )
    return "its chunks are not where HDF5 says"


def _name(undone: Filter) -> str:
    return type(undone).__name__.lower()


def _shape(lengths: tuple[int, ...]) -> str:
    return " x ".join(map(str, lengths))
