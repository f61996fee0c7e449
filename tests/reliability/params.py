# SPDX-License-Identifier: MIT
"""Cases as pytest parameters."""

from __future__ import annotations

from typing import Any

import pytest

from .catalogue import SECTIONS
from .runner import Runner, missing
from .table import Case


def params(section: str) -> list[Any]:
    """The cases of a section, marked when slow."""
    return [
        pytest.param(case, id=case.id, marks=[pytest.mark.slow] if case.slow else [])
        for case in SECTIONS[section].cases.values()
    ]


def verify(runner: Runner, case: Case) -> None:
    """Run a case; skip it where an optional package is not installed."""
    absent = missing(case)
    if absent:
        pytest.skip(f"needs {', '.join(absent)}")
    verdict = runner.run(case)
    assert not verdict.complaint, f"{case.id} ({case.what}): {verdict.complaint}"
