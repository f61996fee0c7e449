# SPDX-License-Identifier: MIT
"""Stacks in memory: every container and dtype gives its pixels unchanged, anything else a clear error."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval.stacks.base import Block
from ndreg_preeval.stacks.memory.spec import ArraySpec

STACK = np.random.default_rng(0).integers(0, 200, (5, 6, 7)).astype(np.float64)


class OnlyArray:
    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.asked = 0

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        self.asked += 1
        return self.array


class OnlyInterface:
    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self.array.__array_interface__


class OnlyItems:
    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: Any) -> Any:
        return self.array[index]


class Lazy:
    """Shape, dtype and items; counts what is read."""

    def __init__(
        self, array: NDArray[Any], *, shape: Any = None, dtype: Any = None, chunks: Any = None
    ) -> None:
        self.array = array
        self.shape = array.shape if shape is None else shape
        self.dtype = array.dtype if dtype is None else dtype
        self.chunks = chunks
        self.read: list[Any] = []

    def __getitem__(self, index: Any) -> NDArray[Any]:
        self.read.append(index)
        return self.array[index]


class HostileArray(np.ndarray[Any, Any]):
    """A subclass in which nothing works."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ufunc")

    def __getitem__(self, index: Any) -> Any:
        raise RuntimeError("getitem")

    def __len__(self) -> int:
        return 1


def pixels(block: Block) -> NDArray[Any]:
    assert all(type(image) is np.ndarray for image in block.images)
    return np.stack(list(block.images))


