# SPDX-License-Identifier: MIT
"""How much of what others can import has a known type, by `pyright --verifytypes`; fails below what is promised."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

PACKAGE: Final = "ndreg_preeval"
PROMISED: Final = 0.99
"""Smallest part of the names that have a known type. All modules count: pyright knows no other line than underscores."""


def measured() -> dict[str, Any]:
    """Return pyright's report on the package that is installed beside this Python."""
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(
        [*command, "--ignoreexternal", "--verifytypes", PACKAGE], capture_output=True, text=True, check=False
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    except (ValueError, KeyError) as error:
        raise SystemExit(f"pyright gave no report: {done.stderr or done.stdout}") from error
    return report


def what_is_missing(report: dict[str, Any]) -> list[str]:
    """Return the names without a known type, each with the first reason."""
    missing = []
    for symbol in report["symbols"]:
        if symbol["isExported"] and not symbol["isTypeKnown"]:
            reasons = [each["message"].splitlines()[0] for each in symbol["diagnostics"]]
            missing.append(f"{symbol['name']}: {reasons[0] if reasons else 'no reason given'}")
    return missing


def main() -> int:
    """Print the score and what is missing; return the exit status."""
    report = measured()
    counts = report["exportedSymbolCounts"]
    score = float(report["completenessScore"])
    # Not all of these need to be mended: classes of packages without types have no known ones.
    for line in what_is_missing(report):
        print(line)
    print(
        f"types are known of {counts['withKnownType']} of {sum(counts.values())} names: {100 * score:.1f} %"
    )
    # An empty report would be complete, too.
    return (
        0 if score >= PROMISED and f"{PACKAGE}.rank_stacks" in {s["name"] for s in report["symbols"]} else 1
    )


if __name__ == "__main__":
    sys.exit(main())
