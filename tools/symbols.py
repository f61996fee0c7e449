# SPDX-License-Identifier: MIT
"""What the loader sees of a compiled module or library, as `nm` lists it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from commands import run

OPTIONS: Final = {"linux": ("--dynamic", "--defined-only"), "darwin": ("--extern-only", "--defined-only")}
ENTRY: Final = "PyInit__core"


def shown(file: Path, *, system: str = sys.platform) -> dict[str, str]:
    """Names of the symbols that other modules can see, each with the letter of its kind."""
    nm = shutil.which("nm") or shutil.which("llvm-nm")
    if nm is None:
        raise SystemExit("nm (binutils) is missing: what the loader sees cannot be listed")
    options = OPTIONS[system]
    words = [line.split() for line in run(nm, *options, file).splitlines()]
    prefix = "_" if system == "darwin" else ""
    return {parts[-1].removeprefix(prefix): parts[-2] for parts in words if len(parts) >= 2}


def faults_of_module(file: Path, *, system: str = sys.platform) -> list[str]:
    """What a Python module shows and must not, or hides and must not."""
    seen = shown(file, system=system)
    faults = [
        f"shows {name} ({kind}) to other modules" for name, kind in sorted(seen.items()) if name != ENTRY
    ]
    if ENTRY not in seen:
        faults.append(f"hides {ENTRY}")
    return faults
