# SPDX-License-Identifier: MIT
"""Stacks in TIFF files: the same pixels for every layout, a named error for everything else."""

from __future__ import annotations

import contextlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.resolve import resolve_stack, resolve_stacks
from ndreg_preeval.stacks.selection import parse_slice
from ndreg_preeval.stacks.tiff import source as tiff
from ndreg_preeval.stacks.tiff.source import TiffSource
from tests.support.scenes import assert_same_numbers, drifting, three

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

from tests.support.tiffs import LAYOUTS, STACK, everything, spec, write


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_pixels(tmp_path: Path, layout: str) -> None:
    with spec(write(tmp_path, **LAYOUTS[layout])).open() as source:
        assert source.shape == STACK.shape
        assert source.dtype == (">u2" if layout in ("big-endian", "BigTIFF") else "<u2")
        assert source.bytes_per_image == STACK[0].nbytes
        assert source.images_per_chunk == 1
        assert source.concurrent
        assert source.warnings == source.warnings_while_reading() == ()
        for step in (9, 1, 4):
            for start in range(0, 9, step):
                stop = min(start + step, 9)
                block = source.read(start, stop)
                assert block.mask is None
                np.testing.assert_array_equal(block.images, STACK[start:stop])


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", ">u2", "i2", "u4", "i4", "f2", ">f4", "f8", "u8", "i8"])
@pytest.mark.parametrize("layout", ["plain", "deflate", "tiles"])
def test_every_dtype_is_read_as_it_is(tmp_path: Path, dtype: str, layout: str) -> None:
    stack = (STACK % 128).astype(dtype)
    with spec(write(tmp_path, stack, byteorder="<", **LAYOUTS[layout])).open() as source:
        assert source.dtype == np.dtype(dtype).newbyteorder("<")
        np.testing.assert_array_equal(source.read(0, 9).images, stack)


def test_twelve_bits_are_unpacked(tmp_path: Path) -> None:
    stack = (STACK[:, :, :52] * 4).astype(np.uint16)
    packed = np.zeros((9, 37, 78), np.uint8)
    first, second = stack[:, :, ::2], stack[:, :, 1::2]
    packed[:, :, ::3], packed[:, :, 1::3], packed[:, :, 2::3] = (
        first >> 4,
        first % 16 * 16 + (second >> 8),
        second % 256,
    )
    file = write(tmp_path, packed, metadata=None)
    with tifffile.TiffFile(file, mode="r+") as tif:
        for page in tif.pages:
            page.tags["ImageWidth"].overwrite(52)
            page.tags["BitsPerSample"].overwrite(12)
    np.testing.assert_array_equal(everything(spec(file)), stack)


# ------------------------------------------------------------------ axes


@pytest.mark.parametrize(
    "layout", [{"imagej": True}, {"ome": True, "metadata": {"axes": "TCYX"}}, {"compression": "lzw"}]
)
@pytest.mark.parametrize(
    "text", [":,0", ":,-1", "1", "::-1,2", "1,::-1", ":,1,2:30", "0,:,::-2,5:40:3", "1,1:3,...,::-1"]
)
def test_slices_take_stacks_from_more_axes(tmp_path: Path, layout: Any, text: str) -> None:
    stack = np.arange(2 * 4 * 20 * 41, dtype=np.float32).reshape(2, 4, 20, 41)
    stack_spec = spec(write(tmp_path, stack, **layout), text)
    wanted = stack[parse_slice(text)]
    with stack_spec.open() as source:
        assert source.shape == wanted.shape
        np.testing.assert_array_equal(source.read(0, len(wanted)).images, wanted)
        np.testing.assert_array_equal(source.read(1, 2).images, wanted[1:2])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (":,0", ":,0"),
        (":,1,0", ":,1"),
        (":,0,0,:,:", ":,0"),
        ("...,1,0,:,:", ":,1"),
        ("2:,1,0:1,::-1,3:", "2:,1,::-1,3:"),
    ],
)
def test_slices_of_all_axes_of_the_file(tmp_path: Path, text: str, wanted: str) -> None:
    stack = np.arange(5 * 2 * 20 * 41, dtype=np.float32).reshape(5, 2, 20, 41)
    file = write(tmp_path, stack[:, :, None], ome=True, metadata={"axes": "TCZYX"})
    expected = stack[parse_slice(wanted)]
    with spec(file, text).open() as source:
        assert source.shape == expected.shape
        np.testing.assert_array_equal(source.read(0, len(expected)).images, expected)
    with pytest.raises(ValueError, match=r"slice=:,0,1 of the shape \(5, 2, 20, 41\): .* one image"):
        spec(file, ":,0,1").open()


