# SPDX-License-Identifier: MIT
"""How Ewoks finds the task and the workflows. Needs ewokscore, not the original."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from typing import Any

import pytest
from ewokscore import execute_graph, load_graph

from ndreg_preeval.ewoks import find_workflow, workflow_names
from tests.support.scenes import three

TASK = "ndreg_preeval.ewoks.reg2d_preeval.Reg2DPreEvaluation"

DISCOVER = """
import json, sys
import ewokscore.task_discovery, ewokscore.taskwithprogress
before = set(sys.modules)
module = "ndreg_preeval.ewoks.reg2d_preeval"
tasks = ewokscore.task_discovery.discover_tasks_from_modules(module, task_type="class")
print(json.dumps([sorted(tasks, key=lambda task: task["task_identifier"]), sorted(set(sys.modules) - before)]))
"""

WITHOUT = """
import sys
sys.modules["ewokscore"] = None
import ndreg_preeval.ewoks
print(len(ndreg_preeval.ewoks.workflow_names()))
import ndreg_preeval.ewoks.reg2d_preeval
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False, timeout=300
    )


def test_discovery_imports_nothing_heavy() -> None:
    done = run(DISCOVER)
    assert done.returncode == 0, done.stderr
    (task, report), loaded = json.loads(done.stdout)
    assert task["task_identifier"] == TASK
    assert report["task_identifier"] == f"{TASK}Report"
    assert task["category"] == "ndreg_preeval"
    assert task["required_input_names"] == ["image_stacks"]
    assert task["description"].startswith("Choice of the stack to align by")
    # Beyond what ewokscore has loaded itself, which is pydantic, h5py and silx among others.
    packages = {name.partition(".")[0] for name in loaded if not name.startswith("_")}
    assert packages - sys.stdlib_module_names <= {"ndreg_preeval", "numpy"}
    assert "ndreg_preeval.ewoks.models" in loaded
    assert not {"ndreg_preeval.ranking", "ndreg_preeval.reg2d", "ndreg_preeval.stacks"} & set(loaded)


def test_entry_points() -> None:
    mine = {
        (point.group, point.name)
        for point in importlib.metadata.distribution("ndreg_preeval").entry_points
        if point.group.startswith("ewoks")
    }
    assert mine == {
        ("ewoks.tasks.class", "ndreg_preeval.ewoks.reg2d_preeval"),
        ("ewoks.workflows", "ndreg_preeval.ewoks.workflows.*"),
    }


def test_without_ewokscore_it_says_what_to_install() -> None:
    done = run(WITHOUT)
    assert done.stdout == "2\n", done.stderr
    assert (
        'ImportError: the Ewoks task needs ewokscore: pip install ewoks, or the extra "ewoks"' in done.stderr
    )


def test_workflows_are_found() -> None:
    assert workflow_names() == ["rank", "rank_register_transform"]
    for name in workflow_names():
        graph: dict[str, Any] = json.loads(find_workflow(name).read_text(encoding="utf-8"))
        assert graph["graph"]["id"] == f"ndreg_preeval.{name}"
        assert graph["nodes"][0]["task_identifier"].removesuffix("Report") == TASK
        load_graph(str(find_workflow(name)))
    with pytest.raises(
        ValueError, match="workflow must be one of rank, rank_register_transform, not 'align'"
    ):
        find_workflow("align")


def test_rank_workflow() -> None:
    inputs = [{"id": "rank", "name": "image_stacks", "value": three()}]
    outputs = execute_graph(str(find_workflow("rank")), inputs=inputs)
    assert outputs["ranked_stack_names"] == ["clear", "fair", "poor"]
    assert outputs["scores"]["clear"] > 0.9
    assert outputs["trust"].startswith("clear aligns")
    assert outputs["report"]["stacks"][0]["name"] == "clear"
