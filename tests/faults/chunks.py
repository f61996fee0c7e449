# SPDX-License-Identifier: MIT
"""Chunks that are damaged, that hold too little or too much, or that are bombs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from . import damage
from .damage import BOMB_SHAPE, DAMAGED, change_chunk, chunk_of, counts, put, write
from .fault import Build, add


def stored(codec: str, change: Callable[[bytes], bytes]) -> Build:
    """A file whose chunk `DAMAGED` was changed."""

    def build(folder: Path) -> str:
        uri = write(folder / "bad.h5", codec=codec)
        change_chunk(folder / "bad.h5", change)
        return uri

    return build


def resized(codec: str, rows: int) -> Build:
    """A file whose chunk `DAMAGED` inflates to an image of another height."""

    def build(folder: Path) -> str:
        raw = chunk_of(folder, codec, counts(1, (rows, 40)))
        return stored(codec, lambda _: raw)(folder)

    return build


ONES = b"\xff" * 4
for codec, what, change in (
    ("gzip", "noise in", damage.noise),
    ("gzip", "half of", damage.half),
    ("gzip", "one bit of", damage.flip),
    ("shuffle+gzip", "noise in", damage.noise),
    ("shuffle+gzip", "half of", damage.half),
    ("fletcher32", "one bit of", damage.flip),
    ("shuffle+gzip+fletcher32", "one bit of", damage.flip),
    ("shuffle+gzip+fletcher32", "half of", damage.half),
    ("lzf", "noise in", damage.noise),
    ("lzf", "half of", damage.half),
    ("lz4", "half of", damage.half),
    ("lz4", "2^63 bytes declared by", put(0, b"\x80" + bytes(7))),
    ("lz4", "no bytes declared by", put(0, bytes(8))),
    ("lz4", "a block of 4 GB in", put(12, ONES)),
    ("bitshuffle-lz4", "half of", damage.half),
    ("bitshuffle-lz4", "2^63 bytes declared by", put(0, b"\x80" + bytes(7))),
    ("bitshuffle-lz4", "blocks of 4 GB in", put(8, ONES)),
    ("bitshuffle-lz4", "a block of 4 GB in", put(12, ONES)),
    ("bitshuffle-zstd", "half of", damage.half),
    ("zstd", "half of", damage.half),
    ("zstd", "another signature of", put(0, ONES)),
    ("blosc", "half of", damage.half),
    ("blosc", "2 GB declared by", put(4, b"\xff\xff\xff\x7f")),
    ("blosc", "another size of", put(12, ONES)),
    ("blosc2", "half of", damage.half),
    ("blosc2", "another signature of", put(0, ONES)),
    ("bzip2", "noise in", damage.noise),
):
    add(f"{what} a chunk of {codec}", stored(codec, change), image=DAMAGED)

for codec in damage.CODECS:
    apart = codec == "bzip2"  # its plugin would wait for the byte for ever
    add(f"all but a byte of a chunk of {codec}", stored(codec, damage.shorter), image=DAMAGED, apart=apart)
    for what, rows in (("less", 20), ("more", 48)):
        add(f"a chunk of {codec} with {what}", resized(codec, rows), image=DAMAGED)

# What crashes plugins of HDF5, or keeps them busy for ever.
for codec, what, change in (
    ("bitshuffle-lz4", "8 GB declared by", put(0, (1 << 33).to_bytes(8, "big"))),
    ("bitshuffle-lz4", "4 bytes of", lambda raw: raw[:4]),
    ("bitshuffle-zstd", "8 GB declared by", put(0, (1 << 33).to_bytes(8, "big"))),
    ("bitshuffle-zstd", "4 bytes of", lambda raw: raw[:4]),
    ("bzip2", "half of", damage.half),
):
    add(f"{what} a chunk of {codec}", stored(codec, change), image=DAMAGED, apart=True)


def bomb(codec: str) -> Build:
    """A file whose chunk `DAMAGED` inflates to a gigabyte."""

    def build(folder: Path) -> str:
        uri = write(folder / "bad.h5", np.ones(BOMB_SHAPE, "u2"), codec)
        change_chunk(folder / "bad.h5", lambda _: damage.bomb(codec))
        return uri

    return build


BOMBS = ("gzip", "zstd", "lz4", "bitshuffle-lz4")
for codec in BOMBS:
    add(f"a gigabyte in a chunk of {codec}", bomb(codec), image=DAMAGED)
