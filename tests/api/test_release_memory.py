# SPDX-License-Identifier: MIT
"""Memory that is kept between calls: bounded, given back, and nothing that a result depends on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import ndreg_preeval
from ndreg_preeval import core, rank_stacks, release_memory, score_stack

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

KEPT = "NDREG_PREEVAL_KEPT_MEMORY"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(KEPT, "300M")
    release_memory()
    yield
    release_memory()


def stack(size: int = 96, count: int = 5, dtype: Any = np.float32, seed: int = 1) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    scene = random.normal(100, 20, size=(size, size + 8))
    images = [np.roll(scene, (i, -i), (0, 1)) + random.normal(0, 5, scene.shape) for i in range(count)]
    return np.asarray(images).astype(dtype)


def test_release_memory_gives_back_what_is_kept() -> None:
    images = stack()
    ranking = rank_stacks({"a": images, "b": images[::-1]})
    assert core.kept_memory() > images[0].nbytes
    assert release_memory() >= images[0].nbytes
    assert core.kept_memory() == 0
    assert release_memory() == 0
    assert rank_stacks({"a": images, "b": images[::-1]}) == ranking


@pytest.mark.parametrize("bound", ["0", "100K", "5M"])
def test_the_bound_is_kept(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setenv(KEPT, bound)
    most = int(bound.strip("KM")) * {"0": 1, "K": 1 << 10, "M": 1 << 20}[bound[-1]]
    for size in range(16, 300, 41):
        rank_stacks({"a": stack(size, 3)}, num_threads=2)
        assert core.kept_memory() <= most
    assert (core.kept_memory() > 0) is (most > 0)


def test_a_bound_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT, "much")
    with pytest.raises(ValueError, match="NDREG_PREEVAL_KEPT_MEMORY must be a number of bytes"):
        core.Scorer(np.eye(16))


def test_results_do_not_depend_on_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = stack(seed=3)
    spoiled[:, 40] = spoiled[:, :, 7] = 1e5
    cases: list[tuple[NDArray[Any], dict[str, Any]]] = [
        (images, {"method": method, "precision": precision, "pairing": pairing})
        for images in (stack(), stack(80, dtype=np.uint16), spoiled)
        for method in ("evidence", "plain", "peak_to_mean")
        for precision in ("single", "double")
        for pairing in ("reference", "previous")
    ]

    def scores(case: int) -> bytes:
        images, options = cases[case]
        found = score_stack(images, num_threads=1 + case % 3, **options)
        return b"".join(
            getattr(found, name).tobytes() for name in ("values", "peak", "rms", "shifts", "flags")
        )

    monkeypatch.setenv(KEPT, "0")
    expected = [scores(case) for case in range(len(cases))]
    assert core.kept_memory() == 0
    monkeypatch.setenv(KEPT, "300M")
    for case in np.random.default_rng(5).permutation(np.tile(np.arange(len(cases)), 3)):
        assert scores(case) == expected[case]
        assert core.kept_memory() > 0


def test_release_memory_in_the_middle_of_calls() -> None:
    images = stack()
    expected = rank_stacks({"a": images})
    found: list[Any] = []

    def call() -> None:
        found.extend(rank_stacks({"a": images}) for _ in range(10))

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        release_memory()
    for thread in threads:
        thread.join()
    assert found == [expected] * 30


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory in use is read from /proc")
def test_the_system_gets_it_back() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    images = stack(1500, 2)
    rank_stacks({"a": images}, precision="double")
    before = resident()
    given = release_memory()
    assert given > 3 * images[0].size * 8
    assert before - resident() > given // 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_programs_end_while_daemon_threads_are_in_calls() -> None:
    program = """
import threading, time, numpy as np
from ndreg_preeval import core
images = np.random.default_rng(1).normal(size=(3, 200, 200))
def call():
    while True:
        core.Scorer(images[0]).score(images, num_threads=2)
for _ in range(3):
    threading.Thread(target=call, daemon=True).start()
core.Scorer(images[0]).score(images)
core.release_memory()
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_it_is_public() -> None:
    assert "release_memory" in ndreg_preeval.__all__
    assert ndreg_preeval.release_memory is core.release_memory
