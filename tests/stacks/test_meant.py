# SPDX-License-Identifier: MIT
"""URIs and files that are not there are refused with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks.hints import meant_by

STACK = np.random.default_rng(0).integers(0, 99, (3, 16, 20)).astype("u2")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("scan.png", "scan.txt"):
        (tmp_path / name).write_text("beside a file of the same name")
    for name in ("scan.h5", "in/other scan.h5"):
        with h5py.File(name, "w") as file:
            file["entry/Ca-K"] = STACK
            file["entry/Fe-K"] = STACK
    return tmp_path


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("scan.h5:/entry", "scan.h5::/entry"),
        ("scan.h5:entry/Ca-K", "scan.h5::/entry/Ca-K"),
        ("./scan.h5:/entry", "./scan.h5::/entry"),
        ("{}/scan.h5:/entry", "{}/scan.h5::/entry"),
        ("in/other scan.h5:/entry", "in/other scan.h5::/entry"),
        ("scan.h5/entry", "scan.h5::/entry"),
        ("scan.h5#/entry", "scan.h5::/entry"),
        ("scan.h5@entry", "scan.h5::/entry"),
        ("scan.h5 ::/entry", "scan.h5::/entry"),
        ("scan.h5\\entry", "scan.h5::/entry"),
        ("scan.h5:/entry/Ca-K?slice=0:2", "scan.h5::/entry/Ca-K?slice=0:2"),
        ("scna.h5", "scan.h5"),
        ("scan.hdf5::/entry", "scan.h5::/entry"),
        ("Scan.H5", "scan.h5"),
        ("in/other_scan.h5", "in/other scan.h5"),
        ("file:scan.h5::/entry", "scan.h5::/entry"),
        ("file://{}/scan.h5::/entry", "{}/scan.h5::/entry"),
        ("nowhere.h5:/entry", "nowhere.h5::/entry"),
    ],
)
def test_misreadings(text: str, meant: str, folder: Path) -> None:
    text, meant = text.format(folder), meant.format(folder)
    assert meant_by(text) == f"; did you mean {meant!r}?"
    for call in (find_stacks, lambda uri: rank_stacks({"a": uri}), lambda uri: rank_stacks([uri, uri])):
        with pytest.raises((OSError, ValueError)) as caught:
            call(text)
        # Of a file with its path behind two colons the file alone is looked for.
        assert f"did you mean {meant.partition('::')[0]!r}?"[:-2] in str(caught.value)
        assert str(caught.value).count("did you mean") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        "zzz.tif",
        "C:/data/zzz.h5",
        "http://x/y::/entry",
        "s3://bucket/a.h5",
        "\0",
        "x" * 10**5,
        ":" * 3000,
    ],
)
def test_no_idea(text: str) -> None:
    assert meant_by(text) == ""


def test_the_next_file_of_a_series_is_not_meant(folder: Path) -> None:
    for number in (1, 2, 4):
        (folder / f"im_{number:03}.tif").touch()
    assert meant_by("im_003.tif") == ""


def test_what_is_there_is_read_as_it_is_called(folder: Path) -> None:
    (folder / "scan.h5").rename(folder / "scan.h5:entry")
    assert set(find_stacks("scan.h5:entry::/entry")) == {"Ca-K", "Fe-K"}
    assert score_stack("./scan.h5:entry::/entry/Ca-K").n_images == 3


def test_datasets() -> None:
    for path, said in (
        ("/entry/Ca-k", "; did you mean 'Ca-K'?"),
        ("/entri", "; did you mean 'entry'?"),
        (":/entry", "; two colons part the file from the path in it"),
    ):
        with pytest.raises(KeyError) as caught:
            find_stacks(f"scan.h5::{path}")
        assert said in str(caught.value).replace("\\'", "'")
