# SPDX-License-Identifier: MIT
"""Stacks along an axis that lie in the same chunks: these are read once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks
from tests.support.four_axes import (
    AXES,
    NUMBERED,
    assert_same_ranking,
    in_hdf5,
    stacked,
)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
along_every_axis = pytest.mark.parametrize("axis", AXES)


@along_every_axis
@pytest.mark.parametrize("length", [1, 2, 3])
def test_chunks_of_datasets_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, axis: int, length: int
) -> None:
    shape = stacked(axis).shape
    chunks = [5 if each == 5 else 16 for each in shape]
    chunks[axis] = length
    uri = in_hdf5(tmp_path, axis, chunks=tuple(chunks))
    read: list[int] = []
    pread, preadv = os.pread, os.preadv
    monkeypatch.setattr(os, "pread", lambda fd, size, at: (read.append(at), pread(fd, size, at))[1])
    monkeypatch.setattr(os, "preadv", lambda fd, parts, at: (read.append(at), preadv(fd, parts, at))[1])
    assert_same_ranking(rank_stacks(uri, stacks_axis=axis, num_threads=2), NUMBERED)
    with h5py.File(tmp_path / "a.h5") as file:
        dataset = file["entry/maps"]
        places = {dataset.id.get_chunk_info(i).byte_offset for i in range(dataset.id.get_num_chunks())}
    assert sorted(at for at in read if at in places) == sorted(places)


ASKED: list[Any] = []
"""What was asked for of `Stored`: here, since dask takes copies of what it is given."""


class Stored:
    """An array that notes what is read of it."""

    dtype = np.dtype("f4")

    def __init__(self, axis: int, chunks: tuple[int, ...]) -> None:
        self.axis = axis
        self.shape = stacked(axis).shape
        self.ndim = 4
        self.chunks = chunks
        self.attrs: dict[str, Any] = {}

    def __getitem__(self, index: Any) -> Any:
        ASKED.append(index)
        return stacked(self.axis)[index]


class LikeZarr(Stored):
    """The same, taken for an array of zarr."""


LikeZarr.__module__ = "zarr.core"


@pytest.mark.parametrize("package", ["dask", "zarr", "xarray"])
@pytest.mark.parametrize("axis", [0, 1, 3])
def test_chunks_of_arrays_are_read_once(package: str, axis: int) -> None:
    chunks = stacked(axis).shape
    value: Any = LikeZarr(axis, chunks)
    if package != "zarr":
        array = pytest.importorskip("dask.array")
        value = array.from_array(Stored(axis, chunks), chunks=chunks, meta=np.empty((0,) * 4, "f4"))
    if package == "xarray":
        value = pytest.importorskip("xarray").DataArray(value, dims=list("pqrs"))
    ASKED.clear()
    assert_same_ranking(rank_stacks(value, stacks_axis=axis, num_threads=2), NUMBERED)
    assert 1 <= len(ASKED) <= 2, ASKED  # the reference image may come first
