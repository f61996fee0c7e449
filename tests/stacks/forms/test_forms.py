# SPDX-License-Identifier: MIT
"""Each row of docs/forms.md gives the very numbers of the arrays, in Python and on the command line."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import cli
from tests.support.round_trips import assert_comes_back

from . import held_by_objects, in_files, in_memory, in_programs, of_libraries, of_microscopes
from .table import MAKERS, Row, rows, two_stacks

ROWS = rows()
MODULES = (held_by_objects, in_files, in_memory, in_programs, of_libraries, of_microscopes)


def named(row: Row) -> str:
    return row.form


def expected(row: Row) -> ndreg_preeval.Ranking:
    return ndreg_preeval.rank_stacks(two_stacks(row.form))


def test_every_row_has_a_maker_and_every_maker_a_row() -> None:
    assert {row.form for row in ROWS} == set(MAKERS)
    assert len(ROWS) == len(MAKERS)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_python(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = MAKERS[row.form](tmp_path, two_stacks(row.form)) or {}
    monkeypatch.chdir(tmp_path)
    functions: dict[str, Any] = {"rank_stacks": ndreg_preeval.rank_stacks, "np": np, "Path": Path}
    ranking = eval(row.python, functions | names)
    for name in ("Ca", "Fe"):
        stack, of_array = ranking.stacks[name], expected(row).stacks[name]
        assert stack.score == of_array.score
        for quantity in ("shifts", "probability", "peak", "mean", "opinion", "flags"):
            np.testing.assert_array_equal(getattr(stack, quantity), getattr(of_array, quantity), quantity)
    assert list(ranking.stacks) == ["Ca", "Fe"]
    back = assert_comes_back(ranking)
    assert ndreg_preeval.rank_stacks(
        two_stacks(row.form), options=ranking.options
    ) == ndreg_preeval.rank_stacks(two_stacks(row.form), options=back.options)
    for each, stack in zip(back.provenance.inputs, ranking.values(), strict=True):
        assert (each.uri, each.dtype) == (stack.location, stack.dtype)
        assert (each.files > 0, each.size is not None) == (bool(each.uri),) * 2


@pytest.mark.parametrize("row", [row for row in ROWS if row.shell], ids=named)
def test_shell(row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    MAKERS[row.form](tmp_path, two_stacks(row.form))
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(row.shell)
    assert program == "ndreg-preeval"
    code = cli.main([*arguments, "--quiet", "--json", "-"])
    text = capsys.readouterr()
    assert code == 0, text.err
    scores = {stack["name"]: stack["score"] for stack in json.loads(text.out)["stacks"]}
    assert scores == {name: stack.score for name, stack in expected(row).stacks.items()}
