# SPDX-License-Identifier: MIT
"""The C interface, through ctypes, gives the numbers that Python's own core gives, bit for bit.

Its tests in C are below cpp/tests.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ndreg_preeval
from ndreg_preeval import _core
from ndreg_preeval.methods import METHODS
from tests.core.test_dtypes import FLOATS, INTEGERS, LAYOUTS, whole_numbers
from tests.support import c_library
from tests.support.agreement import bits
from tests.support.c_library import CError, CLibrary, Progress, Run, ShouldStop, views

CONSUMERS = Path(__file__).parents[2] / "cpp" / "tests" / "consume"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="words of the linker are those of Linux"),
    pytest.mark.skipif(not c_library.COMPILER, reason="a C++ compiler is missing"),
    pytest.mark.skipif(
        c_library.static_library() is None, reason="this installation has no static library: not pip's build"
    ),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = c_library.static_library()
    assert archive is not None
    return c_library.link(archive, tmp_path_factory.mktemp("c_api"))


@pytest.fixture(scope="module")
def library(shared: Path) -> CLibrary:
    return CLibrary(shared)


def stack(seed: int, noise: float, shape: tuple[int, int, int] = (5, 40, 36)) -> NDArray[np.float64]:
    """A texture that moves by (1, -2) pixels from image to image."""
    rng = np.random.default_rng(seed)
    texture = rng.random(shape[1:])
    return np.array(
        [np.roll(texture, (i, -2 * i), (0, 1)) + noise * rng.random(shape[1:]) for i in range(shape[0])]
    )


def test_version(library: CLibrary) -> None:
    assert library.lib.ndreg_preeval_version().decode() == ndreg_preeval.__version__


def test_only_the_c_functions_are_shown(shared: Path) -> None:
    """And the symbols that the C++ runtime wants to be one in a process."""
    if shutil.which("nm") is None:
        pytest.skip("nm (binutils) is missing")
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", str(shared)], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    declared = (Path(ndreg_preeval.get_include()) / "ndreg_preeval" / "ndreg_preeval.h").read_text()
    ours = {name for name in names if name.startswith("ndreg_preeval_")}
    assert len(ours) == declared.count("NDREG_PREEVAL_C_API")
    assert all(f"{name}(" in declared for name in ours)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["?", *INTEGERS, *FLOATS])
def test_dtypes(library: CLibrary, dtype: str, order: Any, precision: str) -> None:
    images = whole_numbers(dtype)
    images = images.astype(images.dtype.newbyteorder(order))
    expected = _core.Scorer(images[0], precision=precision)
    described = views(images)
    scorer = library.scorer(described, library.method("evidence", precision=precision, ignore_hot_pixel=0))
    assert bits(library.score(scorer, described)) == bits(expected.score(images))
    consecutive = library.score(scorer, described, consecutive=True)
    assert bits(consecutive) == bits(expected.score_consecutive(images))


@pytest.mark.parametrize("dtype", [">u2", "f4", "g"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_and_masks(library: CLibrary, layout: str, dtype: str) -> None:
    images = LAYOUTS[layout](whole_numbers(dtype))
    mask = np.random.default_rng(1).random(images.shape[:0:-1]).T > 0.1
    described = views(images, mask)
    expected = _core.Scorer(images[0], mask=mask).score(images, mask=mask)
    scorer = library.scorer(described, library.method("evidence", ignore_hot_pixel=0))
    assert (expected["invalid_pixels"] == np.count_nonzero(~mask)).all()
    assert bits(library.score(scorer, described)) == bits(expected)


def test_names_are_those_of_python(library: CLibrary) -> None:
    assert library.names("method") == list(METHODS)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("method", METHODS)
def test_methods(library: CLibrary, method: str, precision: str, pairing: Any) -> None:
    """A method of the core is Python's method of that name: scores, trust, order."""
    stacks = {
        "noisy": stack(1, 8),
        "good": stack(2, 0.1),
        "fair": stack(3, 1, (4, 30, 41)),
        "dark": stack(4, 0),
    }
    stacks["dark"][...] = 3
    stacks["fair"][2, 5, 7] = np.nan
    with pytest.warns(ndreg_preeval.RankingWarning):
        expected = ndreg_preeval.rank_stacks(stacks, method=method, precision=precision, pairing=pairing)
    described = {name: views(images) for name, images in stacks.items()}
    order, summaries = library.rank(
        described, library.method(method, precision=precision), int(pairing == "previous")
    )
    assert order == expected.ranked_stack_names
    for name, found in summaries.items():
        same = expected.stacks[name]
        assert found.score == same.score
        assert found.trust == same.trust or (np.isnan(found.trust) and np.isnan(same.trust))
        assert found.count == len(same.values)
        assert found.has_evidence == int(name != "dark")


