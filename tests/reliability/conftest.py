# SPDX-License-Identifier: MIT
"""One runner for all sections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .runner import Runner


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than two seconds")


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner() as running:
        yield running
