# SPDX-License-Identifier: MIT
"""The runner notices every way to fail; otherwise none of the other tests would mean anything."""

from __future__ import annotations

import pytest

from .cases.selftest import selftest
from .catalogue import CASES, SECTIONS
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", selftest.cases.values(), ids=lambda case: case.id)
def test_verdict(case: Case, runner: Runner) -> None:
    complaint = runner.run(case).complaint
    if case.what:
        assert case.what in complaint
    else:
        assert not complaint


def test_the_list_is_complete() -> None:
    counts = {name: len(section.cases) for name, section in SECTIONS.items()}
    expected = {
        "shapes": 27,
        "values": 23,
        "dtypes": 27,
        "arrays": 33,
        "names": 16,
        "uri": 60,
        "h5": 79,
        "behave": 55,
    }
    assert counts == expected
    assert len(CASES) == 320
