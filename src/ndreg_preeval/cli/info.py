# SPDX-License-Identifier: MIT
"""The command info: this build, other libraries with what each brings, and the extras that install them."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..installation import (
    EXTRAS,
    LIBRARIES,
    build_config,
    get_cmake_dir,
    get_include,
    get_pkgconfig_dir,
    install_command,
    state_of,
)
from ..text import terminal_width
from .help_layout import NARROWEST

UNBROKEN: Final = "\N{NO-BREAK SPACE}"

UNLIMITED: Final = 10**6
"""Columns where the output is no terminal: every fact on one line."""


def info(arguments: Namespace) -> int:
    """Print versions, paths, the build and other libraries; exit code."""
    facts = _facts()
    if arguments.json:
        import json

        print(json.dumps(facts | {"libraries": _libraries(), "extras": EXTRAS}, indent=1))
        return 0
    width = max(NARROWEST, terminal_width() or UNLIMITED)
    print("\n".join(_lines(facts, width)))
    return 0


def fact(name: str) -> str:
    """Text that `--version`, `--includes`, `--cmakedir` or `--pkgconfigdir` prints."""
    match name:
        case "version":
            return str(build_config()["version"])
        case "includes":
            return f"-I{get_include()}"
        case "cmakedir":
            return get_cmake_dir()
        case _:
            return get_pkgconfig_dir()


def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = dict(build_config())
    facts["package"] = str(Path(__file__).resolve().parents[1])
    folders = {"include": get_include, "cmake": get_cmake_dir, "pkgconfig": get_pkgconfig_dir}
    for name, folder in folders.items():
        try:
            facts[name] = folder()
        except FileNotFoundError:
            facts[name] = "not installed"
    return {library.distribution: str(state_of(library)) for library in LIBRARIES if library.needed} | facts


def _libraries() -> list[dict[str, Any]]:
    """Every library, as JSON has it."""
    listed = []
    for library in LIBRARIES:
        state = state_of(library)
        listed.append(
            {
                "name": library.distribution,
                "found": state.found,
                "version": state.version or None,
                "problem": state.problem or None,
                "needed": library.needed,
                "brings": library.brings,
                "extras": list(library.extras),
            }
        )
    return listed


def _lines(facts: dict[str, Any], width: int) -> Iterator[str]:
    own = {
        name: value for name, value in facts.items() if name not in {each.distribution for each in LIBRARIES}
    }
    column = max(map(len, own)) + 2
    for name, value in own.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        yield from _wrapped(f"{name:<{column}}", shown, width)
    names = max(len(library.distribution) for library in LIBRARIES) + 4
    for title, needed in (("Needed libraries", True), ("Optional libraries", False)):
        yield ""
        yield f"{title}:"
        for library in LIBRARIES:
            if library.needed == needed:
                state = state_of(library)
                mark = " " if state.found else "-"
                told = f"{state}: {library.brings}" if state.found else f"{library.brings} ({state})"
                if not state.found:
                    told += f"; {_way(library.extras, library.distribution)}"
                yield from _wrapped(f"{mark} {library.distribution}".ljust(names), told, width)
    yield ""
    yield f"Extras, as in {install_command('plot')}:"
    for extra, purpose in EXTRAS.items():
        yield from _wrapped(f"  {extra}".ljust(names), purpose, width)


def _way(extras: tuple[str, ...], distribution: str) -> str:
    # With blanks at which no line is broken: it is to be copied.
    return (install_command(extras[0]) if extras else f"pip install {distribution}").replace(" ", UNBROKEN)


def _wrapped(head: str, text: str, width: int) -> list[str]:
    """Text beside its name, and on further lines below itself; a path or command is not broken."""
    below = " " * min(len(head), width // 3)
    lines = textwrap.wrap(
        text or "-",
        width,
        initial_indent=head,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(UNBROKEN, " ") for line in lines]
