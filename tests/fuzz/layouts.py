# SPDX-License-Identifier: MIT
"""Small HDF5 files of every layout, from which the damaged ones are made."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from .checksums import find_sums

SHAPE = (4, 16, 20)
FILE = "bad.h5"
PATH = "/entry/data"

Range = tuple[int, int]


def stack(seed: int = 0) -> NDArray[np.uint16]:
    """A texture that moves by one pixel from image to image, with noise."""
    rng = np.random.default_rng([SHAPE[1], seed])
    texture = rng.normal(size=SHAPE[1:])
    moved = [
        np.roll(texture, (i, -i), (0, 1)) + 0.2 * rng.normal(size=texture.shape) for i in range(SHAPE[0])
    ]
    return np.rint(200 + 50 * np.stack(moved)).astype("<u2")


@dataclass(frozen=True)
class Layout:
    """The files of one stack, and where in them damage tells most."""

    name: str
    uri: str
    files: dict[str, bytes]
    metadata: dict[str, list[int]]
    """Places in each file that are no pixels, and not in long runs of zeros."""
    chunks: dict[str, list[Range]]
    """Where pixels lie, as (start, stop)."""
    sums: dict[str, list[Range]]
    """Runs of metadata, each followed by its checksum."""


Build = Callable[[], str | None]
BUILDERS: dict[str, Build] = {}
"""Each makes its files in the current folder, the first one being `FILE`; returns the URI if it is another."""


def simple(
    name: str, data: Any = None, options: Callable[[], dict[str, Any]] = dict, **file_options: Any
) -> None:
    """A layout that is one call of `create_dataset`."""

    def build() -> None:
        with h5py.File(FILE, "w", **file_options) as file:
            file.create_dataset(PATH, data=stack() if data is None else data, **options())

    BUILDERS[name] = build


def chunked(**options: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {"chunks": (1, *SHAPE[1:]), **options}


def plugin(make: Callable[[], Any]) -> Callable[[], dict[str, Any]]:
    return lambda: {"chunks": (1, *SHAPE[1:]), **make()}


GZIP = chunked(compression="gzip")
CHECKED = chunked(compression="gzip", shuffle=True, fletcher32=True)
GROWING = chunked(compression="gzip", maxshape=(None, *SHAPE[1:]))
SEVERAL = chunked(compression="gzip", maxshape=(None, None, SHAPE[2]))

simple("contiguous")
simple("contiguous earliest", libver="earliest")
simple("contiguous latest", libver="latest")
simple("big-endian", stack().astype(">f4"))
simple("double", stack().astype("f8"))
simple("bool", stack() > 200)
simple("user block", None, GZIP, userblock_size=512)
simple("chunked", None, chunked())
simple("gzip", None, GZIP)
simple("gzip earliest", None, GZIP, libver="earliest")
simple("gzip latest", None, GZIP, libver="latest")
simple("gzip growing latest", None, GROWING, libver="latest")
simple("gzip two unlimited latest", None, SEVERAL, libver="latest")
simple("gzip growing", None, GROWING)
simple("one chunk latest", None, lambda: {"chunks": SHAPE, "compression": "gzip"}, libver="latest")
simple("fletcher32", None, chunked(fletcher32=True))
simple("shuffle gzip fletcher32", None, CHECKED)
simple("shuffle gzip fletcher32 latest", None, CHECKED, libver="latest")
simple("tiles", None, lambda: {"chunks": (2, 8, 9), "compression": "gzip", "shuffle": True})
simple("map-wise", None, lambda: {"chunks": (SHAPE[0], SHAPE[1], 5), "compression": "gzip"})
simple("bool gzip", stack() > 200, GZIP)
simple("scale-offset", None, chunked(scaleoffset=0))
simple("lzf", None, chunked(compression="lzf", shuffle=True))
simple("bitshuffle lz4", None, plugin(lambda: hdf5plugin.Bitshuffle(cname="lz4")))
simple("bitshuffle lz4 latest", None, plugin(lambda: hdf5plugin.Bitshuffle(cname="lz4")), libver="latest")
simple("bitshuffle zstd", None, plugin(lambda: hdf5plugin.Bitshuffle(cname="zstd")))
simple("lz4", None, plugin(hdf5plugin.LZ4))
simple("zstd", None, plugin(hdf5plugin.Zstd))
simple("blosc", None, plugin(hdf5plugin.Blosc))
simple("blosc2", None, plugin(hdf5plugin.Blosc2))
simple("bzip2", None, plugin(hdf5plugin.BZip2))


def layout(name: str) -> Callable[[Build], Build]:
    def register(build: Build) -> Build:
        BUILDERS[name] = build
        return build

    return register


@layout("compact")
def _() -> None:
    properties = _properties()
    properties.set_layout(h5py.h5d.COMPACT)
    with h5py.File(FILE, "w") as file:
        made = _create(file, properties)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, stack())


def virtual(libver: str | None = None, **options: Any) -> None:
    """Two source files of two images each."""
    properties = _properties()
    half = (2, *SHAPE[1:])
    for start in (0, 2):
        name = f"source{start}.h5"
        with h5py.File(name, "w", libver=libver) as file:
            file.create_dataset("images", data=stack()[start : start + 2], **options)
        space = h5py.h5s.create_simple(SHAPE)
        space.select_hyperslab((start, 0, 0), half)
        properties.set_virtual(space, name.encode(), b"images", h5py.h5s.create_simple(half))
    with h5py.File(FILE, "w", libver=libver) as file:
        _create(file, properties)


def _properties() -> Any:
    """Without times, which would make another file every second."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_obj_track_times(False)
    return properties


