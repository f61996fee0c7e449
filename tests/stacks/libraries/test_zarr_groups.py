# SPDX-License-Identifier: MIT
"""Zarr groups and OME-Zarr by name: the same bits as the arrays, whatever the format, damage named."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks import Choices, parse_uri
from ndreg_preeval.stacks.formats import Formats
from tests.support.forms import CA, FE, STACKS, assert_everywhere, assert_one_form, assert_ranked_by_command
from tests.support.scenes import assert_same_numbers

zarr = pytest.importorskip("zarr", minversion="3")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning"),
    pytest.mark.filterwarnings("ignore:Consolidated metadata"),  # of zarr, on writing it in format 3
]

ENERGIES = np.arange(len(CA), dtype=float)


def last(stack: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(stack, 0, -1))


def maps(path: Path, stacks: Any = STACKS, version: int = 3, **options: Any) -> str:
    """A group "maps" of stacks, with what is beside them."""
    root = zarr.open_group(path, mode="w", zarr_format=version)
    group = root.create_group("maps")
    for name, stack in stacks.items():
        group.create_array(name, data=stack, **options)
    group.create_array("energies", data=ENERGIES)
    root.create_array("mean", data=CA[0])
    return str(path)


def consolidated(path: Path) -> str:
    maps(path)
    zarr.consolidate_metadata(path)
    return str(path)


def zipped(path: Path) -> str:
    maps(path.with_name("folder.zarr"))
    with zipfile.ZipFile(path, "w") as archive:
        for folder, _, names in os.walk(path.with_name("folder.zarr")):
            for name in names:
                file = Path(folder) / name
                archive.write(file, file.relative_to(path.with_name("folder.zarr")))
    shutil.rmtree(path.with_name("folder.zarr"))
    return str(path)


KINDS: dict[str, Callable[[Path], str]] = {
    "format 3": maps,
    "format 2": lambda path: maps(path, version=2),
    "consolidated": consolidated,
    "sharded": lambda path: maps(path, chunks=(1, 16, 20), shards=(4, 32, 40)),
    "tiles": lambda path: maps(path, chunks=(2, 7, 9)),
    "columns": lambda path: maps(path, chunks=(5, 32, 4), version=2),
    "not compressed": lambda path: maps(path, compressors=None),
    "zip": zipped,
}


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_by_their_paths(tmp_path: Path, kind: str) -> None:
    store = KINDS[kind](tmp_path / "a.zarr")
    assert_one_form({name: f"{store}::/maps/{name}" for name in STACKS})


@pytest.mark.parametrize(
    ("kind", "path"),
    [*((kind, "") for kind in KINDS), *(("format 3", path) for path in ("::/maps", "::maps/", "::/"))],
)
def test_a_group_stands_for_its_arrays(tmp_path: Path, kind: str, path: str) -> None:
    store = KINDS[kind](tmp_path / "a.zarr")
    for value in (f"{store}{path}", Path(f"{store}{path}"), [f"{store}{path}"]):
        ranking = rank_stacks(value)
        assert sorted(ranking.stacks) == ["Ca", "Fe"]
        for name, stack in STACKS.items():
            assert_same_numbers(ranking.stacks[name], score_stack(stack))
    assert set(rank_stacks({"x": f"{store}{path}", "y": FE}).stacks) == {"x/Ca", "x/Fe", "y"}
    assert find_stacks(f"{store}{path}") == {name: f"{store}::/maps/{name}" for name in STACKS}


@pytest.mark.slow
def test_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = maps(tmp_path / "a.zarr")
    assert_everywhere({name: f"{store}::/maps/{name}" for name in STACKS})
    assert_ranked_by_command([store], capsys)
    assert_ranked_by_command([f"{store}::/maps/Ca", f"{store}::/maps/Fe"], capsys)


@pytest.mark.parametrize("version", [2, 3])
def test_folders_within_a_store(tmp_path: Path, version: int) -> None:
    """As a shell completes their names; and folders that are not called .zarr."""
    store = maps(tmp_path / "anything", version=version)
    assert_one_form({name: f"{store}/maps/{name}" for name in STACKS})
    assert sorted(rank_stacks(f"{store}/maps").stacks) == ["Ca", "Fe"]
    assert sorted(rank_stacks([f"{store}/maps/Ca/", f"{store}/maps/Fe"]).stacks) == ["Ca", "Fe"]
    assert find_stacks(f"{store}/maps/Ca") == {"Ca": f"{store}/maps/Ca"}


@pytest.mark.parametrize(
    ("cut", "index"),
    [("1:4", np.s_[1:4]), ("::-1", np.s_[::-1]), ("::2", np.s_[::2]), (":,3:-3,::-2", np.s_[:, 3:-3, ::-2])],
)
def test_slices(tmp_path: Path, cut: str, index: Any) -> None:
    store = maps(tmp_path / "a.zarr", chunks=(2, 7, 9))
    assert_same_numbers(score_stack(f"{store}::/maps/Ca&slice={cut}"), score_stack(CA[index]))
    assert find_stacks(f"{store}::/maps/Ca&slice={cut}") == {"Ca": f"{store}::/maps/Ca&slice={cut}"}
    with pytest.raises(ValueError, match="slice= needs an array"):
        rank_stacks({"x": f"{store}::/maps&slice={cut}"})


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("named", [False, True])
def test_images_along_another_axis(tmp_path: Path, axis: int, named: bool) -> None:
    moved = np.ascontiguousarray(np.moveaxis(CA, 0, axis))
    names = ["y", "x"]
    names.insert(axis, "time")
    array = zarr.create_array(tmp_path / "a.zarr", data=moved, dimension_names=names if named else None)
    assert array.shape == moved.shape
    uri = f"{tmp_path}/a.zarr" + ("" if named else f"?axis={axis}")
    assert_same_numbers(score_stack(uri), score_stack(CA))
    assert find_stacks(uri) == {"a": uri}


def test_values_that_stand_for_none(tmp_path: Path) -> None:
    spoilt = CA.copy()
    spoilt[:, :, 5] = 7
    array = zarr.create_array(tmp_path / "a.zarr", data=spoilt, chunks=(2, 7, 9))
    array.attrs["_FillValue"] = 7
    uri = f"{tmp_path}/a.zarr"
    expected = score_stack(zarr.open_array(uri, mode="r"))
    found = score_stack(uri)
    assert found.invalid_pixels.sum() > 0
    assert_same_numbers(found, expected)
    assert any("_FillValue = 7" in str(text) for text in found.warnings)
    ignored = score_stack(uri, declared_invalid="ignore")
    assert_same_numbers(ignored, score_stack(spoilt))
    cut = parse_uri(f"{uri}?slice=1")[0]
    out = np.empty(CA.shape[1:], CA.dtype)
    with Formats() as formats:
        backend = formats.of([cut])
        mask = backend.image_spec(cut, Limits(), Choices()).examine().read(out)
        np.testing.assert_array_equal(mask, spoilt[1] != 7)
        asked = Choices(declared_invalid=False)
        assert backend.image_spec(cut, Limits(), asked).examine().read(out) is None
    np.testing.assert_array_equal(out, spoilt[1])


# ------------------------------------------------------------------ OME-Zarr, ZSPY


def ome(path: Path, version: str, stack: NDArray[Any], axes: Any, labels: Any = None) -> str:
    """An image as OME-Zarr has it (https://ngff.openmicroscopy.org/specifications): two levels, and labels."""
    group = zarr.open_group(path, mode="w", zarr_format=2 if version == "0.4" else 3)
    scales = [{"version": version, "axes": axes, "datasets": [{"path": "0"}, {"path": "1"}]}]
    about: dict[str, Any] = {"multiscales": scales}
    if labels:
        about["omero"] = {"channels": [{"label": label, "color": "00FF00"} for label in labels]}
    group.attrs.update(about if version == "0.4" else {"ome": {"version": version, **about}})
    group.create_array("0", data=stack)
    group.create_array("1", data=stack[..., ::2, ::2])
    group.create_group("labels/cells").create_array("0", data=stack)
    return str(path)


def axes_of(names: str) -> list[dict[str, str]]:
    kinds = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
    return [{"name": name, "type": kinds[name]} for name in names]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("names", ["tyx", "yxt", "zyx", "cyx"])
def test_an_image_of_ome_zarr(tmp_path: Path, version: str, names: str) -> None:
    stack = last(CA) if names == "yxt" else CA
    store = ome(tmp_path / "a.ome.zarr", version, stack, axes_of(names))
    assert_same_numbers(score_stack(store), score_stack(CA))
    assert_same_numbers(score_stack(f"{store}::/0"), score_stack(CA))
    assert find_stacks(store) == {"a.ome": store}
    assert sorted(rank_stacks([store, ome(tmp_path / "b.zarr", version, FE, axes_of("tyx"))]).stacks) == [
        "a.ome",
        "b",
    ]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_five_axes(tmp_path: Path, version: str) -> None:
    """As every program has written them that knows no axes: all but two or three of one element."""
    stack = CA[:, None, None]
    store = ome(tmp_path / "a.zarr", version, stack, axes_of("tczyx"))
    assert_same_numbers(score_stack(f"{store}?slice=:,0,0"), score_stack(CA))


def test_labels_and_axes_are_told(tmp_path: Path) -> None:
    store = ome(tmp_path / "a.zarr", "0.5", np.stack([CA, FE], 1), axes_of("tcyx"), ["Ca", "Fe"])
    assert_same_numbers(score_stack(f"{store}?slice=:,1"), score_stack(FE))
    from ndreg_preeval.stacks.libraries.zarr_groups import ZarrFormat

    file = ZarrFormat.open_file(store, "0", Limits())
    assert file.labels == ("Ca", "Fe")
    assert file.axis_names == ("t", "c", "y", "x")


def test_several_images_of_ome_zarr(tmp_path: Path) -> None:
    """As bioformats2raw has them: a group for each series."""
    root = zarr.open_group(tmp_path / "a.zarr", mode="w")
    root.attrs["ome"] = {"version": "0.5", "bioformats2raw.layout": 3}
    for name, stack in STACKS.items():
        ome(tmp_path / "a.zarr" / name, "0.5", stack, axes_of("tyx"))
    ranking = rank_stacks(f"{tmp_path}/a.zarr")
    assert sorted(ranking.stacks) == ["Ca", "Fe"]
    assert_same_numbers(ranking.stacks["Ca"], score_stack(CA))
    assert find_stacks(f"{tmp_path}/a.zarr") == {name: f"{tmp_path}/a.zarr::/{name}" for name in STACKS}
    shutil.rmtree(tmp_path / "a.zarr" / "Fe")
    assert find_stacks(f"{tmp_path}/a.zarr") == {"Ca": f"{tmp_path}/a.zarr::/Ca"}


@pytest.mark.parametrize("named", [False, True])
def test_zspy(tmp_path: Path, named: bool) -> None:
    """As rosettasciio 0.15 writes it: zarr's format 2, a group for each signal, and one for each of its axes."""
    root = zarr.open_group(tmp_path / "a.zspy", mode="w", zarr_format=2)
    root.attrs.update({"file_format": "ZSpy", "file_format_version": "3.3"})
    for name, stack in STACKS.items():
        signal = root.create_group(f"Experiments/{name}")
        for axis, axis_name in enumerate(("y", "x", "Energy")):
            about = {"navigate": axis < 2, "size": last(stack).shape[axis], "scale": 1.0}
            signal.create_group(f"axis-{axis}").attrs.update({**about, "name": axis_name if named else None})
        signal.create_group("metadata/General").attrs["title"] = name
        signal.create_array("data", data=last(stack) if named else stack)
    ranking = rank_stacks(f"{tmp_path}/a.zspy")
    assert sorted(ranking.stacks) == ["Ca", "Fe"]
    for name, stack in STACKS.items():
        assert_same_numbers(ranking.stacks[name], score_stack(stack))
        path = f"{tmp_path}/a.zspy::/Experiments/{name}"
        assert_same_numbers(score_stack(path), score_stack(stack))
        assert_same_numbers(score_stack(f"{path}/data"), score_stack(stack))
    assert find_stacks(f"{tmp_path}/a.zspy") == {
        name: f"{tmp_path}/a.zspy::/Experiments/{name}" for name in STACKS
    }


# ------------------------------------------------------------------ patterns, images, masks


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/maps/*", ["/maps/Ca", "/maps/Fe"]),
        ("/*/?e", ["/maps/Fe"]),
        ("maps/[CD]a", ["/maps/Ca"]),
        ("/maps/Ca", ["/maps/Ca"]),
        ("/nowhere/*", []),
        ("/maps/Ca/*", []),
        ("/m*", ["/mean"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, found: list[str]) -> None:
    store = maps(tmp_path / "a.zarr")
    with Formats() as formats:
        assert formats.of(parse_uri(store)).paths_like(store, pattern) == found


def test_one_image(tmp_path: Path) -> None:
    store = maps(tmp_path / "a.zarr")
    meaning = parse_uri(f"{store}::/mean")[0]
    with Formats() as formats:
        known = formats.of([meaning]).image_spec(meaning, Limits(), Choices()).examine()
    out = np.empty(known.shape, known.dtype)
    assert known.read(out) is None
    np.testing.assert_array_equal(out, CA[0])


def test_an_image_has_no_axis_of_images(tmp_path: Path) -> None:
    store = maps(tmp_path / "a.zarr")
    with pytest.raises(
        ValueError, match="axis=2 says which axis counts the images, and this names one image"
    ):
        score_stack([f"{store}::/maps/Ca&slice=0&axis=2"])


def test_a_mask(tmp_path: Path) -> None:
    mask = np.ones(CA.shape[1:], bool)
    mask[3:9, 20:] = False
    zarr.open_group(tmp_path / "a.zarr", mode="w").create_array("good", data=mask)
    found = score_stack(CA, mask=f"{tmp_path}/a.zarr::/good")
    assert_same_numbers(found, score_stack(CA, mask=mask))


# ------------------------------------------------------------------ damage


def failing(uri: str, **options: Any) -> str:
    """The message of a stack that cannot be read, and that comes last where that is asked for."""
    with pytest.raises((OSError, ValueError, KeyError)) as caught:
        rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, **options)
    ranking = rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, on_error="rank_last", **options)
    assert ranking.ranked_stack_names == ["Ca", "Fe", "bad"]
    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert "stack 'bad'" in text
    assert Path(uri.partition("::")[0]).name in text
    return text


