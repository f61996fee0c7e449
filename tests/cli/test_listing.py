# SPDX-License-Identifier: MIT
"""What find --long tells of a stack: of every format, without reading a pixel, in lines that fit."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval.cli import main
from ndreg_preeval.cli.listing import LAYOUTS, readable_size
from ndreg_preeval.text import columns

PIXELS = np.random.default_rng(1).integers(0, 100, (4, 24, 32)).astype("u2")
CHUNKS = {"chunks": (2, 24, 32)}

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("COLUMNS", raising=False)

    def called(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return called


def rows(out: str) -> dict[str, dict[str, str]]:
    """The cells of a table by the name of the stack and the heading, cut where the headings' lines are."""
    heading, rule, *lines = out.split("\n\n", maxsplit=1)[0].splitlines()
    starts = [i for i, c in enumerate(rule) if c == "-" and (i == 0 or rule[i - 1] == " ")]
    bounds = list(zip(starts, [*starts[1:], None], strict=True))
    names = [heading[a:b].strip() for a, b in bounds]
    found = [{name: line[a:b].strip() for name, (a, b) in zip(names, bounds, strict=True)} for line in lines]
    return {each["stack"]: each for each in found}


def described(call: Call, uri: object) -> dict[str, str]:
    """Images to stored of the only stack; what --json says is the same."""
    code, out, err = call("find", "-l", uri)
    assert (code, err) == (0, "")
    (found,) = rows(out).values()
    _, text, _ = call("find", "-l", "--json", uri)
    (data,) = json.loads(text).values()
    assert [data["uri"], data["images"], data["dtype"]] == [
        found["URI"],
        int(found["images"]),
        found["dtype"],
    ]
    assert readable_size(data["stored_bytes"]) == found["stored"]
    assert (data["compression"] or "-") == found["compression"]
    chunks = " x ".join(map(str, data["chunks"])) if data["chunks"] else data["layout"] or "-"
    assert chunks == found["chunks"]
    return found


