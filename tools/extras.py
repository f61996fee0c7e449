# SPDX-License-Identifier: MIT
"""Every extra in a fresh environment, by the pip that `python -m venv` brings: `nox -s extras`.

One wheel is built; per extra, ``wheel[extra]`` is installed into an empty environment, where
`promises.py` has to find what the extra is for. Arguments are the extras to try, all without any.
"""

from __future__ import annotations

import argparse
import email
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from promises import PROMISES

ROOT = Path(__file__).resolve().parent.parent
# What a developer has set must not show in what a user gets.
HIDDEN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "MPLBACKEND", "DISPLAY")


def run(*words: str | Path, folder: Path, home: Path | None = None) -> str:
    """Run a command that must succeed; gives what it prints."""
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "PYTHONWARNINGS": ""}
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


def new_venv(folder: Path) -> Path:
    """The Python of an empty environment, with the pip that comes with it."""
    run(sys.executable, "-m", "venv", folder, folder=ROOT)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def build(folder: Path) -> Path:
    """The wheel of this checkout, as pip builds it."""
    python = new_venv(folder / "builder")
    run(python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT, folder=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def extras_of(wheel: Path) -> list[str]:
    """The names of the extras, as the wheel tells them."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    return [str(extra) for extra in metadata.get_all("Provides-Extra") or []]


def check_promises(extras: list[str]) -> None:
    """Refuse extras that promise nothing, and promises of no extra."""
    silent, idle = set(extras) - set(PROMISES), set(PROMISES) - set(extras) - {""}
    if silent or idle:
        raise SystemExit(
            f"tools/promises.py: extras without a promise: {sorted(silent)}, promises without: {sorted(idle)}"
        )


def try_extra(extra: str, wheel: Path, folder: Path) -> None:
    """Install one extra, and have it keep its promise."""
    start = time.monotonic()
    python = new_venv(folder / "environment")
    pip = run(python, "-m", "pip", "--version", folder=folder).split()[1]
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    run(python, "-m", "pip", "install", "--quiet", wanted, folder=folder)
    run(python, "-m", "pip", "check", folder=folder)
    (folder / "home").mkdir()
    (folder / "work").mkdir()
    tools = Path(__file__).resolve().parent
    said = run(python, tools / "promises.py", extra, ROOT, folder=folder / "work", home=folder / "home")
    count = len(run(python, "-m", "pip", "list", "--format", "freeze", folder=folder).splitlines())
    last = f"; {said.splitlines()[-1]}" if extra == "test" and said else ""
    print(
        f"{extra or '(none)'}: kept, pip {pip}, {count} packages, {time.monotonic() - start:.0f} s{last}",
        flush=True,
    )


def main() -> None:
    """All extras, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="*", help="all without any")
    parser.add_argument("--wheel", type=Path, help="instead of building one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        wheel = arguments.wheel.resolve() if arguments.wheel else build(Path(name))
        known = extras_of(wheel)
        check_promises(known)
        for extra in arguments.extras or ["", *known]:
            if extra not in ["", *known]:
                raise SystemExit(f"{extra!r} is no extra; there are {', '.join(known)}")
            with tempfile.TemporaryDirectory() as folder:
                try_extra(extra, wheel, Path(folder))


if __name__ == "__main__":
    main()