def _create(file: h5py.File, properties: Any) -> Any:
    group = file.create_group("entry")
    return h5py.h5d.create(group.id, b"data", h5py.h5t.STD_U16LE, h5py.h5s.create_simple(SHAPE), properties)


BUILDERS["virtual"] = virtual
BUILDERS["virtual latest"] = lambda: virtual(libver="latest")
BUILDERS["virtual gzip"] = lambda: virtual(chunks=(1, *SHAPE[1:]), compression="gzip")


@layout("external storage")
def _() -> None:
    half = stack().nbytes // 2
    with h5py.File(FILE, "w") as file:
        raw = [("one.raw", 0, half), ("two.raw", 0, h5py.h5f.UNLIMITED)]
        file.create_dataset(PATH, data=stack(), external=raw)


@layout("links")
def _() -> None:
    with h5py.File("other.h5", "w") as file:
        file.create_dataset("real", data=stack(), **GZIP())
    with h5py.File(FILE, "w") as file:
        file["entry/data"] = h5py.SoftLink("/entry/next")
        file["entry/next"] = h5py.ExternalLink("other.h5", "/real")
        for number in range(12):  # more names than one node of the group holds
            file["entry"].create_group(f"group {number}")


@layout("NXdata")
def _() -> str:
    with h5py.File(FILE, "w") as file:
        file.attrs["NX_class"] = "NXroot"
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        for number, name in enumerate(("one", "two")):
            data = entry.create_group(name)
            data.attrs["NX_class"] = "NXdata"
            data.attrs["signal"] = "counts"
            data.create_dataset("counts", data=stack(number), **GZIP())
    return f"{FILE}::/entry"


@layout("4-D")
def _() -> str:
    with h5py.File(FILE, "w", libver="latest") as file:
        data = np.stack([stack(1), stack()])
        file.create_dataset(PATH, data=data, chunks=(1, 1, *SHAPE[1:]), compression="gzip")
    return f"{FILE}::{PATH}?slice=1"


def build(name: str) -> Layout:
    """Make the files of a layout."""
    with _elsewhere() as folder:
        uri = BUILDERS[name]() or f"{FILE}::{PATH}"
        names = [FILE, *sorted(each.name for each in folder.iterdir() if each.name != FILE)]
        files = {each: (folder / each).read_bytes() for each in names}
        chunks = {each: _pixels(each) if each.endswith(".h5") else [(0, len(files[each]))] for each in names}
    metadata = {each: _metadata(data, chunks[each]) for each, data in files.items()}
    sums = {each: find_sums(data) for each, data in files.items()}
    return Layout(name, uri, files, metadata, chunks, sums)


@contextlib.contextmanager
def _elsewhere() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name, contextlib.chdir(name):
        yield Path(name)


def _pixels(name: str) -> list[Range]:
    found: list[Range] = []

    def look(_: str, node: Any) -> None:
        if not isinstance(node, h5py.Dataset) or node.is_virtual or node.external:
            return
        if node.chunks is not None:
            node.id.chunk_iter(lambda info: found.append((info.byte_offset, info.byte_offset + info.size)))
        elif (offset := node.id.get_offset()) is not None:
            found.append((offset, offset + node.id.get_storage_size()))

    with h5py.File(name) as file:
        file.visititems(look)
    return sorted(found)


def _metadata(data: bytes, pixels: list[Range]) -> list[int]:
    taken = np.zeros(len(data), bool)
    for start, stop in pixels:
        taken[start:stop] = True
    return [
        at
        for at in range(len(data))
        if not taken[at] and any(data[max(0, at - at % 8 - 8) : at - at % 8 + 8])
    ]
