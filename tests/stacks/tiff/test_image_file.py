# SPDX-License-Identifier: MIT
"""One image per TIFF file: the same pixels for every layout, a named error for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import TiffImageSpec, resolve_stack
from ndreg_preeval.stacks.selection import parse_slice
from tests.support.image_files import N, pixels, tiff_files
from tests.support.scenes import assert_same_numbers

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

from tests.support.tiffs import LAYOUTS, STACK, write

LAYOUTS_OF_ONE = [name for name in LAYOUTS if name not in ("volume", "one page")]


def image(file: Path, cut: str = "", **limits: Any) -> Any:
    known = TiffImageSpec(str(file), Limits(**limits), parse_slice(cut) if cut else None).examine()
    out = np.full(known.shape, 1, known.dtype)
    assert known.read(out) is None
    return out


@pytest.mark.parametrize("layout", LAYOUTS_OF_ONE)
def test_every_layout_gives_the_same_pixels(tmp_path: Path, layout: str) -> None:
    np.testing.assert_array_equal(image(write(tmp_path, STACK[0], **LAYOUTS[layout])), STACK[0])


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "lzw", "tile": (16, 16)}])
def test_files_give_the_numbers_of_the_array(tmp_path: Path, options: dict[str, Any]) -> None:
    names = tiff_files(tmp_path, pixels(), **options)
    for threads in (1, 3):
        assert_same_numbers(score_stack(names, num_threads=threads), score_stack(pixels()))


@pytest.mark.parametrize("layout", ["tifffile", "deflate, strips", "tiles"])
@pytest.mark.parametrize("cut", ["3", "-1,::-1", "2,3:20,::2", "5,...,::-3", "4:5"])
def test_an_image_may_be_one_of_a_stack(tmp_path: Path, layout: str, cut: str) -> None:
    expected = STACK[parse_slice(cut)]
    found = image(write(tmp_path, **LAYOUTS[layout]), cut)
    np.testing.assert_array_equal(found, expected.reshape(expected.shape[-2:]))


@pytest.mark.parametrize("layout", ["tifffile", "deflate"])
def test_an_image_may_be_cut(tmp_path: Path, layout: str) -> None:
    file = write(tmp_path, STACK[0], **LAYOUTS[layout])
    for cut in ("::-1", "3:20,::2", "...,::-3"):
        np.testing.assert_array_equal(image(file, cut), STACK[0][parse_slice(cut)])


def test_files_may_be_named_in_uris(tmp_path: Path) -> None:
    file = write(tmp_path, pixels())
    names = [f"{file}?slice={index}" for index in range(N)]
    assert_same_numbers(score_stack(names), score_stack(pixels()))


def test_more_than_one_image_is_refused(tmp_path: Path) -> None:
    names = [*tiff_files(tmp_path, STACK[:2]), str(write(tmp_path, STACK))]
    with pytest.raises(ValueError, match=r"a\.tif, image 2: one image is wanted.*has 9.*\?slice=0"):
        score_stack(names)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_damage_is_named(tmp_path: Path, options: dict[str, Any]) -> None:
    names = tiff_files(tmp_path, pixels(), **options)
    with tifffile.TiffFile(names[4]) as tif:
        place, size = tif.pages[0].dataoffsets[0], tif.pages[0].databytecounts[0]
    with Path(names[4]).open("r+b") as raw:
        if options:
            raw.seek(place + size // 2)
            raw.write(b"\xff" * 16)
        else:
            raw.truncate(place + size - 10)
    with pytest.raises(OSError, match=r"im_4\.tif, image 4: "):
        score_stack(names)


def test_what_is_no_grey_image_says_why(tmp_path: Path) -> None:
    names = tiff_files(tmp_path, pixels())
    tifffile.imwrite(names[3], np.zeros((*pixels().shape[1:], 3), "u1"), photometric="rgb")
    with pytest.raises(ValueError, match=r"im_3\.tif, image 3: .*grey"):
        score_stack(names)


def test_limits_hold(tmp_path: Path) -> None:
    file = write(tmp_path, STACK[0], **LAYOUTS["tiles"])
    assert image(file).shape == STACK.shape[1:]
    with pytest.raises(ValueError, match=r"image_bytes"):
        image(file, image_bytes=STACK[0].size * 8 - 1)
    with pytest.raises(ValueError, match=r"chunk_bytes"):
        image(file, chunk_bytes=100)


@pytest.mark.parametrize(("other", "where"), [((5, 5), "notes"), ((5, 500), "warnings")])
def test_what_tifffile_says_is_told_by_image(tmp_path: Path, other: tuple[int, int], where: str) -> None:
    """A thumbnail is what many programs write; a page that is no smaller is a reason to warn."""
    names = tiff_files(tmp_path, STACK)
    with tifffile.TiffWriter(names[3]) as tif:
        tif.write(STACK[3], photometric="minisblack")
        tif.write(np.zeros(other, "u1"), photometric="minisblack")
    with resolve_stack(names, limits=Limits()).open() as source:
        assert next(text for text in getattr(source, where) if "2 series" in text).startswith("Image 3: ")
