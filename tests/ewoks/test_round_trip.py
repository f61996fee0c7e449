# SPDX-License-Identifier: MIT
"""A whole alignment by ewoksndreg of demo data with known drift, by our choice and by its own.

Run as a program, it prints the table of docs/ewoks.md.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pytest

from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.ewoks import find_workflow

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("ewoksndreg") is None, reason="ewoksndreg is not installed (optional peer)"
    ),
]

OURS = "ndreg_preeval.ewoks.reg2d_preeval.Reg2DPreEvaluation"
THEIRS = "ewoksndreg.tasks.reg2d_preeval.Reg2DPreEvaluation"
HOT = "S-K"
"""Gets one hot pixel; its images are nearly empty, and align by nothing else."""
PATTERN = "Cr-K"
"""Has a pattern of the detector from the start, and is left out: it would hide what the hot pixel does."""


class Outcome(NamedTuple):
    chosen: str
    error: float
    """Pixels: the farthest that any image is from where it belongs."""


def align(task: str, seed: int, hot: bool, folder: Path) -> Outcome:
    """Rank, register and transform the demo of a seed, through HDF5."""
    truth = make_demo(folder / f"demo_{seed}_{hot}.h5", seed=seed)
    if hot:
        with h5py.File(truth.path, "a") as file:
            file[f"entry/fit/results/{HOT}"][:, 40, 70] = 1e4
    stacks = {name: f"{truth.uri}/{name}" for name in truth.names if name != PATTERN}
    graph = json.loads(find_workflow("rank_register_transform").read_text(encoding="utf-8"))
    graph["nodes"][0] = {"id": "rank", "task_type": "class", "task_identifier": task}
    aligned = folder / f"aligned_{seed}_{hot}_{task[:5]}.h5"
    inputs = [
        {"id": "rank", "name": "image_stacks", "value": stacks},
        {"id": "transform", "name": "output_root_uri", "value": f"{aligned}::/entry/align/results"},
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, and their dependencies'
        from ewokscore import execute_graph

        outputs: Any = execute_graph(graph, inputs=inputs, outputs=[{"all": True}], merge_outputs=False)
    with h5py.File(aligned) as file:
        assert set(file["entry/align/results"]) == set(stacks)
    found = outputs["register"]["transformations"][truth.best]
    # Their matrix leads from the aligned frame to the image: back along the drift.
    shifts = -np.array([each.passive_matrix[:2, 2] for each in found])
    return Outcome(outputs["rank"]["reference_stack"], float(np.hypot(*(shifts - truth.shifts).T).max()))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_drift_is_recovered(seed: int, tmp_path: Path) -> None:
    for hot in (False, True):
        ours = align(OURS, seed, hot, tmp_path)
        assert ours.chosen == "Ca-K"
        assert ours.error < 0.5


def test_a_hot_pixel_misleads_the_original(tmp_path: Path) -> None:
    clean = align(THEIRS, 0, False, tmp_path)
    assert clean.chosen == "Ca-K"
    assert clean.error < 0.5
    hot = align(THEIRS, 0, True, tmp_path)
    assert hot.chosen == HOT
    assert hot.error > 5


def main() -> None:
    print(
        "| demo, seed | hot pixel | ewoksndreg chooses | largest error, px | ndreg_preeval chooses | largest error, px |"
    )
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(4):
            for hot in (False, True):
                theirs, ours = (align(task, seed, hot, Path(folder)) for task in (THEIRS, OURS))
                print(
                    f"| {seed} | {f'one, in {HOT}' if hot else 'none'} | {theirs.chosen} | {theirs.error:.2f} "
                    f"| {ours.chosen} | {ours.error:.2f} |"
                )


if __name__ == "__main__":
    sys.exit(main())
