# SPDX-License-Identifier: MIT
"""Tests for processors that this machine is not, under an emulator: `nox -s emulated`.

C++ tests for aarch64 (NEON) and s390x (the other byte order), compiled by Debian's GCC for them; then
the aarch64 wheels of `nox -s cross` under Debian's Python for arm64, unpacked into a folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import cross
import debian
import interpreters
from commands import ROOT, run, user_environment

BUILD: Final = ROOT / "build" / "emulated"


FLAGS: Final = {"aarch64": "-O3 -DNDEBUG -Werror", "s390x": "-O1"}
"""For the compiler, of each machine that there are C++ tests for.

The second is about the order of bytes alone; less optimised, GCC 12 takes parts of pocketfft for uninitialised.
"""

LEFT_OUT: Final = {
    "consume:": "configures and compiles other projects, with what this machine has installed",
    "environment:": "the same program thirty times, for runtimes of OpenMP; once is enough: environment",
    "cancel": "large images, and a clock that an emulated program does not keep up with",
    "shared_image": "large images: longer than half an hour",
    "fork": "threads of the emulator do not come along into a child process",
    "address_space": "limits the address space, of which the emulator needs most",
    "kept_memory": "hundreds of large images; the same code for all processors",
    "steady_memory": "the same",
    "allocation": "every call again for each of its allocations: the same",
}
"""What names of C++ tests begin with, and why these are not run under an emulator."""

CORE_TESTS: Final = ("numbers", "dtypes", "errors", "scores", "sizes")
"""Of tests/core, those that start no processes: the emulator is not found by itself."""
CORE_VERSION: Final = "3.13"
PLATFORMS: Final = (
    "manylinux_2_28_aarch64",
    "manylinux_2_27_aarch64",
    "manylinux2014_aarch64",
    "manylinux_2_17_aarch64",
)


def toolchain(machine: str, folder: Path) -> Path:
    """A toolchain file for Debian's compilers and the emulator."""
    triple = f"{machine}-linux-gnu"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "toolchain.cmake"
    file.write_text(
        "set(CMAKE_SYSTEM_NAME Linux)\n"
        f"set(CMAKE_SYSTEM_PROCESSOR {machine})\n"
        f"set(CMAKE_C_COMPILER {triple}-gcc)\n"
        f"set(CMAKE_CXX_COMPILER {triple}-g++)\n"
        f'set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-{machine}-static;-L;/usr/{triple}")\n'
        "set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)\n"
    )
    return file


def needed(machine: str) -> None:
    """Say what to install where the compiler or the emulator of a machine is missing."""
    programs = {
        f"{machine}-linux-gnu-g++": f"g++-{machine}-linux-gnu",
        f"qemu-{machine}-static": "qemu-user-static",
    }
    missing = [package for program, package in programs.items() if shutil.which(program) is None]
    if missing:
        raise SystemExit(
            f"not there: {', '.join(missing)} (Debian, Ubuntu: apt-get install {' '.join(missing)})"
        )


def cpp_tests(machine: str) -> str:
    """Compile the C++ tests for a machine, and run those that an emulator can."""
    needed(machine)
    folder = BUILD / machine
    run(
        *("cmake", "-S", ROOT / "cpp", "-B", folder, "-G", "Ninja"),
        f"-DCMAKE_TOOLCHAIN_FILE={toolchain(machine, folder)}",
        *("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_FLAGS_RELEASE={FLAGS[machine]}"),
        f"-DPython_EXECUTABLE={sys.executable}",
    )
    run("cmake", "--build", folder)
    excluded = "|".join(f"^{name}" for name in LEFT_OUT)
    options = ("--output-on-failure", "--no-tests=error", "--timeout", "3600", "-j", "2")
    printed = run("ctest", "--test-dir", folder, *options, "-E", excluded)
    return "\n".join(
        line for line in printed.splitlines() if "tests passed" in line or "Total Test time" in line
    )


def python_for_arm64(version: str) -> tuple[str | Path, ...]:
    """The command that is Debian's Python for arm64, in a root of its own, under the emulator."""
    packages = [f"python{version}", "libstdc++6"]  # the second for numpy
    root = debian.unpack(packages, interpreters.SUITES[version], "aarch64", BUILD / f"python-{version}")
    return ("qemu-aarch64-static", "-L", root, root / "usr" / "bin" / f"python{version}")


def install_for_arm64(wheel: Path, version: str, folder: Path) -> None:
    """A wheel, and what its tests need of PyPI, into a folder; nothing is run for it."""
    pip: tuple[str | Path, ...] = (
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-compile",
    )
    foreign = [word for tag in PLATFORMS for word in ("--platform", tag)]
    options: tuple[str | Path, ...] = (
        "--target",
        folder,
        "--python-version",
        version,
        "--only-binary",
        ":all:",
        *foreign,
    )
    run(*pip, *options, "numpy", "pytest>=8")
    run(*pip, *options, "--no-deps", wheel)


def wheel_tests(version: str) -> None:
    """The smoke test of an aarch64 wheel; of one version the tests of the core, too."""
    needed("aarch64")
    found = sorted(cross.DIST.glob(f"*-cp{version.replace('.', '')}-*linux*_aarch64.whl"))
    wheel = found[-1] if found else cross.make("manylinux-aarch64", version)
    python = python_for_arm64(version)
    parts = [["tests/packaging/test_minimal.py"]]
    if version == CORE_VERSION:
        parts.append([f"tests/core/test_{name}.py" for name in CORE_TESTS])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install_for_arm64(wheel, version, folder / "packages")
        shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        # This machine's interpreter of the version compiles in seconds what the emulated one would in minutes.
        here = interpreters.obtain(version, cross.BUILD / "pythons")
        library = Path(python[-1]).parents[1] / "lib" / f"python{version}"
        run(here, "-m", "compileall", "-q", folder / "packages", library)
        environment = {**user_environment(), "PYTHONPATH": str(folder / "packages")}
        pytest: tuple[str | Path, ...] = (
            *python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            ROOT / "pyproject.toml",
        )
        for files in parts:
            printed = run(*pytest, "--rootdir", folder, *files, folder=folder, environment=environment)
            print(f"{wheel.name}, {' '.join(files)}: {printed.splitlines()[-1]}", flush=True)


def main() -> None:
    """All parts that are asked for, each with what it said."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = [*FLAGS, "python"]
    parser.add_argument(
        "part", nargs="*", metavar="part", choices=[[], *parts], help=f"of {', '.join(parts)}; all without"
    )
    for part in parser.parse_args().part or parts:
        if part in FLAGS:
            print(f"C++ on {part}:\n{cpp_tests(part)}", flush=True)
            print("  left out:", *(f"{name} ({why})" for name, why in LEFT_OUT.items()), sep="\n    ")
        else:
            for version in interpreters.SUITES:
                wheel_tests(version)


if __name__ == "__main__":
    main()
