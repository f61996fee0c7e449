# SPDX-License-Identifier: MIT
"""Completion of commands, in a real shell where there is one, and the manual page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ndreg_preeval.cli.completion import MAN_PAGE, SHELLS
from ndreg_preeval.cli.main import main
from ndreg_preeval.cli.parser import make_parser
from tests.support.programs import load


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_name_commands_options_and_methods(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    script = printed(capsys, "completion", shell)
    for word in ("rank", "find", "demo", "info", "completion", "max-shift", "peak_to_mean", "rank_last"):
        assert word in script


def bash_completes(script: Path, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last of some words."""
    line = " ".join(words)
    asked = (
        f"source {script}; COMP_WORDS=({' '.join(map(repr, words))}); COMP_CWORD={len(words) - 1}; "
        f"COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; COMPREPLY=(); "
        "complete -p ndreg-preeval >&2; "
        "function=$(complete -p ndreg-preeval | sed 's/.*-F \\([^ ]*\\).*/\\1/'); "
        f"$function ndreg-preeval {words[-1]!r} {words[-2]!r}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    command = ["bash", "--noprofile", "--norc", "-c", asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, cwd=folder)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    script = tmp_path / "completion"
    script.write_text(printed(capsys, "completion", "bash"))
    (tmp_path / "scan.h5").touch()

    def offered(*words: str) -> list[str]:
        return bash_completes(script, tmp_path, "ndreg-preeval", *words)

    assert offered("r") == ["rank"]
    assert set(make_parser().commands) <= set(offered(""))
    assert offered("rank", "--max") == ["--max-shift"]
    assert offered("rank", "--method", "pe") == ["peak_to_mean"]
    assert offered("rank", "sc") == ["scan.h5"]
    assert "scan.h5" in offered("rank", "scan.h5", "--mask", "sc")
    assert offered("find", "sc") == ["scan.h5"]
    assert offered("completion", "z") == ["zsh"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_shells_read_their_scripts(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script = tmp_path / "script"
    script.write_text(printed(capsys, "completion", shell))
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_without_shtab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert 'pip install "ndreg_preeval[completion]"' in err


def test_a_shell_that_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bsh"]) == 2
    assert "did you mean bash?" in capsys.readouterr().err


def test_the_manual_page_is_that_of_the_parser(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("argparse_manpage")
    page = load("man_page").man_page()
    assert printed(capsys, "man") == page, "options have changed: python tools/man_page.py"
    assert page == MAN_PAGE.read_text(encoding="utf-8")
    for command, parser in make_parser().commands.items():
        assert f"preeval {command}" in page
        for flag in parser.flags:
            if flag not in ("-h", "--help"):
                assert flag.replace("-", "\\-") in page, flag


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_man_reads_the_page() -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", "-z", str(MAN_PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
