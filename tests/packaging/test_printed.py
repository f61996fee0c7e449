# SPDX-License-Identifier: MIT
"""What the pages show as printed is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.programs import ROOT, load

printed = load("printed")

PAGES = [page for page in printed.pages() if printed.examples(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_shown_is_printed(page: Path, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    pytest.importorskip("matplotlib")
    for block in printed.examples(page):
        wrong = printed.difference(block.text, printed.printed(block, tmp_path))
        assert not wrong, f"line {block.line}: {wrong}; run python tools/printed.py"


def test_quotations_are_what_the_program_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("h5py")
    from ndreg_preeval.cli import main
    from ndreg_preeval.cli.demo import make_demo

    text = " ".join((ROOT / "README.md").read_text().split())
    quoted = [found[1] for words in ("`ranking.trust` says it in words", "`stack.reasons` why a stack lost")
              if (found := re.search(re.escape(words) + r' \("([^"]+)"\)', text))]  # fmt: skip
    assert len(quoted) == 2
    monkeypatch.delenv("COLUMNS", raising=False)
    assert main(["rank", make_demo(tmp_path / "demo.h5").uri]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for each in quoted:
        assert printed.NUMBER.sub("#", each) in printed.NUMBER.sub("#", said)


def test_there_are_examples_of_each_command() -> None:
    commands = {command.split()[1] for page in PAGES for block in printed.examples(page)
                for command in printed.commands_of(block)}  # fmt: skip
    assert {"demo", "rank", "find"} <= commands


@pytest.mark.parametrize(
    ("shown", "found", "wrong"),
    [
        ("a  0.9970\nb", "a  0.9968\nb", ""),
        ("rank  1.0", "rank   10.0", "shown is"),
        ("1 stack", "1 stacks", "shown is"),
        ("20 images", "22 images", "shown is"),
        ("a\nb", "a", "shown is 'b', printed is ''"),
        ("a", "a\n\nb", "2 lines are missing"),
        ("-----  --", "----  --", ""),
    ],
)
def test_differences_are_found(shown: str, found: str, wrong: str) -> None:
    told = printed.difference(shown, found)
    assert told.startswith(wrong)
    assert bool(told) == bool(wrong)


def test_a_page_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "Before.\n\n```console\n$ ndreg-preeval --version\n{}```\n\nAfter.\n"
    page.write_text(text.format("0.0.0\nand more\n"))
    import ndreg_preeval

    assert printed.updated(page) == text.format(f"{ndreg_preeval.__version__}\n")


@pytest.mark.parametrize("lines", ["", "ndreg-preeval\n", "$ rm -r x\n"])
def test_blocks_hold_commands_of_the_package(tmp_path: Path, lines: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```console\n{lines}```\n")
    with pytest.raises(ValueError, match="line 1: "):
        printed.commands_of(printed.examples(page)[0])
