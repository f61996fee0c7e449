# SPDX-License-Identifier: MIT
"""Arrays of other libraries: the same bits as in memory, each chunk read once, faults with their images."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import rank_stacks, score_stack
from ndreg_preeval.errors import RankingWarning
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.memory.spec import ArraySpec
from ndreg_preeval.stacks.resolve import resolve_stack
from tests.support.scenes import assert_same_numbers, drifting

STACK = (1000 * drifting(0.2, n=11) + 5000).astype(np.uint16)
N, HEIGHT, WIDTH = STACK.shape
ROW = 3
"""Images of a row of chunks: the last row has fewer."""

Open = Callable[[Path], contextlib.AbstractContextManager[Any]]


def source(function: Callable[[Path], Any]) -> Open:
    """Turn a function that returns an array, or yields one, into a context manager."""

    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Any]:
        found = function(folder)
        if isinstance(found, Iterator):
            yield from found
        else:
            yield found

    return opened


def memmap(folder: Path) -> Any:
    STACK.tofile(folder / "a.raw")
    return np.memmap(folder / "a.raw", STACK.dtype, "r", shape=STACK.shape)


def zarr_array(folder: Path, **options: Any) -> Any:
    zarr = pytest.importorskip("zarr", minversion="3")
    options = {"chunks": (ROW, HEIGHT, WIDTH), **options}
    array = zarr.create_array(folder / "a.zarr", shape=STACK.shape, dtype=STACK.dtype, **options)
    array[:] = STACK
    return zarr.open_array(folder / "a.zarr", mode="r")


def dask_array(*chunks: Any) -> Any:
    return pytest.importorskip("dask.array").from_array(STACK, chunks=chunks or (ROW, HEIGHT, WIDTH))


def xarray_array(values: Any) -> Any:
    return pytest.importorskip("xarray").DataArray(values, dims=("image", "y", "x"))


def xarray_on_zarr(folder: Path) -> Iterator[Any]:
    pytest.importorskip("zarr", minversion="3")
    encoding = {"a": {"chunks": (ROW, 16, 40)}}
    dataset = xarray_array(STACK).to_dataset(name="a")
    dataset.to_zarr(folder / "x.zarr", encoding=encoding, consolidated=False, zarr_format=2)
    xarray = pytest.importorskip("xarray")
    with xarray.open_zarr(folder / "x.zarr", chunks=None, consolidated=False) as opened:
        yield opened["a"]


def hdf5_dataset(folder: Path) -> Iterator[Any]:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset("a", data=STACK, chunks=(ROW, 20, 13), compression="gzip")
    with h5py.File(folder / "a.h5") as file:
        yield file["a"]


def tifffile_store(folder: Path) -> Iterator[Any]:
    zarr = pytest.importorskip("zarr", minversion="3")
    tifffile = pytest.importorskip("tifffile", minversion="2025.6.1")  # its stores fit zarr 3 since
    tifffile.imwrite(folder / "a.tif", STACK, photometric="minisblack", compression="zlib", rowsperstrip=7)
    with tifffile.imread(folder / "a.tif", aszarr=True) as store:
        yield zarr.open_array(store, mode="r")


class Bare:
    """Shape, dtype and items, and nothing else; tells which threads asked."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.threads: set[int] = set()

    def __getitem__(self, index: Any) -> NDArray[Any]:
        self.threads.add(threading.get_ident())
        return self.array[index].copy()


SOURCES: dict[str, Open] = {
    "memmap": source(memmap),
    "bare": source(lambda folder: Bare(STACK)),
    "zarr 3": source(zarr_array),
    "zarr 2": source(lambda folder: zarr_array(folder, zarr_format=2)),
    "zarr, tiles": source(lambda folder: zarr_array(folder, chunks=(4, 15, 9))),
    "zarr, columns": source(lambda folder: zarr_array(folder, chunks=(N, HEIGHT, 1))),
    "zarr, shards": source(lambda folder: zarr_array(folder, chunks=(2, 16, 20), shards=(4, 32, 40))),
    "dask": source(lambda folder: dask_array()),
    "dask, tiles": source(lambda folder: dask_array(5, 7, 11)),
    "dask, uneven": source(lambda folder: dask_array((2, 5, 1, 3), (20, 12), WIDTH)),
    "xarray": source(lambda folder: xarray_array(STACK)),
    "xarray on dask": source(lambda folder: xarray_array(dask_array())),
    "xarray on zarr": source(xarray_on_zarr),
    "h5py": source(hdf5_dataset),
    "zarr on tifffile": source(tifffile_store),
}

