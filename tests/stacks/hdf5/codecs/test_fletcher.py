# SPDX-License-Identifier: MIT
"""Fletcher's checksum: that of imagecodecs, our own, and what HDF5 writes."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ndreg_preeval.stacks.hdf5.codecs import Damaged
from ndreg_preeval.stacks.hdf5.codecs.fletcher import Fletcher, fletcher32

LENGTHS = (1, 2, 3, 359, 720, 721, 65535, 131_072, (1 << 21) + 3)


def contents(length: int) -> list[np.ndarray]:
    noise = np.random.default_rng(length).integers(0, 256, length, np.uint8)
    return [noise, np.zeros(length, np.uint8), np.full(length, 255, np.uint8), np.ones(length, np.uint8)]


@given(raw=st.binary(max_size=300))
@example(raw=b"")
@example(raw=b"\xff\xff" * 2)
def test_both_sums_are_the_same(raw: bytes) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    data = np.frombuffer(raw, np.uint8)
    assert imagecodecs.h5checksum_fletcher32(data) == fletcher32(data)


@pytest.mark.parametrize("length", LENGTHS)
def test_both_sums_of_long_chunks(length: int) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    for data in contents(length):
        assert imagecodecs.h5checksum_fletcher32(data) == fletcher32(data)


@pytest.mark.parametrize("own", [False, True], ids=["imagecodecs", "own"])
@pytest.mark.parametrize("length", LENGTHS)
def test_what_hdf5_writes(tmp_path: Path, length: int, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if own:
        monkeypatch.setitem(sys.modules, "imagecodecs", None)
    else:
        pytest.importorskip("imagecodecs")
    for content in contents(length):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            made = file.create_dataset("d", data=content, chunks=content.shape, fletcher32=True)
            raw = np.frombuffer(made.id.read_direct_chunk((0,))[1], np.uint8)
        one = Fletcher(())
        np.testing.assert_array_equal(one.decode(raw, np.empty(length, np.uint8)), content)
        for at in {0, length // 2, length, length + 3}:
            wrong = raw.copy()
            wrong[at] ^= 4
            with pytest.raises(Damaged, match="has a wrong checksum"):
                one.decode(wrong, np.empty(length, np.uint8))
    for end in range(5):
        with pytest.raises(Damaged):
            Fletcher(()).decode(raw[:end], np.empty(max(0, end - 4), np.uint8))
