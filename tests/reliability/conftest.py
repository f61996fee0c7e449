# SPDX-License-Identifier: MIT
"""One runner for all sections."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from .runner import Runner

if sys.platform != "linux":  # the cases look into /proc and count on fork
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner() as running:
        yield running
