# SPDX-License-Identifier: MIT
"""The task among those of ewoksndreg, where that is installed: their tests, their stacks, all engines."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.ewoks import find_workflow
from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation

ROOT = Path(__file__).resolve().parents[2]


def needs(package: str) -> Any:
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed (optional peer)")


pytestmark = [pytest.mark.peer, needs("ewoksndreg")]

EXAMPLE = {
    "id": "example",
    "task_type": "class",
    "task_identifier": "ewoksndreg.tasks.example2d_stacks.Example2DStacks",
    "default_inputs": [
        {"name": "name", "value": "astronaut"},
        {"name": "transformation_type", "value": "translation"},
        {"name": "nimages", "value": 4},
        {"name": "nstacks", "value": 3},
    ],
}


def run(*command: str, folder: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=folder,  # in one of its own, their tests are not run under our configuration
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@needs("PyQt6")
def test_their_own_tests_pass_with_our_task(tmp_path: Path) -> None:
    """Their task and their widget, both with our class in place of theirs."""
    module = "ewoksndreg.tests.tasks.test_reg2d_preeval"
    where = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = ["-m", "pytest", "-q", "-p", "tests.support.ewoksndreg_plugin", "--pyargs", module]
    assert "2 passed" in run(*command, folder=tmp_path, PYTHONPATH=where)


@pytest.fixture
def workflow(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One of the shipped workflows; in memory, the example stacks of the original come before it."""
    name, in_file = request.param
    if in_file:
        return find_workflow(name)
    graph = json.loads(find_workflow(name).read_text(encoding="utf-8"))
    graph["nodes"].append(EXAMPLE)
    mapping = [{"source_output": "image_stacks", "target_input": "image_stacks"}]
    graph["links"].append({"source": "example", "target": "rank", "data_mapping": mapping})
    path = tmp_path / f"{name}_example.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    ["core", pytest.param("ppf", marks=needs("ewoksppf")), pytest.param("dask", marks=needs("ewoksdask"))],
)
@pytest.mark.parametrize(
    "workflow",
    [(name, in_file) for name in ("rank", "rank_register_transform") for in_file in (False, True)],
    ids=lambda case: f"{case[0]}-{'hdf5' if case[1] else 'memory'}",
    indirect=True,
)
@needs("ewoks")
def test_ewoks_execute(workflow: Path, engine: str, tmp_path: Path) -> None:
    in_file = workflow.parent != tmp_path
    whole = workflow.name.startswith("rank_register_transform")
    command = [
        "-m",
        "ewoks",
        "execute",
        str(workflow),
        "--engine",
        engine,
        "--outputs",
        "end",
        "--merge-outputs",
    ]
    if in_file:
        demo = make_demo(tmp_path / "demo.h5", n_images=8)
        command += ["-pn", f"rank:image_stacks={demo.uri}"]
        if whole:
            command += ["-pn", f"transform:output_root_uri={tmp_path / 'aligned.h5'}::/entry/align/results"]
    printed = run(*command)
    assert "FINISHED" in printed
    best = "Ca-K" if in_file else "stack_0"
    assert f"'reference_stack': '{best}'" in printed
    if not whole:
        assert f"'trust': '{best} aligns" in printed
    elif in_file:
        with h5py.File(tmp_path / "aligned.h5") as file:
            aligned = file["entry/align/results"]
            assert sorted(aligned) == sorted(demo.names)
            assert aligned["Ca-K"].shape == (8, 128, 128)


def peer(module: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, and their dependencies'
        return importlib.import_module(f"ewoksndreg.{module}")


def their_stacks() -> dict[str, Any]:
    """Example stacks as the tasks of the original make and hand them on: lists of images."""
    rng = np.random.default_rng(0)
    scene = rng.normal(size=(60, 60))
    images = [scene[5 - i : 45 - i, 5 + i : 45 + i] for i in range(4)]
    return {
        name: [image + noise * rng.normal(size=image.shape) for image in images]
        for name, noise in (("stack_1", 1.0), ("stack_0", 0.05))
    }


@pytest.mark.parametrize("in_file", [False, True])
def test_their_input_stacks_are_accepted_and_returned(in_file: bool, tmp_path: Path) -> None:
    module = peer("io.input_stack")
    stacks: Any = their_stacks()
    if in_file:
        with h5py.File(tmp_path / "stacks.h5", "w") as file:
            for name, images in stacks.items():
                file[name] = np.array(images)
        made = module.InputStacksHdf5({name: f"{tmp_path / 'stacks.h5'}::/{name}" for name in stacks})
    else:
        made = module.InputStacksNumpy(stacks)
    for enter in (False, True):
        task = Reg2DPreEvaluation(inputs={"image_stacks": made})
        if enter:
            with made:
                task.execute()
        else:
            task.execute()
        assert task.outputs.image_stacks is made
        assert task.outputs.ranked_stack_names == ["stack_0", "stack_1"]


def test_their_next_task_takes_what_we_hand_on(tmp_path: Path) -> None:
    """A list of URIs, whose names their own task hands on to nobody."""
    with h5py.File(tmp_path / "stacks.h5", "w") as file:
        for name, images in their_stacks().items():
            file[name] = np.array(images)
    uris = [f"{tmp_path / 'stacks.h5'}::/{name}" for name in their_stacks()]
    register = peer("tasks.reg2d_intensities").Reg2DIntensities
    options = {"mapper": "CrossCorrelation-SciKitImage", "transformation_type": "translation"}

    def registered(rank: Any) -> Any:
        rank.execute()
        names = ("image_stacks", "reference_stack", "output_configuration")
        task = register(inputs={**{name: rank.outputs[name] for name in names}, **options})
        task.execute()
        return task.outputs

    outputs = registered(Reg2DPreEvaluation(inputs={"image_stacks": uris}))
    assert outputs.reference_stack == "stack_0"
    assert outputs.output_configuration["reference_stack"] == "stack_0"
    with pytest.raises(Exception, match="must be in"):
        registered(peer("tasks.reg2d_preeval").Reg2DPreEvaluation(inputs={"image_stacks": uris}))