# A few images at a time, in whole rows of chunks where they fit.
LIMITS = (None, 4 * ROW * STACK[0].nbytes)


@pytest.mark.parametrize(
    ("pairing", "reference_image"), [("reference", 0), ("reference", 5), ("reference", -2), ("previous", 0)]
)
@pytest.mark.parametrize("name", SOURCES)
def test_the_same_bits_as_in_memory(tmp_path: Path, name: str, pairing: Any, reference_image: int) -> None:
    options = {"pairing": pairing, "reference_image": reference_image}
    expected = score_stack(STACK, num_threads=1, **options)
    assert expected.score > 0.5
    # Where a row of chunks is all images, a small limit only makes it slow, and says so.
    limits = LIMITS[:1] if name in ("zarr, columns", "dask, uneven") else LIMITS
    with SOURCES[name](tmp_path) as value:
        for num_threads in (1, 2):
            for memory_limit in limits:
                found = score_stack(value, num_threads=num_threads, memory_limit=memory_limit, **options)
                assert found.n_images == N
                assert found.dtype == str(STACK.dtype)
                assert_same_numbers(found, expected)


@pytest.mark.parametrize("name", SOURCES)
def test_blocks_of_any_range_are_the_images(tmp_path: Path, name: str) -> None:
    with SOURCES[name](tmp_path) as value, resolve_stack(value, limits=Limits()).open() as opened:
        assert opened.shape == STACK.shape
        for start, stop in ((0, N), (0, 1), (2, 7), (5, 6), (N - 2, N)):
            pending = opened.start_reading(start, stop)
            for task in reversed(pending.tasks):
                task.run()
            for block in (pending.block(), opened.read(start, stop)):
                assert block.mask is None
                np.testing.assert_array_equal(np.stack(list(block.images)), STACK[start:stop])


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ((3, 3, 3, 2), 3),
        ((4, 4, 3), 4),
        ((2, 2, 4, 2, 1), 4),  # not 2: there is none at 6
        ((1, 2, 3, 3, 2), 3),  # 3, 6 and 9 are borders
        ((0, 4, 0, 4, 3), 4),
        ((2, 9), 11),
        ((11,), 11),
        ((float("nan"),), 1),
    ],
)
def test_rows_end_at_borders_of_uneven_chunks(chunks: Any, expected: int) -> None:
    value: Any = Bare(STACK)
    value.chunks = (chunks, (HEIGHT,), (WIDTH,))
    assert ArraySpec(value).open().images_per_chunk == expected


def test_uneven_chunks_do_not_make_rounds_endless() -> None:
    value: Any = Bare(np.broadcast_to(np.uint16(0), (1000, 1024, 1024)))
    value.chunks = ((7, *[9] * 110, 3), (1024,), (1024,))
    assert ArraySpec(value).open().images_per_chunk == 9


def test_only_zarr_is_read_by_other_threads(tmp_path: Path) -> None:
    bare = Bare(STACK)
    score_stack(bare, num_threads=2, memory_limit=LIMITS[1])
    assert bare.threads == {threading.get_ident()}
    concurrent = {}
    for name in ("bare", "zarr 3", "zarr 2", "dask", "xarray", "xarray on dask"):
        (tmp_path / name).mkdir()
        with SOURCES[name](tmp_path / name) as value:
            concurrent[name] = ArraySpec(value).open().concurrent
    assert [name for name, yes in concurrent.items() if yes] == ["zarr 3", "zarr 2"]


