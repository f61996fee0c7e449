# SPDX-License-Identifier: MIT
"""Extras: each promises something that `nox -s extras` tries, and asks others for extras that they have."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.support.programs import ROOT, load

promises = load("promises")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def test_every_extra_has_a_promise() -> None:
    assert set(promises.PROMISES) == {"", *EXTRAS}


def extras_of_others() -> Iterator[tuple[str, str]]:
    for requirement in (each for requirements in EXTRAS.values() for each in requirements):
        found = re.match(r"([\w.-]+)\[([^]]+)\]", requirement)
        if found:
            yield from ((found[1], extra.strip()) for extra in found[2].split(","))


@pytest.mark.parametrize(("package", "extra"), sorted(set(extras_of_others())))
def test_extras_are_spelt_as_their_metadata_have_them(package: str, extra: str) -> None:
    """pip before 23.3, which `python -m venv` of Python 3.11 brings, does not find them otherwise."""
    if package == PROJECT["name"]:
        assert extra in EXTRAS
        return
    try:
        metadata = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed; nox -s extras looks at it")
    assert extra in (metadata.get_all("Provides-Extra") or [])


def test_a_promise_is_asked_for() -> None:
    extras = load("extras")
    extras.check_promises(list(EXTRAS))
    with pytest.raises(SystemExit, match=r"extras without a promise: \['new'\]"):
        extras.check_promises([*EXTRAS, "new"])
    with pytest.raises(SystemExit, match=r"promises without: \['plot'\]"):
        extras.check_promises([extra for extra in EXTRAS if extra != "plot"])
