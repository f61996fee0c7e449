# SPDX-License-Identifier: MIT
"""Stacks in HDF5 files: the same pixels for every layout, a named error for everything else."""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.base import PendingBlock
from ndreg_preeval.stacks.hdf5.source import Hdf5Source
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec, is_dataset
from ndreg_preeval.stacks.selection import parse_slice

STACK = np.random.default_rng(0).integers(0, 1000, (7, 11, 13)).astype(np.uint16)


def write(folder: Path, value: Any = STACK, name: str = "/entry/Ca", **options: Any) -> Path:
    with h5py.File(folder / "a.h5", "a") as file:
        file.create_dataset(name, data=value, **options)
    return folder / "a.h5"


def spec(file: Path, path: str = "/entry/Ca", text: str = "", **limits: Any) -> UriSpec:
    return UriSpec(str(file), path, Limits(**limits), parse_slice(text) if text else None)


def everything(stack_spec: Any) -> NDArray[Any]:
    with stack_spec.open() as source:
        return np.asarray(source.read(0, source.shape[0]).images)


LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (2, 5, 4)},
    "gzip": {"chunks": (2, 5, 4), "compression": "gzip"},
    "gzip, shuffled": {"chunks": (3, 4, 13), "compression": "gzip", "shuffle": True},
    "gzip, checked": {"chunks": (2, 5, 4), "compression": "gzip", "fletcher32": True},
    "gzip, columns": {"chunks": (7, 11, 1), "compression": "gzip"},
    "gzip, one by one": {"chunks": (1, 1, 2), "compression": "gzip"},
    "gzip, large chunk": {"chunks": (9, 20, 30), "compression": "gzip", "maxshape": (None, None, None)},
    "shuffled only": {"chunks": (2, 5, 4), "shuffle": True},
    "lzf": {"chunks": (2, 5, 4), "compression": "lzf"},
    "scaleoffset": {"chunks": (2, 5, 4), "scaleoffset": 0},
    "bitshuffle": {"chunks": (2, 5, 4), **hdf5plugin.Bitshuffle()},
    "zstd": {"chunks": (2, 5, 4), **hdf5plugin.Zstd()},
}
SLICES = ["", "1:6", "::2", "::-1", "...,2:9:3", "-3:,::-2,:", "6:1:-2"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_and_slice_gives_the_same_pixels(tmp_path: Path, layout: str) -> None:
    file = write(tmp_path, **LAYOUTS[layout])
    for text in SLICES:
        wanted = STACK[parse_slice(text)] if text else STACK
        stack_spec = spec(file, text=text)
        with stack_spec.open() as source:
            assert source.shape == wanted.shape
            assert source.dtype == np.uint16
            assert source.bytes_per_image == wanted[0].nbytes
            # In one block, one by one, and in blocks across the borders of chunks.
            for step in (7, 1, 3):
                for start in range(0, len(wanted), step):
                    stop = min(start + step, len(wanted))
                    block = source.read(start, stop)
                    assert block.mask is None
                    np.testing.assert_array_equal(block.images, wanted[start:stop])


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", ">u2", "i4", ">f4", "f2", "f8", "u8", "g"])
@pytest.mark.parametrize("layout", ["contiguous", "gzip, shuffled"])
def test_every_dtype(tmp_path: Path, dtype: str, layout: str) -> None:
    stack = (STACK % 100).astype(dtype)
    stack_spec = spec(write(tmp_path, stack, **LAYOUTS[layout]))
    assert stack_spec.open().dtype == stack.dtype
    np.testing.assert_array_equal(everything(stack_spec), stack)


@pytest.mark.parametrize("layout", [{}, {"chunks": (1, 2, 5, 4), "compression": "gzip", "shuffle": True}])
@pytest.mark.parametrize("text", ["1", "1,:,:,:", ":,-1", "...,3", ":,1:3,2,::-3", "0,::-1"])
def test_integers_take_axes_away(tmp_path: Path, layout: dict[str, Any], text: str) -> None:
    four = np.stack([STACK, STACK + 1])
    stack_spec = spec(write(tmp_path, four, **layout), text=text)
    wanted = four[parse_slice(text)]
    np.testing.assert_array_equal(everything(stack_spec), wanted)
    with stack_spec.open() as source:
        last = len(wanted) - 1
        np.testing.assert_array_equal(source.read(last, last + 1).images, wanted[last:])


@pytest.mark.parametrize("layout", [{}, {"chunks": True, "compression": "gzip"}])
@pytest.mark.parametrize("axis", [0, 1, 3])
@pytest.mark.parametrize("text", ["", "...,::-1", "::-1"])
def test_axes_of_length_one_are_dropped(tmp_path: Path, layout: Any, axis: int, text: str) -> None:
    four = np.expand_dims(STACK, axis)
    stack_spec = spec(write(tmp_path, four, **layout), text=text)
    cut = four[parse_slice(text)] if text else four
    wanted = cut.squeeze(axis)
    with stack_spec.open() as source:
        assert source.shape == wanted.shape
        np.testing.assert_array_equal(source.read(0, len(wanted)).images, wanted)
    if not text:
        with h5py.File(tmp_path / "a.h5") as file:
            np.testing.assert_array_equal(everything(DatasetSpec(file["entry/Ca"], Limits())), wanted)


def test_blocks_know_the_chunks(tmp_path: Path) -> None:
    file = write(tmp_path, chunks=(3, 11, 13), compression="gzip")
    assert spec(file).open().images_per_chunk == 3
    assert spec(file, text="::2").open().images_per_chunk == 1
    assert spec(file, text="0:2").open().images_per_chunk == 2
    write(tmp_path, name="flat")
    assert spec(file, "/flat").open().images_per_chunk == 1


def test_chunks_are_decoded_once_for_neighbouring_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_spec = spec(write(tmp_path, chunks=(7, 11, 1), compression="gzip"))
    reads: list[tuple[int, int]] = []
    original = Hdf5Source.start_reading

    def counted(self: Hdf5Source, start: int, stop: int, buffers: Any = None) -> PendingBlock:
        reads.append((start, stop))
        return original(self, start, stop, buffers)

    monkeypatch.setattr(Hdf5Source, "start_reading", counted)
    with stack_spec.open() as source:
        for image in range(7):
            np.testing.assert_array_equal(source.read(image, image + 1).images, STACK[image : image + 1])
    assert reads == [(0, 7)]


def test_recipes_are_small_and_survive_pickle(tmp_path: Path) -> None:
    stack_spec = spec(write(tmp_path), text="1:5:2,...")
    data = pickle.dumps(stack_spec)
    assert len(data) < 1000
    copy = pickle.loads(data)
    assert copy == stack_spec
    assert copy.location == stack_spec.location == f"{tmp_path}/a.h5::/entry/Ca&slice=1:5:2,..."
    np.testing.assert_array_equal(everything(copy), STACK[1:5:2])


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux lists them")
def test_no_file_stays_open(tmp_path: Path) -> None:
    file = write(tmp_path)
    before = open_files()
    with spec(file).open() as source:
        source.read(0, 1)
        assert open_files() > before
    source.close()
    assert open_files() == before
    for path in ("/entry/nope", "/entry"):
        with pytest.raises((KeyError, TypeError)) as caught:
            spec(file, path).open()
        assert open_files() == before, caught  # though the error is still held


@contextlib.contextmanager
def held_open(file: Path, mode: str, **options: Any) -> Iterator[h5py.File]:
    with h5py.File(file, mode, **options) as held:
        yield held
        assert held["entry/Ca"].shape == STACK.shape  # still usable


@pytest.mark.parametrize("mode", ["r", "r+"])
@pytest.mark.parametrize("locking", [None, True, False, "best-effort"])
def test_files_that_this_process_has_open(tmp_path: Path, mode: str, locking: Any) -> None:
    file = write(tmp_path, compression="gzip")
    with held_open(file, mode, **({} if locking is None else {"locking": locking})):
        np.testing.assert_array_equal(everything(spec(file)), STACK)


def test_open_datasets_are_read_and_stay_open(tmp_path: Path) -> None:
    with h5py.File(write(tmp_path, compression="gzip", shuffle=True), "r") as file:
        assert is_dataset(file["entry/Ca"])
        stack_spec = DatasetSpec(file["entry/Ca"], Limits())
        assert stack_spec.in_memory
        assert stack_spec.location == f"{tmp_path}/a.h5::/entry/Ca"
        np.testing.assert_array_equal(everything(stack_spec), STACK)
        assert file["entry/Ca"][0, 0, 0] == STACK[0, 0, 0]
    with pytest.raises(ValueError, match="is closed"):
        stack_spec.open()
    assert not is_dataset(STACK)


def test_datasets_of_files_in_memory() -> None:
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        file.create_dataset("Ca", data=STACK, compression="gzip")
        np.testing.assert_array_equal(everything(DatasetSpec(file["Ca"], Limits())), STACK)


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("/entry/nope", KeyError, r"there is no 'nope' in .*a.h5::/entry; it holds 'Ca'"),
        ("/nope/Ca", KeyError, r"there is no 'nope' in .*a.h5::/; it holds 'entry'"),
        ("/entry/Ca/x", KeyError, "a.h5::/entry/Ca is a dataset, not a group"),
        ("/entry", TypeError, "a group, not a dataset"),
        ("/entry/" + "y" * 10**5, KeyError, "a.h5"),
        ("/y" * 20000, KeyError, "a.h5"),
    ],
)
def test_missing_datasets(tmp_path: Path, path: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        spec(write(tmp_path), path).open()
    assert len(str(caught.value)) < 4000


@pytest.mark.parametrize("shape", [(4,), (4, 5), (4, 5, 6, 3), (0, 5, 6), (4, 0, 6), (), (1,) * 32], ids=len)
def test_wrong_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"a\.h5::/entry/Ca: .*(shape|no image|no pixels)"):
        spec(write(tmp_path, np.zeros(shape))).open()


