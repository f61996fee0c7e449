# SPDX-License-Identifier: MIT
"""Cases of the section `uri`."""

from __future__ import annotations

import pytest

from .params import params, verify
from .runner import Runner
from .table import Case


@pytest.mark.parametrize("case", params("uri"))
def test_uri(case: Case, runner: Runner) -> None:
    verify(runner, case)
