# SPDX-License-Identifier: MIT
"""The pages as a reader follows them: `nox -s docs`.

Each page is followed in a copy of the checkout of its own, with an empty environment that is active and
an empty home: its blocks of commands and of Python in their order, as in one terminal. A block that is
not followed says why in a line of its own directly above: ``<!-- not run: needs Slurm -->``.
`tests/packaging/test_pages.py` holds every page against these rules without running anything.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from commands import ROOT, new_venv, user_environment

FOLDERS: Final = ("docs", "benchmarks", "cpp", "src", "tests", "third_party", "tools", ".github")
SHELL: Final = ("sh", "bash")
FOLLOWED: Final = (*SHELL, "python")
SHOWN: Final = ("c", "cmake", "console", "cpp", "ini", "json", "julia", "text", "toml", "yaml")
"""Languages of blocks that are there to be read; `printed.py` compares those of a console."""

FENCE: Final = re.compile(r" *(`{3,}|~{3,})(.*)")
MARKER: Final = re.compile(r" *<!-- not run: (\S.*) -->")


class Block(NamedTuple):
    """A fenced block."""

    line: int
    """Of its first fence, the first line of a page being 1."""
    language: str
    text: str
    reason: str
    """Why it is not run; empty where it is."""


def pages() -> list[Path]:
    """Every page of the checkout."""
    found = [*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))]
    return sorted(found)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a page.

    Raises
    ------
    ValueError
        For a block without a language, or with one that nobody knows; a marker without a block; a block
        without an end.
    """
    lines = text.splitlines()
    at, reason = 0, ""
    while at < len(lines):
        marker, fence = MARKER.fullmatch(lines[at]), FENCE.fullmatch(lines[at])
        at += 1
        if reason and not fence:
            raise ValueError(f"line {at - 1}: 'not run' belongs directly above a block")
        if fence is None:
            reason = marker[1] if marker else ""
            continue
        start, language = at, fence[2].strip()
        if language not in (*FOLLOWED, *SHOWN):
            raise ValueError(f"line {start}: a block in {language or 'no language'}, not in one of "
                             f"{', '.join((*FOLLOWED, *SHOWN))}")  # fmt: skip
        if reason and language not in FOLLOWED:
            raise ValueError(f"line {start}: blocks in {language} are not run anyway")
        while at < len(lines) and lines[at].strip() != fence[1]:
            at += 1
        if at == len(lines):
            raise ValueError(f"line {start}: the block has no end")
        yield Block(start, language, "\n".join(lines[start:at]) + "\n", reason)
        at, reason = at + 1, ""


def script_of(page: Path, folder: Path) -> str:
    """What a reader types: all blocks that are to be followed, each announced by its place."""
    parts = []
    for block in blocks(page.read_text()):
        if block.language not in FOLLOWED:
            continue
        place = f"{page.relative_to(ROOT)}:{block.line}"
        if block.reason:
            parts.append(f"echo {shlex.quote(f'{place}: not run: {block.reason}')}\n")
            continue
        parts.append(f"echo {shlex.quote(f'{place}: followed')}\n")
        if block.language in SHELL:
            parts.append(f"{{ set -x; }} 2> /dev/null\n{block.text}{{ set +x; }} 2> /dev/null\n")
        else:
            name = folder / f"block{block.line}.py"
            name.write_text(block.text)
            parts.append(f"python {shlex.quote(str(name))}\n")
    return "set -euo pipefail\n" + "".join(parts) if parts else ""


def copy_checkout(folder: Path) -> None:
    """A clone of the checkout, with what is not committed yet."""

    def git(*words: str | Path) -> str:
        done = subprocess.run(["git", *map(str, words)], cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout

    git("clone", "--quiet", "--no-hardlinks", ROOT, folder)
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def follow(page: Path, *, loud: bool) -> bool:
    """Follow a page; tells whether every command of it succeeded."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = script_of(page, folder)
        if not script:
            return True
        start = time.monotonic()
        copy_checkout(folder / "clone")
        (folder / "home").mkdir()
        programs = new_venv(folder / "environment").parent
        environment = user_environment(folder / "home") | {
            "VIRTUAL_ENV": str(folder / "environment"),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder / "clone",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=None if loud else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told = re.findall(r"^\S+\.md:\d+: (?:followed|not run.*)$", done.stdout or "", re.MULTILINE)
        if done.returncode:
            told.append((done.stdout or "")[-4000:])
        verdict = f"ended with {done.returncode}" if done.returncode else "works"
        seconds = time.monotonic() - start
        print("\n".join([*told, f"{page.relative_to(ROOT)}: {verdict} ({seconds:.0f} s)"]), flush=True)
        return done.returncode == 0


def main() -> None:
    """All pages, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, help="all without any")
    parser.add_argument("--loud", action="store_true", help="show what the commands print")
    arguments = parser.parse_args()
    chosen = [page.resolve() for page in arguments.pages] or pages()
    failed = [str(page.relative_to(ROOT)) for page in chosen if not follow(page, loud=arguments.loud)]
    if failed:
        raise SystemExit(f"do not work as written: {', '.join(failed)}")


if __name__ == "__main__":
    main()
