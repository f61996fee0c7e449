# SPDX-License-Identifier: MIT
"""One case of a random scene that moves, with more and less noise, and one at rest."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


def make_cases(seed, per_family, families=None, quick=False):
    del per_family, families, quick
    for family, steps in (("moves", [(0, 0), (3, -2), (-4, 5)]), ("rests", [(0, 0), (0, 0)])):
        rng = np.random.default_rng([seed, len(steps)])
        scene = rng.normal(size=(48, 48))
        film = np.stack([scene[8 + r : 40 + r, 8 + c : 40 + c] for r, c in steps])
        stacks = {
            name: film + noise * rng.normal(size=film.shape)
            for name, noise in (("hopeless", 50.0), ("good", 0.1), ("fair", 0.5))
        }
        yield SimpleNamespace(
            name=family, family=family, motion="", shifts=np.array(steps, float), stacks=stacks
        )