def matrix(image: NDArray[Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix(image)


CONTAINERS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "array": lambda a: a,
    "list of arrays": list,
    "tuple of arrays": tuple,
    "nested lists": lambda a: a.tolist(),
    "list of nested lists": lambda a: [image.tolist() for image in a],
    "fortran": np.asfortranarray,
    "list of fortran images": lambda a: [np.asfortranarray(image) for image in a],
    "negative strides": lambda a: a[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "unaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "hostile subclass": lambda a: a.view(HostileArray),
    "matrix images": lambda a: [matrix(image) for image in a],
    "masked without mask": np.ma.MaskedArray,
    "memoryview": lambda a: memoryview(np.ascontiguousarray(a)),
    "__array__": OnlyArray,
    "__array__ images": lambda a: [OnlyArray(image) for image in a],
    "__array_interface__": OnlyInterface,
    "__array_interface__ images": lambda a: [OnlyInterface(image) for image in a],
    "__getitem__": OnlyItems,
    "shape and dtype": Lazy,
    "(n, 1, h, w)": lambda a: a[:, None],
    "(1, n, h, w)": lambda a: a[None],
    "(n, h, w, 1)": lambda a: a[..., None],
    "images (1, h, w)": lambda a: list(a[:, None]),
    "images (h, w, 1)": lambda a: list(a[..., None]),
    "lists of images (1, h, w)": lambda a: a[:, None].tolist(),
    "__array__ (n, 1, h, w)": lambda a: OnlyArray(a[:, None]),
    "__array__ images (1, h, w)": lambda a: [OnlyArray(image) for image in a[:, None]],
    "__getitem__ (1, h, w)": lambda a: OnlyItems(a[:, None]),
    "shape and dtype (n, 1, h, w)": lambda a: Lazy(a[:, None]),
    "shape and dtype (1, n, h, w)": lambda a: Lazy(a[None]),
    "shape and dtype (n, h, w, 1)": lambda a: Lazy(a[..., None]),
    "images (1, h, w) with shape and dtype": lambda a: [Lazy2(image) for image in a[:, None]],
    "images with shape and dtype": lambda a: [Lazy2(image) for image in a],
}


class Iterating(OnlyArray):
    """An array that is its own iterator, as the signals of hyperspy are."""

    def __iter__(self) -> Iterating:
        return self

    def __next__(self) -> Any:
        raise AssertionError("it is an array, which reading must not use up")


class LazyIterating(Lazy):
    """The same, read block by block."""

    def __iter__(self) -> LazyIterating:
        return self

    def __next__(self) -> Any:
        raise AssertionError("it is an array, which reading must not use up")


class Lazy2(OnlyArray):
    """One image that declares itself and is converted when it is read."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype


CONTAINERS.update({"__array__ and __next__": Iterating, "shape, dtype and __next__": LazyIterating})


@pytest.mark.parametrize("dtype", [np.float64, np.uint16, ">i4"])
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_pixels(container: str, dtype: Any) -> None:
    stack = STACK.astype(dtype)
    with ArraySpec(CONTAINERS[container](stack)).open() as source:
        assert source.shape == STACK.shape
        assert all(type(length) is int for length in source.shape)
        if "lists" not in container:
            assert source.dtype == stack.dtype
        for start, stop in ((0, 5), (1, 3), (4, 5)):
            block = source.read(start, stop)
            assert block.mask is None
            np.testing.assert_array_equal(pixels(block), stack[start:stop])


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u1", "i2", ">u2", "i4", "u4", "i8", "u8", "f2", ">f4", "f8", "g"]
)
def test_every_numeric_dtype_is_kept(dtype: str) -> None:
    stack = STACK.astype(dtype)
    for value in (stack, list(stack)):
        with ArraySpec(value).open() as source:
            assert source.dtype == stack.dtype
            np.testing.assert_array_equal(pixels(source.read(0, 5)), stack)


def test_bfloat16_is_read_as_float32() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    stack = STACK.astype(ml_dtypes.bfloat16)
    for value in (stack, list(stack), Lazy(stack)):
        with ArraySpec(value).open() as source:
            assert source.dtype == np.float32
            found = pixels(source.read(0, 5))
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, stack.astype(np.float32))


def test_images_of_a_list_may_differ_in_dtype() -> None:
    images = [STACK[0].astype("u1"), STACK[1].astype(">f4"), STACK[2].astype(bool)]
    with ArraySpec(images).open() as source:
        assert source.dtype == np.float32
        assert [image.dtype for image in source.read(0, 3).images] == [image.dtype for image in images]


def test_arrays_are_not_copied() -> None:
    with ArraySpec(STACK).open() as source:
        assert source.bytes_per_image == 0
        assert np.shares_memory(np.asarray(source.read(1, 3).images), STACK)
    with ArraySpec(list(STACK)).open() as source:
        assert source.bytes_per_image == 0
        assert all(np.shares_memory(image, STACK) for image in source.read(0, 5).images)


def test_a_broadcast_stack_takes_the_memory_of_one_image() -> None:
    image = np.zeros((64, 64))
    tracemalloc.start()
    try:
        with ArraySpec(np.broadcast_to(image, (20000, 64, 64))).open() as source:
            for start in range(0, 20000, 5000):
                source.read(start, start + 5000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("whole", [True, False], ids=["stack", "images"])
def test_masks_are_honoured(whole: bool) -> None:
    hidden = STACK > 150
    masked = np.ma.MaskedArray(np.where(hidden, 1e9, STACK), hidden)
    # The last image of the list carries no mask at all.
    value = masked if whole else [*masked[:4], STACK[4]]
    if not whole:
        hidden[4] = False
    with ArraySpec(value).open() as source:
        block = source.read(1, 5)
        assert block.mask is not None
        np.testing.assert_array_equal(block.mask, ~hidden[1:])
        np.testing.assert_array_equal(pixels(block)[block.mask], STACK[1:][~hidden[1:]])


def test_lazy_stacks_are_read_block_by_block() -> None:
    lazy = Lazy(STACK, chunks=(2, 6, 7))
    with ArraySpec(lazy).open() as source:
        assert lazy.read == []
        assert source.images_per_chunk == 2
        assert source.bytes_per_image == 6 * 7 * 8
        source.read(2, 4)
        assert lazy.read == [slice(2, 4)]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [(None, 1), ((3, 6, 7), 3), (((2, 2, 1), (6,), (7,)), 2), ((99, 1, 1), 5), ((), 1)],
)
def test_chunks_of_lazy_stacks(chunks: Any, expected: int) -> None:
    assert ArraySpec(Lazy(STACK, chunks=chunks)).open().images_per_chunk == expected


@pytest.mark.parametrize("library", ["dask", "xarray"])
def test_arrays_of_other_libraries(library: str) -> None:
    value: Any
    if library == "dask":
        value = pytest.importorskip("dask.array").from_array(STACK, chunks=(2, 6, 7))
    else:
        value = pytest.importorskip("xarray").DataArray(STACK)
    with ArraySpec(value).open() as source:
        assert source.images_per_chunk == (2 if library == "dask" else 1)
        np.testing.assert_array_equal(pixels(source.read(1, 4)), STACK[1:4])


def test_a_list_is_taken_as_it_is_now() -> None:
    images = list(STACK)
    spec = ArraySpec(images)
    images.clear()
    assert spec.open().shape == STACK.shape


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"a": STACK},
        b"xx",
        bytearray(b"x"),
        "text",
        3,
        2.5,
        np.float64(1),
        {1},
        iter(STACK),
        object(),
        int,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_stack_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match="a stack must be"):
        ArraySpec(value).open()


@pytest.mark.parametrize(
    "dtype", ["c8", "c16", "O", "S3", "U3", "M8[s]", "m8[s]", "V4", [("a", "f4")], ("f4", (2,))], ids=str
)
@pytest.mark.parametrize(
    "wrap", [np.asarray, list, Lazy, np.ma.MaskedArray], ids=["array", "list", "lazy", "masked"]
)
def test_what_is_no_grey_value_is_a_type_error(dtype: Any, wrap: Callable[[Any], Any]) -> None:
    array = np.zeros((2, 3, 4), dtype)
    if array.ndim == 4:
        kind: tuple[type[Exception], ...] = (ValueError,)  # numpy made it one more axis
    else:
        kind = (TypeError,)
    with pytest.raises(kind, match=r"the pixels must be|shape"):
        ArraySpec(wrap(array)).open()


@pytest.mark.parametrize(
    "shape", [(3,), (3, 4), (2, 3, 4, 3), (1, 2, 3, 4, 5), (0, 3, 4), (2, 0, 4), (2, 3, 0), ()], ids=str
)
@pytest.mark.parametrize("wrap", [np.asarray, Lazy, OnlyArray], ids=["array", "lazy", "protocol"])
def test_wrong_shapes_are_value_errors(shape: tuple[int, ...], wrap: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"shape|holds no image|have no pixels"):
        ArraySpec(wrap(np.zeros(shape))).open()


@pytest.mark.parametrize(
    ("images", "kind", "message"),
    [
        ([], ValueError, "holds no image"),
        ([STACK[0], None], TypeError, "image 1: an image must be a 2-D array, not None"),
        ([STACK[0], "f.h5::/d"], TypeError, "image 1: an image must be a 2-D array, not str"),
        ([STACK[0], STACK[0, :1]], ValueError, r"image 1: all images must have the shape \(6, 7\).*\(1, 7\)"),
        ([STACK[0], STACK[:2]], ValueError, r"image 1: .*not \(2, 6, 7\)"),
        (
            [STACK[:2]],
            ValueError,
            r"image 0: an image must have the shape \(height, width\), not \(2, 6, 7\)",
        ),
        ([1, 2], ValueError, "image 0: an image must have the shape"),
        ([[[1, 2], [3]]], ValueError, "image 0: "),
        ([[[1, 2], [3, "x"]]], TypeError, "image 0: the pixels must be"),
        ([STACK[0], STACK[1] * 1j], TypeError, "image 1: the pixels must be"),
        ([np.zeros((0, 3))], ValueError, "image 0: the images have no pixels"),
        (OnlyItems([]), ValueError, "holds no image"),
    ],
)
def test_errors_name_the_image(images: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        ArraySpec(images).open()


def test_masks_and_blocks_of_spare_axes() -> None:
    hidden = np.random.default_rng(1).random(STACK.shape) < 0.3
    for spare in (1, 0):
        masked = np.ma.MaskedArray(np.expand_dims(STACK, spare), np.expand_dims(hidden, spare))
        images = [np.ma.MaskedArray(s[None], h[None]) for s, h in zip(STACK, hidden, strict=True)]
        for value in (masked, Lazy(masked), images):
            with ArraySpec(value).open() as source:
                block = source.read(1, 4)
                assert block.mask is not None
                np.testing.assert_array_equal(block.mask, ~hidden[1:4])
                np.testing.assert_array_equal(pixels(block), STACK[1:4])
    lazy = Lazy(STACK[None], chunks=(1, 2, 6, 7))
    with ArraySpec(lazy).open() as source:
        assert source.images_per_chunk == 2
        source.read(2, 4)
    assert lazy.read == [(slice(None), slice(2, 4))]  # nothing else was read


@pytest.mark.parametrize("value", [iter(list(STACK)), (image for image in STACK), map(np.asarray, STACK)])
def test_iterators_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"a stack must be an array .*, not (list_iterator|generator|map)"):
        ArraySpec(value)


def test_signals_are_read_lazily_where_they_are_lazy() -> None:
    class Signal(Iterating):
        __module__ = "hyperspy.signal"

    class Signal2D(Signal):
        __module__ = "another.package"

    Signal.__name__ = "BaseSignal"
    data = Lazy(STACK, chunks=(2, 6, 7))
    eager, lazy = Signal2D(STACK), Signal2D(STACK)
    eager.data, eager._lazy = STACK, False  # type: ignore[attr-defined]
    lazy.data, lazy._lazy = data, True  # type: ignore[attr-defined]
    for signal in (eager, lazy):
        with ArraySpec(signal).open() as source:
            np.testing.assert_array_equal(pixels(source.read(1, 3)), STACK[1:3])
    assert lazy.asked == 0
    assert data.read == [slice(1, 3)]


def test_unknown_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="known in advance"):
        ArraySpec(Lazy(STACK, shape=(float("nan"), 6, 7))).open()


@pytest.mark.parametrize(
    "real", [STACK[:, :3], STACK[:, :, :, None], STACK[0], STACK.astype(complex)], ids=str
)
def test_shapes_and_dtypes_are_not_trusted(real: NDArray[Any]) -> None:
    lazy = Lazy(real, shape=STACK.shape, dtype=STACK.dtype)
    with ArraySpec(lazy).open() as source, pytest.raises((ValueError, TypeError), match="images 0 to 4: "):
        source.read(0, 5)


def test_images_that_shrink_after_they_were_looked_at_are_refused() -> None:
    images = [Lazy2(image) for image in STACK]
    with ArraySpec(images).open() as source:
        images[2].array = STACK[2, :2]
        source.read(0, 2)
        with pytest.raises(ValueError, match=r"image 2: .*not \(2, 7\)"):
            source.read(0, 3)


def test_a_stack_with_one_image_can_be_opened() -> None:
    assert ArraySpec(STACK[:1]).open().shape == (1, 6, 7)


@pytest.mark.parametrize(
    "error", [OSError(5, "bad disk"), RuntimeError("detector offline"), MemoryError("full")]
)
def test_errors_of_the_callers_objects_come_out(error: Exception) -> None:
    class Failing(OnlyItems):
        def __getitem__(self, index: int) -> Any:
            if index == 2:
                raise error
            return super().__getitem__(index)

    with ArraySpec(Failing(STACK)).open() as source:
        source.read(0, 2)
        with pytest.raises(type(error)) as caught:
            source.read(0, 5)
    assert caught.value is error
    assert ("image 2" in str(error)) == (not isinstance(error, MemoryError))
