# SPDX-License-Identifier: MIT
"""Wheels for other nodes than this one, compiled here: `nox -s cross`.

zig (PyPI's ziglang) is the compiler: it brings the C libraries of all targets, of any age. What is
published is built by cibuildwheel with GCC; these are for a cluster of one's own, and show here that
the targets compile, and what the loader will see.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import shutil
import sys
import sysconfig
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import interpreters
from commands import ROOT, run, user_environment
from wheel_contents import check_contents

BUILD: Final = ROOT / "build" / "cross"
DIST: Final = ROOT / "dist" / "cross"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Target:
    """What zig calls it, its processor and C library, and the newest version of that which nodes need."""

    zig: str
    machine: str
    libc: str
    newest: tuple[int, int]


TARGETS: Final = {
    "manylinux-x86_64": Target("x86_64-linux-gnu.2.17", "x86_64", "gnu", (2, 17)),
    "manylinux-aarch64": Target("aarch64-linux-gnu.2.28", "aarch64", "gnu", (2, 28)),
    "musllinux-x86_64": Target("x86_64-linux-musl", "x86_64", "musl", (1, 2)),
}

TOOLCHAIN: Final = """\
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {machine})
set(CMAKE_C_COMPILER {folder}/cc)
set(CMAKE_CXX_COMPILER {folder}/c++)
set(CMAKE_AR {folder}/ar CACHE FILEPATH "")
set(CMAKE_RANLIB {folder}/ranlib CACHE FILEPATH "")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
"""

# zig compiles its libc++ once for each set of such options that it meets, for minutes: the same ones for all calls,
# those of CMake's own trials among them.
STRIPPED: Final = "-s"
FLAGS: Final = "-g0 -O3"

# libc++ is what the library inside needs: who links with GCC could not use it, so it stays out.
LIBRARY: Final = ("lib/**", "include/**")


def toolchain(target: Target, folder: Path) -> Path:
    """A toolchain file for CMake, and programs that call zig for the target."""
    folder.mkdir(parents=True, exist_ok=True)
    found = importlib.util.find_spec("ziglang")
    if found is None or found.origin is None:
        raise SystemExit("zig is missing: pip install ziglang")
    zig = Path(found.origin).with_name("zig")
    for name in ("cc", "c++", "ar", "ranlib"):
        options = f" -target {target.zig} {STRIPPED}" if name.startswith("c") else ""
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{zig}" {name}{options} "$@"\n')
        program.chmod(0o755)
    file = folder / "toolchain.cmake"
    file.write_text(TOOLCHAIN.format(machine=target.machine, folder=folder))
    return file


def build(target: Target, python: Path, version: str, build_folder: Path, wheels: Path) -> Path:
    """The wheel of a target for a version of CPython.

    All versions share a build folder: the library is compiled for the first of them.
    """
    suffix = f".cpython-{version.replace('.', '')}-{target.machine}-linux-{target.libc}.so"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "CMAKE_TOOLCHAIN_FILE": str(toolchain(target, build_folder / "zig")),
        "CMAKE_GENERATOR": "Ninja",
        "SETUPTOOLS_EXT_SUFFIX": suffix,
        "_PYTHON_HOST_PLATFORM": f"linux-{target.machine}",
    }
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["tool"]
    excluded = [*project["scikit-build"]["wheel"]["exclude"], *(f"ndreg_preeval/{name}" for name in LIBRARY)]
    options = {
        **project["cibuildwheel"]["config-settings"],
        "build-dir": build_folder / "cmake",
        "install.strip": "false",  # by the linker: the host's strip does not know the target
        "wheel.exclude": ";".join(excluded),
        "cmake.define.CMAKE_CXX_FLAGS": FLAGS,
        "cmake.define.CMAKE_INTERPROCEDURAL_OPTIMIZATION": "OFF",  # else pybind11 tries it out
        "cmake.define.CMAKE_MODULE_LINKER_FLAGS": "-static-libstdc++",
        "cmake.define.PYBIND11_USE_CROSSCOMPILING": "ON",
        "cmake.define.PYTHON_MODULE_EXTENSION": suffix,
        "cmake.define.Python_INCLUDE_DIR": interpreters.headers(python, build_folder / "include"),
    }
    (build_folder / "cmake" / "CMakeCache.txt").unlink(missing_ok=True)  # knows the version before
    words = [f"-C{name}={value}" for name, value in options.items()]
    before = set(wheels.glob("*.whl"))
    run(
        *(python, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check", "--outdir", wheels),
        *words,
        environment=environment,
    )
    (wheel,) = set(wheels.glob("*.whl")) - before
    return wheel


def repair(wheel: Path, target: Target, folder: Path) -> Path:
    """The wheel under the most portable platform tag that is true of it, which must be old enough."""
    # The name that zig gives to musl, which is its loader, too; auditwheel looks for such a file here.
    own = ("--exclude", "libc.so") if target.libc == "musl" else ()
    with tempfile.TemporaryDirectory() as name:
        auditwheel = (sys.executable, "-m", "auditwheel", "repair", "--plat", "auto", "--wheel-dir", name)
        run(*auditwheel, *own, wheel)
        (repaired,) = Path(name).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        repaired = Path(shutil.copy(repaired, folder))
    check_tags(repaired.name, target)
    return repaired


def check_tags(name: str, target: Target) -> None:
    """End with an error where a wheel's name asks for a newer C library than the target's, or another."""
    kind = {"gnu": "many", "musl": "musl"}[target.libc]
    tags = re.findall(rf"\b{kind}linux_(\d+)_(\d+)_{target.machine}", name)
    if not tags or min((int(major), int(minor)) for major, minor in tags) > target.newest:
        wanted = f"{kind}linux_{target.newest[0]}_{target.newest[1]}_{target.machine}"
        raise SystemExit(f"{name} is not for {wanted}")


def install(wheel: Path, python: Path, folder: Path, *requirements: str) -> None:
    """Into a folder for an interpreter that runs here: a wheel without its dependencies, and others with theirs."""
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "--disable-pip-version-check",
        "install",
        "--quiet",
    )
    run(*pip, "--only-binary", ":all:", "--target", folder, *requirements)
    run(*pip, "--no-deps", "--target", folder, wheel)


def smoke_test(wheel: Path, python: Path) -> str:
    """What the smallest tests say of a wheel for this machine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(wheel, python, folder / "packages", "numpy", "pytest>=8")
        shutil.copy(ROOT / "tests" / "packaging" / "test_minimal.py", folder)
        return run(
            *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_minimal.py"),
            folder=folder,
            environment={**user_environment(), "PYTHONPATH": str(folder / "packages")},
        ).splitlines()[-1]


