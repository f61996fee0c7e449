# SPDX-License-Identifier: MIT
"""TIFF files that are cut off, damaged or hostile: an error with the name of the image, never a guess."""

from __future__ import annotations

import os
import pickle
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import score_stack
from ndreg_preeval.errors import RankingWarning

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

from tests.support.tiffs import LAYOUTS, STACK, everything, spec, write


def test_errors_of_the_file_itself(tmp_path: Path) -> None:
    for make, kind, number in (
        (lambda path: None, FileNotFoundError, 2),
        (lambda path: path.mkdir(), IsADirectoryError, 21),
        (os.mkfifo, OSError, 22),
    ):
        path = tmp_path / f"{kind.__name__}.tif"
        make(path)
        with pytest.raises(kind) as caught:
            spec(path).open()
        assert caught.value.errno == number
        assert caught.value.filename == str(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"II", "no TIFF file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "it is no TIFF file: it begins with"),
        (b"II*\0", "no TIFF file"),
        (b"II*\0\x08\0\0\0", "page 0 should begin at byte 8 of 8"),
        (b"II*\0\x08\0\0\0" + bytes(20), "page 0 should begin at byte 8 of 28"),
        (b"II*\0\xff\xff\0\0", "page 0 should begin at byte 65535"),
        (struct.pack(">2sHHHQ", b"MM", 43, 8, 0, 1 << 63), "page 0 should begin"),
    ],
)
def test_what_is_no_tiff_file(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    with pytest.raises(OSError, match=message) as caught:
        spec(path).open()
    assert caught.value.filename == str(path)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_file_without_pages_holds_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0\0\0\0\0")
    with pytest.raises(ValueError, match="holds no image"):
        spec(tmp_path / "a.tif").open()


@pytest.mark.parametrize("layout", [*LAYOUTS])
def test_a_cut_file_is_never_a_smaller_stack(tmp_path: Path, layout: str) -> None:
    data = write(tmp_path, **LAYOUTS[layout]).read_bytes()
    path = tmp_path / "cut.tif"
    path.write_bytes(data)
    for size in [*range(len(data) - 1, len(data) - 200, -23), *range(len(data) - 200, 0, -len(data) // 40)]:
        os.truncate(path, size)
        try:
            found = everything(spec(path))
        except OSError as error:
            assert "cut.tif" in str(error)  # noqa: PT017 - not every cut is a loss
        else:  # what was lost are remarks
            np.testing.assert_array_equal(found, STACK)


@pytest.mark.parametrize("layout", ["tifffile", "plain", "ImageJ", "OME", "deflate", "ImageJ, lzw"])
def test_room_that_was_never_written_is_no_page(tmp_path: Path, layout: str) -> None:
    path = write(tmp_path, **LAYOUTS[layout])
    data = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        size = int(share * len(data))
        path.write_bytes(data[:size] + bytes(len(data) - size))
        with pytest.raises(OSError, match=r"a\.tif"):
            everything(spec(path))


@pytest.mark.parametrize("layout", ["one page", "plain", "deflate", "OME, deflate"])
def test_a_file_that_is_cut_while_it_is_read(tmp_path: Path, layout: str) -> None:
    path = write(tmp_path, **LAYOUTS[layout])
    with spec(path).open() as source:
        source.read(0, 9)
        os.truncate(path, 20000 if "deflate" not in layout else 10000)
        with pytest.raises(OSError, match=r"a\.tif, image \d+: .*cut while"):
            source.read(0, 9)
        assert "was changed while it was read" in source.warnings_while_reading()[0]


CHECKED = ["zlib", "lzw", "packbits", "png", "jpeg", "jpegxl", "lerc"]


# Zstandard has no checksum in a TIFF file: not every damage shows.
@pytest.mark.parametrize(
    ("compression", "damage"),
    [("zstd", "cut"), *((name, damage) for name in CHECKED for damage in ("noise", "zeros", "cut"))],
)
def test_damaged_segments_are_named(tmp_path: Path, compression: str, damage: str) -> None:
    stack = (STACK // 4).astype(np.uint8)
    path = write(tmp_path, stack, compression=compression, metadata=None)
    with tifffile.TiffFile(path, mode="r+") as tif:
        page = tif.pages[6]
        offset, count = page.dataoffsets[0], page.databytecounts[0]
        if damage == "cut":
            page.tags["StripByteCounts"].overwrite(count // 2)
    if damage != "cut":
        data = bytearray(path.read_bytes())
        half = offset + count // 2
        data[half : offset + count] = bytes([0, 128][damage == "noise"] for _ in range(offset + count - half))
        path.write_bytes(data)
    with spec(path).open() as source:
        np.testing.assert_allclose(
            source.read(0, 6).images, stack[:6], atol=128 if compression == "jpeg" else 0
        )
        with pytest.raises(OSError, match=r"a\.tif, image 6: segment 0 is damaged: "):
            source.read(0, 9)


def test_segments_that_decode_to_something_else_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, compression="zlib", metadata=None)
    small = write(tmp_path, STACK[:1, :30], "b.tif", compression="zlib", metadata=None)
    with tifffile.TiffFile(small) as tif:
        data = small.read_bytes()[tif.pages[0].dataoffsets[0] :][: tif.pages[0].databytecounts[0]]
    with tifffile.TiffFile(path, mode="r+") as tif:
        offset = tif.pages[3].dataoffsets[0]
        tif.pages[3].tags["StripByteCounts"].overwrite(len(data))
    content = bytearray(path.read_bytes())
    content[offset : offset + len(data)] = data
    path.write_bytes(content)
    with pytest.raises(OSError, match="image 3: segment 0 is damaged: "):
        everything(spec(path))


@pytest.mark.parametrize(
    ("tag", "value", "layout", "message"),
    [
        ("StripByteCounts", 0, "plain", "image 4: segment 0 of 1 was never written"),
        ("StripOffsets", 0, "deflate", "image 4: segment 0 of 1 was never written"),
        ("StripByteCounts", 1 << 31, "deflate", r"image 4: segment 0 of 1 should take bytes \d+ to \d+ of \d+"),
        ("StripOffsets", (1 << 32) - 1, "plain", "image 4: segment 0 of 1 should take bytes 4294967295 to"),
        ("StripByteCounts", 3000, "plain", "image 4: segment 0 of 1 holds 3000 bytes, not 3922"),
    ],
)  # fmt: skip
def test_missing_and_impossible_segments(
    tmp_path: Path, tag: str, value: int, layout: str, message: str
) -> None:
    path = write(tmp_path, STACK[:6], **{**LAYOUTS[layout], "metadata": None})
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages[4].tags[tag].overwrite(value)
        # All values of this file but this one are small.
        assert tif.pages[4].tags[tag].dtype in (3, 4)
    with pytest.raises(OSError, match=message) as caught:
        spec(path).open()
    assert caught.value.filename == str(path)


def test_sparse_tiles_are_missing_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tile = np.ones((16, 16), np.uint8)
    tiles = iter([tile] * 7 + [None] + [tile] * 4)
    tifffile.imwrite(
        path,
        tiles,
        shape=(3, 32, 32),
        dtype=np.uint8,
        tile=(16, 16),
        compression="zlib",
        photometric="minisblack",
    )
    with pytest.raises(OSError, match="image 1: segment 3 of 4 was never written"):
        spec(path).open()


@pytest.mark.parametrize(
    "odd",
    [{"dtype": "u1"}, {"dtype": "i2"}, {"compression": "zlib"}, {"predictor": True, "compression": "zlib"}, {"rowsperstrip": 8}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("n", [4, 12])
def test_pages_that_differ_are_not_decoded_like_the_first(
    tmp_path: Path, odd: dict[str, Any], n: int
) -> None:
    options = dict(odd)
    dtype = options.pop("dtype", "u2")
    common = {"compression": "zlib"} if "predictor" in odd else {}
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for i in range(n):
            changes = options if i == 2 else {}
            image = STACK[i % 9].astype(dtype) if i == 2 else STACK[i % 9]
            writer.write(image, photometric="minisblack", metadata=None, **{**common, **changes})
    try:
        with spec(tmp_path / "a.tif").open() as source:
            assert source.shape[0] == n - 1
            assert "2 series of images" in source.warnings[0]
    except (OSError, ValueError) as error:
        assert re.search("image 2: its page differs|its pages differ", str(error))  # noqa: PT017 - one or the other


def test_a_chain_that_bites_its_tail(tmp_path: Path) -> None:
    path = write(tmp_path, metadata=None)
    with tifffile.TiffFile(path) as tif:
        last, again = tif.pages.next_page_offset, tif.pages[3].offset
    with path.open("r+b") as file:
        file.seek(last)
        file.write(struct.pack("<I", again))
    with pytest.raises(OSError, match="the page that follows page 8 is one that came before"):
        spec(path).open()


def test_a_chain_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ndreg_preeval.stacks.tiff.pages.MAX_PAGES", 8)
    with pytest.raises(ValueError, match="more than 8 pages"):
        spec(write(tmp_path)).open()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('SizeT="9"', f'SizeT="{10**12}"', "OME description declares more than 1048576 images"),
        ('C="1" SizeZ="1" SizeT="9"', 'C="900" SizeZ="900" SizeT="9"', "OME description declares more than"),
        ('PlaneCount="9"', 'PlaneCount="99999999"', "OME description declares more than"),
        ('SizeT="9"', 'SizeT="12"', "image 9: it is missing: the description of the stack has it"),
        ('SizeT="9"', 'SizeT="x"', "cannot be read as TIFF file"),
    ],
)
def test_descriptions_are_not_trusted(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write(tmp_path, ome=True, metadata={"axes": "TYX"})
    with tifffile.TiffFile(path) as tif:
        text = tif.ome_metadata
    assert old in text
    write(tmp_path, metadata=None, description=text.replace(old, new))
    with pytest.raises(OSError, match=message):
        spec(path).open()


def test_descriptions_do_not_lead_to_other_files(tmp_path: Path) -> None:
    path = write(tmp_path, ome=True, metadata={"axes": "TYX"})
    with tifffile.TiffFile(path) as tif:
        text = tif.ome_metadata
    old = '<TiffData IFD="0" PlaneCount="9"/>'
    assert old in text
    uuid = '<UUID FileName="pipe">urn:uuid:00000000-0000-0000-0000-000000000000</UUID>'
    elsewhere = f'<TiffData IFD="0" PlaneCount="9">{uuid}</TiffData>'
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
    write(tmp_path, metadata=None, description=text.replace(old, elsewhere))
    with spec(path).open() as source:
        np.testing.assert_array_equal(source.read(0, 9).images, STACK)
        assert (
            "the ome description in the TIFF file does not fit its pages, or names other files"
            in source.warnings[0]
        )


def test_descriptions_that_do_not_fit_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, STACK, metadata=None, description='{"shape": [5, 7, 3]}')
    with spec(path).open() as source:
        np.testing.assert_array_equal(source.read(0, 9).images, STACK)
        assert "the shaped description in the TIFF file does not fit its pages" in source.warnings[0]
        assert "tifffile says: " in source.warnings[1]
    with pytest.warns(RankingWarning) as told:
        score_stack(path)
    assert any("does not fit its pages" in str(each.message) for each in told)


@pytest.mark.parametrize(
    ("options", "limits", "message"),
    [
        ({}, {"image_bytes": 1000}, "image_bytes"),
        ({}, {"stack_bytes": 1000}, "stack_bytes"),
        ({"compression": "zlib"}, {"ratio": 0, "ratio_floor": 0}, r"Limits\.ratio"),
        ({"compression": "zlib", "tile": (512, 512)}, {"chunk_bytes": 500_000}, "one segment of 512 x 512 .*chunk_bytes"),
    ],
)  # fmt: skip
def test_limits(tmp_path: Path, options: Any, limits: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spec(write(tmp_path, **options), **limits).open()


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    write(tmp_path, compression="lzw")
    write(tmp_path, name="b.tif", compression="zlib")
    code = (
        "import sys; sys.modules[{missing!r}] = None\n"
        "from ndreg_preeval.stacks.tiff.source import TiffSpec; from ndreg_preeval.options import Limits\n"
        f"try: print(TiffSpec({str(tmp_path)!r} + '/{{name}}.tif', Limits()).open().shape)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    text = run_python(code.format(missing="tifffile", name="a"))
    assert text.startswith("ModuleNotFoundError TIFF files are read by tifffile")
    assert 'pip install tifffile imagecodecs, or the extra "tiff"' in text
    text = run_python(code.format(missing="imagecodecs", name="a"))
    assert text.startswith("OSError")
    assert "LZW" in text
    assert "imagecodecs" in text
    assert run_python(code.format(missing="imagecodecs", name="b")) == "(9, 37, 53)\n"
