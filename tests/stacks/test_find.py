# SPDX-License-Identifier: MIT
"""Finding stacks: NXdata, links and awkward names, down to URIs that lead back to the data."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from silx.io.url import DataUrl

from ndreg_preeval.errors import RankingWarning
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.find import find_stacks
from ndreg_preeval.stacks.resolve import resolve_stack

AWKWARD = ["Fe+K", "Ca K", "50%25", "a&b", "a=b", "a::b", "h#1", "a;b", "q?x", "Kβ", "scan.1", "{0}"]


def stack(seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).random((2, 3, 4))


def nxdata(parent: h5py.Group, name: str, signal: str = "data", *others: str) -> h5py.Group:
    """An NXdata group whose signals differ from each other and from those of other groups."""
    group = parent.require_group(name)
    group.attrs["NX_class"] = "NXdata"
    group.attrs["signal"] = signal
    if others:
        group.attrs["auxiliary_signals"] = list(others)
    for each in (signal, *others):
        group[each] = stack(zlib.crc32(f"{group.name}/{each}".encode()))
    return group


def write(folder: Path, make: Callable[[h5py.File], Any], name: str = "a.h5") -> str:
    with h5py.File(folder / name, "w") as file:
        make(file)
    return str(folder / name)


def check_uris(found: dict[str, str]) -> None:
    """Each URI leads to its own stack, as a text, a path and a DataUrl of fields."""
    seen = []
    for name, uri in found.items():
        file, path = uri.split("::", 1)
        with h5py.File(file) as opened:
            wanted = opened[path][()]
        for form in (uri, Path(uri), DataUrl(file_path=file, data_path=path)):
            with resolve_stack(form, name=name, limits=Limits()).open() as source:
                np.testing.assert_array_equal(source.read(0, 2).images, wanted)
        seen.append(wanted.tobytes())
    assert len(set(seen)) == len(found)


def test_awkward_names_lead_back_to_their_data(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for name in AWKWARD:
            nxdata(file, f"entry/{name}")
        file["entry"].attrs["NX_class"] = "NXentry"

    found = find_stacks(write(tmp_path, make))
    assert set(found) == set(AWKWARD)
    assert found["Fe+K"].endswith("a.h5::/entry/Fe+K/data")
    check_uris(found)


def test_names_that_dataurl_confuses_stay_apart(tmp_path: Path) -> None:
    found = find_stacks(write(tmp_path, lambda f: [nxdata(f, name) for name in ("Fe+K", "Fe K", "Fe%20K")]))
    assert set(found) == {"Fe+K", "Fe K", "Fe%20K"}
    check_uris(found)


@pytest.mark.parametrize("path", ["", "::/", "::/entry", "::/entry/maps", "?path=/entry", "::entry/maps/"])
def test_signals_and_auxiliary_signals(tmp_path: Path, path: str) -> None:
    def make(file: h5py.File) -> None:
        maps = nxdata(file, "entry/maps", "Ca", "Fe", "nothing", "flat", "words")
        del maps["nothing"], maps["flat"], maps["words"]
        maps["flat"] = np.zeros((3, 4))
        maps["words"] = np.full((2, 3, 4), b"x")
        maps["no signal"] = stack(0)
        maps.attrs["auxiliary_signals"] = ["Fe", "flat", "words", "Fe"]

    file = write(tmp_path, make)
    found = find_stacks(file + path)
    assert found == {"Ca": f"{file}::/entry/maps/Ca", "Fe": f"{file}::/entry/maps/Fe"}
    assert list(found) == ["Ca", "Fe"]
    check_uris(found)


@pytest.mark.parametrize("kind", [bytes, str, "array", "object"])
def test_attributes_may_be_text_of_any_kind(tmp_path: Path, kind: Any) -> None:
    def convert(text: str) -> Any:
        if kind == "array":
            return [text]
        if kind == "object":
            return np.array([text], dtype=h5py.string_dtype())
        return text.encode() if kind is bytes else kind(text)

    def make(file: h5py.File) -> None:
        group = nxdata(file, "g", "Ca", "Fe")
        group.attrs["NX_class"] = convert("NXdata")
        group.attrs["signal"] = convert("Ca")
        group.attrs["auxiliary_signals"] = convert("Fe")

    assert list(find_stacks(write(tmp_path, make))) == ["Ca", "Fe"]


def test_old_files_mark_the_dataset(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for name in ("one", "two"):
            group = nxdata(file, name, "counts")
            del group.attrs["signal"]
            group["counts"].attrs["signal"] = 1
            group["data"] = stack(7)
        plain = nxdata(file, "three")
        del plain.attrs["signal"]

    with pytest.warns(RankingWarning, match=r"2 more datasets .* not taken: '/one/data', '/two/data'"):
        found = find_stacks(write(tmp_path, make))
    assert [uri.split("::")[1] for uri in found.values()] == [
        "/one/counts",
        "/three/data",
        "/two/counts",
    ]


def test_the_innermost_default_with_two_stacks_decides(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for scan in ("1.1", "2.1"):
            nxdata(file, f"{scan}/raw", "a", "b")
            nxdata(file, f"{scan}/fit/results", "Ca", "Fe")
            nxdata(file, f"{scan}/fit/errors", "Ca", "Fe")
            nxdata(file, f"{scan}/single")
        file.attrs["default"] = "2.1"
        file["2.1"].attrs["default"] = "fit"
        file["2.1/fit"].attrs["default"] = "results"
        file["1.1"].attrs["default"] = "/1.1/single"

    file = write(tmp_path, make)
    paths = [f"/2.1/fit/results/{name}" for name in ("Ca", "Fe")]
    assert list(find_stacks(file).values()) == [f"{file}::{path}" for path in paths]
    # One stack cannot be ranked: all of the entry count.
    assert len(find_stacks(f"{file}::/1.1")) == 7
    assert list(find_stacks(f"{file}::/1.1/single")) == ["data"]


def test_links_are_followed_and_each_stack_is_given_once(tmp_path: Path) -> None:
    write(tmp_path, lambda f: nxdata(f, "g", "far", "away"), "far.h5")

    def make(file: h5py.File) -> None:
        nxdata(file, "detector", "d1", "d2")
        entry = file.create_group("entry")
        maps = nxdata(entry, "maps", "Ca", "soft")
        del maps["soft"]
        maps["soft"] = h5py.SoftLink("/detector/d1")
        entry["far"] = h5py.ExternalLink("far.h5", "/g")
        entry["again"] = h5py.SoftLink("/entry/maps")
        entry["hard"] = maps
        entry["loop"] = h5py.SoftLink("/entry")
        entry["up"] = file["/"]

    file = write(tmp_path, make)
    found = find_stacks(f"{file}::/entry")
    assert len(found) == 6 - 1  # d1 is also entry/maps/soft
    assert f"{file}::/entry/far/away" in found.values()
    check_uris(found)


def test_broken_links_are_reported_not_crashed_on(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        maps = nxdata(file, "maps", "Ca", "Fe", "gone")
        del maps["gone"]
        maps["gone"] = h5py.SoftLink("/nowhere")

    def more(file: h5py.File) -> None:
        make(file)
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["far"] = h5py.ExternalLink("nosuch.h5", "/x")
        file["loop"] = h5py.SoftLink("/loop")
        file.attrs["default"] = "dangling"

    with pytest.warns(RankingWarning, match="broken link '/maps/gone': .*no 'nowhere'") as caught:
        assert list(find_stacks(write(tmp_path, make))) == ["Ca", "Fe"]
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings(record=True) as caught_all:
        warnings.simplefilter("always")
        assert list(find_stacks(write(tmp_path, more))) == ["Ca", "Fe"]
    told = " ".join(str(each.message) for each in caught_all)
    assert len(caught_all) == 4
    assert all(f"'/{name}'" in told for name in ("maps/gone", "dangling", "far", "loop"))


def test_without_nxdata_datasets_of_the_group_count(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        for seed, name in enumerate(("zeta", "alpha", "deep/er")):
            file[f"g/{name}"] = stack(seed)
        file["g/flat"] = np.zeros((3, 4))
        file["g/soft"] = h5py.SoftLink("/g/deep/er")
        file["top"] = stack(9)

    file = write(tmp_path, make)
    assert set(find_stacks(f"{file}::/g")) == {"zeta", "alpha", "soft"}
    assert find_stacks(file) == {"top": f"{file}::/top"}


def test_the_order_of_the_file_is_kept_where_it_has_one(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w", track_order=True) as file:
        for seed, name in enumerate(("zeta", "alpha", "kilo")):
            file[name] = stack(seed)
    assert list(find_stacks(tmp_path / "a.h5")) == ["zeta", "alpha", "kilo"]


def test_a_dataset_is_its_own_stack(tmp_path: Path) -> None:
    file = write(tmp_path, lambda f: nxdata(f, "g", "Ca"))
    assert find_stacks(f"{file}::/g/Ca") == {"Ca": f"{file}::/g/Ca"}
    assert find_stacks(f"{file}::/g/Ca&slice=0:1") == {"Ca": f"{file}::/g/Ca&slice=0:1"}


@pytest.mark.parametrize(
    ("uri", "kind", "message"),
    [
        ("a.h5::/empty", ValueError, "no image stack was found"),
        ("a.h5::/flat", ValueError, r"no stack of images: its shape is \(3, 4\)"),
        ("a.h5::/nope", KeyError, "there is no 'nope'"),
        ("a.h5::/g&slice=0:2", ValueError, "slice"),
        ("nosuch.h5", FileNotFoundError, "nosuch.h5"),
        ("*.tif", FileNotFoundError, r"nothing matches '\*\.tif'"),
        (b"a.h5", TypeError, "not bytes"),
        (None, TypeError, "not NoneType"),
        ("", ValueError, "names no file"),
    ],
)
def test_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: Any, kind: Any, message: str) -> None:
    monkeypatch.chdir(tmp_path)

    def make(file: h5py.File) -> None:
        file.create_group("empty")
        file["flat"] = np.zeros((3, 4))
        nxdata(file, "g", "a", "b")

    write(tmp_path, make)
    with pytest.raises(kind, match=message):
        find_stacks(uri)


def test_unreadable_attributes_say_nothing(tmp_path: Path) -> None:
    def make(file: h5py.File) -> None:
        nxdata(file, "g", "Ca", "Fe")
        file["g"].attrs["auxiliary_signals"] = np.zeros(3)
        file.attrs["default"] = h5py.Empty("f")
        file.attrs["NX_class"] = np.zeros((2, 2))

    with pytest.warns(RankingWarning, match="'/g' names one signal, 'Ca', and holds 1 more dataset"):
        assert list(find_stacks(write(tmp_path, make))) == ["Ca", "Fe"]
