# SPDX-License-Identifier: MIT
"""Rankings and errors are what they were when `recorder/expected.json` was written.

After a change that is meant:

    NDREG_PREEVAL_ISA=baseline python -m tests.recorder values tests/recorder/expected.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("h5py")
pytest.importorskip("hdf5plugin")

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = json.loads((ROOT / "tests" / "recorder" / "expected.json").read_text())

# Compilers round differently: (relative, absolute), by the precision of the transforms.
TOLERANCE = {"double": (1e-6, 1e-8), "single": (1e-2, 1e-4)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a process without vectors of this machine finds; it also compares 1 and 2 threads, bit for bit."""
    file = tmp_path_factory.mktemp("values") / "found.json"
    done = subprocess.run(
        [sys.executable, "-m", "tests.recorder", "values", str(file)],
        cwd=ROOT,
        env={**os.environ, "NDREG_PREEVAL_ISA": "baseline"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text())


def assert_close(found: Any, expected: Any, tolerance: tuple[float, float], where: str) -> None:
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
        precision = TOLERANCE.get(expected.get("precision"), tolerance)
        for name, value in expected.items():
            assert_close(found[name], value, precision, f"{where}, {name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for number, value in enumerate(expected):
            assert_close(found[number], value, tolerance, f"{where}, {number}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=tolerance[0], abs=tolerance[1]), where
    else:
        assert found == expected, where


def test_the_same_cases(found: Any) -> None:
    assert list(found) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same(found: Any, name: str) -> None:
    assert_close(found[name], EXPECTED[name], TOLERANCE["double"], name)
