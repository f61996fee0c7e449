# SPDX-License-Identifier: MIT
"""A few damaged files, so that the search for more keeps working."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts on /proc and limits of Linux")


def fuzz(*options: object) -> subprocess.CompletedProcess[str]:
    patience = ("--seconds", 2000, "--patience", 900)  # the machine may be busy
    command = [sys.executable, "-m", "tests.fuzz", *map(str, (*patience, *options))]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3000, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "options"), [(30, ()), (6, ("--isolate",))], ids=["here", "isolated"])
def test_damaged_files(tmp_path: Path, number: int, options: tuple[str, ...]) -> None:
    done = fuzz("--cases", number, "--keep", tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{number} files in \d+ s, seed 1: 0 not withstood", done.stdout)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_same_files_for_the_same_seed(tmp_path: Path) -> None:
    options = ("--cases", 12, "--seed", 5, "--show", "named", "--show", "verified")
    for name in ("one", "two"):
        assert fuzz(*options, "--keep", tmp_path / name).returncode == 0
    first = {
        each.relative_to(tmp_path / "one"): each.read_bytes()
        for each in (tmp_path / "one").rglob("*")
        if each.is_file() and each.name != "seen.json"
    }
    assert len(first) >= 12
    for path, data in first.items():
        assert (tmp_path / "two" / path).read_bytes() == data
