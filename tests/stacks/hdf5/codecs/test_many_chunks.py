# SPDX-License-Identifier: MIT
"""Many chunks decoded together: the same bytes as one by one, and nothing taken that is refused one by one."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from ndreg_preeval.stacks.hdf5.codecs import Chunks, Codec, Damaged, filter_of
from ndreg_preeval.stacks.hdf5.codecs.fletcher import fletcher32

DEFLATE, SHUFFLE, CHECKSUM = 1, 2, 3
CHAINS = [
    (),
    (DEFLATE,),
    (SHUFFLE,),
    (CHECKSUM,),
    (SHUFFLE, DEFLATE),
    (DEFLATE, CHECKSUM),
    (CHECKSUM, DEFLATE),
]
CHAINS += [(SHUFFLE, DEFLATE, CHECKSUM), (SHUFFLE, CHECKSUM, DEFLATE), (CHECKSUM, SHUFFLE)]
ITEMSIZE = 4


def codec(chain: tuple[int, ...], size: int) -> Codec:
    values = {DEFLATE: (4,), SHUFFLE: (ITEMSIZE,), CHECKSUM: ()}
    return Codec([filter_of(number, values[number]) for number in chain], size)


def stored(chain: tuple[int, ...], pixels: bytes) -> bytes:
    """What HDF5 writes for the pixels of a chunk."""
    for number in chain:
        if number == DEFLATE:
            pixels = zlib.compress(pixels, 4)
        elif number == CHECKSUM:
            pixels += fletcher32(np.frombuffer(pixels, np.uint8)).to_bytes(4, "little")
        else:
            whole = len(pixels) - len(pixels) % ITEMSIZE
            planes = np.frombuffer(pixels[:whole], np.uint8).reshape(-1, ITEMSIZE).T
            pixels = planes.tobytes() + pixels[whole:]
    return pixels


def together(parts: list[bytes], before: int = 3) -> Chunks:
    """Chunks in one piece of memory, at odd places, with other bytes between them."""
    data, starts = b"\xaa" * before, []
    for part in parts:
        starts.append(len(data))
        data += part + b"\xbb" * before
    sizes = np.array([len(part) for part in parts], np.int64)
    return Chunks(np.frombuffer(data, np.uint8), np.array(starts, np.int64), sizes)


def rows(size: int) -> list[bytes]:
    rng = np.random.default_rng(size)
    noise = [rng.integers(0, 256, size, np.uint8).tobytes() for _ in range(20)]
    words = [b"\xff\xff" * (size // 2), b"\0" * size, b"\0\1" * (size // 2), b"\xff\xfe" * (size // 2)]
    return [*noise, *words]


@pytest.mark.parametrize("size", [4, 12, 500, 516, 2048])
@pytest.mark.parametrize("chain", CHAINS)
def test_many_are_what_each_is(chain: tuple[int, ...], size: int) -> None:
    wanted = rows(size)
    chunks = together([stored(chain, each) for each in wanted])
    found = codec(chain, size).decode_many(0, chunks)
    assert [row.tobytes() for row in found] == wanted
    for before in (0, 1):
        same = together([stored(chain, each) for each in wanted], before)
        np.testing.assert_array_equal(codec(chain, size).decode_many(0, same), found)


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if chain])
def test_filters_that_were_not_applied(chain: tuple[int, ...]) -> None:
    wanted = rows(12)
    chunks = together([stored(chain[1:], each) for each in wanted])
    assert [row.tobytes() for row in codec(chain, 12).decode_many(1, chunks)] == wanted


@pytest.mark.parametrize("size", [12, 516])
@pytest.mark.parametrize("chain", CHAINS)
def test_what_is_refused_alone_is_refused_among_others(chain: tuple[int, ...], size: int) -> None:
    """Every byte of a chunk changed, cut off or followed by another one."""
    good = [stored(chain, each) for each in rows(size)[:3]]
    middle = good[1]
    damaged = [middle[:end] for end in range(0, len(middle), 1 + size // 20)]
    damaged += [middle + b"\0", stored(chain, rows(size)[1] + b"\0"), stored(chain, rows(size)[1][:-1])]
    for at in range(0, len(middle), 1 + size // 20):
        damaged.append(middle[:at] + bytes([middle[at] ^ 0x55]) + middle[at + 1 :])
    if DEFLATE in chain:
        damaged.append(stored(chain, b"\0" * 100_000))
    refused = 0
    for each in damaged:
        out = np.empty(size, np.uint8)
        try:
            codec(chain, size).decode(0, each, out)
        except Damaged:
            refused += 1
            with pytest.raises(Damaged):
                codec(chain, size).decode_many(0, together([good[0], each, good[2]]))
        else:
            found = codec(chain, size).decode_many(0, together([good[0], each, good[2]]))
            np.testing.assert_array_equal(found[1], out)
    assert refused > 3
