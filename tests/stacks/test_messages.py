# SPDX-License-Identifier: MIT
"""Messages about input that is not read as it is: what it is, and the way out."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from silx.io.url import DataUrl

from ndreg_preeval import find_stacks, rank_stacks, score_stack

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = np.random.default_rng(0).integers(0, 99, (4, 20, 24)).astype(np.uint16)


def told(run: Callable[[], Any], kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        run()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------ files of other formats


def save_edf(path: Path) -> None:
    header = "{\nHeaderID = EH:000001:000000:000000 ;\nByteOrder = LowByteFirst ;\nDim_1 = 24 ;\n"
    path.write_bytes(header.ljust(510).encode() + b"}\n" + STACK[0].tobytes())


OTHERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a.h5": (
        lambda path: path.write_text("nothing at all"),
        "it is no HDF5 file, or still being created; it begins with 6e 6f 74 68 69 6e 67 20 ('nothing ')",
    ),
    "a.txt": (
        lambda path: path.write_text("nothing"),
        "it is of no kind that is known here; it begins with 6e 6f 74 68 69 6e 67 ('nothing'): give an array",
    ),
    "a.bin": (
        lambda path: path.write_bytes(b"\x07\xff\0\x1b[31m" + bytes(99)),
        "it is of no kind that is known here; it begins with 07 ff 00 1b 5b 33 31 6d: give an array",
    ),
    "a.fits": (lambda path: path.write_text("SIMPLE  =  T"), "it is a FITS file: give an array"),
    "b.nc": (lambda path: path.write_bytes(b"CDF\x01" + bytes(60)), "it is a netCDF-3 file"),
    "c.nc": (lambda path: path.write_bytes(b"CDF\x05" + bytes(60)), "it is a netCDF-3 (CDF-5) file"),
    "a.mat": (
        lambda path: path.write_text("MATLAB 5.0 MAT-file"),
        "MATLAB 5 file: give an array of its pixels, as scipy.io",
    ),
    "a.h5.gz": (
        lambda path: path.write_bytes(b"\x1f\x8b\x08\0"),
        "it is a gzip file: give an array of its pixels, unpacked",
    ),
}


READ: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a.npy": (
        lambda path: np.save(path, STACK),
        "it is a NumPy file, which holds one array: give its name alone",
    ),
    "a.png": (
        lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        "it is a PNG picture, which holds no paths",
    ),
    "a.jp2": (
        lambda path: path.write_bytes(b"\0\0\0\x0cjP  \r\n"),
        "it is a JPEG 2000 picture, which holds no paths",
    ),
    "a.edf": (save_edf, "it is an EDF file, which holds no paths"),
    "a.cbf": (lambda path: path.write_text("###CBF: VERSION"), "it is a CBF file, which holds no paths"),
    "a.map": (
        lambda path: path.write_bytes(bytes(208) + b"MAP\0" + bytes(40)),
        "it is an MRC file, which holds no datasets: give its name alone",
    ),
    "dm3.h5": (
        lambda path: path.write_bytes(b"\0\0\0\x03" + bytes(20)),
        "it is a DM3 file, which holds no datasets: give its name alone",
    ),
    "dm4.h5": (
        lambda path: path.write_bytes(b"\0\0\0\x04" + bytes(11) + b"\1" + bytes(8)),
        "it is a DM4 file, which holds no datasets: give its name alone",
    ),
}
"""Files that are read by their names, and hold no paths."""


@pytest.mark.parametrize(
    ("name", "path"),
    [*((name, path) for name in OTHERS for path in ("", "::/a/b")), *((name, "::/a/b") for name in READ)],
)
def test_files_of_other_formats(tmp_path: Path, name: str, path: str) -> None:
    write, message = {**OTHERS, **READ}[name]
    write(tmp_path / name)
    uri = f"{tmp_path}/{name}{path}"
    for run in (
        lambda: rank_stacks({"Fe": uri}),
        lambda: rank_stacks([uri, uri]),
        lambda: rank_stacks(uri),
        lambda: find_stacks(uri),
    ):
        text = told(run, OSError)
        assert message in text
        assert name in text


def test_an_extra_may_read_what_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.bin").write_bytes(b"12345678")
    for module, says in {"no_such_module": True, "numpy": False}.items():
        monkeypatch.setattr("ndreg_preeval.stacks.hints.MAY_READ", ((module, "em", "files of microscopes"),))
        text = told(lambda: score_stack(str(tmp_path / "a.bin")), OSError)
        assert ('or install the extra "em", which reads files of microscopes' in text) is says


@pytest.mark.parametrize("name", ["a.lsm", "a.stk", "a.tf8", "a.qptiff", "a.svs", "scan"])
def test_tiff_files_of_any_ending(tmp_path: Path, name: str) -> None:
    tifffile = pytest.importorskip("tifffile")
    for byteorder, big in (("<", False), (">", False), ("<", True), (">", True)):
        tifffile.imwrite(tmp_path / name, STACK, byteorder=byteorder, bigtiff=big, photometric="minisblack")
        uri = str(tmp_path / name)
        expected = score_stack(STACK).score
        assert score_stack(uri).score == score_stack(Path(uri)).score == expected
        assert rank_stacks({"a": uri, "b": STACK}).scores == {"a": expected, "b": expected}
        assert score_stack(f"{uri}?slice=::-1").score == score_stack(STACK[::-1]).score
        assert "it is a TIFF file, which holds no datasets" in told(
            lambda uri=uri: score_stack(f"{uri}::/d"), OSError
        )


# ------------------------------------------------------------------ one image per file


@pytest.mark.parametrize("form", [str, Path, DataUrl])
def test_images_by_name(form: Any) -> None:
    images = [form(f"scan_{number}.h5::/1.1/results/Fe_K") for number in range(3)]
    text = told(lambda: rank_stacks({"Fe": images}), FileNotFoundError)
    for part in ("stack 'Fe'", "image 0", "scan_0.h5"):
        assert part in text


def test_one_image_says_how_several_are_a_stack(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["flat"] = STACK[0]
    for run in (lambda: rank_stacks([f"{tmp_path}/a.h5::/flat"] * 2), lambda: score_stack(STACK[0])):
        assert "one image, not a stack; the images of a stack are given as a list, by a pattern" in told(
            run, ValueError
        )


def test_objects_that_have_an_array() -> None:
    class Image:
        def __init__(self, data: Any) -> None:
            self.data = data

    images = [Image(each) for each in STACK]
    assert "image 0: an image must be a 2-D array, not Image: give its .data" in told(
        lambda: score_stack(images), TypeError
    )
    assert score_stack([each.data for each in images]).score == score_stack(STACK).score


def test_folders_and_patterns(tmp_path: Path) -> None:
    assert "holds no images" in told(lambda: score_stack(str(tmp_path)), ValueError)
    for pattern in ("*.tif", "im_*.h5::/d"):
        text = told(lambda pattern=pattern: score_stack(f"{tmp_path}/{pattern}"), FileNotFoundError)
        assert f"nothing matches '{pattern.partition('::')[0]}' in the folder" in text
        assert "has no files" in text
    for mask, kind, message in (
        (tmp_path, IsADirectoryError, "is a folder, not a file: give the name of a file in it"),
        (f"{tmp_path}/*.tif", FileNotFoundError, "a pattern is no file"),
    ):
        assert message in told(lambda mask=mask: score_stack(STACK, mask=mask), kind)


class SilxGroup:
    """What a group of silx has, which is no mapping by its class."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, name: str) -> Any:
        return {"data": STACK}[name]

    def keys(self) -> list[str]:
        return ["data"]

    def values(self) -> list[Any]:
        return [STACK]


