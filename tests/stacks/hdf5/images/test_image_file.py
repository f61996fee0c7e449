# SPDX-License-Identifier: MIT
"""One image per HDF5 file: as the same pixels in one file, however they are stored, or a named error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import Hdf5ImageSpec, resolve_stack
from ndreg_preeval.stacks.hdf5 import locate
from ndreg_preeval.stacks.selection import parse_slice
from tests.support.image_files import LAYOUTS, SHAPE, N, hdf5_files, pixels
from tests.support.scenes import assert_same_numbers, three

IMAGE = pixels()[0]


def image(file: Path, path: str = "/a", cut: str = "", **limits: Any) -> Any:
    """The pixels of one image."""
    known = Hdf5ImageSpec(str(file), path, Limits(**limits), parse_slice(cut) if cut else None).examine()
    out = np.full(known.shape, 1, known.dtype)
    assert known.read(out) is None
    return out


def write(folder: Path, value: Any, **options: Any) -> Path:
    file = folder / "one.h5"
    with h5py.File(file, "w") as h5:
        h5.create_dataset("a", data=value, **options)
    return file


# ------------------------------------------------------------------ pixels


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["u1", "<i2", ">u2", "<i4"])
def test_every_layout_gives_the_same_numbers(tmp_path: Path, layout: str, dtype: str) -> None:
    stack = pixels(dtype=dtype)
    names = hdf5_files(tmp_path, stack, **LAYOUTS[layout])
    with resolve_stack(names, limits=Limits()).open() as source:
        assert source.dtype == stack.dtype
        np.testing.assert_array_equal(source.read(0, N).images, stack)
    assert_same_numbers(score_stack(names), score_stack(stack))


@pytest.mark.parametrize(
    "layout", ["contiguous", "one chunk", "several chunks", "not compressed", "fletcher32"]
)
def test_most_are_read_without_hdf5(tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = hdf5_files(tmp_path, pixels(), **LAYOUTS[layout])
    with resolve_stack(names, limits=Limits()).open() as source:
        monkeypatch.setattr(locate, "open_file", lambda *_: pytest.fail("it is opened by HDF5"))
        np.testing.assert_array_equal(source.read(0, N).images, pixels())


@pytest.mark.parametrize("dtype", ["?", "f2", ">f4", "f8", "u8", "f16"])
@pytest.mark.parametrize("layout", ["contiguous", "one chunk", "several chunks"])
def test_every_type_is_read_as_it_is(tmp_path: Path, dtype: str, layout: str) -> None:
    value = (IMAGE % 7).astype(dtype)
    found = image(write(tmp_path, value, **LAYOUTS[layout]))
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize(
    "shape", [(1, *SHAPE), (*SHAPE, 1), (SHAPE[0], 1, SHAPE[1]), (1, *SHAPE, 1), (1, 1, 1, *SHAPE)]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_axes_of_length_one_go(tmp_path: Path, shape: tuple[int, ...], chunked: bool) -> None:
    file = write(tmp_path, IMAGE.reshape(shape), chunks=chunked or None)
    np.testing.assert_array_equal(image(file), IMAGE)


@pytest.mark.parametrize("layout", ["contiguous", "one chunk", "several chunks", "not compressed"])
@pytest.mark.parametrize("cut", ["::-1", "3:20,::2", "...,::-3", "-5:,7:9", "5::9,1::20", "::-1,::-1"])
def test_an_image_may_be_cut(tmp_path: Path, layout: str, cut: str) -> None:
    np.testing.assert_array_equal(
        image(write(tmp_path, IMAGE, **LAYOUTS[layout]), cut=cut), IMAGE[parse_slice(cut)]
    )


@pytest.mark.parametrize(
    "options", [{}, {"chunks": (1, *SHAPE)}, {"chunks": (4, 9, 11), "compression": "gzip"}]
)
@pytest.mark.parametrize("cut", ["3", "-1,::-1", "2:3", "4,5:30,::2", ":1,::-1"])
def test_an_image_may_be_one_of_a_stack(tmp_path: Path, options: dict[str, Any], cut: str) -> None:
    file = write(tmp_path, pixels(), **options)
    expected = pixels()[parse_slice(cut)]
    np.testing.assert_array_equal(image(file, cut=cut), expected.reshape(expected.shape[-2:]))


def test_maps_of_elements_are_images(tmp_path: Path) -> None:
    file = write(tmp_path, np.moveaxis(pixels(), 0, -1), chunks=(8, 8, N))
    names = [f"{file}::/a&slice=...,{index}" for index in range(N)]
    assert_same_numbers(score_stack(names), score_stack(pixels()))


def test_images_may_lie_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "scans.h5"
    with h5py.File(file, "w") as h5:
        for index, each in enumerate(pixels()):
            h5[f"{index + 1}.1/xrf/Ca"] = each
    names = [f"{file}::/{index + 1}.1/xrf/Ca" for index in range(N)]
    assert_same_numbers(score_stack(names), score_stack(pixels()))


# ------------------------------------------------------------------ files that differ, links


def test_files_may_be_stored_in_any_way(tmp_path: Path) -> None:
    stack = pixels()
    names = []
    for index, (each, options) in enumerate(zip(stack, [*LAYOUTS.values(), {}, {}], strict=True)):
        folder = tmp_path / str(index)
        folder.mkdir()
        kind = each.astype("f4") if index % 3 == 2 and "scaleoffset" not in options else each
        with h5py.File(folder / "im_0.h5", "w") as h5:
            h5["before"] = np.zeros(100 * index)
        names += hdf5_files(folder, [kind], **options)
    with resolve_stack(names, limits=Limits()).open() as source:
        for index, found in enumerate(source.read(0, N).images):
            np.testing.assert_array_equal(found, stack[index])


def test_links_and_virtual_datasets_are_followed(tmp_path: Path) -> None:
    stack = pixels()
    raw = hdf5_files(tmp_path, stack, path="/raw")
    names = []
    for index in range(N):
        file = tmp_path / f"master_{index}.h5"
        with h5py.File(file, "w") as h5:
            if index % 3 == 0:
                h5["a"] = h5py.ExternalLink(f"im_{index}.h5", "/raw")
            elif index % 3 == 1:
                layout = h5py.VirtualLayout(SHAPE, stack.dtype)
                layout[:] = h5py.VirtualSource(f"im_{index}.h5", "/raw", SHAPE)
                h5.create_virtual_dataset("a", layout)
            else:
                h5["there/b"] = stack[index]
                h5["a"] = h5py.SoftLink("/there/b")
        names.append(f"{file}::/a")
    assert_same_numbers(score_stack(names), score_stack(stack))
    Path(raw[3].partition("::")[0]).unlink()
    with pytest.raises(OSError, match=r"image 3: .*external link.*im_3"):
        score_stack(names)


def test_external_storage_is_read(tmp_path: Path) -> None:
    names = []
    for index, each in enumerate(pixels()):
        each.tofile(tmp_path / f"{index}.raw")
        with h5py.File(tmp_path / f"im_{index}.h5", "w") as h5:
            h5.create_dataset(
                "a", SHAPE, each.dtype, external=[(str(tmp_path / f"{index}.raw"), 0, each.nbytes)]
            )
        names.append(f"{tmp_path / f'im_{index}.h5'}::/a")
    assert_same_numbers(score_stack(names), score_stack(pixels()))


def test_files_open_elsewhere_with_other_locking_are_read(tmp_path: Path) -> None:
    names = hdf5_files(tmp_path, pixels(), chunks=(1, 1))
    with h5py.File(tmp_path / "im_3.h5", "r", locking=True):
        assert_same_numbers(score_stack(names), score_stack(pixels()))


# ------------------------------------------------------------------ pixels that are declared invalid

VALID = np.ones(SHAPE, bool)
VALID[5:15, 12:30] = False


def fill_value(h5: h5py.File) -> None:
    h5["a"].attrs["_FillValue"] = 7777


def underload(h5: h5py.File) -> None:
    h5["underload_value"] = 100


def pixel_mask(h5: h5py.File) -> None:
    h5["pixel_mask"] = (~VALID).astype("u4")


DECLARED: dict[str, Callable[[h5py.File], None]] = {
    "_FillValue": fill_value,
    "underload_value": underload,
    "pixel_mask": pixel_mask,
}


def of_detector(h5: h5py.File, value: Any) -> None:
    entry = h5.require_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry["data/a"] = value
    detector = entry.create_group("instrument/detector")
    entry["instrument"].attrs["NX_class"] = "NXinstrument"
    detector.attrs["NX_class"] = "NXdetector"
    detector["data"] = entry["data/a"]
    detector["pixel_mask"] = (~VALID).astype("u4")


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("some", [range(N), [2], [0, 5]])
@pytest.mark.parametrize("options", [{}, {"declared_invalid": "ignore"}])
def test_what_metadata_declare_holds_for_each_image(
    tmp_path: Path, declared: str, some: Any, options: dict[str, Any]
) -> None:
    stack = pixels()
    stack[:, ~VALID] = 7777
    names = hdf5_files(tmp_path, stack, path="/a")
    hidden = np.zeros(stack.shape, bool)
    for index in some:
        with h5py.File(tmp_path / f"im_{index}.h5", "a") as h5:
            DECLARED[declared](h5)
        hidden[index] = ~VALID if declared != "underload_value" else stack[index] < 100
    found = score_stack(names, **options)
    expected = stack if options else np.ma.masked_array(stack, hidden)
    assert_same_numbers(found, score_stack(expected))
    told = [text for text in found.warnings if declared in text]
    assert bool(told) is not bool(options)


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_the_mask_of_a_detector_is_found(tmp_path: Path) -> None:
    names = []
    for index, each in enumerate(pixels()):
        with h5py.File(tmp_path / f"im_{index}.h5", "w") as h5:
            of_detector(h5, each)
        names.append(f"{tmp_path / f'im_{index}.h5'}::/entry/data/a")
    expected = np.ma.masked_array(pixels(), np.broadcast_to(~VALID, (N, *SHAPE)))
    assert_same_numbers(score_stack(names), score_stack(expected))


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_masks_of_images_are_cut_with_them(tmp_path: Path) -> None:
    file = write(tmp_path, pixels())
    hidden = np.zeros((N, *SHAPE), bool)
    for index in range(N):
        hidden[index, index : index + 9, 3:30] = True
    with h5py.File(file, "a") as h5:
        h5["pixel_mask"] = hidden.astype("u4")
    names = [f"{file}::/a&slice={index},2:" for index in range(N)]
    expected = np.ma.masked_array(pixels()[:, 2:], hidden[:, 2:])
    assert_same_numbers(score_stack(names), score_stack(expected))


# ------------------------------------------------------------------ what is at fault


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (pixels(), ValueError, r"stack of the shape \(9, 40, 56\).*9 images.*&slice=0"),
        (pixels()[None, :, None, :5], ValueError, r"stack of the shape \(9, 5, 56\)"),
        (np.ones((2, 3, 4, 5)), ValueError, r"\(2, 3, 4, 5\).*&slice="),
        (np.ones(5), ValueError, r"\(height, width\), not \(5,\)"),
        (np.float64(3), ValueError, r"\(height, width\), not \(\)"),
        (np.ones((3, 0)), ValueError, r"no pixels"),
        (np.ones((3, 4), "c8"), TypeError, r"complex"),
        (h5py.Empty("f4"), ValueError, r"empty"),
    ],
)
def test_what_is_no_image_says_why(tmp_path: Path, value: Any, error: type[Exception], says: str) -> None:
    names = [*hdf5_files(tmp_path, pixels()[:3], path="/a"), f"{write(tmp_path, value)}::/a"]
    with pytest.raises(error, match=rf"one\.h5::/a, image 3: .*{says}"):
        score_stack(names)


@pytest.mark.parametrize("path", ["::/1.1", "::/1.1/K", "::/1.1/Ca/x"])
def test_what_leads_to_no_dataset_is_named(tmp_path: Path, path: str) -> None:
    names = hdf5_files(tmp_path, pixels())
    names[5] = names[5].partition("::")[0] + path
    with pytest.raises((KeyError, ValueError, TypeError), match=r"image 5") as caught:
        score_stack(names)
    assert "im_5.h5" in str(caught.value)


def test_what_was_never_written_is_refused(tmp_path: Path) -> None:
    names = hdf5_files(tmp_path, pixels()[:3], path="/a")
    with h5py.File(tmp_path / "never.h5", "w") as h5:
        h5.create_dataset("a", SHAPE, "u2", chunks=SHAPE)
    with pytest.raises(OSError, match=r"image 3: nothing was ever written"):
        score_stack([*names, f"{tmp_path / 'never.h5'}::/a"])


def test_limits_hold_for_chunks_and_images(tmp_path: Path) -> None:
    file = write(tmp_path, IMAGE, chunks=SHAPE)
    assert image(file, chunk_bytes=IMAGE.nbytes).shape == SHAPE
    with pytest.raises(ValueError, match=r"chunk_bytes"):
        image(file, chunk_bytes=IMAGE.nbytes - 1)
    with pytest.raises(ValueError, match=r"image_bytes"):
        image(file, image_bytes=IMAGE.size * 8 - 1)


@pytest.mark.parametrize("layout", ["one chunk", "several chunks", "fletcher32"])
@pytest.mark.parametrize("threads", [1, 4])
def test_a_damaged_chunk_is_named(tmp_path: Path, layout: str, threads: int) -> None:
    names = hdf5_files(tmp_path, pixels(), **LAYOUTS[layout])
    with h5py.File(tmp_path / "im_4.h5") as h5:
        place = h5["/1.1/Ca"].id.get_chunk_info(0)
    with (tmp_path / "im_4.h5").open("r+b") as raw:
        raw.seek(place.byte_offset + place.size // 2)
        raw.write(b"\xff" * 8)
    with pytest.raises(OSError, match=r"im_4\.h5::/1\.1/Ca, image 4: .*chunk at \(0, 0\)"):
        score_stack(names, num_threads=threads)
    with pytest.warns(RankingWarning, match=r"image 4"):
        ranking = rank_stacks({**three(n=N), "files": names}, on_error="rank_last")
    assert ranking.ranked_stack_names is not None
    assert ranking.ranked_stack_names[-1] == "files"


@pytest.mark.parametrize("layout", ["contiguous", "one chunk", "several chunks"])
def test_files_that_are_cut_off_are_refused(tmp_path: Path, layout: str) -> None:
    names = hdf5_files(tmp_path, pixels(), **LAYOUTS[layout])
    with (tmp_path / "im_4.h5").open("r+b") as raw:
        raw.truncate((tmp_path / "im_4.h5").stat().st_size - 50)
    with pytest.raises(OSError, match=r"im_4\.h5::/1\.1/Ca, image 4: "):
        score_stack(names)