def test_options_of_the_aligner(library: CLibrary) -> None:
    images = stack(5, 0.5)
    wanted: dict[str, Any] = {"window": "hann", "cutoff": 0.3, "max_shift": 3.0}
    expected = _core.Scorer(images[0], **wanted).score(images)
    described = views(images)
    scorer = library.scorer(described, library.method("evidence", ignore_hot_pixel=0, **wanted))
    assert bits(library.score(scorer, described)) == bits(expected)
    assert expected["peak_dy"].max() <= 3


def test_correlogram(library: CLibrary) -> None:
    images = stack(6, 0.5)
    described = views(images)
    scorer = library.scorer(described)
    for second in (False, True):
        expected = _core.Scorer(images[0], ignore_hot_pixel=True).correlogram(
            images[1], second_opinion=second
        )
        out = np.zeros_like(expected)
        library.call(
            "scorer_correlogram",
            scorer.value,
            ctypes.byref(described[1]),
            int(second),
            None,
            out.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_int64(out.size),
        )
        assert (out == expected).all()


def test_errors_have_the_message_of_the_core(library: CLibrary) -> None:
    images = stack(7, 0.5)
    scorer = library.scorer(views(images))
    with pytest.raises(CError, match="image 1 must have the shape of the reference image, 40 x 36") as caught:
        library.score(scorer, (c_library.Image * 2)(*views(images)[:1], *views(images[:1, 1:])))
    assert library.lib.ndreg_preeval_status_text(caught.value.status) == b"invalid argument"
    with pytest.raises(CError, match="scorer must not be NULL"):
        library.call("scorer_score", None, None, ctypes.c_int64(0), None, None, ctypes.c_uint64(144))


def test_progress_and_cancelling(library: CLibrary) -> None:
    images = np.broadcast_to(stack(8, 0.5, (2, 512, 512))[:1], (400, 512, 512))
    scorer = library.scorer(views(images))
    told: list[tuple[int, int]] = []
    run = Run(ctypes.sizeof(Run), num_threads=2)
    run.progress = Progress(lambda done, total, user: told.append((done, total)))
    library.score(scorer, views(images[:9]), run)
    assert told[-1] == (9, 9)
    run.should_stop = ShouldStop(lambda user: 1)
    with pytest.raises(CError, match="stopped") as caught:
        library.score(scorer, views(images), run)
    assert library.lib.ndreg_preeval_status_text(caught.value.status) == b"cancelled"


def runs(tool: str) -> bool:
    """Whether a compiler is there and works: rustup's stand-in for rustc may have nothing behind it."""
    if shutil.which(tool) is None:
        return False
    return subprocess.run([tool, "--version"], capture_output=True, timeout=300, check=False).returncode == 0


def compiled(tool: str, *words: str | Path) -> None:
    done = subprocess.run([tool, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def printed(program: Path, shared: Path) -> str:
    return subprocess.run(
        [str(program)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={"LD_LIBRARY_PATH": str(shared.parent)},
    ).stdout


@pytest.mark.skipif(not runs("rustc"), reason="rustc is missing, or has no toolchain")
def test_from_rust(shared: Path, tmp_path: Path) -> None:
    program = tmp_path / "rank"
    compiled(
        "rustc",
        "--edition",
        "2021",
        "-D",
        "warnings",
        "-L",
        shared.parent,
        "-o",
        program,
        CONSUMERS / "main.rs",
    )
    assert printed(program, shared) == (CONSUMERS / "ranking.txt").read_text()


@pytest.mark.skipif(not runs("gfortran"), reason="gfortran is missing")
def test_from_fortran(shared: Path, tmp_path: Path) -> None:
    program = tmp_path / "rank"
    compiled(
        "gfortran",
        *("-std=f2008", "-Wall", "-Wextra", "-Werror", "-J", tmp_path, "-o", program),
        CONSUMERS / "main.f90",
        *("-L", shared.parent, "-lndreg_preeval"),
    )
    assert printed(program, shared) == (CONSUMERS / "ranking.txt").read_text()
