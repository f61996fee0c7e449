# SPDX-License-Identifier: MIT
"""Docstrings of the public names under numpydoc's checks, those that pyproject.toml asks for."""

from __future__ import annotations

import inspect
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from numpydoc.validate import ERROR_MSGS, validate

import ndreg_preeval

ROOT = Path(__file__).resolve().parent.parent

NOT_MADE_BY_CALLERS = {"Ranking", "StackScore"}
"""Results: their docstrings list attributes, and no parameters (PR01)."""


def checks() -> set[str]:
    """Codes of the checks that are asked for: all but those listed, or those listed, as numpydoc reads them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["numpydoc_validation"]
    listed = set(config["checks"])
    return set(ERROR_MSGS) - listed if "all" in listed else listed


def public_names() -> Iterator[str]:
    """Functions and classes of the package, and their public methods and properties, inherited ones too."""
    for name in ndreg_preeval.__all__:
        value = getattr(ndreg_preeval, name)
        if not callable(value):
            continue
        yield name
        # An exception has methods of Python's own.
        if inspect.isclass(value) and not issubclass(value, Exception):
            for member, found in inspect.getmembers(value):
                # Nor is what a mapping inherits ours.
                if getattr(found, "__module__", "") == "collections.abc" or member.startswith("_"):
                    continue
                if callable(found) or isinstance(found, property):
                    yield f"{name}.{member}"


def complaints() -> Iterator[str]:
    """What the checks find, a line each."""
    asked = checks()
    for name in public_names():
        for code, message in validate(f"ndreg_preeval.{name}")["errors"]:
            if code in asked and not (code == "PR01" and name in NOT_MADE_BY_CALLERS):
                yield f"ndreg_preeval.{name}: {code} {message}"


def main() -> int:
    """Print the complaints; 1 where there are some."""
    found = list(complaints())
    print("\n".join(found) or f"numpydoc: {len(list(public_names()))} docstrings are as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
