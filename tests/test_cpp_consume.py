# SPDX-License-Identifier: MIT
"""C++ projects find the library inside the installed Python package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ndreg_preeval

CONSUMERS = Path(__file__).parent.parent / "cpp" / "tests" / "consume"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is missing"),
    pytest.mark.skipif(
        not any(shutil.which(name) for name in ("c++", "g++", "clang++", os.environ.get("CXX", "c++"))),
        reason="a C++ compiler is missing",
    ),
]


def command(*words: str | Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def rank_with(consumer: str, folder: Path, *options: str) -> str:
    """What the consumer prints after `cmake`, `cmake --build`."""
    command("cmake", "-S", CONSUMERS / consumer, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", *options)
    command("cmake", "--build", folder)
    return command(folder / "rank")


@pytest.mark.parametrize("consumer", ["find_package", "find_package_c"])
def test_find_package_with_get_cmake_dir(tmp_path: Path, consumer: str) -> None:
    """From C++, and from C in a project without C++."""
    got = rank_with(consumer, tmp_path, f"-Dndreg_preeval_DIR={ndreg_preeval.get_cmake_dir()}")
    assert got == (CONSUMERS / "ranking.txt").read_text()


def test_command_line_names_the_same_folder() -> None:
    assert (
        command(sys.executable, "-m", "ndreg_preeval", "--cmakedir").strip() == ndreg_preeval.get_cmake_dir()
    )


def test_version_of_the_package(tmp_path: Path) -> None:
    """The CMake package has Python's version, and refuses another minor version."""
    project = tmp_path / "CMakeLists.txt"
    text = (
        "cmake_minimum_required(VERSION 3.21)\n"
        "project(version LANGUAGES CXX)\n"
        "find_package(ndreg_preeval CONFIG REQUIRED)\n"
        'message(STATUS "found <${ndreg_preeval_VERSION}>")\n'
        "find_package(ndreg_preeval 999.0 CONFIG QUIET)\n"
        'message(STATUS "later <${ndreg_preeval_FOUND}>")\n'
    )
    project.write_text(text)
    printed = command(
        "cmake",
        "-S",
        tmp_path,
        "-B",
        tmp_path / "build",
        f"-Dndreg_preeval_DIR={ndreg_preeval.get_cmake_dir()}",
    )
    assert f"found <{ndreg_preeval.__version__}>" in printed
    assert "later <0>" in printed