def test_groups_that_are_no_mapping_by_their_class() -> None:
    text = told(lambda: rank_stacks({"Fe": SilxGroup()}), TypeError)
    assert "stack 'Fe'" in text
    assert "not SilxGroup: give one dataset of it" in text


# ------------------------------------------------------------------ datasets and groups


@pytest.mark.parametrize("ndim", [4, 5])
def test_more_axes_show_the_slice(tmp_path: Path, ndim: int) -> None:
    more = np.stack([STACK] * 2)
    more = np.stack([more] * 2) if ndim == 5 else more
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/d"] = more
    for value in (more, f"{tmp_path}/a.h5::/g/d"):
        text = told(lambda value=value: rank_stacks({"Fe": value}), ValueError)
        zeros = ", ".join("0" * (ndim - 3))
        short = zeros.replace(" ", "")
        for part in (f"[:, {zeros}]", f"&slice=:,{short} ", f"&slice=...,{short}"):
            assert part in text
    wholes = [lambda: rank_stacks(f"{tmp_path}/a.h5::/g"), lambda: score_stack(f"{tmp_path}/a.h5")]
    if ndim == 5:
        wholes.append(lambda: find_stacks(f"{tmp_path}/a.h5"))
    shape = " x ".join(map(str, more.shape))
    for run in wholes:
        text = told(run, ValueError)
        all_ = ", or all by &stacks=0" if ndim == 4 else ""
        assert f"'/g/d' ({shape}: take some by &slice=:,{short} or &slice=...,{short}{all_})" in text
        assert "alone" not in text  # nothing there can be taken as it is
    assert score_stack(f"{tmp_path}/a.h5::/g/d&slice=0,0" if ndim == 5 else f"{tmp_path}/a.h5::/g/d&slice=0")


