# SPDX-License-Identifier: MIT
"""Types whose bytes in the file are not those of a numpy dtype: HDF5 converts, whatever the filters."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import rank_stacks, score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

SHAPE = (4, 32, 24)
VALUES = np.random.default_rng(0).normal(scale=300, size=SHAPE)

# Size in bytes; places of sign, exponent (with its bits) and mantissa (with its bits); bias; unused low bits.
FLOATS = {
    "bfloat16": (2, 15, 7, 8, 0, 7, 127, 0),
    "float8 E4M3": (1, 7, 3, 4, 0, 3, 7, 0),
    "float8 E5M2": (1, 7, 2, 5, 0, 2, 15, 0),
    "16 bits, 6 of them exponent": (2, 15, 9, 6, 0, 9, 31, 0),
    "20 bits within 4 bytes": (4, 26, 20, 6, 7, 13, 31, 7),
}
INTEGERS = {"12 bits": (2, 12, 0), "12 bits, 3 below": (2, 12, 3), "20 bits": (4, 20, 0), "5 bits": (1, 5, 1)}


def float_type(name: str, order: str) -> Any:
    size, sign, exponent, exponent_bits, mantissa, mantissa_bits, bias, unused = FLOATS[name]
    made = (h5py.h5t.IEEE_F32LE if order == "<" else h5py.h5t.IEEE_F32BE).copy()
    made.set_fields(sign, exponent, exponent_bits, mantissa, mantissa_bits)
    made.set_ebias(bias)
    if unused:
        made.set_offset(unused)
    made.set_precision(1 + exponent_bits + mantissa_bits)
    made.set_size(size)
    return made


def integer_type(name: str, order: str) -> Any:
    size, bits, unused = INTEGERS[name]
    made = (h5py.h5t.STD_I32LE if order == "<" else h5py.h5t.STD_I32BE).copy()
    made.set_precision(bits)
    made.set_offset(unused)
    made.set_size(size)
    return made


TYPES = {
    **{f"{name} {order}": float_type(name, order) for name in FLOATS for order in "<>"},
    **{f"{name} {order}": integer_type(name, order) for name in INTEGERS for order in "<>"},
}
Setter = Callable[[Any], Any]
STORAGES: dict[str, tuple[Any, list[Setter]]] = {
    "contiguous": (None, []),
    "chunks": ((1, 32, 24), []),
    "small chunks": ((3, 7, 24), []),
    "deflate": ((2, 32, 16), [lambda p: p.set_deflate(3)]),
    "shuffle, deflate": ((2, 32, 16), [lambda p: p.set_shuffle(), lambda p: p.set_deflate(3)]),
    "fletcher32": ((2, 32, 16), [lambda p: p.set_fletcher32()]),
    "n-bit": ((2, 32, 16), [lambda p: p.set_filter(h5py.h5z.FILTER_NBIT)]),
    "n-bit, deflate": (
        (2, 32, 16),
        [lambda p: p.set_filter(h5py.h5z.FILTER_NBIT), lambda p: p.set_deflate(3)],
    ),
}


def write(path: Path, kind: Any, storage: str, values: NDArray[Any] = VALUES) -> NDArray[Any]:
    """Write a dataset of this type; return what h5py gives."""
    chunk, filters = STORAGES[storage]
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk is not None:
        properties.set_chunk(chunk)
    for each in filters:
        each(properties)
    with h5py.File(path, "w") as file:
        dataset = h5py.h5d.create(file.id, b"d", kind, h5py.h5s.create_simple(SHAPE), properties)
        integer = kind.get_class() == h5py.h5t.INTEGER
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, values.astype("i4" if integer else "f4"))
    with h5py.File(path) as file:
        return np.asarray(file["d"])


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("kind", TYPES)
def test_pixels_are_those_of_h5py(tmp_path: Path, kind: str, storage: str) -> None:
    expected = write(tmp_path / "a.h5", TYPES[kind], storage)
    assert len(np.unique(expected)) > 10
    with UriSpec(f"{tmp_path}/a.h5", "d", Limits()).open() as source:
        assert source.dtype == expected.dtype
        np.testing.assert_array_equal(source.read(0, 4).images, expected)
        np.testing.assert_array_equal(source.read(1, 3).images, expected[1:3])
    with h5py.File(tmp_path / "a.h5") as file, DatasetSpec(file["d"], Limits()).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, expected)
    with UriSpec(
        f"{tmp_path}/a.h5", "d", Limits(), (slice(3, None, -1), slice(2, 20), slice(1, 24, 2))
    ).open() as cut:
        np.testing.assert_array_equal(cut.read(0, 4).images, expected[::-1, 2:20, 1:24:2])


@pytest.mark.parametrize("kind", ["bfloat16 <", "float8 E4M3 >", "12 bits, 3 below >"])
def test_rankings(tmp_path: Path, kind: str) -> None:
    stacks = {}
    for seed, name in enumerate("abc"):
        values = np.random.default_rng(seed).normal(scale=100, size=SHAPE)
        stacks[name] = write(tmp_path / f"{name}.h5", TYPES[kind], "deflate", values)
    expected = rank_stacks(stacks).scores
    uris = {name: f"{tmp_path}/{name}.h5::/d" for name in stacks}
    for options in ({}, {"num_threads": 1}, {"isolate": True}):
        assert rank_stacks(uris, **options).scores == expected
    layout = h5py.VirtualLayout(SHAPE, stacks["a"].dtype)
    layout[:] = h5py.VirtualSource(tmp_path / "a.h5", "d", shape=SHAPE)
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    assert score_stack(f"{tmp_path}/v.h5::/v").score == score_stack(stacks["a"]).score


@pytest.mark.parametrize("size", [0, 1, 1000, 2 * 32 * 16 * 2 - 1, 2 * 32 * 16 * 2 + 1, 2 * 32 * 16 * 4])
@pytest.mark.parametrize("storage", ["deflate", "shuffle, deflate"])
def test_chunks_of_another_size(tmp_path: Path, storage: str, size: int) -> None:
    path = tmp_path / "a.h5"
    write(path, TYPES["bfloat16 <"], storage)
    with h5py.File(path, "r+") as file:
        file["d"].id.write_direct_chunk((2, 0, 0), zlib.compress(b"\1" * size))
    with (
        UriSpec(str(path), "d", Limits()).open() as source,
        pytest.raises(OSError, match=r"chunk at \(2, 0, 0\) is"),
    ):
        source.read(0, 4)


def test_raw_files_beside(tmp_path: Path) -> None:
    values = VALUES.astype("f4")
    (tmp_path / "raw").write_bytes((values.view("u4") >> 16).astype("<u2").tobytes())
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_external(bytes(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        h5py.h5d.create(file.id, b"d", TYPES["bfloat16 <"], h5py.h5s.create_simple(SHAPE), properties)
    with UriSpec(f"{tmp_path}/a.h5", "d", Limits()).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, (values.view("u4") >> 16 << 16).view("f4"))
