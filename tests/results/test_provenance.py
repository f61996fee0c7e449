# SPDX-License-Identifier: MIT
"""What a ranking tells of how it came about: when, what was read, and never where or by whom."""

from __future__ import annotations

import getpass
import json
import os
import pickle
import platform
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import Ranking, StackRanker, rank_stacks
from ndreg_preeval.cli import main
from ndreg_preeval.results import InputRead, Provenance, made_by_command
from ndreg_preeval.results.provenance import _as_date
from tests.support.scenes import SHAPE, three

h5py = pytest.importorskip("h5py")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

WRITTEN = datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)


def told(ranking: Ranking) -> Provenance:
    assert ranking.provenance is not None
    return ranking.provenance


def set_time(path: Path, written: datetime = WRITTEN) -> Path:
    moment = (written - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    os.utime(path, ns=(moment, moment))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as opened:
        for name, images in three().items():
            opened[f"entry/{name}"] = images.astype("f4")
    return set_time(path)


def test_memory() -> None:
    before = datetime.now().astimezone().replace(microsecond=0)
    made = told(rank_stacks(three()))
    assert made.version == ndreg_preeval.__version__
    assert made.command_line is None
    assert made.date is not None
    assert before <= datetime.fromisoformat(made.date) <= datetime.now().astimezone()
    assert made.inputs == tuple(
        InputRead(name, "", (5, *SHAPE), "float64") for name in ("clear", "fair", "poor")
    )


@pytest.mark.parametrize(
    "how", [{}, {"isolate": True}, {"executor": None}], ids=["here", "child", "executor"]
)
def test_a_file(file: Path, how: dict[str, Any]) -> None:
    with ThreadPoolExecutor(2) as executor:
        if "executor" in how:
            how = {"executor": executor}
        made = told(rank_stacks(f"{file}::/entry", **how))
    assert [each.stack for each in made.inputs] == ["clear", "fair", "poor"]
    for each in made.inputs:
        assert each.uri == f"{file}::/entry/{each.stack}"
        assert (each.shape, each.dtype) == ((5, *SHAPE), "float32")
        assert (each.files, each.size) == (1, file.stat().st_size)
        assert each.modified is not None
        assert datetime.fromisoformat(each.modified) == WRITTEN


def test_open_datasets_and_images_in_memory(file: Path) -> None:
    with h5py.File(file) as opened:
        (first, *_) = told(rank_stacks({"a": opened["entry/clear"]})).inputs
    assert (first.files, first.size) == (1, file.stat().st_size)


def test_many_files(tmp_path: Path) -> None:
    """Their number, their bytes together, and the time of the latest."""
    for name, images in three().items():
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            path = tmp_path / name / f"im_{number}.npy"
            np.save(path, image)
            set_time(path, WRITTEN + timedelta(hours=number))
    for each in told(rank_stacks(f"{tmp_path}/{{stack}}/im_*.npy")).inputs:
        paths = list((tmp_path / each.stack).iterdir())
        assert each.files == len(paths) == 5
        assert each.size == sum(path.stat().st_size for path in paths)
        assert each.modified is not None
        assert datetime.fromisoformat(each.modified) == WRITTEN + timedelta(hours=4)


def test_sources_of_virtual_datasets(tmp_path: Path) -> None:
    images = three()["clear"]
    layout = h5py.VirtualLayout((5, *SHAPE), "f8")
    for number, image in enumerate(images):
        path = tmp_path / f"{number}.h5"
        with h5py.File(path, "w") as opened:
            opened["a"] = image
        layout[number] = h5py.VirtualSource(path, "a", SHAPE)
    with h5py.File(tmp_path / "all.h5", "w") as opened:
        opened.create_virtual_dataset("a", layout)
    (made,) = told(rank_stacks({"a": f"{tmp_path}/all.h5::/a"})).inputs
    assert made.files == 6
    assert made.size == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_what_was_not_read(file: Path) -> None:
    ranking = rank_stacks({"a": f"{file}::/entry/clear", "gone": "gone.h5::/a"}, on_error="rank_last")
    gone = told(ranking).inputs[-1]
    assert gone == InputRead("gone", ranking["gone"].location, (0, 0, 0), "")
    forced = told(rank_stacks(f"{file}::/entry", reference_stack="fair"))
    assert forced.inputs == ()
    assert forced.date is not None


def test_live_scans() -> None:
    images = three()
    ranker = StackRanker({name: stack[0] for name, stack in images.items()})
    made = told(ranker.add({name: stack[1:] for name, stack in images.items()}).result())
    assert {(each.uri, each.shape, each.files) for each in made.inputs} == {("", (5, *SHAPE), 0)}


def test_the_command(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["rank", f"{file}::/entry", "-q", "--json", str(tmp_path / "a.json"), "--threads", "1"]
    assert main(words) == 0
    made = told(Ranking.from_json(tmp_path / "a.json"))
    assert made.command_line == ("ndreg-preeval", *words)
    assert len(made.inputs) == 3


def test_it_travels(file: Path) -> None:
    """Also where nobody had asked before, and the file is another one by then."""
    ranking = rank_stacks(f"{file}::/entry")
    data = pickle.dumps(ranking)
    again = pickle.loads(data)
    set_time(file, WRITTEN + timedelta(days=1))
    assert told(again) == told(ranking) == told(pickle.loads(pickle.dumps(again)))
    assert told(again).inputs[0].files == 1


def test_it_is_that_of_the_ranking_whenever_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1e9)
    ranking = rank_stacks(three())
    monkeypatch.setattr(time, "time", lambda: 2e9)
    date = told(ranking).date
    assert datetime.fromisoformat(str(date)).timestamp() == 1e9
    assert told(replace(ranking, warnings=("one more",))).date == date


def test_it_is_not_compared(file: Path) -> None:
    """Rankings of equal stacks are equal whenever they are made; dates are in one member of the JSON."""
    first = rank_stacks(f"{file}::/entry")
    set_time(file, WRITTEN + timedelta(days=1))
    other = rank_stacks(f"{file}::/entry")
    other = replace(other, _made=made_by_command(other.provenance, ["ndreg-preeval", "rank"]))
    assert told(first).inputs != told(other).inputs
    assert first == other
    one, two = (json.loads(each.to_json()) for each in (first, other))
    assert one.pop("provenance") != two.pop("provenance")
    assert one == two


def test_neither_machine_nor_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("it asks who or where")

    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    for module, name in (
        (getpass, "getuser"),
        (socket, "gethostname"),
        (socket, "getfqdn"),
        (platform, "node"),
        (platform, "uname"),
        (os, "uname"),
        (os, "getlogin"),
    ):
        monkeypatch.setattr(module, name, asked, raising=False)
    assert "somebody-else" not in rank_stacks(three()).to_json()


@pytest.mark.parametrize("moment", [None, 10**30, -(10**30)])
def test_times_that_no_calendar_has(moment: int | None) -> None:
    assert _as_date(moment) is None


def test_times_are_those_of_the_file() -> None:
    assert _as_date(0) is not None
    assert datetime.fromisoformat(str(_as_date(1_500_000))) == datetime(1970, 1, 1, 0, 0, 0, 1500, UTC)