def test_groups_say_where_their_datasets_are(tmp_path: Path) -> None:
    file = tmp_path / "b.h5"
    with h5py.File(file, "w") as opened:
        for name in "ab":
            opened[f"1.1/measurement/{name}"] = opened[f"Experiments/{name}/data"] = STACK
        for number in range(9):
            opened[f"many/deep/{number}"] = STACK
        opened["loop"] = h5py.SoftLink("/")
        opened["gone"] = h5py.SoftLink("/nowhere")
        opened.create_group("empty")
    assert list(rank_stacks(f"{file}::/1.1/measurement").stacks) == ["a", "b"]
    inner = told(lambda: rank_stacks({"x": f"{file}::/1.1/measurement"}), ValueError)
    assert "'/1.1/measurement/a', '/1.1/measurement/b'" in inner
    assert list(rank_stacks(f"{file}::/1.1").stacks) == ["a", "b"]
    assert "'/Experiments/a/data', '/Experiments/b/data'" in told(
        lambda: rank_stacks({"x": f"{file}::/Experiments"}), ValueError
    )
    assert "and 3 more" in told(lambda: score_stack(f"{file}::/many"), ValueError)
    for run in (lambda: rank_stacks(str(file)), lambda: rank_stacks({"x": str(file)})):
        text = told(run, ValueError)
        assert "'/1.1/measurement/a'" in text
        assert "(4 images of 20 x 24 each)" in text
    assert len(find_stacks(file)) == 13
    assert "below it" not in told(lambda: rank_stacks(f"{file}::/empty"), ValueError)


def test_what_is_beside_the_stacks_of_a_mapping_is_skipped(tmp_path: Path) -> None:
    expected = rank_stacks({"Ca": STACK, "Fe": STACK[::-1]}).scores
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("g")
        group["Ca"], group["Fe"], group["energy"] = STACK, STACK[::-1], np.arange(4.0)
        assert rank_stacks(group).scores == expected
        with contextlib.suppress(ModuleNotFoundError):
            import xarray

            axes = ("energy", "y", "x")
            stacks = {"Ca": (axes, STACK), "Fe": (axes, STACK[::-1]), "I0": ("energy", np.arange(4.0))}
            assert rank_stacks(xarray.Dataset(stacks)).scores == expected
    assert rank_stacks(f"{tmp_path}/a.h5::/g").scores == expected


def test_filters_without_plugin(tmp_path: Path) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((1, 20, 24))
    properties.set_filter(32012, h5py.h5z.FLAG_OPTIONAL, (1,))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = h5py.h5d.create(
            file.id, b"d", h5py.h5t.NATIVE_UINT16, h5py.h5s.create_simple(STACK.shape), properties
        )
        dataset.write_direct_chunk((0, 0, 0), STACK[0].tobytes())
    text = told(lambda: score_stack(f"{tmp_path}/a.h5::/d"), OSError)
    assert (
        "the HDF5 filter 32012 (without a name), which is not installed: an HDF5 plugin (the HDF Group"
        in text
    )
