# SPDX-License-Identifier: MIT
"""The three commands."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import json
import sys
import tempfile
from pathlib import Path

from . import tell
from .cases import PARTS
from .values import as_text, values

Record = dict[str, list[str]]


def record(only: str) -> Record:
    """All cases, or those whose names hold some words, each in a folder of its own."""
    found: Record = {}
    for part, cases in PARTS.items():
        for name, work in cases():
            if only in (full := f"{part}: {name}"):
                assert full not in found, full
                with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                    found[full] = tell.outcome(work)
    return found


def differences(before: Record, after: Record) -> list[str]:
    """What differs, case by case."""
    lines = []
    for name in dict.fromkeys([*before, *after]):
        lines += difflib.unified_diff(
            before.get(name, []), after.get(name, []), name, "now", lineterm="", n=1
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recorder", description=__doc__)
    parser.add_argument("command", choices=["record", "compare", "values"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", default="", metavar="WORDS", help="cases whose names hold these words")
    arguments = parser.parse_args()
    if arguments.command == "values":
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            few = values()
        arguments.file.write_text(as_text(few))
        return 0
    found = record(arguments.only)
    if arguments.command == "record":
        arguments.file.write_text(json.dumps(found, indent=0))
        print(f"{len(found)} cases recorded")
        return 0
    before = json.loads(arguments.file.read_text())
    lines = differences({name: each for name, each in before.items() if arguments.only in name}, found)
    print("\n".join(lines) if lines else f"nothing changed in {len(found)} cases")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