@pytest.mark.parametrize(
    ("shape", "options", "text", "message"),
    [
        ((37, 53), {}, "", r"not \(37, 53\): that is one image, not a stack"),
        ((1, 37, 53), {"imagej": True}, "", "that is one image"),
        ((2, 4, 37, 53), {"imagej": True}, "", r"axes ZCYX of lengths \(2, 4, 37, 53\): take some by .*\?slice=:,0"),
        ((5, 37, 53, 3), {"photometric": "rgb"}, "", r"not the axes Q?I?YXS of lengths \(5, 37, 53, 3\) \(S: samples"),
        ((5, 3, 37, 53), {"photometric": "rgb", "planarconfig": "separate"}, "", "S: samples"),
        ((2, 9, 37, 53), {"metadata": {"axes": "CYXT"}}, "", "last two axes must be theirs: not the axes CYXT"),
        ((9, 37, 53), {}, "0", r"slice=0 of the shape \(9, 37, 53\): .* one image"),
        ((2, 4, 37, 53), {}, ":,:,0", "an image keeps its height and width"),
        ((9, 37, 53), {}, "9:", "nothing is left"),
        ((9, 37, 53), {}, ":,:,:,0", "has 4 indices"),
    ],
)  # fmt: skip
def test_what_is_no_stack_of_images(
    tmp_path: Path, shape: Any, options: Any, text: str, message: str
) -> None:
    file = write(tmp_path, np.zeros(shape, np.uint8), **options)
    with pytest.raises(ValueError, match=message) as caught:
        spec(file, text).open()
    assert str(caught.value).startswith(str(file))


def test_axes_of_length_one_are_dropped(tmp_path: Path) -> None:
    for name, options in {"a": {"imagej": True}, "b": {"metadata": {"axes": "TZCYX"}}}.items():
        file = write(tmp_path, STACK.reshape(1, 9, 1, 37, 53), f"{name}.tif", **options)
        np.testing.assert_array_equal(everything(spec(file)), STACK)
    file = write(tmp_path, STACK[:, :1], "c.tif")
    assert everything(spec(file)).shape == (9, 1, 53)


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_complex_pixels_are_a_type_error(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(TypeError, match="the pixels must be"):
        spec(write(tmp_path, STACK.astype(dtype))).open()


# ------------------------------------------------------------------ tasks


def test_neighbours_are_read_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    each = STACK[0].nbytes
    with spec(write(tmp_path, rowsperstrip=5, metadata=None)).open() as source:
        assert len(source.start_reading(2, 7).tasks) == 1
        monkeypatch.setattr(tiff, "RUN_BYTES", 2 * each - 1)
        tasks = source.start_reading(0, 9).tasks
        assert len(tasks) == 5
        assert [task.place - tasks[0].place for task in tasks] == [i * (2 * each - 1) for i in range(5)]
        np.testing.assert_array_equal(source.read(0, 9).images, STACK)
    with spec(write(tmp_path, compression="zlib", rowsperstrip=10)).open() as source:
        assert source.working_bytes > 10 * 53 * 2
        assert len(source.start_reading(2, 7).tasks) == 1
        monkeypatch.setattr(tiff, "DECODED_BYTES", 3 * 10 * 53 * 2)
        assert len(source.start_reading(0, 9).tasks) == 12  # 4 strips of each image, 3 in a task
        np.testing.assert_array_equal(source.read(0, 9).images, STACK)


@pytest.mark.parametrize("layout", ["strips", "deflate, strips", "lzw, tiles", "zstd, big-endian"])
def test_pieces_may_run_in_any_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str) -> None:
    monkeypatch.setattr(tiff, "RUN_BYTES", 1000)
    monkeypatch.setattr(tiff, "DECODED_BYTES", 1000)
    file = write(tmp_path, **LAYOUTS[layout])
    with ThreadPoolExecutor(8) as pool, spec(file).open() as source:
        for _ in range(20):
            readings = [
                (start, source.start_reading(start, stop)) for start, stop in ((0, 4), (4, 9), (2, 7))
            ]
            tasks = [task for _, pending in readings for task in pending.tasks]
            list(pool.map(lambda task: task.run(), tasks[::-1]))
            for start, pending in readings:
                images = pending.block().images
                np.testing.assert_array_equal(images, STACK[start : start + len(images)])


# ------------------------------------------------------------------ specs and rankings


def test_recipes_pickle_small_and_hold_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    ((name, stack_spec),) = resolve_stacks({"k": "a.tif?slice=1:4"}, limits=Limits())
    assert (name, stack_spec.location) == ("k", "a.tif?slice=1:4")
    monkeypatch.chdir("/")
    data = pickle.dumps(stack_spec)
    assert len(data) < 1000
    again = pickle.loads(data)
    assert again == stack_spec
    assert not again.in_memory
    np.testing.assert_array_equal(everything(again), STACK[1:4])


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF", "a.btf", "a.ome.tif", "a b+c#1.Tif", "x::y.tif"])
def test_names_of_tiff_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write(tmp_path, name=name)
    monkeypatch.chdir(tmp_path)
    for value in (name, Path(name), str(tmp_path / name), tmp_path / name):
        stack_spec = resolve_stack(value, limits=Limits())
        with stack_spec.open() as source:
            assert isinstance(source, TiffSource)
        assert stack_spec.location == str(value)


