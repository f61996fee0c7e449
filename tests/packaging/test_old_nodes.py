# SPDX-License-Identifier: MIT
"""Processors without wide instructions, and nodes that differ, as an emulator shows them.

A program that is emulated ends with "Illegal instruction" at the first one that the named processor
lacks. `tests/packaging/test_symbols.py` reads the compiled code; here it runs.
"""

from __future__ import annotations

import math
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import _core
from tests.support.agreement import assert_agrees
from tests.support.isas import ALL, USABLE, VARIABLE
from tests.support.oracle import EPS, EPS_SINGLE, Floats

EMULATOR = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64") or ""
CONSUMERS = Path(__file__).parents[2] / "cpp" / "tests" / "consume"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64",
        reason="kernels for several instruction sets are there on x86-64 only",
    ),
    pytest.mark.skipif(not EMULATOR, reason="qemu-x86_64 (qemu-user) is missing"),
]
needs_compiler = pytest.mark.skipif(
    not shutil.which("cmake")
    or not any(shutil.which(name) for name in ("c++", "g++", "clang++", os.environ.get("CXX", "c++"))),
    reason="CMake or a C++ compiler is missing",
)

# Processors by what they have of it, and what must be chosen there.
OLD = {
    "qemu64": "nothing beyond SSE3",
    "core2duo": "SSSE3",
    "Nehalem": "SSE4.2",
    "SandyBridge": "AVX, but neither AVX2 nor FMA",
    "Haswell,-fma": "AVX2 without FMA",
    "Haswell,-avx2": "FMA without AVX2",
}
AVX2 = ["Haswell", "max,-avx512f"]


