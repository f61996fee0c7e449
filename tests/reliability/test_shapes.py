# SPDX-License-Identifier: MIT
"""Cases of the section `shapes`."""

from __future__ import annotations

import pytest

from .params import params, verify
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", params("shapes"))
def test_shapes(case: Case, runner: Runner) -> None:
    verify(runner, case)