def test_an_empty_dataspace(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no shape"):
        spec(write(tmp_path, h5py.Empty("f4"))).open()


@pytest.mark.parametrize(
    "dtype",
    [
        np.dtype([("a", "f4"), ("b", "i4")]),
        np.dtype("c8"),
        h5py.string_dtype(),
        np.dtype("S5"),
        h5py.ref_dtype,
        h5py.regionref_dtype,
        np.dtype(("f4", (3,))),
        h5py.opaque_dtype("M8[s]"),
        h5py.vlen_dtype(np.float32),
    ],
    ids=["compound", "complex", "vlen str", "fixed str", "reference", "region", "array", "datetime", "vlen"],
)
def test_what_is_no_grey_value(tmp_path: Path, dtype: Any) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("/entry/Ca", shape=(4, 5, 6), dtype=dtype)
    with pytest.raises(TypeError, match=r"a\.h5::/entry/Ca: the pixels must be"):
        spec(tmp_path / "a.h5").open()


def test_types_that_numpy_has_not(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        h5py.h5d.create(file.id, b"Ca", h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple((4, 5, 6)))
    with pytest.raises(TypeError, match="numpy has not"):
        spec(tmp_path / "a.h5", "Ca").open()


@pytest.mark.parametrize(
    ("text", "message"),
    [("90:99", "nothing is left"), ("9", "outside"), ("0,0", "slice=0,0 .*shape"), ("0,0,0,0", "4 indices")],
)
def test_slices_that_leave_no_stack(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        spec(write(tmp_path), text=text).open()
    assert "slice" in str(caught.value)
    assert "a.h5" in str(caught.value)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        spec(tmp_path / "nosuch.h5").open()
    assert caught.value.errno == 2
    assert "nosuch.h5" in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (FileNotFoundError, str(caught.value))


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no HDF5\n" * 100)
    (tmp_path / "empty.h5").touch()
    (tmp_path / "cut.h5").write_bytes(write(tmp_path).read_bytes()[:50])
    (tmp_path / "short.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:-500])
    (tmp_path / "loop.h5").symlink_to(tmp_path / "loop.h5")
    (tmp_path / "folder.h5").mkdir()
    os.mkfifo(tmp_path / "pipe.h5")
    expected: dict[str, tuple[type[OSError], str]] = {
        "text.h5": (OSError, "no HDF5 file"),
        "empty.h5": (OSError, "it is empty"),
        "cut.h5": (OSError, "cannot be opened as HDF5"),
        "short.h5": (OSError, "cut off"),
        "loop.h5": (OSError, "symbolic links"),
        "folder.h5": (IsADirectoryError, "is a folder"),
        "pipe.h5": (OSError, "a pipe"),
        "x" * 5000: (OSError, "too long"),
    }
    for name, (kind, message) in expected.items():
        with pytest.raises(kind, match=message) as caught:
            spec(tmp_path / name).open()
        assert caught.value.errno is not None
        assert name[:10] in str(caught.value)
        assert len(str(caught.value)) < 4000


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/urandom"])
def test_devices_are_not_opened(device: str) -> None:
    with pytest.raises(OSError, match="this is a device"):
        spec(Path(device)).open()


def test_sockets_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.h5")
        with pytest.raises(OSError, match="this is a socket"):
            spec(Path("s.h5")).open()


@pytest.mark.parametrize(
    "layout", [{}, {"chunks": (1, 200, 200)}, {"chunks": (1, 200, 200), "compression": "gzip"}]
)
def test_files_cut_while_they_are_read(tmp_path: Path, layout: dict[str, Any]) -> None:
    file = write(tmp_path, np.random.default_rng(0).random((7, 200, 200)), **layout)
    with spec(file).open() as source:
        source.read(0, 2)
        os.truncate(file, 3000)
        with pytest.raises(OSError, match=r"a\.h5::/entry/Ca, images 2 to 3: "):
            source.read(2, 4)


def test_files_replaced_while_they_are_read(tmp_path: Path) -> None:
    file = write(tmp_path)
    with spec(file).open() as source:
        (tmp_path / "new.h5").write_bytes(b"short")
        (tmp_path / "new.h5").replace(file)
        np.testing.assert_array_equal(source.read(2, 4).images, STACK[2:4])
