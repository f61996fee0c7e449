# SPDX-License-Identifier: MIT
"""Rankings made by hand, for tests of what people see: every number is chosen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from ndreg_preeval.methods import METHODS
from ndreg_preeval.options import Options


def names_in(folder: Path) -> list[str]:
    """What lies in a folder: hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def stack(name: Any, probability: list[float], **changes: Any) -> Any:
    """A scored stack whose images have these probabilities and shifts (i, -i / 2)."""
    m = len(probability)
    values = np.array(probability, dtype=float)
    images = np.arange(1, m + 1)
    shifts = np.stack([images, -images / 2], axis=1).astype(float)
    fields = {
        "name": name,
        "score": float(values.mean()) if m else 0.0,
        "n_images": m + 1,
        "shape": (32, 48),
        "dtype": "uint16",
        "location": f"scan.h5::/entry/{name!s}",
        "method": METHODS["robust"],
        "precision": "single",
        "rankable": m > 0,
        "error": None,
        "reference_image": 0,
        "reference_flags": 0,
        "image_axis": 0,
        "trust": float(values.min()) if m else 0.0,
        "n_judged": m,
        "trust_masked": float(values.min()) if m else 0.0,
        "reasons": (),
        "warnings": (),
        "image_indices": images,
        "reference_indices": np.zeros(m, dtype=int),
        "shifts": shifts,
        "peak_shifts": np.round(shifts).astype(int),
        "peak": values / 2,
        "mean": np.full(m, 0.01),
        "rms": np.full(m, 0.02),
        "peak_to_mean": values * 50,
        "second_peak": values / 4,
        "zero_peak": values / 8,
        "confirmation": values * 3,
        "probability": values,
        "probability_masked": values,
        "p_value": np.full(m, 1e-9),
        "invalid_pixels": np.zeros(m, dtype=np.int64),
        "static_pixels": np.zeros(m, dtype=np.int64),
        "flags": np.zeros(m, dtype=np.uint32),
        "jumps": np.zeros(m, dtype=bool),
        "opinion": values / 3,
        "opinion_rms": np.full(m, 0.01),
        "opinion_second": values / 9,
        "opinion_moved": values / 9,
        "opinion_zero": values / 10,
        "values": values,
    }
    made = SimpleNamespace(**(fields | changes))
    worst = int(np.argmin(made.values)) if len(made.values) else None
    made.worst_image = None if worst is None else int(made.image_indices[worst])
    return made


def ranking(*stacks: Any, **changes: Any) -> Any:
    """A ranking of stacks that are given best first; their correlograms have the right peak."""

    def correlogram(name: Any, image: int, second_opinion: bool = False) -> Any:
        found = made.stacks[name]
        position = int(np.flatnonzero(found.image_indices == image)[0])
        values = np.random.default_rng(image).uniform(0, 0.02, found.shape)
        values[tuple(found.peak_shifts[position])] = 0.5
        return values

    def pixels(name: Any, image: int) -> Any:
        return np.random.default_rng(image).uniform(0, 1000, made.stacks[name].shape)

    fields = {
        "reference_stack": stacks[0].name if stacks else None,
        "ranked_stack_names": [one.name for one in stacks],
        "scores": {one.name: one.score for one in stacks},
        "stacks": {one.name: one for one in stacks},
        "method": METHODS["robust"],
        "options": Options(),
        "trust": "it aligns (97 %).",
        "warnings": (),
        "num_threads": 2,
        "provenance": None,
        "correlogram": correlogram,
        "image": pixels,
    }
    made = SimpleNamespace(**(fields | changes))
    return made