@pytest.mark.parametrize("text", ["a.h5::/a.tif", "a.tif::/data", "a.tif?path=/data", "nosuch.h5::/x.tiff"])
def test_what_names_a_dataset_is_no_tiff_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    (tmp_path / "a.h5").write_bytes(b"II*\0")
    with pytest.raises(OSError, match=r"HDF5|No such file"):
        resolve_stack(text, limits=Limits())


@pytest.mark.parametrize(
    ("uris", "expected"),
    [
        (["Ca.tif", "Fe.tif"], ["Ca", "Fe"]),
        (["Ca.tif"], ["Ca"]),
        (["Ca.tif", "deep/Ca.tif"], ["Ca", "deep/Ca"]),
        (["Ca.tif?slice=:4", "Fe.tif"], ["Ca", "Fe"]),
    ],
)
def test_sequences_of_tiff_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uris: Any, expected: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("Ca.tif", "Fe.tif", "deep/Ca.tif"):
        write(tmp_path, name=name)
    found = resolve_stacks(uris, limits=Limits())
    assert [name for name, _ in found] == expected
    assert [stack_spec.location for _, stack_spec in found] == uris
    twice = resolve_stacks([*uris, *uris], limits=Limits())
    assert len({name for name, _ in twice}) == len(twice)


def test_errors_name_the_stack(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(ValueError, match="names one TIFF stack, and a ranking needs several"):
        rank_stacks(str(tmp_path / "a.tif"))
    with pytest.raises(ValueError, match=r"stack 'k'.*slice='a' is not valid"):
        rank_stacks({"k": f"{tmp_path}/a.tif?slice=a"})
    with pytest.raises(FileNotFoundError, match=r"stack 'k'.*nosuch\.tif") as caught:
        rank_stacks({"k": f"{tmp_path}/nosuch.tif"})
    assert caught.value.errno == 2
    (tmp_path / "b.tif").write_bytes(b"no TIFF at all")
    with pytest.raises(OSError, match=r"stack 'k'.*b\.tif.*it is no TIFF file"):
        rank_stacks({"good": STACK, "k": tmp_path / "b.tif"})


@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "zlib", "rowsperstrip": 7}, {"compression": "lzw", "tile": (16, 16)}],
    ids=str,
)
@pytest.mark.parametrize(
    "run", [{}, {"num_threads": 1}, {"memory_limit": 30_000}, {"pairing": "previous"}, {"reference_image": -3}, {"isolate": True}], ids=str
)  # fmt: skip
def test_rankings_are_those_of_the_arrays(tmp_path: Path, options: Any, run: Any) -> None:
    stacks = {name: stack.astype(np.float32) for name, stack in three(n=9).items()}
    for name, stack in stacks.items():
        write(tmp_path, stack, f"{name}.tif", **options)
    expected = rank_stacks(stacks, **{name: value for name, value in run.items() if name != "isolate"})
    found = rank_stacks([tmp_path / f"{name}.tif" for name in stacks], **run)
    assert found.ranked_stack_names == expected.ranked_stack_names == ["clear", "fair", "poor"]
    for name in stacks:
        assert_same_numbers(found.stacks[name], expected.stacks[name])
    with ThreadPoolExecutor(2) as pool:
        found = rank_stacks({"fair": tmp_path / "fair.tif"}, executor=pool, reference_stack=None)
    assert found.stacks["fair"].location == str(tmp_path / "fair.tif")


def test_files_are_closed(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    source = spec(path).open()
    source.close()
    source.close()
    with contextlib.suppress(ValueError):
        spec(path, "0").open()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_is_one_stack_to_find(tmp_path: Path) -> None:
    path = write(tmp_path, **LAYOUTS["plain"])
    assert find_stacks(path) == {Path(path).stem: str(path)}
    with pytest.raises(FileNotFoundError):
        find_stacks(tmp_path / "absent.tif")


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_three_or_four_images_are_no_colours_where_the_caller_says_so(
    tmp_path: Path, dtype: str, n: int, axis: int
) -> None:
    stack = (100 * drifting(0.1, n=n) + 1000).clip(0, 255 if dtype == "u1" else 2000).astype(dtype)
    file = tmp_path / "a.tif"
    how = {"planarconfig": "separate"} if axis == 0 else {}
    extra = {} if n == 3 else {"extrasamples": ["unassalpha"]}
    tifffile.imwrite(file, np.moveaxis(stack, 0, axis), photometric="rgb", **how, **extra)
    with pytest.raises(
        ValueError, match=r"S: samples of a colour; where they are images.*\?axis= or image_axis="
    ):
        score_stack(file)
    expected = score_stack(stack)
    assert_same_numbers(score_stack(file, image_axis=axis), expected)
    assert_same_numbers(score_stack(f"{file}?axis={axis}"), expected)
