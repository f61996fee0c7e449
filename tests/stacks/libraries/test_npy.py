# SPDX-License-Identifier: MIT
"""NumPy's files of one array, by their names."""

from __future__ import annotations

import io
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks import Choices
from ndreg_preeval.stacks.formats import Formats
from ndreg_preeval.stacks.uris import parse_uri
from tests.support.examples import examples
from tests.support.scenes import assert_same_numbers, drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = np.round(100 * drifting(0.05))
DTYPES = [
    "?",
    "i1",
    "u1",
    "<i2",
    ">i2",
    "<u2",
    ">u2",
    "<i4",
    ">u4",
    "<i8",
    ">u8",
    "<f2",
    ">f2",
    "<f4",
    ">f4",
    "<f8",
]
DTYPES += [">f8", "g"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def saved(stack: NDArray[Any], version: tuple[int, int] | None = None) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, stack, version, allow_pickle=True)
    return file.getvalue()


def header(text: str, version: int = 1) -> bytes:
    """A header of any text, as the published layout has it."""
    raw = text.encode("latin1") + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(raw)) + raw


def source_of(uri: str, **limits: Any) -> Any:
    meanings = parse_uri(uri)
    return Formats().of(meanings).spec(meanings[0], Limits(**limits)).open()


def pixels_of(uri: str) -> NDArray[Any]:
    with source_of(uri) as source:
        return np.array(source.read(0, source.shape[0]).images)


@pytest.mark.parametrize("name", ["a.npy", "A.NPY", "no_ending", "a.dat"])
def test_a_file_is_a_stack(name: str) -> None:
    Path(name).write_bytes(saved(STACK))
    assert_same_numbers(score_stack(name), score_stack(STACK))
    assert find_stacks(name) == {Path(name).stem: name}
    Path("b.npy").write_bytes(saved(STACK + 1))
    assert set(rank_stacks([name, "b.npy"]).stacks) == {Path(name).stem, "b"}
    assert list(rank_stacks({"k": name, "l": STACK}).stacks) == ["k", "l"]


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_types_and_orders(dtype: str, order: Any, version: tuple[int, int]) -> None:
    stack = np.array(STACK > 0 if dtype == "?" else abs(STACK), dtype, order=order)
    Path("a.npy").write_bytes(saved(stack, version))
    with source_of("a.npy") as source:
        assert source.dtype == stack.dtype
        np.testing.assert_array_equal(source.read(1, 4).images, stack[1:4])
    assert_same_numbers(score_stack("a.npy"), score_stack(stack))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_counts_the_images(axis: int, order: Any) -> None:
    np.save("a.npy", np.array(np.moveaxis(STACK, 0, axis), order=order))
    assert_same_numbers(score_stack("a.npy", image_axis=axis), score_stack(STACK))


SHAPES = [
    (5, 32, 40),
    (1, 5, 32, 40),
    (5, 1, 32, 40),
    (5, 32, 40, 1),
    (3, 5, 4, 6),
    (5, 2, 7, 3),
    (4, 5, 6, 2),
]


