# SPDX-License-Identifier: MIT
"""Grey pictures, written by Pillow."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, score_stack
from ndreg_preeval.stacks import Choices
from ndreg_preeval.stacks.formats import Formats
from ndreg_preeval.stacks.uris import parse_uri
from tests.support.examples import examples
from tests.support.scenes import assert_same_numbers, drifting

Image = pytest.importorskip("PIL.Image")

STACK = drifting(0.05)
GREY = (STACK[0] * 40 + 128).clip(0, 255).astype("u1")
FINE = (STACK[0] * 9000 + 30000).clip(0, 65535).astype("u2")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def image_of(uri: str, limits: Limits | None = None) -> NDArray[Any]:
    meanings = parse_uri(uri)
    with Formats() as formats:
        known = formats.of(meanings).image_spec(meanings[0], limits or Limits(), Choices()).examine()
    out = np.empty(known.shape, known.dtype)
    assert known.read(out) is None
    return out


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "a.jp2", "a.j2k", "a.bmp", "a.gif", "a.jpg"])
@pytest.mark.parametrize("ending", [True, False])
def test_grey_pictures(name: str, ending: bool) -> None:
    Image.fromarray(GREY).save(name)
    if not ending and not name.endswith("j2k"):  # a bare codestream has no first bytes of its own
        Path("picture").write_bytes(Path(name).read_bytes())
        name = "picture"
    with Image.open(Path(name)) as picture:
        wanted = np.asarray(picture.convert("L"))
    if "jp" not in name:
        np.testing.assert_array_equal(wanted, wanted if name == "picture" else GREY)
    found = image_of(name)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(image_of(f"{name}?slice=::-1,3:"), wanted[::-1, 3:])
    with pytest.raises(ValueError, match="that is one image, not a stack"):
        score_stack(name)
    with pytest.raises(ValueError, match="that is one image, not a stack"):
        find_stacks(name)


@pytest.mark.parametrize("name", ["a.png", "a.jp2"])
def test_sixteen_bits_are_exact(name: str) -> None:
    Image.fromarray(FINE).save(name)
    found = image_of(name)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, FINE)


def test_masks() -> None:
    mask = STACK[0] > -1
    Image.fromarray(mask).save("mask.png")
    assert image_of("mask.png").dtype == np.bool_
    assert_same_numbers(score_stack(STACK, mask="mask.png"), score_stack(STACK, mask=mask))


@pytest.mark.parametrize(
    ("mode", "message"),
    [("RGB", "not colours"), ("RGBA", "colours and transp"), ("LA", "grey values and"), ("P", "a palette")],
)
def test_colours(mode: str, message: str) -> None:
    picture = Image.fromarray(GREY).convert(mode)
    if mode == "P":
        picture.putpalette([0, 0, 0, 255, 0, 0] + [9] * 750)
    picture.save("a.png")
    with pytest.raises(ValueError, match=message):
        image_of("a.png")


def test_several_pictures_in_a_file() -> None:
    Image.fromarray(GREY).save("a.gif", save_all=True, append_images=[Image.fromarray(GREY[::-1])])
    with pytest.raises(ValueError, match=r"it holds 2 pictures.*imageio\.v3\.imread"):
        image_of("a.gif")


@pytest.mark.parametrize("name", ["a.png", "a.jp2", "a.bmp", "a.gif", "a.jpg"])
def test_cut_short(name: str) -> None:
    Image.fromarray(GREY).save(name)
    wanted = image_of(name)
    whole = Path(name).read_bytes()
    for kept in range(0, len(whole), max(1, len(whole) // 60)):
        Path(name).write_bytes(whole[:kept])
        try:
            found = image_of(name)
        except (OSError, ValueError):
            continue
        np.testing.assert_array_equal(found, wanted)  # what is missing was no pixel


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("side", [20_000, 2_000_000_000])
def test_bombs(side: int) -> None:
    """Refused by our limits, or before by those of Pillow."""
    head = chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 0, 0, 0, 0))
    Path("a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    with pytest.raises((OSError, ValueError), match=r"Limits\.image_bytes|bomb"):
        image_of("a.png")
    Image.fromarray(GREY).save("a.png")
    with pytest.raises(ValueError, match=r"Limits\.image_bytes"):
        image_of("a.png", Limits(image_bytes=100))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["a.png", "a.jp2", "a.bmp", "a.gif", "a.jpg"])
@examples(40)
@given(data=st.data())
def test_damaged_bytes(name: str, data: Any) -> None:
    """Whatever is in a file: pixels of the shape that it declares, or an error of ours."""
    whole = Path(f"whole_{name}")
    if not whole.exists():
        Image.fromarray(GREY).save(whole)
    raw = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    Path(name).write_bytes(raw)
    try:
        image_of(name, Limits(image_bytes=1 << 24))
    except (OSError, ValueError, TypeError) as error:
        assert str(error)  # noqa: PT017 - either is right
