# SPDX-License-Identifier: MIT
"""Files that are none, that end early, or that declare what cannot be true."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import h5py

from .damage import PATH, counts, write
from .fault import Build, add


def cut(size: int) -> Build:
    """A file that ends early; negative sizes count from the end."""

    def build(folder: Path) -> str:
        uri = write(folder / "bad.h5", codec="gzip")
        os.truncate(folder / "bad.h5", size if size >= 0 else (folder / "bad.h5").stat().st_size + size)
        return uri

    return build


def holding(stack: Any, **options: Any) -> Build:
    """A file with any dataset."""
    return lambda folder: write(folder / "bad.h5", stack, **options)


def text(folder: Path) -> str:
    """No HDF5."""
    (folder / "bad.h5").write_text("no HDF5\n" * 500)
    return f"{folder / 'bad.h5'}::{PATH}"


def nowhere(folder: Path) -> str:
    """A file that is not there."""
    return f"{folder / 'bad.h5'}::{PATH}"


def no_dataset(folder: Path) -> str:
    """A file without the dataset."""
    return write(folder / "bad.h5") + "/nope"


add("no file", nowhere, FileNotFoundError)
add("empty file", cut(0), OSError, "empty")
add("file cut in the superblock", cut(50))
add("file cut in the middle", cut(9000), OSError, "cut off")
add("file cut by 500 bytes", cut(-500), OSError, "cut off")
add("text file", text, OSError, "no HDF5 file")
add("no dataset", no_dataset, KeyError, "nope")
add("one image", holding(counts()[0]), ValueError, "shape")
add("complex", holding(counts().astype("c8")), TypeError, "complex")


def declared(shape: tuple[int, ...], chunk: tuple[int, ...], number: int | None = None) -> Build:
    """A dataset of any size and filter, of which one chunk was written."""

    def build(folder: Path) -> str:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(chunk)
        if number is not None:  # optional, or HDF5 would refuse to make what it cannot write
            properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, ())
        with h5py.File(folder / "bad.h5", "w") as opened:
            group = opened.create_group("entry")
            space = h5py.h5s.create_simple(shape, (h5py.h5s.UNLIMITED,) * len(shape))
            kind = h5py.h5t.STD_U16LE
            made = h5py.h5d.create(group.id, b"data", kind, space, properties)
            made.write_direct_chunk((0, 0, 0), b"\1" * 100)
        return f"{folder / 'bad.h5'}::{PATH}"

    return build


for number in (32767, 32016):
    add(
        f"filter {number}",
        declared((6, 32, 40), (1, 32, 40), number),
        OSError,
        f"filter {number}",
        "plugin",
    )
add(
    "images of a petabyte",
    declared((3, 1 << 24, 1 << 24), (1, 64, 64)),
    ValueError,
    str(8 << 48),
    f"limit of {1 << 30}.*image_bytes",
)
add(
    "a million million images",
    declared((1 << 40, 8, 8), (64, 8, 8)),
    ValueError,
    str(128 << 40),
    f"limit of {1 << 40}.*stack_bytes",
)
add(
    "two gigabytes in a small file",
    declared((1 << 24, 8, 8), (64, 8, 8)),
    ValueError,
    str(1 << 31),
    r"4096 times the \d+ bytes.*ratio",
)
add(
    "chunks of a gigabyte",
    declared((3, 8, 8), (4, 16384, 8192)),
    ValueError,
    str(1 << 30),
    f"limit of {1 << 28}.*chunk_bytes",
)


def misplaced(*origin: int, byte: int = 0, codec: str = "gzip") -> Build:
    """An index of chunks, the fifth of which is at another place, or begins within a pixel."""

    def build(folder: Path) -> str:
        uri = write(folder / "bad.h5", codec=codec)
        data = (folder / "bad.h5").read_bytes()
        old, new = (struct.pack("<4Q", *place) for place in ((4, 0, 0, 0), (*origin, byte)))
        assert data.count(old) == 1
        (folder / "bad.h5").write_bytes(data.replace(old, new))
        return uri

    return build


add("an index with a chunk twice", misplaced(1, 0, 0), OSError, "index|chunk")
add("an index with a chunk beside the images", misplaced(4, 64, 0), OSError, "index|chunk")
add("an index with a chunk at half an image", misplaced(4, 5, 0), OSError, "index|chunk")
add("an index with a chunk far away", misplaced(1 << 63, 0, 0), OSError, "index|chunk")
for codec in ("gzip", "lz4", "bitshuffle-zstd"):
    # HDF5 lists the chunk, but does not find it, and gives fill values.
    add(
        f"an index where HDF5 misses a chunk of {codec}",
        misplaced(4, 0, 0, byte=16, codec=codec),
        OSError,
        "find",
    )


def resized_in_index(**options: int) -> Build:
    """Chunks without a filter, the fifth of which the index says to be shorter."""

    def build(folder: Path) -> str:
        path = folder / "bad.h5"
        with h5py.File(path, "w", **options) as file:
            file.create_dataset(PATH, data=counts(), chunks=(1, 32, 40))
        data = path.read_bytes()
        old, new = (struct.pack("<II4Q", size, 0, 4, 0, 0, 0) for size in (2560, 2000))
        assert data.count(old) == 1
        path.write_bytes(data.replace(old, new))
        return f"{path}::{PATH}"

    return build


def other_filter(folder: Path) -> str:
    """Deflate that became shuffle: HDF5 shuffles what is compressed, and lacks the rest of each chunk."""
    uri = write(folder / "bad.h5", codec="gzip")
    data = (folder / "bad.h5").read_bytes()
    old, new = (bytes([code, 0, 8, 0, 1, 0, 1, 0]) + b"deflate\0" for code in (1, 2))
    assert data.count(old) == 1
    (folder / "bad.h5").write_bytes(data.replace(old, new))
    return uri


add("a chunk that its index shortens", resized_in_index(), OSError, "2560")
add(
    "a chunk behind a user block that its index shortens",
    resized_in_index(userblock_size=512),
    OSError,
    "2560",
)
add("another filter", other_filter, OSError, "it must hold 2560 bytes")
