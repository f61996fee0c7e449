# SPDX-License-Identifier: MIT
"""Cases of the section `behave`."""

from __future__ import annotations

import pytest

from .params import params, verify
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", params("behave"))
def test_behave(case: Case, runner: Runner) -> None:
    verify(runner, case)
