# SPDX-License-Identifier: MIT
"""Files of detectors, written by fabio."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import os
import re
from collections.abc import Callable
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
from ndreg_preeval.stacks.libraries.edf import EdfFile
from ndreg_preeval.stacks.libraries.guarded_stream import GuardedStream
from ndreg_preeval.stacks.selection import parse_slice
from ndreg_preeval.stacks.uris import parse_uri
from tests.support.examples import examples
from tests.support.scenes import assert_same_numbers, drifting

fabioformats = pytest.importorskip("fabio.fabioformats")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning", "ignore::DeprecationWarning")

STACK = np.round(100 * drifting(0.05)).clip(-400, 400).astype("i4")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def save(codec: str, pixels: NDArray[Any], name: str) -> str:
    fabioformats.factory(codec).__class__(data=pixels, header={}).write(name)
    return name


def save_edf(stack: NDArray[Any], name: str = "a.edf") -> str:
    edf = fabioformats.factory("edfimage").__class__(data=stack[0], header={})
    for image in stack[1:]:
        edf.append_frame(data=image, header={})
    edf.write(name)
    return name


def image_of(uri: str, limits: Limits | None = None) -> NDArray[Any]:
    meanings = parse_uri(uri)
    with Formats() as formats:
        known = formats.of(meanings).image_spec(meanings[0], limits or Limits(), Choices()).examine()
    out = np.empty(known.shape, known.dtype)
    assert known.read(out) is None
    return out


# ------------------------------------------------------------------ EDF


@pytest.mark.parametrize("name", ["a.edf", "A.EDF", "a.cor", "scan", "a_0001.dat"])
def test_an_edf_file_of_frames_is_a_stack(name: str) -> None:
    save_edf(STACK, name)
    assert_same_numbers(score_stack(name), score_stack(STACK))
    assert_same_numbers(score_stack(f"{name}?slice=::-2,3:,::2"), score_stack(STACK[::-2, 3:, ::2]))
    assert find_stacks(name) == {Path(name).stem: name}
    assert set(rank_stacks([name, save_edf(STACK + 1, "b.edf")]).stacks) == {Path(name).stem, "b"}


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_types_of_edf(dtype: str) -> None:
    stack = abs(STACK // (8 if dtype in ("i1", "u1") else 1)).astype(dtype)
    assert_same_numbers(score_stack(save_edf(stack)), score_stack(stack))
    np.testing.assert_array_equal(image_of("a.edf?slice=2"), stack[2])
    raw = Path("a.edf").read_bytes()
    for image in stack:
        raw = raw.replace(image.tobytes(), image.astype(stack.dtype.newbyteorder(">")).tobytes())
    Path("b.edf").write_bytes(raw.replace(b"LowByteFirst ", b"HighByteFirst"))
    assert_same_numbers(score_stack("b.edf"), score_stack(stack.astype(stack.dtype.newbyteorder(">"))))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gz", "bz2"])
def test_packed_edf(pack: Callable[[bytes], bytes]) -> None:
    name = f"b.edf.{'gz' if pack is gzip.compress else 'bz2'}"
    Path(name).write_bytes(pack(Path(save_edf(STACK)).read_bytes()))
    assert_same_numbers(score_stack(name), score_stack(STACK))
    whole = Path(name).read_bytes()
    for kept in (10, len(whole) // 2, len(whole) - 1):
        Path(name).write_bytes(whole[:kept])
        with pytest.raises(OSError, match=r"b\.edf"):
            score_stack(name)
    Path(name).write_bytes(pack(bytes(1 << 20)))
    with pytest.raises(ValueError, match=r"Limits\.image_bytes"):
        score_stack(name, limits=Limits(image_bytes=1 << 16))


HEADER = (
    "{\nHeaderID = EH:000001:000000:000000 ;\nImage = 1 ;\nByteOrder = LowByteFirst ;\nDataType = SignedInteger ;\n"
    "Dim_1 = 40 ;\nDim_2 = 32 ;\nDim_3 = 5 ;\n"
)
"""As the ESRF publishes it; fabio writes frames of two axes alone."""


def with_header(more: str, blob: bytes) -> None:
    Path("a.edf").write_bytes((HEADER + more).ljust(510).encode() + b"}\n" + blob)


def test_a_frame_of_three_axes_is_a_stack() -> None:
    with_header(f"Size = {STACK.nbytes} ;\n", STACK.tobytes())
    assert_same_numbers(score_stack("a.edf"), score_stack(STACK))


@pytest.mark.parametrize("cut", ["1:3", "::-2", "4:,3:20:2,::3", ":,5:,::-1", "1:2"])
def test_parts_of_a_frame_of_three_axes(monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    """Such a frame is a stack: it is read in parts, as any other."""
    with_header(f"Size = {STACK.nbytes} ;\n", STACK.tobytes())
    read: list[int] = []
    fill = EdfFile._fill

    def noting(self: EdfFile, out: NDArray[Any], *args: int) -> None:
        read.append(out.nbytes)
        fill(self, out, *args)

    monkeypatch.setattr(EdfFile, "_fill", noting)
    expected = STACK[parse_slice(cut)]
    assert_same_numbers(score_stack(f"a.edf?slice={cut}"), score_stack(expected))
    assert all(size <= STACK[: 2 * len(expected) - 1].nbytes for size in read)
    assert_same_numbers(
        score_stack([f"a.edf?slice={image}" for image in (3, 1)]), score_stack(list(STACK[[3, 1]]))
    )
    assert STACK[0].nbytes in read


def test_coded_edf() -> None:
    """Pixels within the file may be packed, too: fabio unpacks them."""
    blob = gzip.compress(STACK.tobytes())
    with_header(f"Size = {len(blob)} ;\nCompression = GZip ;\n", blob)
    assert_same_numbers(score_stack("a.edf"), score_stack(STACK))
    blob = gzip.compress(STACK.tobytes()[:-1])
    with_header(f"Size = {len(blob)} ;\nCompression = GZip ;\n", blob)
    with pytest.raises(OSError, match="25599 < expected 25600 bytes"):
        score_stack("a.edf")


def test_pixels_beside_an_edf_file() -> None:
    with_header("EDF_BinaryFileName = pixels.raw ;\nSize = 0 ;\n", b"\n")
    Path("pixels.raw").write_bytes(STACK.tobytes())
    assert_same_numbers(score_stack("a.edf"), score_stack(STACK))
    Path("pixels.raw").write_bytes(STACK.tobytes()[:-1])
    with pytest.raises(OSError, match="frame 0: it declares 25600 bytes of pixels, and the file has 25599"):
        score_stack("a.edf")
    Path("pixels.raw").unlink()
    os.mkfifo("pixels.raw")
    with pytest.raises(OSError, match="only regular files are read"):
        score_stack("a.edf")


def test_cut_short_edf() -> None:
    """fabio gives zeros for what is missing, and leaves out frames that do not begin right."""
    whole = Path(save_edf(STACK)).read_bytes()
    frame = len(whole) // 5
    for kept in (0, 1, 2, 100, 511, 512, frame - 1, frame + 1, frame + 200, 3 * frame + 513, 5 * frame - 1):
        Path("a.edf").write_bytes(whole[:kept])
        with pytest.raises(OSError, match=r"stack 'k'.*a\.edf"):
            rank_stacks({"k": "a.edf", "l": STACK})
    assert list(rank_stacks({"k": "a.edf", "l": STACK}, on_error="rank_last").stacks) == ["l", "k"]
    Path("a.edf").write_bytes(whole + b"\n" * 100)
    assert_same_numbers(score_stack("a.edf"), score_stack(STACK))


def test_frames_that_differ() -> None:
    edf = fabioformats.factory("edfimage").__class__(data=STACK[0], header={})
    edf.append_frame(data=STACK[1, 1:], header={})
    edf.write("a.edf")
    with pytest.raises(ValueError, match="2 frames differ in shape or type"):
        score_stack("a.edf")


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b"Dim_1 =", b"Dim_1999999999 =", OSError),
        (b"Dim_1 = 40", b"Dim_1 = -40", OSError),
        (b"Dim_1 = 40", b"Dim_1 = 0", OSError),
        (b"Dim_1 = 40", b"Dim_1 = 99999999999999", OSError),
        (b"Size = 5120", b"Size = -600", OSError),
        (b"EDF_HeaderSize =   512", b"EDF_HeaderSize = 99999", None),
        (b"DataType = SignedInteger", b"DataType = Nonsense", OSError),
        (b"ByteOrder = LowByteFirst", b"ByteOrder = highbytefirs", OSError),
        (b"DataType = SignedInteger", b"DataType = Signed64", OSError),
    ],
)
def test_edf_headers_that_lie(old: bytes, new: bytes, kind: Any) -> None:
    raw = Path(save_edf(STACK)).read_bytes()
    assert old in raw
    shorter = b" " * (len(new) - len(old))
    changed = (
        raw.replace(old, new).replace(b" " * 40, b" " * (40 - len(shorter)), 1)
        if shorter
        else raw.replace(old, new)
    )
    Path("a.edf").write_bytes(changed)
    if kind:
        with pytest.raises(kind, match=r"a\.edf"):
            score_stack("a.edf")


# ------------------------------------------------------------------ CBF, and others of one image


def other(codec: str, image: NDArray[Any]) -> NDArray[Any]:
    """What fabio can write of an image by a codec: masks are bool, Esperanto files are large squares."""
    if codec == "fit2dmaskimage":
        return (image > 0).astype("u1")
    if codec == "pnmimage":
        return image.astype("u2")
    if codec == "esperantoimage":
        return np.random.default_rng(0).integers(0, 99, (256, 256)).astype("i4")
    return image


OTHERS = [
    ("cbfimage", "a.cbf"),
    ("cbfimage", "no_ending"),
    ("dtrekimage", "a.img"),
    ("oxdimage", "b.img"),
    ("bruker100image", "a.sfrm"),
    ("pnmimage", "a.pgm"),
    ("fit2dmaskimage", "a.msk"),
    ("esperantoimage", "a.esper"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("codec", "name"), OTHERS)
def test_other_formats(codec: str, name: str) -> None:
    image = other(codec, abs(STACK[1]))
    save(codec, image, name)
    np.testing.assert_array_equal(image_of(name), image)
    np.testing.assert_array_equal(image_of(f"{name}?slice=::-1,2:"), image[::-1, 2:])
    with pytest.raises(ValueError, match="that is one image, not a stack"):
        score_stack(name)
    whole = Path(name).read_bytes()
    for kept in range(0, len(whole), max(1, len(whole) // 50)):
        Path(name).write_bytes(whole[:kept])
        with contextlib.suppress(OSError, ValueError):
            np.testing.assert_array_equal(image_of(name), image)  # what follows the pixels may be missing


@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "u4"])
def test_types_of_cbf(dtype: str) -> None:
    image = abs(STACK[1]).astype(dtype)
    image[3, 4] = np.iinfo(dtype).max
    save("cbfimage", image, "a.cbf")
    found = image_of("a.cbf")
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, image)
    Path("b.cbf.gz").write_bytes(gzip.compress(Path("a.cbf").read_bytes()))
    np.testing.assert_array_equal(image_of("b.cbf.gz"), image)


def test_a_cbf_file_with_another_checksum() -> None:
    """fabio only logs it."""
    raw = bytearray(Path(save("cbfimage", STACK[1], "a.cbf")).read_bytes())
    raw[raw.index(b"\x0c\x1a\x04\xd5") + 100] ^= 1
    Path("a.cbf").write_bytes(raw)
    with pytest.raises(OSError, match="the checksum of its pixels is"):
        image_of("a.cbf")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"X-Binary-Size-Fastest-Dimension: 40", b"X-Binary-Size-Fastest-Dimension: 99999999"),
        (b"X-Binary-Size-Fastest-Dimension: 40", b"X-Binary-Size-Fastest-Dimension: 41"),
        (b"X-Binary-Size-Fastest-Dimension: 40", b"X-Binary-Size-Fastest-Dimension: -40"),
        (b"X-Binary-Size: ", b"X-Binary-Size: 9999999"),
        (b"x-CBF_BYTE_OFFSET", b"x-CBF_PACKED"),
        (b"\x0c\x1a\x04\xd5", b"abcd"),
        (b"_array_data.data", b"_array_data.none"),
        (b"--CIF-BINARY-FORMAT-SECTION--", b"--CIF-BINARY-FORMAT-SECTION"),
    ],
)
def test_cbf_headers_that_lie(old: bytes, new: bytes) -> None:
    raw = Path(save("cbfimage", STACK[1], "a.cbf")).read_bytes()
    assert old in raw
    Path("a.cbf").write_bytes(raw.replace(old, new))
    with pytest.raises((OSError, ValueError)):
        image_of("a.cbf")


def test_a_library_reads_as_far_as_a_file_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would loop, or count to what a header claims, ends in an error."""
    Path("a.cbf").write_bytes(b"abc" * 1000)
    stream = GuardedStream("a.cbf", refused=re.compile(rb"dim_[0-9]{2}"))
    with stream:
        assert stream.read(4) == b"abca"
        assert len(stream.read()) == 2996
        for _ in range(64):
            assert stream.read(512) == b""
        with pytest.raises(OSError, match="ends before its header does"):
            stream.read(512)
        with pytest.raises(OSError, match="wants 9999999 bytes more, and has 3000"):
            stream.seek(0) or stream.read(9_999_999)
        with pytest.raises(OSError, match="leads to byte -5 of nowhere"):
            stream.seek(-5)
    monkeypatch.setattr("ndreg_preeval.stacks.libraries.guarded_stream.MOST_READS", 100)
    with GuardedStream("a.cbf") as stream:
        for _ in range(50):
            stream.seek(0)
            stream.read(1)
        with pytest.raises(OSError, match="lead in circles"):
            stream.seek(0)
    Path("a.cbf").write_bytes(b"x" * 510 + b"dim_12")
    with GuardedStream("a.cbf", refused=re.compile(rb"dim_[0-9]{2}")) as stream:
        stream.read(515)
        with pytest.raises(OSError, match="its header has 'dim_12'"):
            stream.read(1)


