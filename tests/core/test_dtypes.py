# SPDX-License-Identifier: MIT
"""Every dtype, byte order and memory layout gives the same numbers as a plain float64 copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import assert_agrees, bits
from tests.support.oracle import EPS, EPS_SINGLE

INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
FLOATS = ["f2", "f4", "f8", "g"]


def unaligned(a: NDArray[Any]) -> NDArray[Any]:
    """The same array one byte off."""
    memory = np.zeros(a.nbytes + 1, np.uint8)
    out = np.ndarray(a.shape, a.dtype, memory.data, 1)
    out[...] = a
    return out


def in_records(a: NDArray[Any]) -> NDArray[Any]:
    """Pixels 2 bytes longer than their size: strides that are no multiple of it."""
    records = np.zeros(a.shape, np.dtype([("junk", "u1"), ("pixel", a.dtype), ("more", "u1")]))
    records["pixel"] = a
    return records["pixel"]


LAYOUTS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "plain": lambda a: a.copy(),
    "fortran": np.asfortranarray,
    "rows upside down": lambda a: a[:, ::-1].copy()[:, ::-1],
    "columns mirrored": lambda a: a[..., ::-1].copy()[..., ::-1],
    "all axes reversed": lambda a: a[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "every third column": lambda a: np.repeat(a, 3, 2)[..., 1::3],
    "every second row": lambda a: np.repeat(a, 2, 1)[:, ::2],
    "every second image": lambda a: np.repeat(a, 2, 0)[1::2],
    "transposed images": lambda a: a.swapaxes(1, 2).copy().swapaxes(1, 2),
    "images last": lambda a: np.moveaxis(np.moveaxis(a, 0, 2).copy(), 2, 0),
    "inside a larger image": lambda a: np.pad(a, ((1, 0), (3, 2), (1, 4)))[1:, 3:-2, 1:-4],
    "unaligned": unaligned,
    "field of records": in_records,
}


def whole_numbers(dtype: str, seed: int = 0) -> NDArray[Any]:
    """Four images over the whole range of the type, as far as that is sensible."""
    rng = np.random.default_rng(seed)
    shape = (4, 13, 18)
    if dtype == "?":
        return rng.random(shape) > 0.6
    kind = np.dtype(dtype).newbyteorder("=")
    if kind.kind in "iu":
        info = np.iinfo(kind)
        out = rng.integers(info.min, info.max, shape, kind, endpoint=True)
        out[:, 0, 0], out[:, -1, -1] = info.min, info.max
        return out.astype(dtype)
    return rng.integers(-1000, 1000, shape).astype(dtype)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["?", *INTEGERS, *FLOATS])
def test_dtypes(dtype: str, order: Literal["<", ">"], precision: str) -> None:
    """int16 images from -32768 to 32767 must not wrap, nor int64 lose its sign."""
    images = whole_numbers(dtype)
    given = images.astype(np.dtype(dtype).newbyteorder(order))
    assert given.dtype == images.dtype or np.dtype(dtype).itemsize > 1
    records = _core.Scorer(given[0], precision=precision).score(given[1:])
    eps = EPS if precision == "double" else EPS_SINGLE
    for record, image in zip(records, images[1:], strict=True):
        assert_agrees(record, images[0], image, eps=eps)
        assert bool(record["flags"] & oracle.FEW_LEVELS) == (dtype == "?")
    native = _core.Scorer(images[0], precision=precision).score(images[1:])
    assert bits(native) == bits(records)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["?", "u1", ">i2", "f4", ">f8", "g", "u8"])
def test_layouts(dtype: str, layout: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    images = whole_numbers(dtype)
    expected = _core.Scorer(images[0]).score(images[1:])
    given = layout(images)
    np.testing.assert_array_equal(given, images)
    given.flags.writeable = False
    scorer = _core.Scorer(given[0])
    assert bits(scorer.score(given[1:])) == bits(expected)
    assert bits(scorer.score(list(given[1:]))) == bits(expected)
    assert (scorer.correlogram(given[1]) == _core.Scorer(images[0]).correlogram(images[1])).all()
    assert bits(scorer.score_consecutive(given)) == bits(scorer.score_consecutive(images))


def test_layouts_differ() -> None:
    """The layouts above are really those, not copies that numpy has straightened."""
    images = whole_numbers("f8")
    strides = {name: layout(images).strides for name, layout in LAYOUTS.items()}
    assert len(set(strides.values())) == len(strides) - 1  # unaligned has the plain strides
    assert not LAYOUTS["unaligned"](images).flags.aligned
    assert strides["all axes reversed"][2] == -8
    assert strides["field of records"][2] == 10


def test_stride_0() -> None:
    rng = np.random.default_rng(1)
    scene = rng.normal(size=(12, 15))
    expected = _core.Scorer(scene).score([scene])[0]
    same = np.broadcast_to(scene, (6, 12, 15))
    records = _core.Scorer(scene).score(same)
    assert {bits(record) for record in records} == {bits(expected)}
    stripes = np.broadcast_to(scene[0], (12, 15))
    record = _core.Scorer(stripes).score([np.broadcast_to(scene[:1], (12, 15))])[0]
    assert_agrees(record, stripes, stripes)
    flat = np.broadcast_to(np.float64(3.5), (12, 15))
    assert _core.Scorer(flat).reference_flags == oracle.NO_CONTRAST


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_mask_layouts(layout: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    images = whole_numbers("f8")
    mask = np.random.default_rng(2).random(images.shape) > 0.2
    expected = _core.Scorer(images[0], mask=mask[0]).score(images[1:], mask=mask[1:])
    given = layout(mask)
    scorer = _core.Scorer(images[0], mask=given[0])
    assert bits(scorer.score(images[1:], mask=given[1:])) == bits(expected)
    for record, image, valid in zip(expected, images[1:], mask[1:], strict=True):
        assert_agrees(record, images[0], image, reference_mask=mask[0], mask=valid)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    ("dtype", "offset"),
    [
        ("u8", 2**63),
        ("u8", 2**64 - 6000),
        ("i8", -(2**63)),
        ("i8", 2**62),
        ("u4", 4 * 10**9),
        ("i4", -(2**31)),
    ],
)
def test_integers_on_a_large_offset(dtype: str, offset: int, precision: str) -> None:
    """2^63 + 0..5000 is exact as integers and lost in float64."""
    small = np.random.default_rng(3).integers(0, 5000, (4, 17, 16))
    large = np.array([[[int(v) + offset for v in row] for row in image] for image in small], dtype)
    assert int(large.max()) - int(large.min()) < 5000
    eps = EPS if precision == "double" else EPS_SINGLE
    records = _core.Scorer(large[0], precision=precision).score(large[1:])
    for record, image in zip(records, small[1:], strict=True):
        assert_agrees(record, small[0], image, eps=eps)


def test_wide_integers_far_apart() -> None:
    """Both ends of uint64 in one image, the smallest steps lost as float64 must lose them."""
    images = np.random.default_rng(4).integers(0, 2**64 - 1, (3, 16, 16), np.uint64, endpoint=True)
    images[:, 0, 0], images[:, 0, 1] = 0, 2**64 - 1
    signed = (images ^ np.uint64(2**63)).view(np.int64)
    for stack in (images, signed):
        record = _core.Scorer(stack[0]).score(stack[1:])[0]
        assert_agrees(record, images[0].astype(np.longdouble), images[1].astype(np.longdouble))


def test_float16_values() -> None:
    """All finite halves, subnormal ones included, are the numbers that numpy says they are."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = halves[np.isfinite(halves)]
    rng = np.random.default_rng(5)
    images = rng.permuted(np.tile(finite, (2, 1)), axis=1).reshape(2, 248, 256)
    expected = _core.Scorer(images[0].astype("f8")).score(images[1:].astype("f8"))
    assert bits(_core.Scorer(images[0]).score(images[1:])) == bits(expected)
    tiny = (rng.integers(0, 1024, (2, 16, 16)) * 2.0**-24).astype(np.float16)
    expected = _core.Scorer(tiny[0].astype("f8")).score(tiny[1:].astype("f8"))
    assert bits(_core.Scorer(tiny[0]).score(tiny[1:])) == bits(expected)
    with_invalid = images[1].copy()
    with_invalid[0, :3] = np.nan, np.inf, -np.inf
    assert _core.Scorer(images[0]).score([with_invalid])[0]["invalid_pixels"] == 3


