# SPDX-License-Identifier: MIT
"""Folders: their images, and what else lies there."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.stacks.formats import BACKENDS
from ndreg_preeval.stacks.hints import HDF5_ENDINGS
from ndreg_preeval.stacks.images import folders
from ndreg_preeval.stacks.images.folders import IMAGE_ENDINGS, contents, kind_of
from tests.support.scenes import three


def make(folder: Path, *names: str) -> str:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.mkdir() if name.endswith("/") else file.touch()
    return str(folder)


@pytest.mark.parametrize(
    ("names", "images", "note"),
    [
        (["im_10.tif", "im_2.tif", "im_1.tif"], ["im_1.tif", "im_2.tif", "im_10.tif"], ""),
        (["a.tif", "b.tiff", "c.TIF"], ["a.tif", "b.tiff", "c.TIF"], ""),
        (["a.tif", "log.txt", "b.txt", "x.json"], ["a.tif"], "Left out of the folder, as no images: 2 .txt, 1 .json."),
        (["a.tif", ".hidden.png", ".DS_Store"], ["a.tif"], ""),
        (["a.tif", "Thumbs.db", "sub/", "more/"], ["a.tif"], "Left out of the folder, as no images: 1 .db, 2 folders."),
        (["a.tif", "x.dat", "README"], ["a.tif"], "Left out of the folder, as no images: 1 .dat, 1 without ending."),
        (["a.edf.gz", "b.edf.gz"], ["a.edf.gz", "b.edf.gz"], ""),
        (
            ["x_master.h5", "x_data_000001.h5", "x_data_000002.h5", "y_master.h5", "y_data_000001.h5"],
            ["x_master.h5", "y_master.h5"],
            "Left out of the folder, as no images: 3 of the parts of series with master files.",
        ),
        (["x_data_000001.h5", "x_data_000002.h5"], ["x_data_000001.h5", "x_data_000002.h5"], ""),
        (["s.0001", "s.0002", "s.0010"], ["s.0001", "s.0002", "s.0010"], ""),
        (["a.xyz", "b.xyz", "info.txt"], ["a.xyz", "b.xyz"], "Left out of the folder, as no images: 1 .txt."),
        (["a", "b"], ["a", "b"], ""),
    ],
)  # fmt: skip
def test_images_of_one_kind(tmp_path: Path, names: list[str], images: list[str], note: str) -> None:
    found = contents(make(tmp_path, *names))
    assert found.images == images
    assert found.note == note


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["a.tif", "b.tif", "c.edf"], ["several kinds: 1 .edf, 2 .tif", "/*.edf' or ", "/*.tif'"]),
        (["a.TIF", "b.h5"], ["1 .h5, 1 .TIF", "/*.TIF'"]),
        (["s.001", "c.edf"], ["1 numbers", "/*.[0-9]*'"]),
        (["a.xyz", "b.uvw"], ["several kinds", "1 .xyz"]),
        ([], ["holds no images"]),
        (["a.txt", "b.py", "c.py"], ["holds no images: there are 2 .py, 1 .txt"]),
        (["Ca/im.tif", "Fe/im.tif"], ["not looked into ('Ca', 'Fe')", "/{stack}/*' for a stack of each"]),
    ],
)
def test_what_is_no_stack(tmp_path: Path, names: list[str], parts: list[str]) -> None:
    found = contents(make(tmp_path, *names))
    with pytest.raises(ValueError, match="the folder") as caught:
        assert found.images
    for part in parts:
        assert part in str(caught.value)


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_ENTRIES", 2)
    with pytest.raises(ValueError, match="holds more than 2 files"):
        contents(make(tmp_path, "a.tif", "b.tif", "c.tif"))


def test_many_kinds_are_not_all_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.\.\.") as caught:
        assert contents(make(tmp_path, *(f"a.x{k}y" for k in range(300)))).images
    assert len(str(caught.value)) < 4000


def test_files_that_a_format_reads_are_images() -> None:
    """But those that lie beside images: masks of Fit2D, and descriptions of SER files."""
    endings = {ending for each in BACKENDS for ending in getattr(each(), "endings", ())} | set(HDF5_ENDINGS)
    assert len(endings) > 40
    assert {each for each in endings if kind_of(f"a{each}") not in IMAGE_ENDINGS} == {".emi", ".msk"}


@pytest.mark.parametrize("form", ["series", "series/*.h5"])
def test_master_files_stand_for_their_parts(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = three()
    (tmp_path / "series").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, stack in stacks.items():
        with h5py.File(f"series/{name}_master.h5", "w") as master:
            for number, part in enumerate(np.array_split(stack, 2), 1):
                file = f"{name}_data_{number:06d}.h5"
                with h5py.File(f"series/{file}", "w") as other:
                    other["entry/data/data"] = part
                master[f"entry/data/data_{number:06d}"] = h5py.ExternalLink(file, "entry/data/data")
    ranking = rank_stacks(form)
    expected = rank_stacks(stacks)
    assert sorted(stack.n_images for stack in ranking.stacks.values()) == [len(s) for s in stacks.values()]
    assert sorted(ranking.scores.values()) == sorted(expected.scores.values())