def test_headers_of_edf_images_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pixels are read from the file as it is then: what is missing is an error."""
    edfimage = pytest.importorskip("fabio.edfimage")
    names = [save("edfimage", image, f"im_{index}.edf") for index, image in enumerate(STACK)]
    read: list[object] = []
    headers = edfimage.EdfImage._readheader
    monkeypatch.setattr(
        edfimage.EdfImage, "_readheader", lambda self, file: read.append(file) or headers(self, file)
    )
    assert_same_numbers(score_stack(names), score_stack(STACK))
    assert len(read) == len(STACK)
    meanings = parse_uri(names[1])
    with Formats() as formats:
        known = formats.of(meanings).image_spec(meanings[0], Limits(), Choices()).examine()
    os.truncate(names[1], 600)
    with pytest.raises(OSError, match="it was cut while it was read"):
        known.read(np.empty(known.shape, known.dtype))


def test_marccd_files_are_tiff_files() -> None:
    pytest.importorskip("tifffile")
    save("marccdimage", STACK[1], "a.mccd")
    meanings = parse_uri("a.mccd")
    with Formats() as formats:
        pixels, _ = formats.of(meanings).image(meanings, Limits())
    np.testing.assert_array_equal(pixels, STACK[1])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("codec", ["edfimage", "cbfimage", "dtrekimage", "bruker100image", "oxdimage"])
@examples(40)
@given(data=st.data())
def test_damaged_bytes(codec: str, data: Any) -> None:
    """Whatever is in a file: pixels of the shape that it declares, or an error of ours."""
    whole = Path(f"whole_{codec}")
    if not whole.exists():
        save(codec, abs(STACK[1]), str(whole))
    raw = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(raw), 1500) - 1))
        raw[place : place + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b"9", b"-", b"999999999", b"\0", b";", b"\xff"])
        )
    Path("damaged").write_bytes(raw)
    with contextlib.suppress(OSError, ValueError, TypeError):
        image_of("damaged")
