# SPDX-License-Identifier: MIT
"""The compiled walks over chunks, against slow ones in Python: bytes of every kind, whole, cut and made up."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ndreg_preeval import core
from tests.support import chunk_lengths as oracle

# Longer than what is walked with the GIL, and than what is walked between two questions.
LARGE = 5 << 20

ZSTD = b"\x28\xb5\x2f\xfd"


def lzf_tokens() -> st.SearchStrategy[bytes]:
    """A sequence of literals and repetitions."""
    literal = st.binary(min_size=1, max_size=32).map(lambda some: bytes([len(some) - 1]) + some)
    short = st.tuples(st.integers(32, 223), st.integers(0, 255)).map(bytes)
    long = st.tuples(st.integers(224, 255), st.integers(0, 255), st.integers(0, 255)).map(bytes)
    return st.lists(st.one_of(literal, short, long), max_size=60).map(b"".join)


def framed_blocks() -> st.SearchStrategy[bytes]:
    """Blocks after their sizes, some of which lie."""
    true = st.binary(max_size=40).map(lambda some: struct.pack(">I", len(some)) + some)
    lie = st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=9)).map(
        lambda some: struct.pack(">I", some[0]) + some[1]
    )
    return st.tuples(st.binary(min_size=12, max_size=12), st.lists(st.one_of(true, true, true, lie))).map(
        lambda some: some[0] + b"".join(some[1])
    )


def zstd_frames() -> st.SearchStrategy[bytes]:
    """Headers of any kind, then blocks of which most are as long as they say."""

    def block(kind: int, last: bool, content: bytes, lie: int) -> bytes:
        size = (len(content) if kind != 1 else 7) + lie
        return (size << 3 | kind << 1 | last).to_bytes(3, "little") + (content if kind != 1 else b"x")

    blocks = st.builds(
        block,
        st.sampled_from([0, 1, 2, 0, 1, 2, 3]),
        st.booleans(),
        st.binary(max_size=30),
        st.sampled_from([0] * 7 + [1]),
    )
    return st.builds(
        lambda descriptor, head, middle, end: ZSTD + bytes([descriptor]) + head + b"".join(middle) + end,
        st.integers(0, 255),
        st.binary(max_size=14),
        st.lists(blocks, max_size=6),
        st.sampled_from([b"", b"", b"1234"]),
    )


def cut_or_changed(raw: bytes, at: int, byte: int, how: str) -> bytes:
    at = at % (len(raw) + 1)
    return {
        "whole": raw,
        "cut": raw[:at],
        "longer": raw + bytes([byte]),
        "changed": raw[:at] + bytes([byte]) + raw[at + 1 :],
    }[how]


def damaged(of: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    how = st.sampled_from(["whole", "cut", "longer", "changed"])
    return st.one_of(
        st.binary(max_size=400), st.builds(cut_or_changed, of, st.integers(0), st.integers(0, 255), how)
    )


@given(raw=damaged(lzf_tokens()))
@example(raw=b"")
@example(raw=b"\xff")
@example(raw=b"\xe0\xff")
@example(raw=b"\x1f")
def test_length_of_lzf(raw: bytes) -> None:
    assert core.lzf_length(raw) == oracle.lzf_length(raw)


@given(raw=damaged(framed_blocks()), count=st.one_of(st.integers(0, 12), st.integers(0, 2**64 - 1)))
@example(raw=b"\0" * 12, count=0)
@example(raw=b"\0" * 11, count=0)
@example(raw=b"\0" * 12 + b"\xff" * 4, count=1)
@example(raw=b"\0" * 16, count=2**64 - 1)
def test_starts_of_blocks(raw: bytes, count: int) -> None:
    assert core.block_starts(raw, count).tolist() == oracle.block_starts(raw, count)


@given(raw=damaged(zstd_frames()))
@example(raw=ZSTD + b"\0\0")
@example(raw=ZSTD + b"\xff" * 2)
def test_whether_zstd_fits(raw: bytes) -> None:
    assert core.zstd_fits(raw) == oracle.zstd_fits(raw)


def large_frame(rng: random.Random, *, fits: bool) -> bytes:
    size = 1 << 17
    blocks = [(size << 3).to_bytes(3, "little") + rng.randbytes(size) for _ in range(LARGE // size)]
    last = (size << 3 | 1).to_bytes(3, "little") + rng.randbytes(size - (not fits))
    return ZSTD + b"\0\0" + b"".join(blocks) + last


def test_large_ones() -> None:
    rng = random.Random(1)
    noise = rng.randbytes(LARGE)
    for raw in (noise, noise + b"\0", noise[:-1], b"\0" * LARGE, b"\xff" * LARGE):
        assert core.lzf_length(raw) == oracle.lzf_length(raw)
    content = b"".join(struct.pack(">I", 3) + noise[at : at + 3] for at in range(0, LARGE // 2, 3))
    count = -(-LARGE // 2 // 3)
    for number in (count - 1, count, count + 1):
        raw = bytes(12) + content
        assert core.block_starts(raw, number).tolist() == oracle.block_starts(raw, number)
    for fits in (True, False):
        raw = large_frame(rng, fits=fits)
        assert core.zstd_fits(raw) is oracle.zstd_fits(raw) is fits


WALKS: dict[str, Callable[[Any], Any]] = {
    "lzf": core.lzf_length,
    "blocks": lambda raw: core.block_starts(raw, 3).tolist(),
    "zstd": core.zstd_fits,
}


@pytest.mark.parametrize("walk", WALKS)
def test_bytes_of_any_object_in_one_piece(walk: str) -> None:
    raw = random.Random(2).randbytes(300)
    for given_ in (bytearray(raw), memoryview(raw), np.frombuffer(raw, np.uint8)):
        assert WALKS[walk](given_) == WALKS[walk](raw)
    with pytest.raises((BufferError, ValueError)):
        WALKS[walk](np.frombuffer(raw, np.uint8)[::2])
    with pytest.raises(TypeError):
        WALKS[walk]("text")


@pytest.mark.parametrize("count", [-1, 2**64, 1.5, "1"])
def test_numbers_of_blocks_that_are_none(count: Any) -> None:
    with pytest.raises(TypeError):
        core.block_starts(bytes(100), count)
