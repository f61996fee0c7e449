# SPDX-License-Identifier: MIT
"""Files that a pattern matches, in whatever folders they lie."""

# The oracle is glob.glob, which takes names as they come.
# ruff: noqa: PTH207

from __future__ import annotations

import glob
import os
import pickle
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from ndreg_preeval import RankingWarning
from ndreg_preeval.stacks.images import file_patterns
from ndreg_preeval.stacks.images.file_patterns import files_like
from ndreg_preeval.stacks.images.natural_order import natural_sorted
from ndreg_preeval.stacks.images.patterns import read_pattern


def make(*names: str) -> None:
    for name in names:
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            file.mkdir(exist_ok=True)
        else:
            file.touch()


def names(pattern: str) -> list[str]:
    return [match.name for match in files_like(pattern)]


def values(pattern: str) -> dict[str, str | None]:
    return {match.name: match.stack for match in files_like(pattern)}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make(*(f"{element}/im_{k}.tif" for element in ("Ca", "Fe") for k in (1, 2, 10)))
    make("Ca/notes.txt", "Ca/.hidden.tif", ".secret/im_1.tif", "Fe/deep/er/im_3.tif", "im_1.tif", "empty/")
    return tmp_path


@pytest.mark.parametrize(
    "pattern",
    ["Ca/im_*.tif", "*/im_?.tif", "*/im_[12].tif", "*/im_[!1].tif", "C*/*", "**/*.tif", "**/im_1.tif", "Fe/**/im_*.tif",
     "./Ca/*.tif", "*.tif", "../*/Ca/*.tif", "Ca/.*", "Fe/**", "*/../Ca/im_*"],
)  # fmt: skip
def test_it_is_what_a_shell_matches(pattern: str, here: Path) -> None:
    for text in (pattern, f"{here}/{pattern}"):
        expected = [name for name in glob.glob(text, recursive=True) if not Path(name).is_dir()]
        assert names(text) == natural_sorted(expected)
    assert names(pattern.replace("/", "//")) == names(pattern)


def test_folders_count_where_there_are_no_files() -> None:
    assert names("*/") == ["Ca", "Fe", "empty"]
    assert names("??") == ["Ca", "Fe"]
    assert names("Fe/d*") == ["Fe/deep"]
    assert all(match.is_folder for match in files_like("??"))
    assert names("C*") == ["Ca"]
    make("Cafile")
    assert names("C*") == ["Cafile"]
    assert names("C*/") == ["Ca"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{stack}/im_1.tif", {"Ca/im_1.tif": "Ca", "Fe/im_1.tif": "Fe"}),
        ("{stack}/im_1?.tif", {"Ca/im_10.tif": "Ca", "Fe/im_10.tif": "Fe"}),
        ("C{stack}/im_{stack}.tif", {"Ca/im_a.tif": "a"}),
        ("{stack}/{stack}_*.tif", {"Fe/Fe_1.tif": "Fe"}),
        (
            "Ca/im_{stack}.tif",
            {"Ca/im_1.tif": "1", "Ca/im_2.tif": "2", "Ca/im_10.tif": "10", "Ca/im_a.tif": "a"},
        ),
        ("**/{stack}/im_3.tif", {"Fe/deep/er/im_3.tif": "er"}),
        ("{stack}/deep/*/im_3.tif", {"Fe/deep/er/im_3.tif": "Fe"}),
    ],
)
def test_one_value_in_the_whole_pattern(pattern: str, expected: dict[str, str]) -> None:
    make("Ca/im_a.tif", "Fe/Fe_1.tif", "Fe/Ca_1.tif")
    assert values(pattern) == expected


def test_what_is_left_without_the_value() -> None:
    assert [match.rest for match in files_like("{stack}/im_*.tif")] == [
        f"{{stack}}/im_{k}.tif" for _ in "ab" for k in (1, 2, 10)
    ]


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
@pytest.mark.parametrize("literal", ["im_[12].tif", "im_*.tif", "im_?.tif", "{stack}_1.tif", "a{stack}b"])
def test_what_exists_as_it_is_written_is_meant(literal: str) -> None:
    make("lit/im_1.tif", "lit/im_2.tif", "lit/Ca_1.tif", "lit/axb")
    assert len(values(f"lit/{literal}")) in (1, 2)
    make(f"lit/{literal}")
    assert values(f"lit/{literal}") == {f"lit/{literal}": None}
    Path(f"lit/{literal}").unlink()
    make(f"lit/{literal}/inner_1.tif", "lit/1/inner_1.tif")
    assert names(f"lit/{literal}/inner_*.tif") == [f"lit/{literal}/inner_1.tif"]


def symlink(link: str, target: str) -> None:
    try:
        Path(link).symlink_to(target, target_is_directory=Path(link).parent.joinpath(target).is_dir())
    except (OSError, NotImplementedError):
        pytest.skip("links cannot be made here")


