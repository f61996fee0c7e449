# SPDX-License-Identifier: MIT
"""The widget as Orange finds it, and as it runs in a workflow on a canvas."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
import warnings

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Orange and its packages say while they are imported
    pytest.importorskip("ewoksorange", reason="ewoksorange is not installed (extra orange)")
    pytest.importorskip("AnyQt.QtWidgets", reason="no Qt is installed (extra orange)", exc_type=ImportError)
    from AnyQt import QtGui, QtWidgets
    from ewoksorange.gui.canvas.handler import OrangeCanvasHandler
    from ewoksorange.gui.owwidgets.registration import get_owwidget_descriptions
    from ewoksorange.gui.workflows.owscheme import ewoks_to_ows, task_to_widget
    from orangecanvas.application import canvasmain

from importlib.resources import files

from ndreg_preeval.cli.demo import make_demo

# Warnings of Orange about itself are its own business here.
pytestmark = [pytest.mark.orange, pytest.mark.filterwarnings("ignore")]

REPORT = "orangecontrib.ndreg_preeval.reg2d_preeval_report.OWReg2DPreEvaluationReport"
WIDGET = "orangecontrib.ndreg_preeval.reg2d_preeval.OWReg2DPreEvaluation"
TASK = "ndreg_preeval.ewoks.reg2d_preeval.Reg2DPreEvaluation"
GRAPH = {
    "graph": {"id": "rank", "schema_version": "1.2"},
    "nodes": [{"id": "rank", "label": "rank", "task_type": "class", "task_identifier": TASK}],
    "links": [],
}


@pytest.fixture(scope="module")
def app():
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication([])


@pytest.fixture(scope="module")
def descriptions(app):
    found = {each.qualified_name: each for each in get_owwidget_descriptions()}
    return {name: found[name] for name in (WIDGET, REPORT)}


@pytest.fixture(scope="module")
def description(descriptions):
    return descriptions[WIDGET]


@pytest.mark.parametrize("group", ["orange3.addon", "orange.widgets"])
def test_is_an_addon(group):
    (entry,) = [
        each for each in importlib.metadata.entry_points(group=group) if each.dist.name == "ndreg_preeval"
    ]
    assert entry.load().__name__ == "orangecontrib.ndreg_preeval"


@pytest.mark.parametrize("name", [WIDGET, REPORT])
def test_every_input_and_output_can_be_linked(descriptions, name):
    for signal in [*descriptions[name].inputs, *descriptions[name].outputs]:
        for kind in signal.types:
            assert isinstance(kind, str), signal
            assert kind != "typing.Any", signal


def test_report_has_three_outputs_more(descriptions):
    outputs = {name: {signal.name for signal in each.outputs} for name, each in descriptions.items()}
    assert outputs[REPORT] - outputs[WIDGET] == {"scores", "trust", "report"}


def test_orange_finds_the_widget(description):
    assert description.name == "Pre-Registration Evaluation (ndreg_preeval)"
    assert description.project_name == "ndreg_preeval"
    inputs = {signal.name for signal in description.inputs}
    outputs = {signal.name for signal in description.outputs}
    assert {"image_stacks", "reference_stack", "output_configuration", "skip"} <= inputs
    assert {"image_stacks", "reference_stack", "ranked_stack_names", "output_configuration"} <= outputs


def test_icon_is_there_and_can_be_drawn(app, description):
    path = files("orangecontrib.ndreg_preeval") / description.icon
    assert not QtGui.QIcon(str(path)).pixmap(48, 48).isNull()


@pytest.mark.parametrize(("task", "name"), [(TASK, WIDGET), (TASK + "Report", REPORT)])
def test_task_becomes_the_widget(app, task, name):
    widget, _ = task_to_widget(task)
    assert f"{widget.__module__}.{widget.__qualname__}" == name


def test_workflow_becomes_one_of_orange(app, tmp_path):
    path = tmp_path / "rank.ows"
    ewoks_to_ows(GRAPH, str(path))
    assert WIDGET in path.read_text()


@pytest.fixture
def canvas(app, monkeypatch):
    """A canvas that raises what it would ask a person about."""

    def refuse(*args, **kwargs):
        raise AssertionError(kwargs.get("details", args))

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(canvasmain, "message_warning", refuse)
    with OrangeCanvasHandler() as made:
        yield made


def test_runs_on_a_canvas(canvas, tmp_path):
    demo = make_demo(tmp_path / "demo.h5", n_images=4, shape=(48, 48))
    (node,) = GRAPH["nodes"]
    report = {**node, "id": "report", "label": "report", "task_identifier": TASK + "Report"}
    names = ["rank", "report"]
    canvas.load_graph(
        {**GRAPH, "nodes": [node, report]},
        inputs=[{"id": name, "name": "image_stacks", "value": demo.uri} for name in names],
    )
    canvas.start_workflow()
    canvas.wait_widgets(timeout=300)
    outputs = canvas.get_output_values()
    assert set(outputs) == set(names)
    for given in outputs.values():
        assert given["reference_stack"] == given["ranked_stack_names"][0] == demo.best
        assert set(given["image_stacks"]) == set(demo.names)
    assert list(outputs["report"]["scores"]) == outputs["rank"]["ranked_stack_names"]
    for widget in canvas.iter_widgets():
        assert widget.panel.headline.text() == f"Align by: {demo.best}"


@pytest.mark.peer
@pytest.mark.skipif(importlib.util.find_spec("ewoksndreg") is None, reason="ewoksndreg is not installed")
def test_between_the_widgets_of_ewoksndreg(canvas):
    stacks = {"transformation_type": "translation", "name": "astronaut", "nimages": 4, "shape": [60, 70]}
    tasks = {
        "example": ("ewoksndreg.tasks.example2d_stacks.Example2DStacks", stacks),
        "rank": (TASK, {}),
        "register": (
            "ewoksndreg.tasks.reg2d_intensities.Reg2DIntensities",
            {"transformation_type": "translation", "mapper": "CrossCorrelation-Numpy"},
        ),
    }
    nodes = [
        {
            "id": name,
            "label": name,
            "task_type": "class",
            "task_identifier": task,
            "default_inputs": [{"name": key, "value": value} for key, value in inputs.items()],
        }
        for name, (task, inputs) in tasks.items()
    ]
    handed_on = {
        ("example", "rank"): ["image_stacks"],
        ("rank", "register"): ["image_stacks", "reference_stack", "output_configuration"],
    }
    links = [
        {
            "source": source,
            "target": target,
            "data_mapping": [{"source_output": name, "target_input": name} for name in names],
        }
        for (source, target), names in handed_on.items()
    ]
    canvas.load_graph({**GRAPH, "nodes": nodes, "links": links})
    canvas.start_workflow()
    canvas.wait_widgets(timeout=300)
    outputs = canvas.get_output_values()
    assert outputs["register"]["reference_stack"] == outputs["rank"]["reference_stack"]
    assert set(outputs["register"]["transformations"]) == set(outputs["example"]["image_stacks"])