def test_longdouble_beyond_double_is_invalid() -> None:
    image = whole_numbers("g")[0]
    image[2, 3] = np.ldexp(np.longdouble(1), 5000)
    image[4, 5] = np.longdouble("nan")
    record = _core.Scorer(whole_numbers("g")[1]).score([image])[0]
    assert record["invalid_pixels"] == 2
    assert_agrees(record, whole_numbers("g")[1], image)


def test_images_of_a_list_may_differ() -> None:
    rng = np.random.default_rng(6)
    small = rng.integers(0, 100, (6, 11, 14), np.int32)
    kinds = ["u1", ">u2", "f2", "<f4", ">f8", "i4"]
    mixed = [image.astype(kind) for image, kind in zip(small, kinds, strict=True)]
    mixed[3] = np.asfortranarray(mixed[3])
    expected = _core.Scorer(small[0]).score(small)
    assert bits(_core.Scorer(mixed[0]).score(mixed)) == bits(expected)
    assert bits(_core.Scorer(mixed[0]).score(tuple(mixed))) == bits(expected)


def test_boolean_bytes_that_are_neither_0_nor_1() -> None:
    """A boolean is zero or not, whatever byte some other program wrote."""
    image = np.random.default_rng(7).random((3, 12, 13)) > 0.5
    odd = (image * np.uint8(0x82)).view(bool)
    expected = _core.Scorer(image[0]).score(image[1:])
    assert bits(_core.Scorer(odd[0]).score(odd[1:])) == bits(expected)
