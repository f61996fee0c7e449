# SPDX-License-Identifier: MIT
"""Docstrings of modules and constants: they name the thing first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(SOURCES.rglob("*.py"))

# A sentence that begins so has its subject elsewhere.
BEGINNINGS = {"What", "Where", "Of", "At", "About", "Why", "Which", "How", "When"}


def beginnings(text: str) -> list[str]:
    """The first word of every sentence."""
    flat = " ".join(text.split())
    return [sentence.split(" ")[0] for sentence in re.split(r"(?<=[.:;!?])\s+(?=[A-Z])", flat)]


def constants(tree: ast.Module) -> Iterator[str]:
    """Docstrings below the names of a module."""
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(before, ast.Assign | ast.AnnAssign) and isinstance(after, ast.Expr):
            assert isinstance(after.value, ast.Constant)
            yield str(after.value.value)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(SOURCES)))
def test_docstrings_name_the_thing(file: Path) -> None:
    tree = ast.parse(file.read_text())
    text = ast.get_docstring(tree)
    assert text, "a module says what it is"
    assert not BEGINNINGS & set(beginnings(text)), text
    for each in constants(tree):
        assert beginnings(each)[0] not in BEGINNINGS, each


def test_sentences_are_found() -> None:
    assert beginnings("Places of pixels. Of these\nsome lie: Where? here; no") == ["Places", "Of", "Where?"]