def test_links_that_lead_back_end() -> None:
    symlink("Fe/loop", "..")
    symlink("Fe/deep/self", ".")
    symlink("here", ".")
    found = names("**/im_*.tif")
    assert len(found) == len(set(found)) == 8
    assert {str(Path(name).resolve()) for name in found} == {
        str(file.resolve()) for file in Path().rglob("im_*.tif") if ".secret" not in str(file)
    }
    assert all("loop" not in name and "self" not in name and "here" not in name for name in found)


def test_links_are_followed_by_name() -> None:
    symlink("linked", "Ca")
    symlink("Fe/im_3.tif", "../Ca/im_1.tif")
    symlink("Fe/im_4.tif", "nowhere.tif")
    assert names("linked/im_*.tif") == ["linked/im_1.tif", "linked/im_2.tif", "linked/im_10.tif"]
    # A link to nowhere is an image that is missing: reading it says so.
    assert names("Fe/im_[34].tif") == ["Fe/im_3.tif", "Fe/im_4.tif"]
    assert names("link*/im_1.tif") == ["linked/im_1.tif"]


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (
            "Ca/im_*.png",
            ["nothing matches 'im_*.png' in the folder 'Ca'", "there are 'im_1.tif', 'im_2.tif'"],
        ),
        ("Cu/im_*.tif", ["there is no folder 'Cu' in the current folder", "'Ca', 'Fe', 'empty'"]),
        ("C*/deep/*.tif", ["there is no folder 'deep' in the folder 'Ca', which has no folders"]),
        ("empty/*", ["nothing matches '*' in the folder 'empty', which has no files"]),
        ("*/nope.tif", ["there is no file 'nope.tif' in the folder"]),
        ("**/*.png", ["nothing matches '*.png'"]),
        ("{stack}/x_*.tif", ["nothing matches 'x_*.tif'"]),
        ("im_1.tif/*", ["there is no folder 'im_1.tif' in the current folder"]),
        ("nofolder*/", ["nothing matches 'nofolder*' in the current folder; there are 'Ca', 'Fe', 'empty'"]),
    ],
)
def test_nothing_matches(pattern: str, parts: Iterable[str]) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        files_like(pattern)
    for part in parts:
        assert part in str(caught.value)
    assert caught.value.filename == pattern
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_names_that_come_near_are_told() -> None:
    make(*(f"many/{letter}{k}.dat" for letter in "abc" for k in range(40)), "many/scan_007.tif")
    with pytest.raises(FileNotFoundError, match=r"there are 'scan_007.tif', .* and 116 more"):
        files_like("many/scan_07.tif*")


def test_folders_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.scandir

    def scandir(folder: Any) -> Any:
        if str(folder) == "Fe":
            raise PermissionError(13, "Permission denied", folder)
        return really(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.warns(
        RankingWarning, match=r"the folder 'Fe' cannot be read \(Permission denied\): left out"
    ):
        assert names("*/im_1.tif*") == ["Ca/im_1.tif"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PermissionError, match="no pattern can be looked for in it"):
            files_like("Fe/im_*.tif")


@pytest.mark.parametrize(
    "pattern", ["{energy}/im_*.tif", "maps/{channel}_{stack}_*.tif", "{name}{stack}.tif"]
)
def test_other_names_in_braces_are_no_wildcards(pattern: str) -> None:
    make("maps/Ca_1.tif")
    with pytest.raises(
        FileNotFoundError, match=r"; \{\w+\} is no wildcard: \* stands for any text, and \{stack\} for"
    ):
        files_like(pattern)


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_patterns, "MAX_IMAGES", 2)
    with pytest.raises(ValueError, match=r"the pattern 'Ca/im_\*\.tif' matches more than 2 files: narrow it"):
        files_like("Ca/im_*.tif")
    monkeypatch.setattr(file_patterns, "MAX_ENTRIES", 3)
    with pytest.raises(ValueError, match=r"leads through more than 3 files and folders: narrow it"):
        files_like("**/nope")


@pytest.mark.parametrize(
    "pattern", ["scan?/im_*.tif", "scan?/im_1.tif", "s_?.tif", "scan{stack}?/im_1.tif?slice=0"]
)
def test_a_question_mark_is_a_wildcard_beside_what_is_called_as_all_before_it(pattern: str) -> None:
    make("scan/im_1.tif", "scan1/im_1.tif", "scan12/im_1.tif", "s_", "s_1.tif")
    found = read_pattern(pattern)
    assert found is not None
    assert [match.name for match in files_like(found.file)] in (
        ["scan1/im_1.tif"],
        ["s_1.tif"],
        ["scan12/im_1.tif"],
    )


def test_a_hostile_pattern_takes_no_time_of_its_own() -> None:
    make("x/" + "a" * 200)
    with pytest.raises(FileNotFoundError):
        files_like("x/" + "*a" * 60 + "b")
    with pytest.raises(FileNotFoundError):
        files_like("x/{stack}" + "*a" * 3 + "{stack}b")