def test_a_zarr_array_is_read_in_rows_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ndreg_preeval.stacks.memory.source.TASK_BYTES", 2 * ROW * STACK[0].nbytes)
    opened = ArraySpec(zarr_array(tmp_path)).open()
    pending = opened.start_reading(1, N)
    assert [task.place for task in pending.tasks] == [1, 6]
    threads = [threading.Thread(target=task.run) for task in pending.tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(np.stack(list(pending.block().images)), STACK[1:])


# ------------------------------------------------------------------ each chunk once


def counted_zarr(chunks: Any) -> tuple[Any, Counter[str]]:
    zarr = pytest.importorskip("zarr", minversion="3")
    counts: Counter[str] = Counter()

    class Counting(zarr.storage.WrapperStore):  # type: ignore[misc]
        async def get(self, key: str, *args: Any, **options: Any) -> Any:
            if key.startswith("c/"):
                counts[key] += 1
            return await super().get(key, *args, **options)

    store = zarr.storage.MemoryStore()
    zarr.create_array(store, shape=STACK.shape, dtype=STACK.dtype, chunks=chunks)[:] = STACK
    return zarr.open_array(Counting(store), mode="r"), counts


def counted_dask(chunks: Any) -> tuple[Any, Counter[str]]:
    da = pytest.importorskip("dask.array")
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def load(block: NDArray[Any], block_info: Any = None) -> NDArray[Any]:
        with lock:
            counts[str(block_info[0]["chunk-location"])] += 1
        return block

    return da.from_array(STACK, chunks=chunks).map_blocks(load, dtype=STACK.dtype, meta=STACK[:0]), counts


@pytest.mark.parametrize("memory_limit", LIMITS)
@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize(
    ("pairing", "reference_image"), [("reference", 0), ("reference", 4), ("reference", -1), ("previous", 0)]
)
@pytest.mark.parametrize("counted", [counted_zarr, counted_dask])
def test_each_chunk_is_read_once(
    counted: Any, pairing: Any, reference_image: int, num_threads: int, memory_limit: int | None
) -> None:
    value, counts = counted((ROW, 20, WIDTH))
    score_stack(
        value,
        pairing=pairing,
        reference_image=reference_image,
        num_threads=num_threads,
        memory_limit=memory_limit,
    )
    assert len(counts) == -(-N // ROW) * 2
    assert set(counts.values()) == {1}


def test_uneven_chunks_of_dask_are_computed_once() -> None:
    value, counts = counted_dask(((2, 5, 1, 3), HEIGHT, WIDTH))
    score_stack(value)
    assert list(counts.values()) == [1] * 4


# ------------------------------------------------------------------ faults


def told(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_damaged_chunk_of_zarr_is_named(tmp_path: Path, num_threads: int) -> None:
    value = zarr_array(tmp_path)
    (tmp_path / "a.zarr" / "c" / "2" / "0" / "0").write_bytes(b"no chunk")
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of whatever class the codec has
        rank_stacks(
            {"good": STACK, "bad": value}, num_threads=num_threads, memory_limit=4 * ROW * STACK[0].nbytes
        )
    assert "stack 'bad'" in told(caught.value)
    assert "images 6 to 8" in told(caught.value)


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("wrapped", [False, True], ids=["dask", "xarray"])
def test_a_failing_task_of_dask_is_named(num_threads: int, wrapped: bool) -> None:
    def fail(block: NDArray[Any], block_info: Any = None) -> NDArray[Any]:
        if block_info[0]["chunk-location"][0] == 1:
            raise RuntimeError("the detector is offline")
        return block

    value = dask_array().map_blocks(fail, dtype=STACK.dtype, meta=STACK[:0])
    if wrapped:
        value = xarray_array(value)
    with pytest.raises(RuntimeError, match="the detector is offline") as caught:
        rank_stacks(
            {"good": STACK, "bad": value}, num_threads=num_threads, memory_limit=4 * ROW * STACK[0].nbytes
        )
    assert "stack 'bad'" in str(caught.value)
    assert "images 3 to 5" in str(caught.value)


def test_masks_of_dask_are_honoured() -> None:
    da = pytest.importorskip("dask.array")
    hidden = np.random.default_rng(0).random(STACK.shape) < 0.05
    spoilt = np.where(hidden, 60000, STACK).astype(STACK.dtype)
    value = da.ma.masked_array(da.from_array(spoilt, chunks=(ROW, 16, WIDTH)), hidden)
    with pytest.warns(RankingWarning, match="masked"):
        expected = score_stack(np.ma.MaskedArray(spoilt, hidden))
    with pytest.warns(RankingWarning, match="masked"):
        found = score_stack(value, num_threads=2, memory_limit=LIMITS[1])
    assert expected.invalid_pixels.sum() > 0
    assert_same_numbers(found, expected)


def test_unknown_shapes_of_dask_are_refused() -> None:
    value = dask_array()
    with pytest.raises(ValueError, match="known in advance"):
        score_stack(value[value.sum(axis=(1, 2)) > 0])


@pytest.mark.parametrize(
    ("dtype", "shape", "kind"),
    [("c8", (2, 3, 4), TypeError), ("f4", (3, 4), ValueError), ("f4", (2, 3, 4, 3), ValueError)],
)
def test_what_is_no_stack_is_refused(tmp_path: Path, dtype: str, shape: Any, kind: Any) -> None:
    zarr = pytest.importorskip("zarr", minversion="3")
    da = pytest.importorskip("dask.array")
    for value in (
        zarr.create_array(tmp_path / "b.zarr", shape=shape, dtype=dtype),
        da.zeros(shape, dtype=dtype),
    ):
        with pytest.raises(kind, match=r"the pixels must be|a stack must have the shape"):
            score_stack(value)


FILL = 65535
VALID = np.ones(STACK.shape, dtype=bool)
VALID[:, 4:9, 6:20] = False
FILLED = np.where(VALID, STACK, FILL).astype(STACK.dtype)


def undecoded_xarray(_: Path) -> Any:
    xarray = pytest.importorskip("xarray")
    return xarray.DataArray(FILLED, dims=("time", "y", "x"), attrs={"_FillValue": FILL})


def undecoded_dask(folder: Path) -> Any:
    pytest.importorskip("dask")
    return undecoded_xarray(folder).chunk({"time": 4})


def undecoded_last_axis(folder: Path) -> Any:
    return undecoded_xarray(folder).transpose("y", "x", "time")


def zarr_with_attribute(folder: Path) -> Any:
    zarr = pytest.importorskip("zarr", minversion="3")
    array = zarr.create_array(
        folder / "f.zarr", shape=STACK.shape, chunks=(ROW, 16, WIDTH), dtype=STACK.dtype
    )
    array[...] = FILLED
    array.attrs["missing_value"] = [1, FILL]
    return array


@pytest.mark.parametrize(
    "made",
    [undecoded_xarray, undecoded_dask, undecoded_last_axis, zarr_with_attribute],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("limit", [None, 1024])
def test_declared_values_are_filled(tmp_path: Path, made: Callable[[Path], Any], limit: int | None) -> None:
    value = made(tmp_path)
    expected = score_stack(STACK, mask=VALID[0])
    options: dict[str, Any] = {"memory_limit": limit, "num_threads": 2}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = score_stack(value, **options)
        assert_same_numbers(score_stack(value, invalid="raise", **options), expected)
        ignoring = score_stack(value, declared_invalid="ignore", **options)
        assert_same_numbers(ignoring, score_stack(FILLED))
    assert_same_numbers(found, expected)
    assert any("65535 declares invalid are filled" in str(each.message) for each in told)
    assert any("65535 declares invalid are filled" in text for text in found.warnings)
    assert not any("declares" in text for text in ignoring.warnings)


def test_a_declared_value_that_is_none_is_told() -> None:
    xarray = pytest.importorskip("xarray")
    value = xarray.DataArray(STACK, dims=("time", "y", "x"), attrs={"_FillValue": "none"})
    with pytest.warns(
        RankingWarning, match="attribute _FillValue = .*none.* is no value of pixels: it is ignored"
    ):
        assert_same_numbers(score_stack(value), score_stack(STACK))
