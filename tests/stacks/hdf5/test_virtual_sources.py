# SPDX-License-Identifier: MIT
"""Virtual datasets: read where all is there, refused where HDF5 would give fill values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.specs import UriSpec

STACK = np.random.default_rng(0).random((4, 6, 8))


def spec(folder: Path, name: str = "v.h5", path: str = "/Ca", **limits: Any) -> UriSpec:
    return UriSpec(str(folder / name), path, Limits(**limits))


def write_sources(folder: Path) -> None:
    for index, image in enumerate(STACK):
        with h5py.File(folder / f"s{index}.h5", "w") as file:
            file.create_dataset("a/b", data=image, chunks=(3, 8), compression="gzip")


def write_virtual(folder: Path, names: Any = None, *, file: str = "v.h5", shape: Any = (6, 8)) -> None:
    layout = h5py.VirtualLayout((4, 6, 8), "f8")
    for index in range(4):
        name = f"s{index}.h5" if names is None else names[index]
        layout[index] = h5py.VirtualSource(name, "a/b", shape)
    with h5py.File(folder / file, "w") as opened:
        opened.create_virtual_dataset("Ca", layout, fillvalue=1.5)


def test_sources_in_the_same_folder(tmp_path: Path) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    with spec(tmp_path).open() as source:
        assert source.images_per_chunk == 1
        np.testing.assert_array_equal(source.read(0, 2).images, STACK[:2])
        np.testing.assert_array_equal(source.read(2, 4).images, STACK[2:])


def test_sources_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    write_sources(tmp_path / "data")
    write_virtual(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"s0\.h5"):
        spec(tmp_path).open()
    monkeypatch.chdir(tmp_path / "data")  # the last folder that HDF5 looks in
    np.testing.assert_array_equal(spec(tmp_path).open().read(0, 4).images, STACK)
    monkeypatch.chdir("/")
    write_virtual(tmp_path, [str(tmp_path / "data" / f"s{i}.h5") for i in range(4)])
    np.testing.assert_array_equal(spec(tmp_path).open().read(0, 4).images, STACK)


@pytest.mark.parametrize("missing", [0, 2])
def test_missing_source_files(tmp_path: Path, missing: int) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    (tmp_path / f"s{missing}.h5").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        spec(tmp_path).open()
    assert caught.value.errno == 2
    for part in ("v.h5::/Ca", "virtual dataset '/Ca'", f"s{missing}.h5"):
        assert part in str(caught.value)


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    source = tmp_path / "s1.h5"

    with h5py.File(source, "r+") as file:
        del file["a/b"]
    with pytest.raises(OSError, match=r"source 'a/b' .*is missing: there is no 'b'"):
        spec(tmp_path).open()
    with h5py.File(source, "r+") as file:
        file.create_group("a/b")
    with pytest.raises(OSError, match="is no dataset"):
        spec(tmp_path).open()
    source.write_text("no HDF5")
    with pytest.raises(OSError, match=r"cannot be read.*s1\.h5"):
        spec(tmp_path).open()
    source.unlink()
    os.mkfifo(source)
    with pytest.raises(OSError, match="a pipe"):
        spec(tmp_path).open()


@pytest.mark.parametrize("smaller", [(5, 8), (6, 7), (8,)])
def test_sources_smaller_than_what_is_mapped(tmp_path: Path, smaller: tuple[int, ...]) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    with h5py.File(tmp_path / "s2.h5", "w") as file:
        file["a/b"] = np.ones(smaller)
    with pytest.raises(OSError, match=r"'s2\.h5'.* smaller than what is mapped"):
        spec(tmp_path).open()


def test_sources_never_written(tmp_path: Path) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    with h5py.File(tmp_path / "s3.h5", "w") as file:
        file.create_dataset("a/b", shape=(6, 8), dtype="f8")
    with pytest.raises(OSError, match="nothing was ever written"):
        spec(tmp_path).open()


def test_sources_that_this_process_has_open_otherwise(tmp_path: Path) -> None:
    write_sources(tmp_path)
    write_virtual(tmp_path)
    # HDF5 alone would fail to open this source beside the other locking, and give fill values: where it is
    # read without HDF5's virtual datasets, it is opened as it is open.
    with h5py.File(tmp_path / "s1.h5", "r", locking=True), spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, STACK)


def test_sources_cut_while_they_are_read(tmp_path: Path) -> None:
    for index, image in enumerate(STACK):
        with h5py.File(tmp_path / f"s{index}.h5", "w") as file:
            file["a/b"] = image
    write_virtual(tmp_path)
    with spec(tmp_path).open() as source:
        os.truncate(tmp_path / "s3.h5", 100)
        with pytest.raises(OSError, match=r"s3\.h5|cannot be read|images 3 to 3"):
            source.read(3, 4)


def test_a_virtual_dataset_of_its_own_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["a/b"] = STACK
        layout = h5py.VirtualLayout((2, 6, 8), "f8")
        layout[:] = h5py.VirtualSource(file["a/b"])[1:3]
        file.create_virtual_dataset("Ca", layout)
    np.testing.assert_array_equal(spec(tmp_path).open().read(0, 2).images, STACK[1:3])


@pytest.mark.parametrize("file", [".", "v.h5"])
def test_a_virtual_dataset_of_itself(tmp_path: Path, file: str) -> None:
    layout = h5py.VirtualLayout((4, 6, 8), "f8")
    layout[:] = h5py.VirtualSource(file, "Ca", (4, 6, 8))
    with h5py.File(tmp_path / "v.h5", "w") as opened:
        opened.create_virtual_dataset("Ca", layout)
    with pytest.raises(OSError, match="refers to itself"):
        spec(tmp_path).open()


def test_two_virtual_datasets_of_each_other(tmp_path: Path) -> None:
    for mine, other in (("v.h5", "w.h5"), ("w.h5", "v.h5")):
        layout = h5py.VirtualLayout((4, 6, 8), "f8")
        layout[:] = h5py.VirtualSource(other, "Ca", (4, 6, 8))
        with h5py.File(tmp_path / mine, "w") as opened:
            opened.create_virtual_dataset("Ca", layout)
    with pytest.raises(OSError, match="refers to itself"):
        spec(tmp_path).open()


def test_nested_virtual_datasets(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["d0"] = STACK
        for depth in range(1, 6):
            layout = h5py.VirtualLayout((4, 6, 8), "f8")
            layout[:] = h5py.VirtualSource(".", f"d{depth - 1}", (4, 6, 8))
            file.create_virtual_dataset(f"d{depth}", layout)
    for depth in range(1, 6):
        stack_spec = spec(tmp_path, path=f"d{depth}", virtual_depth=3)
        if depth <= 3:
            np.testing.assert_array_equal(stack_spec.open().read(0, 4).images, STACK)
        else:
            with pytest.raises(ValueError, match=r"more than 3 deep: raise Limits\.virtual_depth"):
                stack_spec.open()
    assert spec(tmp_path, path="d5").open().shape == STACK.shape


def test_virtual_datasets_without_source(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "v.h5", "w") as opened:
        opened.create_virtual_dataset("Ca", h5py.VirtualLayout((4, 6, 8), "f8"))
    with pytest.raises(OSError, match=r"has no source|nothing was ever written"):
        spec(tmp_path).open()


def test_percent_signs_in_names(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "50%.h5", "w") as file:
        file["a/b"] = STACK[0]
    write_virtual(tmp_path, ["50%%.h5"] * 4)  # as HDF5 writes a percent sign
    with spec(tmp_path).open() as source:
        for image in np.asarray(source.read(0, 4).images):
            np.testing.assert_array_equal(image, STACK[0])


def test_numbered_sources(tmp_path: Path) -> None:
    write_sources(tmp_path)
    unlimited = h5py.h5s.UNLIMITED
    space = h5py.h5s.create_simple((4, 6, 8), (unlimited, 6, 8))
    space.select_hyperslab((0, 0, 0), (unlimited, 1, 1), (1, 1, 1), (1, 6, 8))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_virtual(space, b"s%b.h5", b"a/b", h5py.h5s.create_simple((6, 8)))
    with h5py.File(tmp_path / "v.h5", "w") as file:
        whole = h5py.h5s.create_simple((4, 6, 8), (unlimited, 6, 8))
        h5py.h5d.create(file.id, b"Ca", h5py.h5t.NATIVE_DOUBLE, whole, properties)
    with spec(tmp_path).open() as source:
        np.testing.assert_array_equal(source.read(0, 4).images, STACK)
    for index in range(4):
        (tmp_path / f"s{index}.h5").unlink()
    with pytest.raises((OSError, ValueError), match=r"s0\.h5|holds no image"):
        spec(tmp_path).open()
