# SPDX-License-Identifier: MIT
"""Every extra in a fresh environment, by the pip that `python -m venv` brings: `nox -s extras`.

One wheel is built; per extra, ``wheel[extra]`` is installed into an empty environment, where
`promises.py` has to find what the extra is for. Arguments are the extras to try, all without any.
"""

from __future__ import annotations

import argparse
import email
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Final

from commands import ROOT, new_venv, run, user_environment
from promises import PROMISES

FOR_DEVELOPERS: Final = {"test", "bench"}
"""Extras that may compile; those for users are installed from wheels alone."""


def build(folder: Path) -> Path:
    """The wheel of this checkout, as pip builds it."""
    python = new_venv(folder / "builder")
    command = (python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    run(*command, folder=folder, environment=user_environment())
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
    (folder / "home").mkdir()
    (folder / "work").mkdir()
    python = new_venv(folder / "environment")

    def user(*words: str | Path, home: Path | None = None) -> str:
        return run(python, *words, folder=folder / "work", environment=user_environment(home))

    pip = user("-m", "pip", "--version").split()[1]
    options = () if extra in FOR_DEVELOPERS else ("--only-binary", ":all:")
    user("-m", "pip", "install", "--quiet", *options, f"{wheel}[{extra}]" if extra else wheel)
    user("-m", "pip", "check")
    said = user(ROOT / "tools" / "promises.py", extra, ROOT, home=folder / "home")
    count = len(user("-m", "pip", "list", "--format", "freeze").splitlines())
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