def write(path: Path, **datasets: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, options in datasets.items():
            file.create_dataset(f"g/{name}", **({"data": PIXELS} | options))


def test_all_columns(tmp_path: Path, call: Call) -> None:
    write(tmp_path / "a.h5", Ca={"compression": "gzip", "shuffle": True, **CHUNKS})
    found = described(call, tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        stored = file["g/Ca"].id.get_storage_size()
    assert found == {
        "stack": "Ca",
        "images": "4",
        "shape": "24 x 32",
        "dtype": "uint16",
        "chunks": "2 x 24 x 32",
        "compression": "shuffle+gzip",
        "size": "6.00 KiB",
        "stored": readable_size(stored),
        "URI": f"{tmp_path}/a.h5::/g/Ca",
    }


def test_filters_of_hdf5_in_words(tmp_path: Path, call: Call) -> None:
    plugins = pytest.importorskip("hdf5plugin")
    wanted: dict[str, tuple[dict[str, Any], str]] = {
        "none": ({}, "none"),
        "lzf": ({"compression": "lzf"}, "lzf"),
        "fletcher": ({"fletcher32": True}, "fletcher32"),
        "scale": ({"scaleoffset": 0}, "scale-offset"),
        "bitshuffle": (dict(plugins.Bitshuffle(cname="lz4")), "bitshuffle(lz4)"),
        "bitshuffle_zstd": (dict(plugins.Bitshuffle(cname="zstd")), "bitshuffle(zstd)"),
        "bitshuffle_only": (dict(plugins.Bitshuffle(cname="none")), "bitshuffle"),
        "blosc": (dict(plugins.Blosc(cname="lz4hc")), "blosc(lz4hc)"),
        "blosc2": (dict(plugins.Blosc2(cname="zstd")), "blosc2(zstd)"),
        "zstd": (dict(plugins.Zstd()), "zstd"),
        "lz4": (dict(plugins.LZ4()), "lz4"),
    }
    write(tmp_path / "a.h5", **{name: options | CHUNKS for name, (options, _) in wanted.items()})
    found = rows(call("find", "-l", tmp_path / "a.h5")[1])
    assert {name: each["compression"] for name, each in found.items()} == {
        name: words for name, (_, words) in wanted.items()
    }
    assert {each["chunks"] for each in found.values()} == {"2 x 24 x 32"}


def test_an_unknown_filter_has_its_number(tmp_path: Path) -> None:
    from ndreg_preeval.stacks.hdf5.stored_as import filters_in_words

    with h5py.File(tmp_path / "a.h5", "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1, 24, 32))
        properties.set_filter(32099, h5py.h5z.FLAG_OPTIONAL, (1, 2))
        space = h5py.h5s.create_simple(PIXELS.shape)
        made = h5py.h5d.create(file.id, b"a", h5py.h5t.NATIVE_UINT16, space, properties)
        assert filters_in_words(h5py.Dataset(made)) == "filter 32099"


def test_layouts_of_hdf5_without_chunks(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "plain.h5", a={})
    (tmp_path / "a.raw").write_bytes(PIXELS.tobytes())
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("a", PIXELS.shape, "u2", external=[("a.raw", 0, PIXELS.nbytes)])
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout(PIXELS.shape, "u2")
        layout[:] = h5py.VirtualSource("plain.h5", "g/a", PIXELS.shape)
        file.create_virtual_dataset("a", layout)
    for name, expected in (
        ("plain", ("contiguous", "none", "6.00 KiB")),
        ("external", ("external", "none", "6.00 KiB")),
        ("virtual", ("virtual", "-", "-")),
    ):
        found = described(call, tmp_path / f"{name}.h5")
        assert (found["chunks"], found["compression"], found["stored"]) == expected


def test_axes_are_those_of_the_stack_and_parts_have_no_stored_size(tmp_path: Path, call: Call) -> None:
    write(
        tmp_path / "a.h5",
        last={"data": np.moveaxis(PIXELS, 0, -1), "chunks": (12, 8, 2)},
        several={"data": np.stack([PIXELS, PIXELS]), "chunks": (1, 2, 24, 32)},
    )
    found = described(call, f"{tmp_path}/a.h5::/g/last?axis=2")
    assert (found["shape"], found["chunks"]) == ("24 x 32", "2 x 12 x 8")
    both = rows(call("find", "-l", f"{tmp_path}/a.h5::/g/several?stacks=0")[1])
    assert {(each["chunks"], each["stored"]) for each in both.values()} == {("2 x 24 x 32", "-")}
    found = described(call, f"{tmp_path}/a.h5::/g/last?axis=2&slice=::2")
    assert (found["shape"], found["stored"]) == ("12 x 32", "-")


def test_tiff(tmp_path: Path, call: Call) -> None:
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    tifffile.imwrite(tmp_path / "plain.tif", PIXELS, photometric="minisblack")
    tifffile.imwrite(
        tmp_path / "tiles.tif", PIXELS, photometric="minisblack", tile=(16, 16), compression="lzw"
    )
    tifffile.imwrite(tmp_path / "zlib.tif", PIXELS, photometric="minisblack", compression="zlib")
    found = {name: described(call, tmp_path / f"{name}.tif") for name in ("plain", "tiles", "zlib")}
    assert (found["plain"]["chunks"], found["plain"]["stored"]) == ("1 x 24 x 32", "6.00 KiB")
    assert [each["compression"] for each in found.values()] == ["none", "lzw", "deflate"]
    assert found["tiles"]["chunks"] == "1 x 16 x 16"


def test_numpy_and_edf(tmp_path: Path, call: Call) -> None:
    np.save(tmp_path / "a.npy", PIXELS)
    np.savez_compressed(tmp_path / "a.npz", Ca=PIXELS)
    assert (
        described(call, tmp_path / "a.npy")["chunks"],
        described(call, tmp_path / "a.npy")["compression"],
    ) == (
        "contiguous",
        "none",
    )
    found = described(call, tmp_path / "a.npz")
    assert (found["chunks"], found["compression"]) == ("-", "deflate")
    edf = pytest.importorskip("fabio.edfimage")
    for number, image in enumerate(PIXELS):
        edf.EdfImage(data=image).write(str(tmp_path / f"im_{number}.edf"))
    found = described(call, tmp_path / "im_*.edf")
    assert (found["images"], found["chunks"], found["compression"]) == ("4", "contiguous", "none")


@pytest.mark.parametrize("version", [2, 3])
def test_zarr(tmp_path: Path, call: Call, version: int) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w", zarr_format=version)
    group.create_array("plain", data=PIXELS, chunks=(1, 24, 32), compressors=None)
    group.create_array("coded", data=PIXELS, chunks=(2, 24, 32))
    found = rows(call("find", "-l", tmp_path / "a.zarr")[1])
    assert (found["plain"]["chunks"], found["plain"]["compression"]) == ("1 x 24 x 32", "none")
    assert found["plain"]["stored"] == "6.00 KiB"
    assert found["coded"]["chunks"] == "2 x 24 x 32"
    assert found["coded"]["compression"].startswith(("zstd", "blosc("))
    assert found["coded"]["stored"] not in ("-", "6.00 KiB")


def test_stacks_of_many_files(tmp_path: Path, call: Call) -> None:
    pictures = pytest.importorskip("PIL.Image")
    folder = tmp_path / "Ca"
    folder.mkdir()
    for number, image in enumerate(PIXELS):
        pictures.fromarray(image).save(folder / f"im_{number}.png")
        with h5py.File(tmp_path / f"scan_{number}.h5", "w") as file:
            file.create_dataset("1.1/xrf/Ca", data=image, compression="gzip")
            file.create_dataset("1.1/xrf/Fe", data=image)
    found = described(call, folder)
    stored = sum(file.stat().st_size for file in folder.iterdir())
    assert (found["compression"], found["stored"]) == ("deflate", readable_size(stored))
    maps = rows(call("find", "-l", f"{tmp_path}/scan_*.h5::/1.1/xrf/{{stack}}")[1])
    assert [(each["images"], each["compression"]) for each in maps.values()] == [("4", "gzip"), ("4", "none")]
    assert maps["Ca"]["chunks"] == "1 x 24 x 32"


def test_no_pixel_is_read(tmp_path: Path, call: Call) -> None:
    write(tmp_path / "a.h5", Ca={"compression": "gzip", **CHUNKS})
    with h5py.File(tmp_path / "a.h5") as file:
        places = [file["g/Ca"].id.get_chunk_info(chunk) for chunk in range(2)]
    _, before, _ = call("find", "-l", tmp_path / "a.h5")
    with open(tmp_path / "a.h5", "r+b") as file:  # noqa: PTH123 - damaged in its place
        for place in places:
            file.seek(place.byte_offset)
            file.write(b"\xff" * place.size)
    assert call("find", "-l", tmp_path / "a.h5") == (0, before, "")


def test_a_stack_that_cannot_be_read_is_listed(tmp_path: Path, call: Call) -> None:
    write(tmp_path / "a.h5", a={})
    with h5py.File(tmp_path / "a.h5", "a") as file:
        layout = h5py.VirtualLayout(PIXELS.shape, PIXELS.dtype)
        layout[:] = h5py.VirtualSource("gone.h5", "/x", shape=PIXELS.shape)
        file["g"].create_virtual_dataset("b", layout)
    code, out, _ = call("find", tmp_path / "a.h5", "-l")
    assert code == 0
    assert rows(out)["b"]["images"] == rows(out)["b"]["size"] == "-"
    assert rows(out)["b"]["URI"].endswith("::/g/b")
    assert "\nb cannot be read: " in out
    assert "gone.h5" in " ".join(out.split())
    data = json.loads(call("find", tmp_path / "a.h5", "-l", "--json")[1])
    assert data["a"]["images"] == 4
    assert "gone.h5" in data["b"]["error"]


def test_lines_fit_the_terminal(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = (
        "Ca",
        "a name of a stack that is far longer than others are, which happens",
        "鉄" * 9,
        "e\u0301" * 9,
    )
    write(tmp_path / "a.h5", **{name: {} for name in names}, none={"data": np.zeros((0, 24, 32))})
    headings: list[list[str]] = []
    for width in range(24, 260, 4):
        monkeypatch.setenv("COLUMNS", str(width))
        _, out, _ = call("find", "-l", "a.h5")
        lines = out.splitlines()
        assert max(map(columns, lines)) <= width
        headings.append(lines[0].split())
        assert ("URI" in headings[-1]) != (lines[-1] == "URIs: find without -l.")
        assert len({columns(line[: line.index("24 x 32")]) for line in lines if "24 x 32" in line}) <= 1
    for narrow, wide in itertools.pairwise(headings):
        assert set(narrow) <= set(wide)
    assert headings[0] == ["stack", "images"]
    assert headings[-1] == list(LAYOUTS[0])
    assert call("find", "-l", "a.h5")[1].count(f"a.h5::/g/{names[1]}") == 1


def test_plain_and_json_stay_as_they_are(tmp_path: Path, call: Call) -> None:
    write(tmp_path / "a.h5", Ca={}, Fe={})
    expected = {name: f"{tmp_path}/a.h5::/g/{name}" for name in ("Ca", "Fe")}
    assert call("find", tmp_path / "a.h5")[1] == "".join(f"{name}\t{uri}\n" for name, uri in expected.items())
    assert json.loads(call("find", tmp_path / "a.h5", "--json")[1]) == expected


@pytest.mark.parametrize(
    ("size", "text"),
    [(None, "-"), (0, "0 B"), (999, "999 B"), (1000, "0.98 KiB"), (1280, "1.25 KiB"), (10235, "10.0 KiB"),
     (5 << 20, "5.00 MiB"), (123 << 30, "123 GiB"), (1023 << 30, "1.00 TiB"), (1 << 62, "4096 PiB")],
)  # fmt: skip
def test_readable_sizes(size: int | None, text: str) -> None:
    assert readable_size(size) == text
