# SPDX-License-Identifier: MIT
"""How stacks lie in HDF5 files: the layouts that are read, and writing them."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import h5py
import hdf5plugin
import numpy as np

from .drifting_scene import BEST, DriftingScene, Stacks

Uris = dict[str, str]
Write = Callable[[Path, Stacks], Uris]

GROUP = "/entry/process/results/parameters"
SOURCES = 4
"""Files that a virtual dataset is put together from."""


class Stored(TypedDict):
    """Stacks in files, and what is known of them; survives JSON."""

    uris: Uris
    files: list[str]
    images: int
    """Of all stacks together."""
    crc: int
    """Of all pixels, image by image and stack by stack."""
    best: str
    shifts: list[list[int]]
    """What registers each image but the first of the best stack onto the first."""


@dataclass(frozen=True)
class Layout:
    """One way to store stacks."""

    title: str
    dtype: str
    write: Write
    goal: float | None = None
    """So many times faster than ewoksndreg, with two threads and a warm cache."""


def plain(chunks: tuple[int, int, int] | None = None, **filters: Any) -> Write:
    """One dataset per stack; a 0 in `chunks` stands for the whole axis."""

    def write(folder: Path, stacks: Stacks) -> Uris:
        path = folder / "stacks.h5"
        with h5py.File(path, "w") as file:
            for name, stack in stacks.items():
                fitted = chunks and fit(chunks, stack.shape)
                file.create_dataset(f"{GROUP}/{name}", data=stack, chunks=fitted, **filters)
        return {name: f"{path}::{GROUP}/{name}" for name in stacks}

    return write


def fit(chunks: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """No chunk is longer than its axis; 0 stands for all of it."""
    return tuple(min(chunk or length, length) for chunk, length in zip(chunks, shape, strict=True))


def virtual(folder: Path, stacks: Stacks) -> Uris:
    """Virtual datasets over files that each hold some images of every stack."""
    write = plain((1, 0, 0), compression="gzip", compression_opts=4)
    path = folder / "virtual.h5"
    parts = np.array_split(np.arange(len(stacks[BEST])), SOURCES)
    for number, part in enumerate(parts):
        (folder / f"source{number}").mkdir()
        write(folder / f"source{number}", {name: stack[part] for name, stack in stacks.items()})
    with h5py.File(path, "w") as file:
        for name, stack in stacks.items():
            layout = h5py.VirtualLayout(stack.shape, stack.dtype)
            for number, part in enumerate(parts):
                shape = (len(part), *stack.shape[1:])
                layout[part[0] : part[-1] + 1] = h5py.VirtualSource(
                    f"source{number}/stacks.h5", f"{GROUP}/{name}", shape
                )
            file.create_virtual_dataset(f"{GROUP}/{name}", layout)
    return {name: f"{path}::{GROUP}/{name}" for name in stacks}


def interleaved(folder: Path, stacks: Stacks) -> Uris:
    """One dataset in which the stacks take turns."""
    images = np.stack(list(stacks.values()), axis=1)
    path = folder / "interleaved.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset(
            f"{GROUP}/images",
            data=images.reshape(-1, *images.shape[2:]),
            chunks=(1, *images.shape[2:]),
            compression="gzip",
            compression_opts=4,
        )
    return {
        name: f"{path}?path={GROUP}/images&slice={index}::{len(stacks)}" for index, name in enumerate(stacks)
    }


GZIP: Mapping[str, Any] = {"compression": "gzip", "compression_opts": 4}

LAYOUTS = (
    Layout("uint16 contiguous", "uint16", plain(), 20),
    Layout("uint16 gzip, one image per chunk", "uint16", plain((1, 0, 0), **GZIP), 8),
    Layout(
        "float32 shuffle + gzip, one image per chunk", "float32", plain((1, 0, 0), shuffle=True, **GZIP), 4
    ),
    Layout(
        "uint16 bitshuffle-LZ4, one image per chunk",
        "uint16",
        plain((1, 0, 0), **hdf5plugin.Bitshuffle()),
        12,
    ),
    Layout("uint16 zstd, one image per chunk", "uint16", plain((1, 0, 0), **hdf5plugin.Zstd())),
    Layout("uint16 gzip, chunks (8, 128, 128)", "uint16", plain((8, 128, 128), **GZIP), 14),
    Layout("uint16 gzip, map-wise chunks (all, 64, 64)", "uint16", plain((0, 64, 64), **GZIP), 25),
    Layout("uint16, tiny chunks (all, 2, 2)", "uint16", plain((0, 2, 2))),
    Layout(f"uint16 gzip, virtual dataset over {SOURCES} files", "uint16", virtual),
    Layout("uint16 gzip, stacks interleaved in one dataset", "uint16", interleaved),
)


@contextmanager
def on_disk(layout: Layout, scene: DriftingScene) -> Iterator[Stored]:
    """Write the stacks into a temporary folder, as long as they are needed."""
    with tempfile.TemporaryDirectory(prefix="reading") as name:
        folder = Path(name).resolve()
        stacks = scene.cast(layout.dtype)
        uris = layout.write(folder, stacks)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files:
            settle(path)
        crc = 0
        for stack in stacks.values():
            crc = zlib.crc32(np.ascontiguousarray(stack).data, crc)
        yield Stored(
            uris=uris,
            files=[str(path) for path in files],
            images=sum(map(len, stacks.values())),
            crc=crc,
            best=BEST,
            shifts=(scene.drift[0] - scene.drift[1:]).tolist(),
        )


def settle(path: Path) -> None:
    """Wait until a file is on the disk: only then can its pages leave the cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
