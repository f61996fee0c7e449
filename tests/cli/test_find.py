# SPDX-License-Identifier: MIT
"""The command find: what it prints is what rank takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval.cli import main
from ndreg_preeval.text import columns
from tests.support.layouts import pymca_scans

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def called(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return called


def test_a_terminal_gets_columns_and_a_pipe_tabs(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"{tmp_path}/fits.h5"
    pymca_scans(Path(uri), {name: np.random.default_rng(1).random((4, 24, 32)) for name in ("Ca", "鉄")})
    _, plain, _ = call("find", uri)
    assert all(line.count("\t") == 1 for line in plain.splitlines())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    _, out, _ = call("find", uri)
    assert "\t" not in out
    starts = {columns(line[: line.index("4 images of 24 x 32, float64")]) for line in out.splitlines()}
    assert len(starts) == 1
    monkeypatch.setenv("COLUMNS", str(columns(out.splitlines()[0]) - 1))
    _, out, _ = call("find", uri)  # URIs are whole, or nobody could use them
    assert [line.split() for line in out.splitlines()] == [line.split("\t") for line in plain.splitlines()]


def test_nothing_found_says_what_is_there(tmp_path: Path, call: Call) -> None:
    with h5py.File(tmp_path / "scan_0007.h5", "w") as file:
        file["maps/Ca"] = np.zeros((8, 9))
        file["title"] = "one map"
    code, out, err = call("find", f"{tmp_path}/scan_0007.h5")
    assert (code, out) == (1, "")
    assert "no image stack was found" in err
    assert "'/maps/Ca' (one image of 8 x 9)" in err
    assert "scan_*.h5'" in err
    assert err.count("\n") == 1
