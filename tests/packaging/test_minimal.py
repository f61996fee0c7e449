# SPDX-License-Identifier: MIT
"""Does an installed wheel work at all? Needs numpy and the package, nothing else."""

from __future__ import annotations

import sys

import numpy as np

import ndreg_preeval


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
