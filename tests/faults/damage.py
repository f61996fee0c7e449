# SPDX-License-Identifier: MIT
"""HDF5 files with something wrong in them, made to order."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from tests.support.scenes import drifting

PATH = "/entry/data"
DAMAGED = 3
"""The image, and chunk, that suffers."""

BOMB_BYTES = 1 << 30
BOMB_SHAPE = (4, 512, 1024)


def counts(n: int = 6, shape: tuple[int, int] = (32, 40)) -> NDArray[np.uint16]:
    """A drifting texture as a detector would count it."""
    stack = drifting(0.3, n=n, shape=shape, seed=7)
    return np.rint((stack - stack.min()) * 40).astype("<u2")


CODECS: dict[str, Callable[[], dict[str, Any]]] = {
    "gzip": lambda: {"compression": "gzip"},
    "shuffle+gzip": lambda: {"compression": "gzip", "shuffle": True},
    "fletcher32": lambda: {"fletcher32": True},
    "shuffle+gzip+fletcher32": lambda: {"compression": "gzip", "shuffle": True, "fletcher32": True},
    "lzf": lambda: {"compression": "lzf", "shuffle": True},
    "lz4": lambda: dict(hdf5plugin.LZ4()),
    "bitshuffle-lz4": lambda: dict(hdf5plugin.Bitshuffle(cname="lz4")),
    "bitshuffle-zstd": lambda: dict(hdf5plugin.Bitshuffle(cname="zstd")),
    "zstd": lambda: dict(hdf5plugin.Zstd()),
    "blosc": lambda: dict(hdf5plugin.Blosc()),
    "blosc2": lambda: dict(hdf5plugin.Blosc2()),
    "bzip2": lambda: dict(hdf5plugin.BZip2()),
}


def write(file: Path, stack: Any = None, codec: str | None = None, **options: Any) -> str:
    """Write a stack as the only dataset of a file, with a chunk per image where there is a codec."""
    stack = counts() if stack is None else stack
    if codec is not None:
        options = {"chunks": (1, *stack.shape[1:]), **CODECS[codec](), **options}
    with h5py.File(file, "w") as opened:
        opened.create_dataset(PATH, data=stack, **options)
    return f"{file}::{PATH}"


def change_chunk(file: Path, change: Callable[[bytes], bytes], image: int = DAMAGED) -> None:
    """Replace what is stored of one image."""
    with h5py.File(file, "r+") as opened:
        identifier = opened[PATH].id
        mask, raw = identifier.read_direct_chunk((image, 0, 0))
        identifier.write_direct_chunk((image, 0, 0), change(raw), filter_mask=mask)


def chunk_of(folder: Path, codec: str, stack: NDArray[Any]) -> bytes:
    """What is stored of the only image of a stack."""
    write(folder / "other.h5", stack, codec)
    with h5py.File(folder / "other.h5") as opened:
        raw: bytes = opened[PATH].id.read_direct_chunk((0, 0, 0))[1]
    (folder / "other.h5").unlink()
    return raw


# ------------------------------------------------------------------ what is done to the bytes of a chunk


def put(at: int, data: bytes) -> Callable[[bytes], bytes]:
    """Overwrite some bytes."""
    return lambda raw: raw[:at] + data + raw[at + len(data) :]


def noise(raw: bytes) -> bytes:
    """Overwrite the middle."""
    half = len(raw) // 2
    data = bytes((i * 37 + 11) % 256 for i in range(min(200, half)))
    return put(half, data)(raw)


def half(raw: bytes) -> bytes:
    """Lose the second half."""
    return raw[: len(raw) // 2]


def shorter(raw: bytes) -> bytes:
    """Lose a byte at the end."""
    return raw[:-1]


def flip(raw: bytes) -> bytes:
    """One bit."""
    return raw[:100] + bytes([raw[100] ^ 16]) + raw[101:]


# ------------------------------------------------------------------ a chunk that inflates to a gigabyte


def deflate_bomb() -> bytes:
    """Zeros that repeat, so that making them takes no time."""
    stream = zlib.compressobj(9)
    first = stream.compress(bytes(1 << 24)) + stream.flush(zlib.Z_FULL_FLUSH)
    again = stream.compress(bytes(1 << 24)) + stream.flush(zlib.Z_FULL_FLUSH)
    adler = BOMB_BYTES % 65521 << 16 | 1
    last = b"\3\0" + adler.to_bytes(4, "big")
    return first + again * (BOMB_BYTES // (1 << 24) - 1) + last


def zstd_bomb() -> bytes:
    """A frame that declares its size, and blocks of one byte that repeats (RFC 8878)."""
    block = 1 << 17
    number = BOMB_BYTES // block
    blocks = b"".join(
        ((i == number - 1) | 1 << 1 | block << 3).to_bytes(3, "little") + b"\0" for i in range(number)
    )
    window = bytes([(27 - 10) << 3])
    return b"\x28\xb5\x2f\xfd" + b"\x80" + window + BOMB_BYTES.to_bytes(4, "little") + blocks


def lz4_zeros(size: int) -> bytes:
    """A block of LZ4: a literal, a match that overlaps itself, the last literals."""
    more, rest = divmod(size - 1 - 5 - 4 - 15, 255)
    return b"\x1f\0\1\0" + b"\xff" * more + bytes([rest]) + b"\x50" + bytes(5)


def lz4_bomb() -> bytes:
    """One block of LZ4 in the frame of its HDF5 filter."""
    block = lz4_zeros(BOMB_BYTES)
    head = BOMB_BYTES.to_bytes(8, "big") + BOMB_BYTES.to_bytes(4, "big")
    return head + len(block).to_bytes(4, "big") + block


def bitshuffle_bomb() -> bytes:
    """Blocks of LZ4 in the frame of the bitshuffle filter."""
    size = 1 << 13
    block = lz4_zeros(size)
    each = len(block).to_bytes(4, "big") + block
    return BOMB_BYTES.to_bytes(8, "big") + size.to_bytes(4, "big") + each * (BOMB_BYTES // size)


def bomb(codec: str) -> bytes:
    """A chunk of this codec that inflates to `BOMB_BYTES`."""
    makers = {
        "gzip": deflate_bomb,
        "zstd": zstd_bomb,
        "lz4": lz4_bomb,
        "bitshuffle-lz4": bitshuffle_bomb,
    }
    return makers[codec]()
