# SPDX-License-Identifier: MIT
"""Cases of the section `h5`."""

from __future__ import annotations

import pytest

from .params import params, verify
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", params("h5"))
def test_h5(case: Case, runner: Runner) -> None:
    verify(runner, case)