def cuts(shape: tuple[int, ...]) -> st.SearchStrategy[str]:
    """Slices of all axes that leave three."""

    def of_axis(length: int) -> st.SearchStrategy[str]:
        steps = st.sampled_from([1, 2, 3, -1, -2])
        ends = st.none() | st.integers(-length - 1, length + 1)
        return st.tuples(ends, ends, steps).map(
            lambda cut: ":".join("" if each is None else str(each) for each in cut)
        )

    extra = len(shape) - 3
    whole = st.tuples(*(of_axis(length) for length in shape))
    if not extra:
        return whole.map(",".join)
    single = st.tuples(st.integers(0, len(shape) - 1), st.floats(0, 0.999))
    return st.tuples(whole, single).map(
        lambda both: ",".join(
            str(int(both[1][1] * shape[axis])) if axis == both[1][0] else cut
            for axis, cut in enumerate(both[0])
        )
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", SHAPES)
@examples(15)
@given(data=st.data())
def test_any_slice(shape: tuple[int, ...], order: Any, data: Any) -> None:
    array = np.array(np.arange(np.prod(shape)).reshape(shape), "<i4", order=order)
    np.save("a.npy", array)
    cut = data.draw(cuts(shape))
    index = eval(f"np.s_[{cut}]")
    wanted = array[index]
    if 0 in wanted.shape:
        with pytest.raises(ValueError, match="nothing is left"):
            source_of(f"a.npy?slice={cut}")
    elif wanted.ndim == 3:
        np.testing.assert_array_equal(pixels_of(f"a.npy?slice={cut}&axis=0"), wanted)


def test_little_is_read_along(monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("a.npy", np.zeros((4, 400, 400, 50), "u1"))
    read: list[int] = []
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, into, at: read.append(len(into[0])) or preadv(fd, into, at))
    pixels_of("a.npy?slice=:,10:20,:,0")
    assert read == [9 * 400 * 50 + 399 * 50 + 1] * 4
    read.clear()
    pixels_of("a.npy?slice=:,::80,:,0")  # between these rows lies more than is worth reading
    assert read == [399 * 50 + 1] * 4 * 5
    read.clear()
    pixels_of("a.npy?slice=1")
    assert sum(read) == 400 * 400 * 50


@pytest.mark.parametrize("kept", [0, 1, 6, 7, 8, 9, 10, 60, 127, 128, 129, 128 + 8 * 32 * 40, -1])
def test_a_file_cut_short(kept: int) -> None:
    Path("a.npy").write_bytes(saved(STACK)[:kept])
    with pytest.raises(OSError, match=r"stack 'k'.*a\.npy") as caught:
        rank_stacks({"k": "a.npy", "l": STACK})
    if kept == -1 or kept >= 128:
        found = len(saved(STACK)[:kept]) - 128
        assert (
            f"it declares {STACK.nbytes} bytes of pixels from byte 128 on, and the file has {found}"
            in str(caught.value)
        )
    assert list(rank_stacks({"k": "a.npy", "l": STACK}, on_error="rank_last").stacks) == ["l", "k"]


def test_cut_while_it_is_read() -> None:
    np.save("a.npy", STACK)
    with source_of("a.npy") as source:
        os.truncate("a.npy", 128 + STACK.nbytes // 2)
        np.testing.assert_array_equal(source.start_reading(0, 2).tasks[0].place, 0)
        with pytest.raises(OSError, match=r"a\.npy, image 2: .*was cut"):
            source.read(2, 5)


def test_more_than_an_array() -> None:
    Path("a.npy").write_bytes(saved(STACK) + b"12345")
    found = score_stack("a.npy")
    assert_same_numbers(found, score_stack(STACK))
    assert any("has 5 bytes after its array" in text for text in found.warnings)


class Exploit:
    def __reduce__(self) -> Any:
        return (os.mkdir, ("ran",))


def test_no_pickle_is_ever_loaded() -> None:
    array = np.empty(3, object)
    array[:] = Exploit()
    Path("a.npy").write_bytes(saved(array))
    Path("b.npy").write_bytes(
        header("{'descr': '|O', 'fortran_order': False, 'shape': (3, 4, 4)}") + b"." * 999
    )
    Path("c.npy").write_bytes(pickle.dumps(Exploit()))
    for name, kind in {"a.npy": TypeError, "b.npy": TypeError, "c.npy": OSError}.items():
        with pytest.raises(kind, match=r"pickle, which can run any program|no header of a NumPy array"):
            score_stack(name)
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "42",
        "(" * 5000,
        "-" * 9000 + "1",
        "1" + "+1" * 4900,
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': 2, 'shape': (5, 32, 40)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (5, 32, 40), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (5, -32, -40)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (5, 32, 4.5)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 32, 40)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2**60, 32, 40)}",
        "{'descr': 'no such type', 'fortran_order': False, 'shape': (5, 32, 40)}",
        "__import__('os').mkdir('ran')",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (5, 32, 40)}" + " " * 20_000,
    ],
    ids=lambda text: text[:70],
)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_that_lie(text: str, version: int) -> None:
    Path("a.npy").write_bytes(header(text, version) + STACK.tobytes())
    with pytest.raises(OSError, match=r"a\.npy"):
        score_stack("a.npy")
    assert not Path("ran").exists()


def test_a_header_of_any_length_takes_no_memory() -> None:
    with Path("a.npy").open("wb") as file:
        file.write(b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1))
        file.truncate(2**33)  # holes
    with pytest.raises(OSError, match="header of 4294967295 bytes"):
        score_stack("a.npy")


def test_a_header_of_python_2() -> None:
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (5L, 32L, 40L), }"
    Path("a.npy").write_bytes(header(text) + STACK.tobytes())
    assert_same_numbers(score_stack("a.npy"), score_stack(STACK))


