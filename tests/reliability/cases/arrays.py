# SPDX-License-Identifier: MIT
"""Every layout and every object that may pass for a stack."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import arraylikes
from ..outcomes import (
    BAD_LAST,
    FOUR,
    NAMES_BAD,
    NAMES_GOOD,
    RANKED,
    Got,
    Outcome,
    error,
    in_order,
    ranking,
    require,
)
from ..support import excellent, faulty, good, images, rank, strict_warnings
from ..table import Build, Section

arrays = Section("arrays")
NO_STACK = error(ValueError, TypeError, IndexError, naming=["stk_bad"])


def each(change: Any) -> Build:
    """The good stacks, each made into another kind of object."""
    return lambda _: good(change=change)


def unaligned(stack: NDArray[Any]) -> NDArray[Any]:
    memory = np.empty(stack.nbytes + 1, np.uint8)
    shifted: NDArray[Any] = np.ndarray(stack.shape, stack.dtype, memory.data, offset=1)
    shifted[...] = stack
    require(not shifted.flags.aligned, "the array is aligned after all")
    return shifted


def bytes_backed(stack: NDArray[Any]) -> NDArray[Any]:
    view = np.frombuffer(stack.tobytes(), stack.dtype).reshape(stack.shape)
    require(not view.flags.writeable, "the array can be written after all")
    return view


arrays.add(
    "negative_strides",
    "flipped twice: the same pixels in another order",
    each(lambda a: np.ascontiguousarray(a[:, ::-1, ::-1])[:, ::-1, ::-1]),
    RANKED,
)
arrays.add("negative_stride_real", "a flipped view", each(lambda a: a[:, ::-1, ::-1]), RANKED)
arrays.add("negative_stride_stack", "the last image first", each(lambda a: a[::-1]), RANKED)
arrays.add(
    "list_fortran_images",
    "a list of Fortran images",
    each(lambda a: [np.asfortranarray(i) for i in a]),
    RANKED,
)
arrays.add("list_of_arrays", "a list of 2-D arrays", each(list), RANKED)
arrays.add("nested_lists", "nested Python lists", each(lambda a: a.tolist()), RANKED)


@arrays.case("np_matrix", "a list of numpy.matrix", RANKED)
def _(_: Path) -> Any:
    def change(stack: NDArray[Any]) -> Any:
        return [image.view(np.matrix) for image in stack]  # constructing one would warn

    return good(change=change)


arrays.add("unaligned", "an unaligned buffer", each(unaligned), RANKED)
arrays.add("bytes_backed", "an array over bytes: read-only", each(bytes_backed), RANKED)
STRIDE_ZERO: Outcome = ranking(
    "the repeated image or zeta first, others in order",
    lambda got: got[0] in ("stk_bad", "zeta") and in_order(got, "zeta", "alpha", "kilo"),
)
arrays.add(
    "broadcast_stride0",
    "one image repeated by a stride of 0",
    lambda _: faulty(np.broadcast_to(excellent()[0], (4, 32, 40))),
    STRIDE_ZERO,
)


@arrays.scenario(
    "broadcast_huge_n",
    "20000 images by a stride of 0: memory of an image, not of a stack",
    slow=True,
)
def _(_: Path) -> None:
    # All stacks are perfect, so mapping order decides.
    stacks = {
        name: np.broadcast_to(images(0.8, n=1, shape=(64, 64), seed=seed)[0], (20000, 64, 64))
        for seed, name in enumerate(("zeta", "alpha", "kilo"))
    }
    strict_warnings()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    got = Got(names=rank(stacks), given=tuple(stacks))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    got.check()
    require(RANKED.accepts(got), str(got))
    require(grown < 200_000, f"memory grew by {grown} KB, a stack copied takes 640000 KB")


for name, what, kind in (
    ("getitem_only", "only __len__ and __getitem__", arraylikes.GetItemOnly),
    ("array_protocol_stack", "only __array__, no length", arraylikes.ArrayProtocol),
    ("array_interface", "__array_interface__", arraylikes.ArrayInterface),
    ("xarray_like", "values, dims, shape and __array__", arraylikes.XarrayLike),
):
    arrays.add(name, what, each(kind), RANKED, NAMES_GOOD)
arrays.add(
    "array_protocol_images",
    "a list of objects with __array__",
    each(lambda a: [arraylikes.ArrayProtocol(image) for image in a]),
    RANKED,
    NAMES_GOOD,
)


@arrays.case("xarray", "xarray.DataArray", RANKED, NAMES_GOOD, needs=("xarray",))
def _(_: Path) -> Any:
    import xarray

    return good(change=lambda a: xarray.DataArray(a, dims=("image", "y", "x")))


@arrays.case("dask", "dask array", RANKED, NAMES_GOOD, needs=("dask.array",))
def _(_: Path) -> Any:
    import dask.array

    lazily: Any = dask.array.from_array
    return good(change=lambda a: lazily(a, chunks=(1, 16, 40)))


@arrays.case(
    "dask_failing",
    "dask array whose graph raises: the cause must get through",
    error(RuntimeError, ValueError, naming=["stk_bad", "detector offline"]),
    needs=("dask.array",),
)
def _(_: Path) -> Any:
    import dask.array

    def fail(block: Any) -> Any:
        raise RuntimeError("detector offline")

    lazily: Any = dask.array.from_array
    lazy = lazily(excellent(), chunks=(1, 32, 40))
    return faulty(lazy.map_blocks(fail, dtype="f8", meta=np.empty((0, 0, 0))))


def mapped(folder: Path, offset: int) -> Any:
    def change(stack: NDArray[Any]) -> Any:
        file = folder / f"{stack[0, 0, 0]}.raw"
        file.write_bytes(b"\x7f" * offset + stack.tobytes())
        return np.memmap(file, stack.dtype, "r", offset, stack.shape)

    return good(change=change)


arrays.add("memmap", "numpy.memmap", lambda folder: mapped(folder, 0), RANKED)
arrays.add(
    "memmap_offset_unaligned", "numpy.memmap at an odd offset", lambda folder: mapped(folder, 13), RANKED
)


@arrays.case("h5py_dataset_objects", "open h5py datasets", RANKED, NAMES_GOOD)
def _(folder: Path) -> Any:
    import h5py

    file = h5py.File(folder / "open.h5", "w")
    return {name: file.create_dataset(name, data=stack) for name, stack in good().items()}


MASK_COUNTS = error(ValueError, TypeError, naming=["kilo", "zeta", "alpha", "mask"])


@arrays.case("masked_garbage", "1e9 under the mask of the best stack", RANKED, MASK_COUNTS)
def _(_: Path) -> Any:
    stacks = good()
    mask = np.random.default_rng(3).random(stacks["zeta"].shape) < 0.02
    stacks["zeta"] = np.ma.MaskedArray(np.where(mask, 1e9, stacks["zeta"]), mask)
    return stacks


arrays.add(
    "masked_all",
    "everything masked",
    lambda _: faulty(np.ma.MaskedArray(excellent(), np.ones((4, 32, 40), bool))),
    NAMES_BAD,
    BAD_LAST,
)
arrays.add(
    "subclass_hostile_ufunc",
    "an ndarray subclass whose hooks misbehave",
    each(lambda a: a.view(arraylikes.HostileSubclass)),
    RANKED,
    NAMES_GOOD,
)
arrays.add(
    "dict_value", "a mapping of images as stack", lambda _: faulty(dict(enumerate(excellent()))), NO_STACK
)
arrays.add("none_value", "None as stack", lambda _: faulty(None), NO_STACK)
arrays.add("none_image", "None as image", lambda _: faulty([*excellent()[:3], None]), NO_STACK)
arrays.add("bytes_value", "bytes as stack", lambda _: faulty(excellent().tobytes()), NO_STACK)
arrays.add(
    "toctou_shape",
    "images that change shape between check and use",
    lambda _: faulty(arraylikes.ChangingShape(excellent())),
    NO_STACK,
    FOUR,
)
arrays.add(
    "toctou_array_protocol",
    "__array__ gives less each time, and .shape lies",
    lambda _: faulty(arraylikes.ShrinkingArray(excellent())),
    NO_STACK,
    FOUR,
)
arrays.add(
    "getitem_raises",
    "a sequence that raises OSError at image 2",
    lambda _: faulty(arraylikes.Raising(excellent(), 2, lambda: OSError("disk gone"))),
    error(OSError, RuntimeError, ValueError, naming=["stk_bad"]),
)
arrays.add(
    "array_raises_memoryerror",
    "__array__ that raises MemoryError",
    lambda _: faulty(arraylikes.OutOfMemory()),
    error(MemoryError),
)
