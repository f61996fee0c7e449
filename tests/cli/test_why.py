# SPDX-License-Identifier: MIT
"""The option --why: reasons in full below the table, and no URI taken for a name in silence."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import h5py
import numpy as np
import pytest

from ndreg_preeval.cli import main
from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.text import columns

HINT = "Reasons in full: --why, or --why STACK."


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("why") / "demo.h5", n_images=8)


@pytest.fixture
def call(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    def called(*arguments):
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return called


def without_warnings(err):
    return "".join(line for line in err.splitlines(keepends=True) if not line.startswith("warning: "))


def headings(out):
    """Names of the stacks whose reasons are shown."""
    return [line.partition(":")[0] for line in out.splitlines() if ": rank " in line]


def test_the_table_fits_and_says_where_reasons_are(demo, call, monkeypatch):
    for width in (40, 60, 80, 120, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        code, out, _ = call("rank", demo.uri)
        assert code == 0
        assert max(map(columns, out.splitlines())) <= width
        assert HINT in " ".join(out.split())
    monkeypatch.delenv("COLUMNS")
    _, out, _ = call("rank", demo.uri)  # no terminal: nothing is cut
    assert "..." not in out
    assert HINT not in out


def test_reasons_of_all_or_of_some_below_the_table(demo, call):
    _, table, _ = call("rank", demo.uri)
    _, every, _ = call("rank", demo.uri, "--why")
    assert every.startswith(table.replace(HINT + "\n", ""))
    assert sorted(headings(every)) == sorted(demo.names)
    assert all(columns(line) <= 80 for line in every.splitlines())
    for words in (("--why", "Ca-K", "--why", "Fe-K"), ("--why=Ca-K", "--why=Fe-K", "--why=Ca-K")):
        code, out, _ = call("rank", demo.uri, *words)
        assert (code, headings(out)) == (0, ["Ca-K", "Fe-K"])
    assert headings(call("rank", "--why", "Fe-K", demo.uri)[1]) == ["Fe-K"]
    assert call("rank", demo.uri, "--why", "--why", "Fe-K")[1] == every


def test_a_uri_is_never_taken_for_a_name_in_silence(demo, call, tmp_path):
    _, every, _ = call("rank", demo.uri, "--why")
    assert call("rank", "--why", demo.uri)[1] == every  # there is no other URI
    copy = tmp_path / "copy.h5"
    copy.write_bytes(Path(demo.path).read_bytes())
    for first in (copy, f"{copy}::/entry", f"{tmp_path}/*.h5", f"Ca={copy}"):
        code, out, err = call("rank", "--why", first, demo.uri)
        assert (code, out) == (2, "")
        assert "stands in the place of a stack's name" in err
    code, out, err = call("rank", f"--why={copy}", demo.uri)  # meant so
    assert code == 2
    assert "no stack is called" in err
    folder = tmp_path / "Ca"
    folder.mkdir()
    code, out, err = call("rank", "--why", folder, demo.uri)
    assert code == 2
    assert "is a folder: if it is to be ranked, write it before --why" in err


def test_no_uri(call):
    for words in ((), ("--why",), ("--why", "a", "--why", "b")):
        code, out, err = call("rank", *words)
        assert (code, out) == (2, "")
        assert "required: URI" in err


def test_an_unknown_stack_is_wrong_usage_and_costs_nothing_that_was_computed(demo, call, tmp_path):
    path = tmp_path / "a.json"
    code, out, err = call("rank", demo.uri, "--why", "Ca-J", "--why", "Fe-K", "--json", path)
    assert code == 2
    assert (
        without_warnings(err)
        == "ndreg-preeval rank: error: --why: no stack is called 'Ca-J'; did you mean 'Ca-K'?\n"
    )
    assert out.startswith("Reference stack: Ca-K")
    assert headings(out) == ["Fe-K"]
    assert json.loads(path.read_text())["reference_stack"] == "Ca-K"
    assert "did you mean 'Ca-K'" in call("rank", demo.uri, "--why", "ca-k")[2]
    assert "the stacks are 'Ca-K'" in call("rank", demo.uri, "--why", "zirconium")[2]


def test_standard_output_stays_for_data(demo, call):
    code, out, err = call("rank", demo.uri, "--why", "Cr-K", "--json", "-")
    assert code == 0
    assert json.loads(out)["reference_stack"] == "Ca-K"
    assert headings(err) == ["Cr-K"]
    code, out, err = call("rank", demo.uri, "--why", "Cr-K", "--quiet")
    assert (code, err) == (0, "")
    assert out.startswith("Cr-K: rank ")


def test_names_with_blanks_lines_and_failed_stacks(call, tmp_path):
    rng = np.random.default_rng(3)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["Ca map"] = rng.random((3, 32, 32))
        file["two\nlines"] = rng.random((3, 32, 32))
    uris = [f"{tmp_path}/a.h5::/Ca map", f"{tmp_path}/a.h5::/two\nlines", f"{tmp_path}/a.h5::/none"]
    rank = ("rank", *uris, "--on-error", "rank_last")
    assert headings(call(*rank, "--why", "Ca map")[1]) == ["Ca map"]
    for name in ("two\nlines", "two\\nlines"):
        assert headings(call(*rank, "--why", name)[1]) == ["two\\nlines"]
    code, out, _ = call(*rank, "--why", "none")
    assert code == 0
    assert "none: not read, ranked last" in out
    assert "no reasons" not in out


def test_a_stack_that_was_chosen_has_no_reasons(demo, call):
    code, out, err = call("rank", demo.uri, "--reference-stack", "Ca-K", "--why", "Ca-K")
    assert (code, err) == (0, "")
    assert out.endswith("\nNo reasons: no ranking was computed.\n")


def test_warnings_and_records_fit_the_terminal(demo):
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "ndreg_preeval", "rank", "-v", demo.uri]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=300, check=True
    )
    os.close(theirs)
    text = os.read(ours, 1 << 16).decode()
    os.close(ours)
    lines = [re.sub(r"\x1b\[\w*", "", line.rpartition("\r")[2]) for line in text.split("\r\n")]  # no bar
    for kind in ("warning: ", "info: "):
        first = next(i for i, line in enumerate(lines) if line.startswith(kind))
        assert lines[first + 1].startswith("  ")
    assert max(map(columns, lines)) <= 50
    assert done.stdout.startswith(b"Reference stack: Ca-K")