@pytest.mark.parametrize("dtype", ["c8", "S8", "U2", "M8[s]", "i4,f4", "V8", "(2,)f4"])
def test_what_are_no_grey_values(dtype: str) -> None:
    Path("a.npy").write_bytes(
        header(
            f"{{'descr': {np.lib.format.dtype_to_descr(np.dtype(dtype))!r}, 'fortran_order': False, 'shape': (5, 4, 4)}}"
        )
        + bytes(999)
    )
    with pytest.raises(TypeError, match="the pixels must be"):
        score_stack("a.npy")


def test_types_of_other_packages_are_lost() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    np.save("a.npy", STACK.astype(ml_dtypes.bfloat16))
    with pytest.raises(TypeError, match=r"numpy\.load\(file\)\.view\(ml_dtypes\.bfloat16\)"):
        score_stack("a.npy")
    again = np.load("a.npy").view(ml_dtypes.bfloat16)
    assert_same_numbers(score_stack(again), score_stack(STACK.astype(ml_dtypes.bfloat16)))


def test_shapes() -> None:
    np.save("four.npy", np.stack([STACK + 9, STACK]))
    with pytest.raises(ValueError, match=r"not \(2, 5, 32, 40\): .*&slice=0 or &slice=:,0"):
        score_stack("four.npy")
    assert_same_numbers(score_stack("four.npy?slice=1"), score_stack(STACK))
    for axis in (0, 1, 3):
        np.save("spare.npy", np.expand_dims(STACK, axis))
        assert_same_numbers(score_stack("spare.npy"), score_stack(STACK))
    for shape in ((), (5,), (5, 4), (0, 4, 4), (5, 0, 4), (2, 5, 2, 4, 4)):
        np.save("other.npy", np.zeros(shape))
        with pytest.raises(ValueError, match=r"other\.npy"):
            score_stack("other.npy")


def test_limits_and_kinds_of_files() -> None:
    np.save("a.npy", STACK)
    for limit in ("image_bytes", "stack_bytes"):
        with pytest.raises(ValueError, match=rf"Limits\.{limit}"):
            score_stack("a.npy", limits=Limits(**{limit: 100}))
    os.mkfifo("pipe.npy")
    Path("folder.npy").mkdir()
    for name, kind in {
        "pipe.npy": OSError,
        "folder.npy": ValueError,
        "none.npy": FileNotFoundError,
    }.items():
        with pytest.raises(kind, match=r"\.npy"):
            score_stack(name)


@pytest.mark.parametrize("cut", ["", "?slice=1:-1,::2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_an_image_of_a_stack(order: Any, cut: str) -> None:
    image = np.array(STACK[1], ">u2", order=order)
    np.save("im.npy", image)
    wanted = image[1:-1, ::2] if cut else image
    meaning = parse_uri(f"im.npy{cut}")[0]
    known = Formats().of([meaning]).image_spec(meaning, Limits(), Choices()).examine()
    out = np.empty(known.shape, known.dtype)
    assert known.read(out) is None
    np.testing.assert_array_equal(out, wanted)
    assert known.dtype == image.dtype


def test_descriptors_are_closed() -> None:
    np.save("a.npy", STACK)
    Path("b.npy").write_bytes(saved(STACK)[:-1])
    opened = Path("/proc/self/fd")
    if not opened.exists():
        pytest.skip("this system does not list the descriptors of a process")
    before = len(list(opened.iterdir()))
    for _ in range(3):
        score_stack("a.npy")
        with pytest.raises(OSError, match="cut off"):
            score_stack("b.npy")
    assert len(list(opened.iterdir())) == before


@examples(80)
@given(
    st.lists(st.tuples(st.integers(0, 180), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 200)
)
def test_damaged_bytes(changes: list[tuple[int, int]], cut: int) -> None:
    """Whatever is in a file: pixels of the shape that it declares, or an error of ours."""
    raw = bytearray(saved(np.ones((4, 3, 3), "u1")))
    for place, value in changes:
        if place < len(raw):
            raw[place] = value
    Path("a.npy").write_bytes(bytes(raw[: len(raw) - cut] if cut < 20 else raw))
    try:
        with source_of("a.npy") as source:
            assert len(source.read(0, source.shape[0]).images) == source.shape[0]
    except (OSError, ValueError, TypeError) as error:
        assert "a.npy" in str(error)  # noqa: PT017 - either is right


def test_an_image_has_no_axis_of_images(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((8, 9)))
    np.savez(tmp_path / "a.npz", a=np.zeros((8, 9)))
    for uri in (f"{tmp_path}/a.npy?axis=2", f"{tmp_path}/a.npz::a&axis=2"):
        with pytest.raises(
            ValueError, match="axis=2 says which axis counts the images, and this names one image"
        ):
            score_stack([uri])
