# SPDX-License-Identifier: MIT
"""Build, repair, check and try the wheel of the Python that runs this: `nox -s wheels`.

What cibuildwheel does in its containers, as far as one machine can show it: the same settings, but
for this machine's C library, which the platform tag tells.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from commands import ROOT, new_venv, run
from wheel_contents import check_contents

CONSUMERS = ROOT / "cpp" / "tests" / "consume"
COMPILERS = ("cc", "c++", "gcc", "g++", "clang", "clang++", "cmake", "ninja", "make")


def build(folder: Path) -> Path:
    """The wheel, built from the source distribution, with the settings of cibuildwheel."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)["tool"]["cibuildwheel"]["config-settings"]
    options = [f"-C{name}={value}" for name, value in settings.items()]
    run(sys.executable, "-m", "build", "--outdir", folder, *options)
    (wheel,) = folder.glob("*.whl")
    return wheel


def repair(wheel: Path, folder: Path) -> Path:
    """The wheel with the most portable platform tag that is true of it."""
    print(run(sys.executable, "-m", "auditwheel", "show", wheel))
    run(sys.executable, "-m", "auditwheel", "repair", "--plat", "auto", "--wheel-dir", folder, wheel)
    (repaired,) = folder.glob("*.whl")
    return repaired


def check(wheel: Path) -> None:
    """What can be said of the file."""
    print(run(sys.executable, "-m", "twine", "check", "--strict", wheel))
    print(run(sys.executable, "-m", "check_wheel_contents", wheel))
    print(check_contents(wheel))


def use_without_compiler(wheel: Path, folder: Path) -> None:
    """Install into an empty environment, with no program to be found, and pass the smallest tests."""
    nothing = folder / "empty"
    nothing.mkdir()
    environment = {**os.environ, "PATH": str(nothing)}
    found = [name for name in COMPILERS if shutil.which(name, path=environment["PATH"])]
    assert not found, found
    python = new_venv(folder / "user")
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(*pip, "--only-binary", ":all:", wheel, "pytest", folder=folder, environment=environment)
    shutil.copy(ROOT / "tests" / "packaging" / "test_minimal.py", folder)
    tests = run(python, "-m", "pytest", "-q", "test_minimal.py", folder=folder, environment=environment)
    print(tests.splitlines()[-1])
    facts = "import ndreg_preeval as n; f = n.build_config(); print(*(f[k] for k in ('version', 'python', 'threads', 'isas', 'compiler')))"
    print(run(python, "-c", facts, folder=folder, environment=environment))


def use_as_build_requirement(wheel: Path, folder: Path) -> None:
    """A package that names the wheel in build-system.requires, built in isolation by pip."""
    python = new_venv(folder / "consumer")
    run(
        *(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
        *("--find-links", wheel.parent, CONSUMERS / "scikit_build_core"),
        folder=folder,
    )
    printed = run(python.with_name("rank"), folder=folder)
    print(printed)
    expected = (CONSUMERS / "ranking.txt").read_text().strip()
    if printed != expected:
        raise SystemExit(f"the consumer should have printed\n{expected}")


def main() -> None:
    """All of it; leaves the wheel and the source distribution in dist/."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "built").mkdir()
        wheel = build(folder / "built")
        if sys.platform == "linux":
            wheel = repair(wheel, folder / "repaired")
        check(wheel)
        use_without_compiler(wheel, folder)
        use_as_build_requirement(wheel, folder)
        (ROOT / "dist").mkdir(exist_ok=True)
        for file in (wheel, *(folder / "built").glob("*.tar.gz")):
            shutil.copy(file, ROOT / "dist")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
