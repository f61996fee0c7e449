# SPDX-License-Identifier: MIT
"""All tests of the core's numbers, once more with every other instruction set.

Signals are left out: that they are heard is the same whatever the instructions.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.isas import ACTIVE, USABLE, VARIABLE

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    "tests/core/test_dtypes.py",
    "tests/core/test_hot_pixel.py",
    "tests/core/test_numbers.py",
    "tests/core/test_shared_image.py",
    "tests/core/test_sizes.py",
    "tests/core/test_threads.py",
    "tests/core/test_properties.py",
    "tests/api/test_scoring.py",
]
OTHERS = [isa for isa in USABLE if isa != ACTIVE]


@pytest.mark.slow
@pytest.mark.skipif(not OTHERS, reason=f"{ACTIVE} is the only instruction set that runs here")
@pytest.mark.parametrize("isa", OTHERS)
def test_numbers(isa: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "not signal", *MODULES],
        cwd=ROOT,
        env={**os.environ, VARIABLE: isa},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    selected = re.search(r"^collected .* (\d+) selected", done.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed", done.stdout.splitlines()[-1])
    assert selected, done.stdout[-2_000:]
    assert passed, done.stdout[-2_000:]
    # nothing was left out: the same tests as with the instruction set in use
    assert int(passed[1]) == int(selected[1]) > 500