def runs_here(target: Target) -> bool:
    """Whether this machine's interpreters load modules of the target."""
    return target.libc == "gnu" and target.machine == platform.machine()


def make(name: str, version: str) -> Path:
    """One wheel in dist/cross: built, repaired, checked and, where this machine can, tried."""
    target = TARGETS[name]
    python = interpreters.obtain(version, BUILD / "pythons")
    with tempfile.TemporaryDirectory() as folder:
        built = build(target, python, version, BUILD / name, Path(folder))
        wheel = repair(built, target, DIST)
    print(check_contents(wheel, library=False))
    if runs_here(target):
        print(f"  {python}: {smoke_test(wheel, python)}")
    return wheel


def main() -> None:
    """All wheels that are asked for, in dist/cross."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help="a version; again for more; all without"
    )
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="a target, likewise")
    asked = parser.parse_args()
    versions, targets = asked.python or PYTHONS, asked.target or list(TARGETS)
    for version in versions:  # all of them, before minutes of compilation
        print(f"CPython {version}: {interpreters.obtain(version, BUILD / 'pythons')}", flush=True)
    made = [make(target, version) for target in targets for version in versions]
    print(f"{len(made)} wheels in {DIST.relative_to(ROOT)}:")
    for wheel in made:
        print(f"  {wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