def chunk_of(store: str, image: int, version: int) -> Path:
    """The file with the chunk of an image of maps/Ca, of one image each."""
    return Path(store) / "maps" / "Ca" / (f"{image}.0.0" if version == 2 else f"c/{image}/0/0")


def compressors(version: int) -> dict[str, Any]:
    if version == 3:
        codecs = zarr.codecs
        kinds = [codecs.BloscCodec(cname="lz4"), codecs.ZstdCodec(), codecs.GzipCodec()]
        return {"default": "auto", "none": None, **{type(kind).__name__: kind for kind in kinds}}
    numcodecs = pytest.importorskip("numcodecs")
    names = ("Blosc", "Zstd", "Zlib", "GZip", "LZ4", "BZ2", "LZMA")
    return {"default": "auto", "none": None, **{name: getattr(numcodecs, name)() for name in names}}


CODECS = [(version, name) for version in (2, 3) for name in compressors(version)]


@pytest.mark.parametrize(("version", "compressor"), CODECS)
@pytest.mark.parametrize("damage", ["empty", "a few", "half", "nearly all", "noise", "pipe"])
def test_damaged_chunks(tmp_path: Path, version: int, compressor: str, damage: str) -> None:
    """The check for blosc is ours: it would read what memory holds behind a chunk that was cut."""
    packed = compressors(version)[compressor]
    store = maps(tmp_path / "a.zarr", chunks=(1, 32, 40), version=version, compressors=packed)
    assert_same_numbers(score_stack(f"{store}::/maps/Ca"), score_stack(CA))
    chunk = chunk_of(store, 3, version)
    whole = chunk.read_bytes()
    if damage == "pipe":
        chunk.unlink()
        os.mkfifo(chunk)
    elif damage == "noise":
        chunk.write_bytes(np.random.default_rng(0).bytes(len(whole) - (compressor == "none")))
    else:
        left = {"empty": 0, "a few": 9, "half": len(whole) // 2, "nearly all": len(whole) - 1}[damage]
        chunk.write_bytes(whole[:left])
    assert "image 3" in failing(f"{store}::/maps/Ca", memory_limit=3 * CA[0].nbytes)


@pytest.mark.parametrize("name", ["zarr.json", "maps/zarr.json", "maps/Ca/zarr.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{" * 100_000,
        b'{"zarr_format": 3}',
        b'{"zarr_format": 4, "node_type": "array"}',
        b'{"zarr_format": 3, "node_type": "array", "shape": [5, 32, 40]}',
    ],
)
def test_damaged_metadata(tmp_path: Path, name: str, content: bytes) -> None:
    store = maps(tmp_path / "a.zarr")
    (Path(store) / name).write_bytes(content)
    if name == "zarr.json" and content == b'{"zarr_format": 3}':
        assert_same_numbers(score_stack(f"{store}::/maps/Ca"), score_stack(CA))  # enough for zarr
    else:
        failing(f"{store}::/maps/Ca")
        # What a table shows of it says where, too: no class of an error that only has notes.
        error = rank_stacks({"bad": f"{store}::/maps/Ca", "Fe": FE}, on_error="rank_last").stacks["bad"].error
        assert error is not None
        assert "stack 'bad'" in error


@pytest.mark.parametrize("content", [b"{", b"{" * 100_000])
def test_broken_json_is_an_error_of_the_file(tmp_path: Path, content: bytes) -> None:
    store = maps(tmp_path / "a.zarr")
    (Path(store) / "maps" / "Ca" / "zarr.json").write_bytes(content)
    with pytest.raises((OSError, ValueError)) as caught:
        score_stack(f"{store}::/maps/Ca")
    # The message itself says where, not a note beside it alone.
    assert not isinstance(caught.value, json.JSONDecodeError)
    assert "a.zarr" in str(caught.value)


@pytest.mark.parametrize("field", ["shape", "data_type", "chunk_grid", "codecs", "fill_value"])
@pytest.mark.parametrize("value", [None, "x", -1, [], {}, [5, 32], [2**40, 32, 40], "uint8"], ids=str)
def test_odd_metadata(tmp_path: Path, field: str, value: Any) -> None:
    """An error, or the pixels: never a crash, and no memory for what is only declared."""
    store = maps(tmp_path / "a.zarr")
    file = Path(store) / "maps" / "Ca" / "zarr.json"
    about = json.loads(file.read_text())
    file.write_text(json.dumps({**about, field: value}))
    try:
        found = score_stack(f"{store}::/maps/Ca")
    except (OSError, ValueError):
        failing(f"{store}::/maps/Ca")
    else:
        assert field == "fill_value"
        assert_same_numbers(found, score_stack(CA))


def test_what_is_not_there(tmp_path: Path) -> None:
    store = maps(tmp_path / "a.zarr")
    assert "no 'Zn' in '/maps': it holds 'Ca', 'Fe', 'energies'" in failing(f"{store}::/maps/Zn")
    assert "no 'x' in '/maps/Ca', which is an array" in failing(f"{store}::/maps/Ca/x")
    assert "No such file" in failing(str(tmp_path / "none.zarr"))
    (tmp_path / "empty.zarr").mkdir()
    assert "has no zarr.json" in failing(f"{tmp_path}/empty.zarr")
    (tmp_path / "file.zarr").write_bytes(b"no archive")
    assert "no zip archive" in failing(f"{tmp_path}/file.zarr")
    os.mkfifo(tmp_path / "pipe.zarr")
    assert "pipe" in failing(f"{tmp_path}/pipe.zarr")
    os.mkfifo(tmp_path / "empty.zarr" / "zarr.json")
    failing(f"{tmp_path}/empty.zarr")
    for uri, words in ((f"{store}::/mean", "one image"), (f"{store}::/maps/energies", "must have the shape")):
        assert words in failing(uri)


def test_a_group_without_stacks(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "a.zarr", mode="w").create_array("mean", data=CA[0])
    for run in (rank_stacks, score_stack, find_stacks):
        with pytest.raises(ValueError, match=r"no array of three axes.*'mean' \(32, 40\)"):
            run(f"{tmp_path}/a.zarr")


def test_one_array_is_no_ranking(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="names one array, and a ranking needs several"):
        rank_stacks(f"{maps(tmp_path / 'a.zarr')}::/maps/Ca")


def test_nothing_was_written(tmp_path: Path) -> None:
    root = zarr.open_group(tmp_path / "a.zarr", mode="w")
    root.create_array("Ca", shape=CA.shape, dtype=CA.dtype, chunks=(1, 32, 40))
    assert "none of its chunks was written" in failing(f"{tmp_path}/a.zarr::/Ca")
    root["Ca"][:3] = CA[:3]
    written = np.where(np.arange(len(CA))[:, None, None] < 3, CA, 0)
    assert_same_numbers(score_stack(f"{tmp_path}/a.zarr::/Ca"), score_stack(written))


def test_limits(tmp_path: Path) -> None:
    store = maps(tmp_path / "a.zarr", compressors=None)
    for name in ("image_bytes", "stack_bytes", "chunk_bytes"):
        assert name in failing(f"{store}::/maps/Ca", limits=Limits(**{name: 100}))
    assert "Limits.ratio" in failing(f"{store}::/maps/Ca", limits=Limits(ratio=0, ratio_floor=0))
    score_stack(f"{store}::/maps/Ca", limits=Limits(ratio=1, ratio_floor=0))
    zipped(tmp_path / "b.zarr")
    assert "chunk_bytes" in failing(f"{tmp_path}/b.zarr::/maps/Ca", limits=Limits(chunk_bytes=100))


def test_a_bomb(tmp_path: Path) -> None:
    """A chunk that says it is small, and inflates to much."""
    array = zarr.create_array(
        tmp_path / "a.zarr",
        shape=CA.shape,
        dtype="u1",
        chunks=(1, 32, 40),
        compressors=zarr.codecs.GzipCodec(),
    )
    array[:] = 1
    chunk = tmp_path / "a.zarr" / "c" / "2" / "0" / "0"
    import gzip

    chunk.write_bytes(gzip.compress(bytes(1 << 24)))
    assert "image 2" in failing(f"{tmp_path}/a.zarr", memory_limit=3 * CA[0].size)


@pytest.mark.parametrize(
    "uri", ["https://example.org/a.zarr", "s3://bucket/a.zarr", "gs://bucket/a.zarr::/maps"]
)
def test_nothing_is_read_of_a_network(uri: str) -> None:
    with pytest.raises(ValueError, match=r"scheme .*give the array"):
        rank_stacks({"x": uri})


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = maps(tmp_path / "a.zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match=r"read by zarr.*pip install \"ndreg_preeval\[zarr\]\""):
        score_stack(f"{store}::/maps/Ca")


def test_an_old_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = maps(tmp_path / "a.zarr")
    monkeypatch.delattr("zarr.create_array")
    monkeypatch.setattr("zarr.__version__", "2.18.3")
    with pytest.raises(ImportError, match=r"zarr 3 or later, not 2.18.3"):
        score_stack(f"{store}::/maps/Ca")
