# SPDX-License-Identifier: MIT
"""Examples in the docstrings of the public functions, classes and methods: they run, and none is missing."""

from __future__ import annotations

import doctest
import inspect
import warnings
from pathlib import Path

import pytest

import ndreg_preeval

NEEDS = {
    "find_stacks": "h5py",
    "Ranking.save_nexus": "h5py",
    "Ranking.to_dataframe": "pandas",
    **{f"Ranking.plot{which}": "matplotlib" for which in ("", "_scores", "_images", "_correlogram")},
    **dict.fromkeys(("Ranking.save_html", "StackScore"), "jinja2"),
}
"""Packages that an example needs beyond NumPy."""

SHOWN_ELSEWHERE = {
    "Ranking.to_json",  # beside from_json
    *(
        f"{name}.{method}" for name in ("StackScorer", "StackRanker") for method in ("add", "result")
    ),  # the class's
}
"""Names that need no example of their own."""


def names() -> list[str]:
    """Public functions and classes, and public methods of the classes."""
    found = []
    for name in ndreg_preeval.__all__:
        value = getattr(ndreg_preeval, name)
        if not callable(value):
            continue
        found.append(name)
        if inspect.isclass(value) and not issubclass(value, Exception):
            found += [
                f"{name}.{member}"
                for member, each in inspect.getmembers(value)
                if not member.startswith("_")
                and (inspect.isfunction(each) or inspect.ismethod(each))
                and each.__module__ != "collections.abc"
            ]
    return found


def example_of(name: str) -> doctest.DocTest:
    value = ndreg_preeval
    for part in name.split("."):
        value = getattr(value, part)
    return doctest.DocTestParser().get_doctest(inspect.getdoc(value) or "", {}, name, None, None)


@pytest.mark.parametrize("name", names())
def test_examples_are_true(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = example_of(name)
    assert bool(example.examples) == (name not in SHOWN_ELSEWHERE)
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    assert not any(doctest.SKIP in each.options for each in example.examples)
    monkeypatch.chdir(tmp_path)  # some write files
    with warnings.catch_warnings():
        result = doctest.DocTestRunner().run(example)
    assert result.attempted == len(example.examples)
    assert result.failed == 0, capsys.readouterr().out


def test_every_name_that_needs_no_example_exists() -> None:
    assert set(names()) >= SHOWN_ELSEWHERE | set(NEEDS)
