# SPDX-License-Identifier: MIT
"""Commands that the other tools run, and the environments that they run in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SETTINGS: Final = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONWARNINGS"),
    *("VIRTUAL_ENV", "MPLBACKEND", "DISPLAY"),
)
"""Variables that a developer may have set, and that must not show in what a user gets."""


def run(*words: str | Path, folder: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """Run a command that must succeed; gives what it prints."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shown = " ".join(map(str, words))
        raise SystemExit(f"{done.stdout}\n{shown} ended with {done.returncode}")
    return done.stdout.strip()


def user_environment(home: Path | None = None) -> dict[str, str]:
    """The variables of somebody who has set none for Python, at home in a folder of the caller's."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    return environment


def new_venv(folder: Path) -> Path:
    """The Python of an empty environment, with the pip that comes with it."""
    run(sys.executable, "-m", "venv", folder, environment=user_environment())
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"
