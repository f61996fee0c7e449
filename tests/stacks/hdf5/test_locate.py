# SPDX-License-Identifier: MIT
"""Links are looked at before they are followed."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval.stacks.hdf5.locate import Files, find_beside, locate

STACK = np.arange(24.0).reshape(2, 3, 4)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with links of all kinds."""
    with h5py.File(tmp_path / "far.h5", "w") as far:
        far["g/d"] = STACK
        far["g/back"] = h5py.ExternalLink("a.h5", "/entry/d")
        far["g/soft"] = h5py.SoftLink("d")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["entry/d"] = STACK
        file["entry/hard"] = file["entry/d"]
        file["entry/absolute"] = h5py.SoftLink("/entry/d")
        file["entry/relative"] = h5py.SoftLink("d")
        file["entry/chain"] = h5py.SoftLink("relative")
        file["entry/dots"] = h5py.SoftLink("./../entry/./d")
        file["entry/dangling"] = h5py.SoftLink("/nowhere")
        file["entry/loop1"] = h5py.SoftLink("loop2")
        file["entry/loop2"] = h5py.SoftLink("loop1")
        file["entry/self"] = h5py.SoftLink("/entry")
        file["far"] = h5py.ExternalLink("far.h5", "/g")
        file["far_d"] = h5py.ExternalLink("far.h5", "g/d")
        file["far_back"] = h5py.ExternalLink("far.h5", "g/back")
        file["far_absolute"] = h5py.ExternalLink(str(tmp_path / "far.h5"), "g/soft")
        file["far_nothing"] = h5py.ExternalLink("far.h5", "g/nothing")
        file["no_file"] = h5py.ExternalLink("nosuch.h5", "/x")
        file["pipe"] = h5py.ExternalLink("pipe.h5", "/x")
        file["device"] = h5py.ExternalLink("/dev/zero", "/x")
        file["text"] = h5py.ExternalLink("text.h5", "/x")
        file["round"] = h5py.ExternalLink("a.h5", "/round")
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    return tmp_path / "a.h5"


@pytest.mark.parametrize(
    "path",
    ["/entry/d", "entry/d", "//entry//./d/", "/entry/hard", "/entry/absolute", "/entry/relative", "/entry/chain",
     "/entry/self/self/self/d", "/far/d", "/far_d", "/far_back", "/far_absolute", "/far/soft", "/far/back"],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["here", "elsewhere"])
def test_links_are_followed(file: Path, path: str, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent if folder == "here" else "/")
    with Files() as files:
        node = locate(files, files.open("a.h5" if folder == "here" else str(file))["/"], path)
        np.testing.assert_array_equal(node[()], STACK)
    assert not node  # closed with the files


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("/entry/nope", KeyError, "no 'nope' in .*/entry; it holds 'absolute'"),
        ("/entry/dangling", KeyError, "no 'nowhere'.*looking for '/entry/dangling'"),
        ("/entry/dots", KeyError, r"no '\.\.'"),
        ("/entry/loop1", OSError, "a loop of links"),
        ("/round", OSError, "a loop of links"),
        ("/far_nothing", KeyError, r"no 'nothing' in .*far\.h5::/g"),
        ("/no_file", FileNotFoundError, r"external link 'no_file' in .*a\.h5::/ is broken.*nosuch\.h5"),
        ("/pipe", OSError, "external link 'pipe' .*pipe"),
        ("/device", OSError, "external link 'device' .*device"),
        ("/text", OSError, "external link 'text' .*no HDF5 file"),
    ],
)
def test_links_that_lead_nowhere(file: Path, path: str, kind: type[Exception], message: str) -> None:
    with Files() as files, pytest.raises(kind, match=message):
        locate(files, files.open(str(file))["/"], path)


def test_ten_names_at_most_are_listed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for index in range(12):
            file[f"d{index:02}"] = 0
    with Files() as files, pytest.raises(KeyError) as caught:
        locate(files, files.open(str(tmp_path / "a.h5"))["/"], "/nope")
    assert "'d09', ..." in str(caught.value)
    assert "d10" not in str(caught.value)


def test_a_file_is_opened_once(file: Path) -> None:
    with Files() as files:
        assert files.open(str(file)) is files.open(str(file))


def test_where_hdf5_looks_for_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "here", "env", "real"):
        (tmp_path / name).mkdir()
    main = tmp_path / "data" / "main.h5"
    (tmp_path / "real" / "main.h5").touch()
    main.symlink_to(tmp_path / "real" / "main.h5")
    monkeypatch.chdir(tmp_path / "here")
    places = [
        tmp_path / "real" / "x.h5",
        tmp_path / "here" / "x.h5",
        tmp_path / "data" / "x.h5",
        tmp_path / "env/x.h5",
    ]
    monkeypatch.setenv("PREFIX", f"/nosuch{os.pathsep}${{ORIGIN}}/../env")
    assert find_beside(str(main), "x.h5", "PREFIX") == ""
    for place in places:  # each is preferred to those before
        place.touch()
        assert Path(find_beside(str(main), "x.h5", "PREFIX")).resolve() == place.resolve()
    monkeypatch.delenv("PREFIX")
    assert Path(find_beside(str(main), "x.h5", "PREFIX")) == tmp_path / "data" / "x.h5"
    assert find_beside(str(main), "/nosuch/x.h5", "PREFIX") == str(tmp_path / "data" / "x.h5")
    assert find_beside(str(main), "a\0b", "PREFIX") == ""
