# SPDX-License-Identifier: MIT
"""MRC files as mrcfile writes them, and as others do: the same bits as the arrays, damage named."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, rank_stacks, score_stack
from tests.support.forms import CA, FE, STACKS, assert_everywhere, assert_one_form, assert_ranked_by_command
from tests.support.scenes import assert_same_numbers

mrcfile = pytest.importorskip("mrcfile")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

SMALL = {name: (stack // 100).astype(np.int8) for name, stack in STACKS.items()}
DTYPES = {0: "i1", 1: "<i2", 2: "<f4", 6: "<u2", 12: "<f2"}


def in_mode(mode: int, order: str = "<") -> dict[str, NDArray[Any]]:
    stacks = SMALL if mode in (0, 12) else STACKS
    return {name: stack.astype(np.dtype(DTYPES[mode]).newbyteorder(order)) for name, stack in stacks.items()}


def write(path: Path, stack: NDArray[Any], extended: bytes = b"", of_images: bool = False) -> str:
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(stack)
        if of_images:
            file.set_image_stack()
        if extended:
            file.set_extended_header(np.frombuffer(extended, "V1"))
    return str(path)


def patch(path: Path, offset: int, content: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[offset : offset + len(content)] = content
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize("of_images", [False, True], ids=["volume", "images"])
@pytest.mark.parametrize("extended", [b"", b"FEI1" * 77], ids=["", "extended header"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("mode", DTYPES)
def test_modes(tmp_path: Path, mode: int, order: str, extended: bytes, of_images: bool) -> None:
    stacks = in_mode(mode, order)
    uris = {
        name: write(tmp_path / f"{name}.mrc", stack, extended, of_images) for name, stack in stacks.items()
    }
    with mrcfile.open(uris["Ca"]) as file:
        assert int(file.header.mode) == mode
        assert file.is_image_stack() == of_images
    assert_one_form(uris, stacks)


@pytest.mark.parametrize("name", ["a.mrcs", "a.ST", "a.rec", "a.ccp4", "a.map", "a.ali", "a", "a.any"])
def test_names(tmp_path: Path, name: str) -> None:
    """By the ending, or by the first bytes."""
    uri = write(tmp_path / name, CA)
    assert_same_numbers(score_stack(uri), score_stack(CA))
    assert find_stacks(uri) == {"a": uri}


@pytest.mark.slow
def test_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uris = {name: write(tmp_path / f"{name}.mrc", stack) for name, stack in STACKS.items()}
    assert_everywhere(uris)
    assert_ranked_by_command(list(uris.values()), capsys)
    assert list(rank_stacks(list(uris.values())).stacks) == ["Ca", "Fe"]


@pytest.mark.parametrize(
    ("cut", "index"),
    [("1:4", np.s_[1:4]), ("::-1", np.s_[::-1]), ("::2", np.s_[::2]), (":,3:-3,::2", np.s_[:, 3:-3, ::2])],
)
def test_slices(tmp_path: Path, cut: str, index: Any) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    assert_same_numbers(score_stack(f"{uri}?slice={cut}"), score_stack(CA[index]))


@pytest.mark.parametrize("axis", [1, 2])
def test_images_along_another_axis(tmp_path: Path, axis: int) -> None:
    uri = write(tmp_path / "a.mrc", np.moveaxis(CA, 0, axis).copy())
    assert_same_numbers(score_stack(f"{uri}?axis={axis}"), score_stack(CA))


def test_a_stack_of_volumes(tmp_path: Path) -> None:
    with mrcfile.new(tmp_path / "a.mrc") as file:
        file.set_data(np.stack([FE, CA]))
        assert file.is_volume_stack()
    uri = str(tmp_path / "a.mrc")
    assert_same_numbers(score_stack(f"{uri}?slice=1"), score_stack(CA))
    assert_same_numbers(score_stack(f"{uri}?slice=1,1:,:,2:-2"), score_stack(CA[1:, :, 2:-2]))
    assert_same_numbers(score_stack(f"{uri}?slice=:,2"), score_stack(np.stack([FE[2], CA[2]])))
    with pytest.raises(ValueError, match=r"take one of its stacks"):
        score_stack(uri)
    ranking = rank_stacks(f"{uri}?stacks=0")
    for name, stack in zip(sorted(ranking.stacks), (FE, CA), strict=True):
        assert_same_numbers(ranking.stacks[name], score_stack(stack))


def test_one_image(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.mrc", CA[0])
    with pytest.raises(ValueError, match="that is one image, not a stack"):
        score_stack(uri)


# ------------------------------------------------------------------ as other programs write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("stamp", [b"\0\0\0\0", b"\x44\x44\0\0", b"\x11\x11\0\0", b"DA\0\0"])
def test_machine_stamps(tmp_path: Path, stamp: bytes, order: str) -> None:
    """Where the stamp says nothing, or makes no sense, the mode tells the byte order."""
    stack = CA.astype(np.dtype("u2").newbyteorder(order))
    uri = write(tmp_path / "a.mrc", stack)
    patch(tmp_path / "a.mrc", 212, stamp)
    assert_same_numbers(score_stack(uri), score_stack(CA))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("flags", "signed"), [(0, False), (1, True), (4, False), (5, True)])
def test_bytes_of_imod(tmp_path: Path, flags: int, signed: bool, order: str) -> None:
    """IMOD wrote bytes without sign, and marks those that have one (its mrc_format page: imodStamp, imodFlags)."""
    stack = (CA // 30).astype(np.uint8)
    assert stack.max() > 127
    pixels = stack.view(np.int8)
    uri = write(tmp_path / "a.mrc", pixels)
    if order == ">":
        head = np.frombuffer((tmp_path / "a.mrc").read_bytes()[:208], "<i4").astype(">i4").tobytes()
        patch(tmp_path / "a.mrc", 0, head)
        patch(tmp_path / "a.mrc", 212, b"\x11\x11\0\0")
    patch(tmp_path / "a.mrc", 152, struct.pack(f"{order}2i", 1146047817, flags))
    assert_same_numbers(score_stack(uri), score_stack(pixels if signed else stack))


def test_more_bytes_than_it_needs(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    with (tmp_path / "a.mrc").open("ab") as file:
        file.write(b"more")
    found = score_stack(uri)
    assert_same_numbers(found, score_stack(CA))
    assert any("has 4 bytes after its pixels" in text for text in found.warnings)


@pytest.mark.parametrize(("offset", "value"), [(8, 2), (12, 0)], ids=["sections", "mode"])
def test_a_header_that_declares_less_than_there_is(tmp_path: Path, offset: int, value: int) -> None:
    """Half of the images, or the bytes of numbers of two as pixels: nothing else shows it."""
    uri = write(tmp_path / "a.mrc", CA.astype(np.int16))
    assert not any("after its pixels" in text for text in score_stack(uri).warnings)
    patch(tmp_path / "a.mrc", offset, struct.pack("<i", value))
    assert any("after its pixels" in text for text in score_stack(uri).warnings)


# ------------------------------------------------------------------ damage


def failing(uri: str, **options: Any) -> str:
    """The message of a stack that cannot be read, and that comes last where that is asked for."""
    with pytest.raises((OSError, ValueError)) as caught:
        rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, **options)
    ranking = rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, on_error="rank_last", **options)
    assert ranking.ranked_stack_names == ["Ca", "Fe", "bad"]
    assert str(ranking.stacks["bad"].error) == str(caught.value)
    assert "stack 'bad'" in str(caught.value)
    assert uri in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("size", [0, 100, 1023, 1024, 1025, 1024 + CA.nbytes - 1])
def test_a_file_that_was_cut_off(tmp_path: Path, size: int) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    (tmp_path / "a.mrc").write_bytes((tmp_path / "a.mrc").read_bytes()[:size])
    text = failing(uri)
    assert ("cut off" if size >= 1024 else "no MRC file") in text


@pytest.mark.parametrize(
    ("offset", "values", "words"),
    [
        (0, [-1], "damaged"),
        (8, [2**31 - 1], "cut off"),
        (12, [77], "mode"),
        (12, [101], "mode '101'"),
        (92, [-5], "damaged"),
        (92, [2**31 - 1], "cut off"),
        (88, [401], "cut off|damaged|no image|shape"),
        (0, [0], "no pixels"),
        (8, [0], "no image"),
        (208, [0], "no 'MAP '"),
    ],
)
def test_damaged_headers(tmp_path: Path, offset: int, values: list[int], words: str) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    patch(tmp_path / "a.mrc", offset, struct.pack(f"<{len(values)}i", *values))
    if offset == 88:
        patch(tmp_path / "a.mrc", 36, struct.pack("<i", 0))  # mz
    assert any(word in failing(uri) for word in words.split("|"))


def test_complex_pixels(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.mrc", CA.astype(np.complex64))
    with pytest.raises(TypeError, match="not complex"):
        score_stack(uri)


def test_a_packed_file(tmp_path: Path) -> None:
    """mrcfile would unpack it; its pixels have no place in the file."""
    write(tmp_path / "b.mrc", CA)
    (tmp_path / "a.mrc").write_bytes(gzip.compress((tmp_path / "b.mrc").read_bytes()))
    failing(str(tmp_path / "a.mrc"))


def test_limits(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    for limits, name in ((Limits(image_bytes=100), "image_bytes"), (Limits(stack_bytes=100), "stack_bytes")):
        assert name in failing(uri, limits=limits)


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = write(tmp_path / "a.mrc", CA)
    monkeypatch.setitem(sys.modules, "mrcfile", None)
    with pytest.raises(ImportError, match=r"mrcfile.*pip install \"ndreg_preeval\[em\]\""):
        score_stack(uri)


def test_random_headers(tmp_path: Path) -> None:
    """No byte of a header makes anything but an error, or the pixels of the file."""
    path = tmp_path / "a.mrc"
    uri = write(path, CA)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(150):
        mutated = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            mutated[rng.integers(0, 224)] = rng.integers(0, 256)
        path.write_bytes(bytes(mutated))
        try:
            score_stack(uri)
        except (OSError, ValueError, TypeError) as error:
            assert uri in str(error)  # noqa: PT017
