# SPDX-License-Identifier: MIT
"""Every block in every page has a language, and is run by `nox -s docs` or says why not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.programs import ROOT, load

pages = load("pages")


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_follow_the_rules(page: Path) -> None:
    for block in pages.blocks(page.read_text()):
        if block.language in pages.SHELL and not block.reason:
            bash = shutil.which("bash")
            if bash:
                subprocess.run([bash, "-n", "-c", block.text], check=True)


def test_all_pages_are_looked_at() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0 or not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    assert set(listed.stdout.split()) <= {str(page.relative_to(ROOT)) for page in pages.pages()}


def test_what_is_run_is_what_is_shown(tmp_path: Path) -> None:
    script = pages.script_of(ROOT / "docs" / "hpc.md", tmp_path)
    assert "pip install --no-index --find-links parcel ndreg_preeval\n" in script
    assert re.search(r"echo 'docs/hpc.md:\d+: not run: needs Slurm'", script)
    assert "srun" not in script
    assert pages.script_of(ROOT / "docs" / "method.md", tmp_path) == ""


FENCE = "```"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{FENCE}\na\n{FENCE}\n", "line 1: a block in no language"),
        (f"\n{FENCE}klingon\n$ a\n{FENCE}\n", "line 2: a block in klingon"),
        (f"<!-- not run: needs a robot -->\n\n{FENCE}sh\na\n{FENCE}\n", "line 1: 'not run' belongs directly above"),
        (f"<!-- not run: needs a robot -->\n{FENCE}cpp\na\n{FENCE}\n", "line 2: blocks in cpp are not run anyway"),
        (f"{FENCE}sh\na\n", "line 1: the block has no end"),
    ],
)  # fmt: skip
def test_faults_are_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(pages.blocks(text))


def test_marked_blocks_have_their_reason() -> None:
    text = f"a\n<!-- not run: needs a robot -->\n{FENCE}sh\nwalk\n{FENCE}\n{FENCE}python\nrun()\n{FENCE}\n"
    assert list(pages.blocks(text)) == [(3, "sh", "walk\n", "needs a robot"), (6, "python", "run()\n", "")]
