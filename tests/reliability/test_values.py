# SPDX-License-Identifier: MIT
"""Cases of the section `values`."""

from __future__ import annotations

import pytest

from .params import params, verify
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", params("values"))
def test_values(case: Case, runner: Runner) -> None:
    verify(runner, case)