def emulator_version() -> tuple[int, int]:
    printed = subprocess.run([EMULATOR, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.(\d+)", printed)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def needs_avx(model: str) -> None:
    if model not in ("qemu64", "core2duo", "Nehalem") and emulator_version() < (7, 2):
        pytest.skip("this emulator has no AVX: QEMU has it from 7.2 on")


def run(
    *words: str | Path, model: str | None, isa: str | None = None, status: int = 0, folder: Path | None = None
) -> str:
    """What a program prints here, or on an emulated processor."""
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    if isa is not None:
        environment[VARIABLE] = isa
    emulated = [EMULATOR, "-cpu", model] if model else []
    done = subprocess.run(
        [*emulated, *(str(word) for word in words)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == status, f"{words} on {model}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# --- Programs in C++ ------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consumers in cpp/tests/consume, built against the installed package."""
    folder = tmp_path_factory.mktemp("programs")
    where = f"-Dndreg_preeval_DIR={ndreg_preeval.get_cmake_dir()}"
    run(
        "cmake",
        "-S",
        CONSUMERS / "find_package",
        "-B",
        folder,
        "-DCMAKE_BUILD_TYPE=Release",
        where,
        model=None,
    )
    run("cmake", "--build", folder, model=None)
    return folder


def scores(printed: str) -> list[tuple[list[str], list[float]]]:
    """What must be equal, and what may differ by rounding."""
    lines = [line.split()[1:] for line in printed.splitlines() if line.startswith("score ")]
    return [(words[:6], [float(word) for word in words[6:]]) for words in lines]


def assert_same_scores(got: str, expected: str) -> None:
    """The tolerances of cpp/tests/test_isa.cpp; probabilities are steeper than peaks."""
    assert len(scores(expected)) == 24
    for (exact, numbers), (wanted, others) in zip(scores(got), scores(expected), strict=True):
        assert exact == wanted
        room = 2e-5 if exact[0] == "single" else 1e-13
        for number, other in zip(numbers[:4], others[:4], strict=True):
            assert math.isclose(number, other, rel_tol=0, abs_tol=room), (exact, number, other)
        assert math.isclose(numbers[4], others[4], rel_tol=0, abs_tol=10 * room), (exact, numbers, others)


@needs_compiler
@pytest.mark.parametrize("model", OLD)
def test_programs_on_old_processors(model: str, programs: Path) -> None:
    needs_avx(model)
    assert run(programs / "rank", model=model) == (CONSUMERS / "ranking.txt").read_text()
    printed = run(programs / "scores", model=model)
    assert printed.splitlines()[:2] == ["active baseline", "usable baseline"]
    assert_same_scores(printed, run(programs / "scores", model=None))
    # Bit for bit what the same kernels give here, but for probabilities: logarithms of the C library differ.
    here = run(programs / "scores", model=None, isa="baseline")
    assert [(exact, numbers[:4]) for exact, numbers in scores(printed)] == [
        (exact, numbers[:4]) for exact, numbers in scores(here)
    ]


@needs_compiler
@pytest.mark.parametrize("model", AVX2)
def test_programs_on_processors_with_avx2(model: str, programs: Path) -> None:
    needs_avx(model)
    assert run(programs / "rank", model=model) == (CONSUMERS / "ranking.txt").read_text()
    printed = run(programs / "scores", model=model)
    assert printed.splitlines()[:2] == ["active avx2", "usable baseline avx2"]
    assert_same_scores(printed, run(programs / "scores", model=None))
    narrow = run(programs / "scores", model=model, isa="baseline")
    assert narrow.splitlines()[:2] == ["active baseline", "usable baseline avx2"]
    assert scores(narrow) != scores(printed), "the same kernels ran, whatever was forced"
    assert_same_scores(printed, narrow)


@needs_compiler
def test_programs_on_this_processor(programs: Path) -> None:
    """The best one there is: no emulator stands in between."""
    printed = run(programs / "scores", model=None)
    assert printed.splitlines()[:2] == [f"active {USABLE[-1]}", f"usable {' '.join(USABLE)}"]
    for isa in USABLE:
        forced = run(programs / "scores", model=None, isa=isa)
        assert forced.startswith(f"active {isa}\n")
        assert_same_scores(forced, printed)


@needs_compiler
@pytest.mark.parametrize(
    ("model", "isa"), [("Nehalem", "avx2"), ("Nehalem", "avx512"), ("Haswell", "avx512")]
)
def test_an_instruction_set_of_another_node_is_refused(model: str, isa: str, programs: Path) -> None:
    """As when one batch script with the variable in it runs on all nodes: an error, not a crash."""
    needs_avx(model)
    printed = run(programs / "scores", model=model, isa=isa, status=1)
    assert re.fullmatch(rf"{VARIABLE} must be one of 'baseline', .*, not '{isa}'\n", printed)


# --- The Python module ----------------------------------------------------------------------------
SCRIPT = """
import sys
import numpy as np
import ndreg_preeval
from ndreg_preeval import _core

images = np.load("images.npy")
for precision in ("single", "double"):
    np.save(precision + ".npy", _core.Scorer(images[0], precision=precision).score(images, num_threads=2))
stacks = {"grainy": images[[0, 2, 2]], "clear": images[[0, 1, 1]]}
facts = ndreg_preeval.build_config()
print(facts["isa"], ",".join(facts["usable_isas"]), *ndreg_preeval.rank_stacks(stacks).scores)
"""


def images() -> Floats:
    rng = np.random.default_rng(7)
    scene = rng.normal(size=(40, 52))
    moved = np.roll(scene, (3, -5), (0, 1)) + 0.2 * rng.normal(size=scene.shape)
    return np.array([scene, moved, rng.normal(size=scene.shape)])


def python_on(model: str | None, folder: Path, isa: str | None = None) -> list[str]:
    np.save(folder / "images.npy", images())
    printed = run(sys.executable, "-W", "ignore", "-c", SCRIPT, model=model, isa=isa, folder=folder)
    for precision, eps in (("single", EPS_SINGLE), ("double", EPS)):
        records = np.load(folder / f"{precision}.npy")
        assert records.dtype == _core.PAIR_SCORE
        for record, image in zip(records, images(), strict=True):
            assert_agrees(record, images()[0], image, eps=eps)
    return printed.split()


# The wheels of numpy need SSE4.2 (x86-64-v2).
@pytest.mark.parametrize("model", [model for model in (*OLD, *AVX2) if model not in ("qemu64", "core2duo")])
def test_python_on_other_processors(model: str, tmp_path: Path) -> None:
    needs_avx(model)
    usable = ["baseline", "avx2"] if model in AVX2 else ["baseline"]
    assert python_on(model, tmp_path) == [usable[-1], ",".join(usable), "clear", "grainy"]


@pytest.mark.parametrize("isa", [None, *ALL])
def test_python_on_this_processor(isa: str | None, tmp_path: Path) -> None:
    if isa is not None and isa not in USABLE:
        pytest.skip(f"this processor has no {isa}")
    assert python_on(None, tmp_path, isa) == [isa or USABLE[-1], ",".join(USABLE), "clear", "grainy"]
