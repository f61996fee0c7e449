# SPDX-License-Identifier: MIT
"""Tables in Markdown, what they were measured on, and their place in benchmarks/README.md."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Section:
    """A heading, what the tables show, and the tables."""

    title: str
    note: str
    tables: Sequence[str]

    def __str__(self) -> str:
        return "\n\n".join([f"## {self.title}", self.note, *self.tables])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def significant(value: float) -> str:
    """Three digits, never an exponent."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{3 if value < 1 else digits}f}"


def milliseconds(seconds: float) -> str:
    return significant(1e3 * seconds)


def cpu_name() -> str:
    """The model of the processor, as well as the system knows it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line.partition(":") for line in info.read_text().splitlines()]
        facts = {name.strip(): value.strip() for name, _, value in lines}
        if "model name" in facts:
            family, model = facts.get("cpu family", "?"), facts.get("model", "?")
            return f"{facts['model name']} (family {family}, model {model})"
    return platform.processor() or platform.machine()


def versions(distributions: Iterable[str]) -> str:
    """Those that are installed, with their versions."""
    found = []
    for name in distributions:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{name} {importlib.metadata.version(name)}")
    return ", ".join(found)


def machine(config: Mapping[str, Any], distributions: Iterable[str] = ("numpy",)) -> str:
    """What the figures were measured on and with; `config` is of the build that was measured."""
    return (
        f"CPU: {cpu_name()}, {config['usable_cpus']} usable; kernels: {config['isa']} "
        f"of {', '.join(config['isas'])}; threads: {config['threads']}; "
        f"compiler: {config['compiler']} ({config['build_type']}); "
        f"ndreg_preeval {config['version']}, Python {config['python']}, {versions(distributions)}."
    )


def write(name: str, text: str) -> None:
    """Put a text between the two markers of this name in benchmarks/README.md."""
    begin, end = f"<!-- {name} begins -->", f"<!-- {name} ends -->"
    before, found, rest = README.read_text(encoding="utf-8").partition(begin)
    _, also, after = rest.partition(end)
    if not found or not also:
        raise ValueError(f"{README} has no markers '{begin}' and '{end}'")
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
