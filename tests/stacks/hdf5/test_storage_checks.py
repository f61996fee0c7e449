# SPDX-License-Identifier: MIT
"""What is refused before libhdf5 reads pixels: with both figures, and with hardly any effort."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec
from ndreg_preeval.stacks.pixel_checks import check_sizes
from tests.support.effort import counted

STACK = np.random.default_rng(0).random((4, 6, 8))


def write(folder: Path, make: Callable[[h5py.File], Any], name: str = "a.h5") -> Path:
    with h5py.File(folder / name, "w") as file:
        make(file)
    return folder / name


def spec(file: Path, path: str = "/Ca", **limits: Any) -> UriSpec:
    return UriSpec(str(file), path, Limits(**limits))


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [("image_bytes", 383, 384), ("stack_bytes", 767, 768), ("chunk_bytes", 191, 192)],
)
def test_limits_name_both_figures_and_the_option(
    tmp_path: Path, option: str, value: int, wanted: int
) -> None:
    stack = STACK.astype("f4")
    file = write(tmp_path, lambda f: f.create_dataset("Ca", data=stack, chunks=(1, 6, 8)))
    with pytest.raises(ValueError, match=rf"{wanted} bytes.* limit of {value}: raise Limits\.{option}"):
        spec(file, **{option: value}).open()
    for allowed in (wanted, None):
        assert spec(file, **{option: allowed}).open().shape == STACK.shape
    with h5py.File(file) as opened, pytest.raises(ValueError, match=option):
        DatasetSpec(opened["Ca"], Limits(**{option: value})).open()


def test_the_ratio_to_the_file_counts_above_its_floor() -> None:
    shape, limits = (10, 100, 100), Limits(ratio=10, ratio_floor=1000)
    check_sizes(shape, 1, 10_000, limits)
    with pytest.raises(
        ValueError, match=r"declares 100000 bytes, more than 10 times the 9999 bytes .*Limits\.ratio"
    ):
        check_sizes(shape, 1, 9999, limits)
    check_sizes(shape, 1, 9999, Limits(ratio=10, ratio_floor=100_000))
    check_sizes(shape, 1, 1, Limits(ratio=None))


@pytest.mark.parametrize(
    ("shape", "chunks", "message"),
    [
        ((3, 1 << 24, 1 << 24), (1, 64, 64), "image_bytes"),
        ((1 << 40, 8, 8), (1, 8, 8), "stack_bytes"),
        ((1 << 24, 8, 8), (1, 8, 8), "ratio"),
        ((3, 8, 8), (4, 20000, 20000), "chunk_bytes"),
    ],
    ids=["petabyte image", "endless stack", "much of nothing", "huge chunk"],
)
def test_small_files_that_declare_much(tmp_path: Path, shape: Any, chunks: Any, message: str) -> None:
    def make(file: h5py.File) -> None:
        dataset = file.create_dataset("Ca", shape, "f4", chunks=chunks, maxshape=(None,) * 3)
        dataset.id.write_direct_chunk((0, 0, 0), b"some", filter_mask=0)

    file = write(tmp_path, make)
    with pytest.raises(ValueError, match=rf"Limits\.{message}"):
        spec(file).open()  # whatever is imported late is imported now
    with counted() as effort, pytest.raises(ValueError, match=rf"Limits\.{message}"):
        spec(file).open()
    # Far fewer than there are images, chunks, or bytes in one of them.
    assert effort.calls < 3000
    assert effort.read < 100_000
    assert effort.memory < 1_000_000


@pytest.mark.parametrize(
    "options", [{"chunks": (1, 6, 8)}, {}, {"chunks": (1, 6, 8), "compression": "gzip"}], ids=str
)
def test_datasets_never_written(tmp_path: Path, options: dict[str, Any]) -> None:
    file = write(
        tmp_path, lambda f: f.create_dataset("Ca", shape=(4, 6, 8), dtype="f4", fillvalue=np.nan, **options)
    )
    with pytest.raises(OSError, match=r"a\.h5::/Ca: nothing was ever written"):
        spec(file).open()


@pytest.mark.parametrize(
    ("code", "package"),
    [(32767, "registered filters"), (32013, "hdf5plugin"), (32004, "hdf5plugin"), (4, "szip")],
)
def test_missing_filters_name_their_package(
    tmp_path: Path, code: int, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(file: h5py.File) -> None:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 6, 8))
        properties.set_filter(305, h5py.h5z.FLAG_OPTIONAL, ())
        space, kind = h5py.h5s.create_simple(STACK.shape), h5py.h5t.NATIVE_DOUBLE
        identifier = h5py.h5d.create(file.id, b"Ca", kind, space, properties)
        identifier.write_direct_chunk((0, 0, 0), b"x" * 100)

    original = h5py.h5p.PropDCID.get_filter
    file = write(tmp_path, make)
    with h5py.File(file) as opened:
        assert original(opened["Ca"].id.get_create_plist(), 0)[0] == 305
    with pytest.raises(OSError, match=r"HDF5 filter 305 .* registered filters"):
        spec(file).open()
    # The id lies in the file in plain: put another one in its place.
    data = file.read_bytes()
    assert data.count((305).to_bytes(2, "little") + b"\0\0") == 1
    file.write_bytes(
        data.replace((305).to_bytes(2, "little") + b"\0\0", code.to_bytes(2, "little") + b"\0\0")
    )
    monkeypatch.setattr(h5py.h5z, "filter_avail", lambda _: False)
    with pytest.raises(OSError, match=rf"HDF5 filter {code} .*{package}"):
        spec(file).open()


def external(file: h5py.File, *files: Any, shape: Any = (4, 6, 8)) -> None:
    file.create_dataset("Ca", shape=shape, dtype="f8", external=list(files))


def test_external_storage(tmp_path: Path) -> None:
    raw = STACK.tobytes()
    (tmp_path / "one.raw").write_bytes(b"head" + raw[:800])
    (tmp_path / "two.raw").write_bytes(raw[800:])
    one, two = str(tmp_path / "one.raw"), str(tmp_path / "two.raw")
    unlimited = h5py.h5f.UNLIMITED
    file = write(tmp_path, lambda f: external(f, (one, 4, 800), (two, 0, unlimited)))
    with spec(file).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, STACK)
        os.truncate(two, 10)
        with pytest.raises(OSError, match=r"two\.raw"):
            source.read(0, 4)
    with pytest.raises(OSError, match=r"hold 810 of 1536 bytes"):
        spec(file).open()
    (tmp_path / "one.raw").write_bytes(b"head")
    with pytest.raises(OSError, match=r"hold 0 of 1536 bytes"):
        spec(file).open()
    (tmp_path / "one.raw").unlink()
    with pytest.raises(FileNotFoundError, match=r"raw file of external storage.*one\.raw"):
        spec(file).open()
    os.mkfifo(one)
    with pytest.raises(OSError, match="a pipe"):
        spec(file).open()


@pytest.mark.parametrize("length", [1000, "unlimited"])
def test_devices_are_no_external_storage(tmp_path: Path, length: Any) -> None:
    size = h5py.h5f.UNLIMITED if length == "unlimited" else 4 * 6 * 8 * 8
    file = write(tmp_path, lambda f: external(f, ("/dev/zero", 0, size)))
    with pytest.raises(OSError, match="device"):
        spec(file).open()
