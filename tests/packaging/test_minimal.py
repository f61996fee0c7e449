# SPDX-License-Identifier: MIT
"""Does an installed wheel work at all? Needs numpy, pytest and the package, nothing else."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import numpy as np
import pytest

import ndreg_preeval

CPUINFO = Path("/proc/cpuinfo")
# What Linux calls the instructions that a set consists of, best set first.
NEEDED = {
    "avx512": {"avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl"},
    "avx2": {"avx2", "fma"},
}


def test_ranks_arrays() -> None:
    rng = np.random.default_rng(0)
    texture = rng.normal(size=(32, 40))
    moved = np.stack([np.roll(texture, (i, -2 * i), (0, 1)) for i in range(4)])
    ranking = ndreg_preeval.rank_stacks({"noise": rng.normal(size=(4, 32, 40)), "moved": moved})
    assert ranking.ranked_stack_names == ["moved", "noise"]
    np.testing.assert_allclose(ranking.stacks["moved"].shifts, [(-i, 2 * i) for i in (1, 2, 3)], atol=1e-6)
    assert "moved" in str(ranking)


def test_knows_itself() -> None:
    facts = ndreg_preeval.build_config()
    assert facts["version"] == ndreg_preeval.__version__
    assert facts["numpy"] == np.__version__
    assert facts["core"] == sys.modules["ndreg_preeval._core"].__file__


@pytest.mark.skipif(not CPUINFO.is_file(), reason="only Linux says in a file what the processor has")
def test_takes_the_best_instructions_that_the_processor_has() -> None:
    facts = ndreg_preeval.build_config()
    flags: set[str] = set()
    if platform.machine() == "x86_64":  # an emulator of another processor shows the file of this one
        assert facts["isas"] == ["baseline", *reversed(NEEDED)]
        lines = CPUINFO.read_text().splitlines()
        flags = next(set(line.split()) for line in lines if line.startswith("flags"))
    best = next((isa for isa, needed in NEEDED.items() if needed <= flags), "baseline")
    assert facts["isa"] == os.environ.get("NDREG_PREEVAL_ISA", best)
    assert facts["usable_isas"][-1] == best
