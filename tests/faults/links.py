# SPDX-License-Identifier: MIT
"""Links and virtual datasets that lead nowhere, in circles, or to something damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py

from . import damage
from .damage import DAMAGED, PATH, change_chunk, chunk_of, counts, write
from .fault import Build, add


def soft_cycle(folder: Path) -> str:
    """Two links that lead to each other."""
    with h5py.File(folder / "bad.h5", "w") as opened:
        opened["entry/data"] = h5py.SoftLink("/entry/other")
        opened["entry/other"] = h5py.SoftLink("/entry/data")
    return f"{folder / 'bad.h5'}::{PATH}"


def external_cycle(folder: Path) -> str:
    """Two files whose links lead to each other."""
    for name, other in (("bad.h5", "worse.h5"), ("worse.h5", "bad.h5")):
        with h5py.File(folder / name, "w") as opened:
            opened["entry/data"] = h5py.ExternalLink(other, PATH)
    return f"{folder / 'bad.h5'}::{PATH}"


def virtual(file: str, path: str = PATH) -> Build:
    """A virtual dataset of one source."""

    def build(folder: Path) -> str:
        layout = h5py.VirtualLayout((6, 32, 40), "<u2")
        layout[:] = h5py.VirtualSource(file, path, (6, 32, 40))
        with h5py.File(folder / "bad.h5", "w") as opened:
            opened.create_virtual_dataset(PATH, layout)
        return f"{folder / 'bad.h5'}::{PATH}"

    return build


def of_damaged(codec: str, change: Callable[[bytes], bytes]) -> Build:
    """A virtual dataset whose source has a damaged chunk."""

    def build(folder: Path) -> str:
        write(folder / "source.h5", codec=codec)
        change_chunk(folder / "source.h5", change)
        return virtual("source.h5")(folder)

    return build


def of_short(folder: Path) -> str:
    """A virtual dataset whose source has a chunk that holds too little."""
    raw = chunk_of(folder, "gzip", counts(1, (20, 40)))
    return of_damaged("gzip", lambda _: raw)(folder)


def external(folder: Path) -> str:
    """Pixels in a raw file that is not there."""
    with h5py.File(folder / "bad.h5", "w") as opened:
        raw = str(folder / "pixels.raw")
        opened.create_dataset(PATH, (6, 32, 40), "<u2", external=[(raw, 0, 6 * 32 * 40 * 2)])
    return f"{folder / 'bad.h5'}::{PATH}"


add("soft links in a cycle", soft_cycle, OSError, "loop")
add("external links in a cycle", external_cycle, OSError, "loop")
add("a virtual dataset of itself", virtual("."), OSError, "refers to itself")
add("a virtual dataset of its own file", virtual("bad.h5"), OSError, "refers to itself")
add("no file of a virtual dataset", virtual("source.h5"), FileNotFoundError, r"source\.h5")
add(
    "a damaged chunk of a virtual dataset",
    of_damaged("gzip", damage.noise),
    image=DAMAGED,
    chunk=False,
)
add("a chunk of a virtual dataset with less", of_short, image=DAMAGED, chunk=False)
add(
    "4 bytes of a chunk of a virtual dataset",
    of_damaged("bitshuffle-lz4", lambda raw: raw[:4]),
    image=DAMAGED,
    chunk=False,
    apart=True,
)
add("no raw file of external storage", external, FileNotFoundError, r"pixels\.raw")
