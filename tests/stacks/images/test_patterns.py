# SPDX-License-Identifier: MIT
"""Patterns of datasets: what they match in a file, and what each stack of them lacks."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from silx.io.url import DataUrl

from ndreg_preeval.stacks.formats import Formats
from ndreg_preeval.stacks.hdf5 import locate
from ndreg_preeval.stacks.hdf5.backend import Hdf5Backend
from ndreg_preeval.stacks.images import patterns
from ndreg_preeval.stacks.images.patterns import Found, matches_of, read_pattern

IMAGE = np.arange(20.0).reshape(4, 5)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, *paths: str) -> None:
    with h5py.File(name, "a") as file:
        for path in paths:
            file[path] = IMAGE


def paths_like(file: str, pattern: str) -> list[str]:
    backend = Hdf5Backend()
    try:
        return sorted(backend.paths_like(file, pattern))
    finally:
        backend.close()


def found_by(value: Any) -> Found | None:
    pattern = read_pattern(value)
    if pattern is None:
        return None
    with Formats() as formats:
        return matches_of(pattern, formats)


def texts(value: Any) -> list[str]:
    found = found_by(value)
    assert found is not None
    return [str(match.meaning) for match in found.matches]


# ------------------------------------------------------------------ what a file holds


def test_components_of_a_path() -> None:
    write("a.h5", "1.1/xrf/Ca", "1.1/xrf/Fe", "2.1/xrf/Ca", "10.1/xrf/Ca", "other/xrf/Ca/deeper")
    expected = {
        "/*.1/xrf/Ca": ["/1.1/xrf/Ca", "/10.1/xrf/Ca", "/2.1/xrf/Ca"],
        "*.1/xrf/Ca": ["/1.1/xrf/Ca", "/10.1/xrf/Ca", "/2.1/xrf/Ca"],
        "/[12].1/xrf/C?": ["/1.1/xrf/Ca", "/2.1/xrf/Ca"],
        "/1.1/xrf/*": ["/1.1/xrf/Ca", "/1.1/xrf/Fe"],
        "/*/xrf/*": ["/1.1/xrf/Ca", "/1.1/xrf/Fe", "/10.1/xrf/Ca", "/2.1/xrf/Ca"],
        "/1.1/xrf/Ca": ["/1.1/xrf/Ca"],
        "/1.1//./xrf/Ca": ["/1.1/xrf/Ca"],
        "/*.1/xrf/Zn": [],
        "/1.1/xrf/Ca/*": [],
        "/1.1/*": [],
        "/*.1/": ["/1.1", "/10.1", "/2.1"],
    }
    assert {pattern: paths_like("a.h5", pattern) for pattern in expected} == expected


def test_names_of_any_kind() -> None:
    names = ["a b", "Ca[2]", "x*y", "q?", "{stack}", "é", ".hidden", "a\nb", "Fe&slice=0", "b::c"]
    write("a.h5", *(f"g/{name}" for name in names))
    assert paths_like("a.h5", "/g/*") == sorted(f"/g/{name}" for name in names)
    for name in names:
        # What is there as it is written is meant.
        assert paths_like("a.h5", f"/g/{name}") == [f"/g/{name}"]
    write("a.h5", "g/xAy", "g/Ca2")
    assert paths_like("a.h5", "/g/x*y") == ["/g/x*y"]
    assert paths_like("a.h5", "/g/Ca[2]") == ["/g/Ca[2]"]
    assert paths_like("a.h5", "/g/Ca[[]*") == ["/g/Ca[2]"]


def test_what_can_be_no_image_is_left_out() -> None:
    write("a.h5", "g/Ca", "g/sub/Fe")
    with h5py.File("a.h5", "a") as file:
        file["g/energy"] = np.arange(3.0)
        file["g/title"] = "text"
        file["g/names"] = np.array([[b"a"], [b"b"]])
        file["g/complex"] = IMAGE * 1j
        file["g/empty"] = h5py.Empty("f4")
        file["g/flags"] = IMAGE > 3
        file["g/cube"] = np.zeros((2, 4, 5))
    assert paths_like("a.h5", "/g/*") == ["/g/Ca", "/g/cube", "/g/flags"]
    # What is named is taken, whatever it is: reading it says what is wrong.
    assert paths_like("a.h5", "/*/energy") == ["/g/energy"]


def test_links_are_followed() -> None:
    write("data.h5", "entry/Ca")
    with h5py.File("a.h5", "w") as file:
        for k in range(3):
            file[f"links/im_{k}"] = h5py.ExternalLink("data.h5", "/entry/Ca")
        file["soft"] = h5py.SoftLink("/links")
        file["loop"] = h5py.SoftLink("/loop")
        file["outside"] = h5py.ExternalLink("data.h5", "/entry")
        file["nowhere"] = h5py.ExternalLink("gone.h5", "/entry")
        file["links/broken"] = h5py.SoftLink("/nothing")
    assert paths_like("a.h5", "/links/im_*") == ["/links/im_0", "/links/im_1", "/links/im_2"]
    assert paths_like("a.h5", "/soft/im_?") == ["/soft/im_0", "/soft/im_1", "/soft/im_2"]
    assert paths_like("a.h5", "/*/C*") == ["/outside/Ca"]
    # A broken link is an image that is missing: reading it says so.
    assert paths_like("a.h5", "/links/*") == [f"/links/{name}" for name in ("broken", "im_0", "im_1", "im_2")]
    with pytest.raises(OSError, match=r"nowhere.*is broken"):
        paths_like("a.h5", "/nowhere/*")
    with pytest.raises(OSError, match="loop of links"):
        paths_like("a.h5", "/loop/*")


def test_files_that_cannot_be_read() -> None:
    Path("a.h5").write_bytes(b"nothing")
    with pytest.raises(OSError, match=r"a\.h5.*cannot be opened as HDF5"):
        paths_like("a.h5", "/*")
    with pytest.raises(FileNotFoundError):
        paths_like("nosuch.h5", "/*")


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.h5", *(f"g/{k}" for k in range(6)))
    monkeypatch.setattr(locate, "MAX_LOOKED", 5)
    with pytest.raises(ValueError, match="leads to more than 5 objects: narrow it"):
        paths_like("a.h5", "/g/*")
    monkeypatch.setattr(locate, "MAX_LOOKED", 100)
    monkeypatch.setattr(patterns, "MAX_IMAGES", 5)
    with pytest.raises(ValueError, match="matches more than 5 images: narrow it"):
        found_by("a.h5::/g/*")


# ------------------------------------------------------------------ texts


@pytest.mark.parametrize(
    "value",
    ["a.h5", "a.h5::/g/Ca", "a.h5::/g/x*y", "a.h5?path=/g/Ca&slice=0:2", "a.h5?/g/Ca", "silx:a.h5::/g/Ca?slice=0",
     "b[1].h5::/g/Ca", "nosuch.tif?slice=0", Path("a.h5::/g/Ca"), DataUrl("a.h5::/g/Ca"),
     "a.h5::/g/{stack}", "a.h5::/g/Ca&slice=0&axis=1"],
)  # fmt: skip
def test_what_means_itself_is_no_pattern(value: Any) -> None:
    for name in ("a.h5", "b[1].h5", "b1.h5"):
        write(name, "g/Ca", "g/x*y", "g/xAy", "g/{stack}")
    assert found_by(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a_*.h5::/g/Ca", ["a_1.h5::/g/Ca", "a_2.h5::/g/Ca"]),
        (Path("a_*.h5::/g/Ca"), ["a_1.h5::/g/Ca", "a_2.h5::/g/Ca"]),
        (DataUrl("a_*.h5::/g/Ca"), ["a_1.h5::/g/Ca", "a_2.h5::/g/Ca"]),
        (DataUrl(file_path="a_?.h5", data_path="/g/[C]a"), ["a_1.h5::/g/Ca", "a_2.h5::/g/Ca"]),
        ("silx:a_?.h5?path=/g/Ca", ["a_1.h5::/g/Ca", "a_2.h5::/g/Ca"]),
        ("a_1.h5::/g/*", ["a_1.h5::/g/Ca", "a_1.h5::/g/Fe"]),
        ("a_[12].h5::/g/F?&slice=0:2", ["a_1.h5::/g/Fe&slice=0:2"]),
        ("a_*.h5::/g/Ca?slice=1", ["a_1.h5::/g/Ca&slice=1", "a_2.h5::/g/Ca&slice=1"]),
        ("a_*.h5?path=/g/Ca&slice=:,1", ["a_1.h5::/g/Ca&slice=:,1", "a_2.h5::/g/Ca&slice=:,1"]),
        (DataUrl(file_path="a_*.h5", data_path="/g/Ca", data_slice=(1,)), ["a_1.h5::/g/Ca&slice=1", "a_2.h5::/g/Ca&slice=1"]),
        ("a_?.h5", ["a_1.h5", "a_2.h5"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_patterns_match(value: Any, expected: list[str]) -> None:
    write("a_1.h5", "g/Ca", "g/Fe")
    write("a_2.h5", "g/Ca")
    assert texts(value) == expected


def test_a_query_of_whole_files() -> None:
    for k in (1, 2):
        Path(f"im_{k}.tif").touch()
    found = found_by("im_?.tif?slice=0&axis=1")
    assert found is not None
    assert [(match.meaning.file, match.meaning.path) for match in found.matches] == [
        ("im_1.tif", ""),
        ("im_2.tif", ""),
    ]
    assert all(match.meaning.indices == (0,) and match.meaning.image_axis == 1 for match in found.matches)
    with pytest.raises(ValueError, match=r"slice=.x. is not valid"):
        found_by("im_?.tif?slice=x")


# ------------------------------------------------------------------ stacks


def test_stacks_and_what_they_lack() -> None:
    for k in (1, 2, 3, 10):
        write(f"scan_{k}.h5", *(f"1.1/{name}" for name in ("Ca", "Fe") if (name, k) != ("Fe", 2)))
    write("scan_4.h5", "other/Ca")
    found = found_by("scan_*.h5::/1.1/{stack}")
    assert found is not None
    stacks = found.of_stacks()
    assert {name: [match.meaning.file for match in some] for name, some in stacks.items()} == {
        "Ca": ["scan_1.h5", "scan_2.h5", "scan_3.h5", "scan_10.h5"],
        "Fe": ["scan_1.h5", "scan_3.h5", "scan_10.h5"],
    }
    nowhere = "In 1 of 5 files nothing matches '/1.1/{stack}': 'scan_4.h5'."
    assert found.warnings("Ca") == (nowhere,)
    lacking = "1 of the 4 images that other stacks of the pattern have is missing: 'scan_2.h5'."
    assert found.warnings("Fe") == (nowhere, lacking)
    assert found.pattern.of_stack("Ca") == "scan_*.h5::/1.1/Ca"
    assert texts(found.pattern.of_stack("Fe", in_some=True)) == ["scan_1.h5::/1.1/Fe", "scan_3.h5::/1.1/Fe", "scan_10.h5::/1.1/Fe"]  # fmt: skip


def test_names_that_stacks_do_not_share_are_not_missing() -> None:
    for name, times in (("Ca", (101, 107, 113)), ("Fe", (102, 108, 114))):
        Path(name).mkdir()
        for time in times:
            Path(f"{name}/im_{time}.tif").touch()
    found = found_by("{stack}/im_*.tif")
    assert found is not None
    assert found.warnings("Ca") == found.warnings("Fe") == ()


@pytest.mark.parametrize(
    "name", ["Ca[2]", "a*b", "x?", "{stack}", "Fe&slice=0", "b::c", "K=1", "[a]", "?path=/x"]
)
def test_any_name_of_a_stack_leads_back_to_it(name: str) -> None:
    for k in (1, 2):
        write(f"scan_{k}.h5", f"1.1/{name}", "1.1/other", "1.1/CaX", "1.1/Ca2", "1.1/aXb")
    found = found_by("scan_*.h5::/1.1/*{stack}")
    assert found is not None
    for value in (name, "other"):
        text = f"scan_*.h5::/1.1/{patterns.escape(value)}"
        assert texts(text) == texts(found.pattern._replace(path="/1.1/{stack}").of_stack(value))
        assert [match.meaning.path for match in found_by(text).matches] == [f"/1.1/{value}"] * 2  # type: ignore[union-attr]


def test_the_same_value_in_file_and_path() -> None:
    write("Ca_1.h5", "maps/Ca", "maps/Fe")
    write("Ca_2.h5", "maps/Ca")
    write("Fe_1.h5", "maps/Fe", "maps/Ca")
    found = found_by("{stack}_*.h5::/maps/{stack}")
    assert found is not None
    assert {name: [str(match.meaning) for match in some] for name, some in found.of_stacks().items()} == {
        "Ca": ["Ca_1.h5::/maps/Ca", "Ca_2.h5::/maps/Ca"],
        "Fe": ["Fe_1.h5::/maps/Fe"],
    }


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("a_*.h5::/g/xrf/{stack}", ["there is no 'xrf' in a_1.h5::/g; it holds 'Ca'", "the first of 2 files, and none"]),
        ("a_*.h5::/g/F*", ["no dataset of images matches '/g/F*'", "there is no 'F*' in a_1.h5::/g; it holds 'Ca'"]),
        ("a_1.h5::/{stack}", ["no dataset of images matches '/{stack}'", "a_1.h5"]),
        ("a_1.h5::/*/nope", ["there is no 'nope' in a_1.h5::/g"]),
    ],
)  # fmt: skip
def test_nothing_matches(pattern: str, parts: list[str]) -> None:
    for k in (1, 2):
        write(f"a_{k}.h5", "g/Ca")
    with pytest.raises(KeyError) as caught:
        found_by(pattern)
    for part in parts:
        assert part in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
