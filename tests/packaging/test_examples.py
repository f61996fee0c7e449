# SPDX-License-Identifier: MIT
"""Examples in the docstrings of the public functions and classes."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

import ndreg_preeval

WITH_EXAMPLES = ("StackRanker", "StackScorer", "find_stacks", "rank_stacks", "score_stack")


def examples_of(name: str) -> list[doctest.DocTest]:
    # Public classes say that they are of the package; doctest would look for them there alone.
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(getattr(ndreg_preeval, name), name, module=False, globs={})  # type: ignore[arg-type]
    return [each for each in found if each.examples]


@pytest.mark.parametrize("name", [name for name in ndreg_preeval.__all__ if not name.startswith("_")])
def test_examples_are_true(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "find_stacks":
        pytest.importorskip("h5py")
    found = examples_of(name)
    assert bool(found) or name not in WITH_EXAMPLES
    for each in found:
        assert not any(doctest.SKIP in example.options for example in each.examples)
        result: Any = doctest.DocTestRunner().run(each)
        assert result.attempted == len(each.examples)
        assert result.failed == 0, capsys.readouterr().out
