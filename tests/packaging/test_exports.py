# SPDX-License-Identifier: MIT
"""Symbols that the compiled module shows to other modules: its entry function alone.

A module that shows symbols of the C++ runtime may lend them to another copy of that runtime in the
process, or borrow them from it. Facets of streams then get wrong numbers, and the import crashes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ndreg_preeval
from ndreg_preeval import _core
from tests.support.programs import load

ROOT = Path(__file__).resolve().parents[2]
COMPILER = next(
    (name for name in (os.environ.get("CXX", ""), "c++", "g++") if name and shutil.which(name)), ""
)
symbols = load("symbols")

SMOKE_TEST = """
import sys

sys.path[:0] = sys.argv[1:2]
# Not the hooks of an editable installation.
sys.meta_path[:] = [finder for finder in sys.meta_path if finder.__module__.startswith("_frozen")]
import numpy  # with the shared runtime
import pytest
from ndreg_preeval import _core

assert _core.__file__.startswith(sys.argv[1]), _core.__file__
image = numpy.arange(256.0).reshape(16, 16) % 7
with pytest.raises(ValueError, match="'auto', not 'triple'"):
    _core.Scorer(image, precision="triple")
with pytest.raises(ValueError, match="one row and one column"):
    _core.Scorer(image[:0])


def stop():
    raise KeyError("asked to stop")


with pytest.raises(KeyError, match="asked to stop"):
    _core.Scorer(image).score([image] * 100_000, stop=stop)
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", sys.argv[2]]))
"""


def run(*words: str | Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=1800, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


needs_nm = pytest.mark.skipif(
    sys.platform not in symbols.OPTIONS or not shutil.which("nm"),
    reason="symbols are listed on Linux and macOS only, by nm (binutils)",
)


@needs_nm
def test_the_entry_function_is_all_that_is_shown() -> None:
    module = Path(str(_core.__file__))
    assert set(symbols.shown(module)) == {"PyInit__core"}
    assert symbols.faults_of_module(module) == []


# What C++ makes unique in a process: GCC for variables in templates and inline functions.
SHOWING = """
template <class T> struct Kept { static int& one() { static int kept = 0; return kept; } };
extern "C" int PyInit__other() { return ++Kept<int>::one(); }
"""


@needs_nm
@pytest.mark.skipif(sys.platform != "linux" or not COMPILER, reason="needs Linux and a C++ compiler")
def test_what_a_module_shows_beside_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "shows.cpp").write_text(SHOWING)
    run(COMPILER, "-shared", "-fPIC", "-o", tmp_path / "shows.so", tmp_path / "shows.cpp")
    kinds = symbols.shown(tmp_path / "shows.so")
    assert kinds["PyInit__other"] == "T"
    assert {"u", "V", "W"} & set(kinds.values()), "the static variable should be seen, unique or weak"
    faults = symbols.faults_of_module(tmp_path / "shows.so")
    assert len(faults) == len(kinds) + 1
    assert "shows PyInit__other (T) to other modules" in faults
    assert faults[-1] == "hides PyInit__core"


def has_static_runtime() -> bool:
    """Whether the compiler could link libstdc++ statically."""
    if sys.platform != "linux" or not COMPILER or not shutil.which("cmake"):
        return False
    return Path(run(COMPILER, "-print-file-name=libstdc++.a").strip()).is_absolute()


@pytest.mark.slow
@pytest.mark.skipif(not has_static_runtime(), reason="needs Linux, CMake and a compiler with libstdc++.a")
def test_works_with_a_runtime_of_its_own(tmp_path: Path) -> None:
    """Built with -static-libstdc++, beside the shared runtime that numpy loads."""
    pytest.importorskip("pybind11", minversion="3.0", reason="pybind11 is missing")
    if not (Path(ndreg_preeval.get_cmake_dir()).parents[1] / "libndreg_preeval.a").is_file():
        pytest.skip("this installation has no static library")
    package = tmp_path / "package" / "ndreg_preeval"
    shutil.copytree(
        Path(ndreg_preeval.__file__).parent, package, ignore=shutil.ignore_patterns("_core.*", "__pycache__")
    )
    build = tmp_path / "build"
    run(
        *(
            "cmake",
            "-S",
            ROOT / "tests" / "packaging" / "static_runtime",
            "-B",
            build,
            "-DCMAKE_BUILD_TYPE=Release",
        ),
        f"-DBINDINGS={ROOT / 'src' / 'ndreg_preeval' / '_bindings'}",
        f"-Dndreg_preeval_DIR={ndreg_preeval.get_cmake_dir()}",
        f"-DPython_EXECUTABLE={sys.executable}",
    )
    run("cmake", "--build", build)
    run("cmake", "--install", build, "--component", "python", "--prefix", package)
    (module,) = package.glob("_core.*")
    assert "libstdc++" not in run("ldd", module)
    assert symbols.faults_of_module(module) == []
    run(
        sys.executable,
        "-W",
        "error",
        "-c",
        SMOKE_TEST,
        package.parent,
        ROOT / "tests" / "packaging" / "test_minimal.py",
    )
