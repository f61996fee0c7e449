# SPDX-License-Identifier: MIT
"""C++ projects find the library inside the installed Python package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import ndreg_preeval

CONSUMERS = Path(__file__).parents[2] / "cpp" / "tests" / "consume"
PKG_CONFIG = shutil.which("pkgconf") or shutil.which("pkg-config")
MAKE = shutil.which("gmake") or shutil.which("make")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is missing"),
    pytest.mark.skipif(
        not any(shutil.which(name) for name in ("c++", "g++", "clang++", os.environ.get("CXX", "c++"))),
        reason="a C++ compiler is missing",
    ),
]


def command(*words: str | Path, folder: Path | None = None, **environment: str) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def rank_with(consumer: str, folder: Path, *options: str) -> str:
    """What the consumer prints after `cmake`, `cmake --build`."""
    command("cmake", "-S", CONSUMERS / consumer, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", *options)
    command("cmake", "--build", folder)
    return command(folder / "rank")


def ranking() -> str:
    """What every consumer has to print."""
    return (CONSUMERS / "ranking.txt").read_text()


@pytest.mark.parametrize("consumer", ["find_package", "find_package_c"])
def test_find_package_with_get_cmake_dir(tmp_path: Path, consumer: str) -> None:
    """From C++, and from C in a project without C++."""
    got = rank_with(consumer, tmp_path, f"-Dndreg_preeval_DIR={ndreg_preeval.get_cmake_dir()}")
    assert got == ranking()


@pytest.mark.skipif(not MAKE or not PKG_CONFIG, reason="make or pkg-config is missing")
def test_pkg_config_with_get_pkgconfig_dir(tmp_path: Path) -> None:
    """Without `--static`, though there is a static library only."""
    command(
        *(MAKE, "-f", CONSUMERS / "pkg_config" / "Makefile", f"PKG_CONFIG={PKG_CONFIG}"),
        folder=tmp_path,
        PKG_CONFIG_PATH=ndreg_preeval.get_pkgconfig_dir(),
    )
    assert command(tmp_path / "rank") == ranking()


def test_package_that_requires_ours_to_be_built(tmp_path: Path) -> None:
    """The entry point `cmake.root` is all that scikit-build-core needs."""
    pytest.importorskip("scikit_build_core", reason="scikit-build-core is missing")
    code = "import sys; from scikit_build_core.build import build_wheel; build_wheel(sys.argv[1])"
    command(sys.executable, "-c", code, tmp_path, folder=CONSUMERS / "scikit_build_core")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    (program,) = tmp_path.glob("*.data/scripts/rank*")
    program.chmod(0o755)
    assert command(program) == ranking()


def test_entry_points_name_the_folders() -> None:
    """What build tools ask: scikit-build-core `cmake.root`, pkgconf `pkg_config`."""
    (root,) = entry_points(group="cmake.root", name="ndreg_preeval")
    assert root.value == "ndreg_preeval"
    (folder,) = entry_points(group="pkg_config", name="ndreg_preeval")
    package, *below = folder.value.split(".")
    assert package == "ndreg_preeval"
    assert Path(ndreg_preeval.get_pkgconfig_dir()).parts[-2:] == tuple(below)


def test_command_line_names_the_same_folders() -> None:
    for option, folder in {
        "--cmakedir": ndreg_preeval.get_cmake_dir(),
        "--pkgconfigdir": ndreg_preeval.get_pkgconfig_dir(),
        "--includes": f"-I{ndreg_preeval.get_include()}",
    }.items():
        assert command(sys.executable, "-m", "ndreg_preeval", option) == f"{folder}\n"


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
