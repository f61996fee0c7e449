# SPDX-License-Identifier: MIT
"""Messages call a stack by its name, else by its dataset or file, and say each thing once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.errors import naming_stack, without_label
from tests.support.scenes import drifting


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with h5py.File("good.h5", "w") as file:
        file["a"], file["b"] = drifting(0.2), drifting(0.5)
        file["empty"] = np.zeros((0, 8, 8))
    Path("text.h5").write_text("this is text", encoding="ascii")


def in_process(stacks: Any, **options: Any) -> None:
    rank_stacks(stacks, **options)


def isolated(stacks: Any, **options: Any) -> None:
    rank_stacks(stacks, isolate=True, **options)


def on_executor(stacks: Any, **options: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        rank_stacks(stacks, executor=pool, **options)


ROADS = [in_process, isolated, on_executor]

CASES: list[tuple[Any, str]] = [
    (["gone.h5"], "stack 'gone'"),
    (["sub/gone.h5"], "stack 'gone'"),
    (["gone.h5::/x/Ca"], "stack 'Ca'"),
    (["good.h5::/a", "good.h5::/nope"], "stack 'nope'"),
    (["text.h5"], "stack 'text'"),
    (["good.h5::/empty"], "stack 'empty'"),
    (["good.h5::/empty?slice=:"], "stack 'empty'"),
    ({"mine": "gone.h5"}, "stack 'mine'"),
    ({7: "gone.h5::/x"}, "stack 7"),
    ({"mine": "good.h5::/empty"}, "stack 'mine'"),
    ("gone.h5", ""),
    ("text.h5", ""),
]


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize(("stacks", "label"), CASES)
def test_each_thing_once(road: Callable[..., None], stacks: Any, label: str) -> None:
    with pytest.raises((OSError, ValueError, KeyError)) as caught:
        road(stacks)
    text = str(caught.value)
    assert len(re.findall(r"stack (?:'|\[|\d)", text)) == bool(label), text
    assert label in text
    for uri in (
        stacks.values() if isinstance(stacks, dict) else [stacks] if isinstance(stacks, str) else stacks
    ):
        # Once as the stack's, and once by the system.
        assert text.count(uri) <= 1, text
        assert uri.partition("::")[0] in text or len(stacks) > 1, text


@pytest.mark.parametrize("uri", ["gone.h5", "gone.h5::/x", "good.h5::/empty"])
def test_sentences_about_a_stack_that_failed(uri: str) -> None:
    name = re.split("[/.]", uri)[-1] if "::" in uri else "gone"
    with pytest.warns(RankingWarning, match="could not be read") as told:
        ranking = rank_stacks([uri, "good.h5::/a"], on_error="rank_last")
    assert ranking.ranked_stack_names[-1] == name
    for text in (str(told[0].message), ranking.stacks[name].warnings[0]):
        assert text.count(f"stack {name!r}") == text.startswith("stack"), text
    assert ranking.stacks[name].error is not None
    assert f"stack {name!r}" in ranking.stacks[name].error


def test_none_that_could_be_read_says_why() -> None:
    with pytest.raises(ValueError, match=r"none could be read.*'gone'; .*No such file"):
        rank_stacks(["gone.h5"], on_error="rank_last")


def test_a_lone_stack_is_called_by_its_dataset() -> None:
    with pytest.raises(FileNotFoundError, match="stack 'gone': No such file"):
        score_stack("gone.h5")
    with pytest.raises(ValueError, match=r"stack 'empty': good\.h5::/empty: the stack holds no image"):
        score_stack("good.h5::/empty")


def test_patterns_are_named_as_they_are() -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("stack 'maps/im_*.tif'")):
        rank_stacks(["good.h5::/a", "maps/im_*.tif"])


def test_the_command_says_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", "good.h5::/a", "gone.h5"]) == 1
    error = capsys.readouterr().err
    assert "stack 'gone'" in error
    assert "--on-error rank_last" in error
    assert main(["rank", "gone.h5"]) == 1
    assert "rank_last" not in capsys.readouterr().err


@pytest.mark.parametrize("location", ["", "f.h5", "f.h5::/x"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: ValueError("too bad"),
        lambda: FileNotFoundError(2, "No such file", "f.h5"),
        lambda: KeyError("no x"),
    ],
)
def test_without_label(make: Callable[[], Exception], location: str) -> None:
    error = make()
    with pytest.raises(type(error)), naming_stack("Ca", location):
        raise error
    text, plain = (str(each.args[0] if isinstance(each, KeyError) else each) for each in (error, make()))
    assert "Ca" in text
    found = without_label(text, "Ca")
    assert found == plain or found.replace(f"{location}: ", "", 1) == plain
    assert without_label(text, "Fe") == text
