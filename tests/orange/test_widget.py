# SPDX-License-Identifier: MIT
"""The Orange widget, driven as a person drives it, with a real Qt and no screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from silx.io.url import DataUrl

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Orange and its packages say while they are imported
    pytest.importorskip("ewoksorange", reason="ewoksorange is not installed (extra orange)")
    pytest.importorskip("AnyQt.QtWidgets", reason="no Qt is installed (extra orange)", exc_type=ImportError)
    from AnyQt import QtCore, QtTest, QtWidgets
    from silx.gui.dialog.DataFileDialog import DataFileDialog

    from orangecontrib.ndreg_preeval.reg2d_preeval import OWReg2DPreEvaluation

from ndreg_preeval import rank_stacks
from ndreg_preeval.cli.demo import make_demo
from orangecontrib.ndreg_preeval.view import loader, plots
from orangecontrib.ndreg_preeval.view.model import COLUMNS

pytestmark = [pytest.mark.orange, pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")]

LEFT = QtCore.Qt.MouseButton.LeftButton
PATIENCE = 300.0
"""Seconds for what takes a fraction of one."""


@pytest.fixture(scope="module")
def app():
    found = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    yield found
    found.processEvents()


@pytest.fixture(autouse=True)
def uncaught(monkeypatch):
    """PyQt ends the process after an error in a slot, unless somebody takes it."""
    errors = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: errors.append(error))
    monkeypatch.setattr(threading, "excepthook", errors.append)
    yield errors
    assert not errors


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("demo") / "demo.h5", n_images=8, shape=(64, 72))


@pytest.fixture(scope="module")
def ranking(demo):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return rank_stacks(demo.uri)


@pytest.fixture
def widget(app):
    made = OWReg2DPreEvaluation()
    made.show()
    yield made
    made.onDeleteWidget()
    made.close()
    made.deleteLater()
    app.processEvents()


def wait(app, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the widget did not get there"
        app.processEvents()
        time.sleep(0.002)


def settle(app, widget):
    """Until the ranking and the pictures are there."""
    wait(app, lambda: not (widget.task_executor.isRunning() or widget.processingState))
    wait(app, lambda: not widget.panel.loader.busy)


def run(app, widget, **inputs):
    widget.update_dynamic_inputs(**inputs)
    widget.handleNewSignals()
    settle(app, widget)


def column(widget, name):
    table = widget.panel.table
    return [table.item(row, COLUMNS.index(name)).text() for row in range(table.rowCount())]


def default(widget, name):
    # Not `get_default_input_value`, which writes what it finds into the defaults of the task.
    return widget._ewoks_default_inputs.get(name)


def correlogram_peak(widget):
    """dy, dx of the highest pixel that is drawn, read off the axes of the plot."""
    image = widget.panel.correlogram.getImage("correlogram")
    row, col = np.unravel_index(image.getData().argmax(), image.getData().shape)
    left, top = image.getOrigin()
    return top + row + 0.5, left + col + 0.5


def test_shows_the_ranking(app, widget, demo, ranking):
    run(app, widget, image_stacks=demo.uri)
    panel = widget.panel
    assert column(widget, "stack") == ranking.ranked_stack_names
    assert column(widget, "score")[0] == f"{ranking.stack_scores[0].score:.3f}"
    assert column(widget, "why not")[-1].startswith(ranking.stack_scores[-1].reasons[0][:30])
    assert panel.headline.text() == f"Align by: {demo.best}"
    assert panel.trust.text() == ranking.trust
    assert f"Ranked last: {ranking.ranked_stack_names[-1]}" in panel.why.toPlainText()
    assert ranking.warnings[0] in panel.why.toPlainText()
    assert widget.Warning.doubtful.is_shown()
    assert widget.get_task_output_value("reference_stack") == demo.best
    assert not widget.controls.cancel.isEnabled()


def test_plots_hold_the_selected_stack_and_image(app, widget, demo, ranking):
    run(app, widget, image_stacks=demo.uri)
    panel, best = widget.panel, ranking.stack_scores[0]
    x, y, *_ = panel.curve.getCurve("values").getData()
    np.testing.assert_array_equal(x, best.image_indices)
    np.testing.assert_allclose(y, best.values)
    assert panel.image == best.worst_image
    assert panel.picture.getImage("image").getData().shape == (64, 72)
    position = int(np.flatnonzero(best.image_indices == best.worst_image)[0])
    dy, dx = best.peak_shifts[position]
    assert correlogram_peak(widget) == (dy, dx)
    around = np.array(panel.correlogram._getItem("item", "peak").getPoints())
    np.testing.assert_allclose(around.mean(axis=0), (dx, dy), atol=1e-9)
    for axis in (panel.correlogram.getXAxis(), panel.correlogram.getYAxis()):
        assert sum(axis.getLimits()) == pytest.approx(0)
    assert f"peak at dy {dy}, dx {dx}" in panel.correlogram.getGraphTitle()


def test_click_on_a_value_goes_to_its_image(app, widget, demo):
    run(app, widget, image_stacks=demo.uri)
    curve = widget.panel.curve
    target = 5 if widget.panel.image != 5 else 3
    x, y = curve.dataToPixel(target + 0.2, 0.8)
    handle = curve.getWidgetHandle()
    QtTest.QTest.mouseClick(handle, LEFT, pos=QtCore.QPoint(round(x), round(y)))
    settle(app, widget)
    assert widget.panel.image == target
    assert widget.panel.slider.value() == widget.panel.spin.value() == target
    assert curve._getMarker("selected").getXPosition() == target
    assert widget.panel.picture.getGraphTitle() == f"Image {target}"
    assert widget.panel.facts.text().startswith(f"Image {target}: P")


def test_selecting_a_stack_shows_it(app, widget, demo, ranking):
    run(app, widget, image_stacks=demo.uri)
    table, last = widget.panel.table, len(ranking.stack_scores) - 1
    place = table.visualItemRect(table.item(last, 1)).center()
    QtTest.QTest.mouseClick(table.viewport(), LEFT, pos=place)
    settle(app, widget)
    stack = ranking.stack_scores[last]
    np.testing.assert_allclose(widget.panel.curve.getCurve("values").getData()[1], stack.values)
    assert widget.panel.image == stack.worst_image
    assert widget.panel.why.toPlainText().startswith(f"{stack.name}, rank {last + 1} of {last + 1}")


def test_slider_and_second_opinion(app, widget, demo):
    run(app, widget, image_stacks=demo.uri)
    panel = widget.panel
    assert (panel.slider.maximum(), panel.spin.maximum()) == (7, 7)
    panel.slider.setValue(4)
    settle(app, widget)
    first = panel.correlogram.getImage("correlogram").getData()
    panel.second.click()
    settle(app, widget)
    second = panel.correlogram.getImage("correlogram").getData()
    assert np.abs(np.diff(second)).mean() < np.abs(np.diff(first)).mean()
    assert panel.correlogram.getGraphTitle().startswith("Second opinion")
    panel.slider.setValue(0)
    settle(app, widget)
    assert panel.correlogram.getGraphTitle().startswith("No correlogram: this image was not compared")
    assert panel.correlogram.getImage("correlogram") is None
    assert panel.picture.getGraphTitle() == "Image 0"


def test_dragging_computes_the_last_image_not_all(app, widget, demo, monkeypatch):
    run(app, widget, image_stacks=demo.uri)
    made = []
    dragged = threading.Event()
    make = widget.panel._pictures.make

    def slow(row, image, second):
        made.append(image)
        dragged.wait(PATIENCE)
        return make(row, image, second)

    monkeypatch.setattr(widget.panel._pictures, "make", slow)
    for image in (0, 3, 4, 5, 6, 7):
        widget.panel.slider.setValue(image)
    dragged.set()
    settle(app, widget)
    assert made == [0, 7]
    assert widget.panel.picture.getGraphTitle() == "Image 7"


class Endless:
    """A stack in memory that is read slowly enough to be cancelled."""

    shape = (100_000, 16, 16)
    dtype = np.dtype("f4")

    def __init__(self):
        self.read = threading.Event()

    def __getitem__(self, item):
        self.read.set()
        time.sleep(0.02)
        n = len(range(*item.indices(self.shape[0]))) if isinstance(item, slice) else 1
        images = np.random.default_rng(0).normal(size=(n, 16, 16)).astype("f4")
        return images if isinstance(item, slice) else images[0]


def test_cancel_ends_a_run(app, widget, demo):
    run(app, widget, image_stacks=demo.uri)
    stack = Endless()
    widget.set_dynamic_input("image_stacks", {"endless": stack})
    widget.handleNewSignals()
    wait(app, stack.read.is_set)
    wait(app, widget.controls.cancel.isEnabled)
    QtTest.QTest.mouseClick(widget.controls.cancel, LEFT)
    settle(app, widget)
    assert widget.Information.cancelled.is_shown()
    assert not widget.Error.failed.is_shown()
    assert not widget.task_succeeded
    assert widget.panel.table.rowCount() == 0
    assert not widget.controls.cancel.isEnabled()
    run(app, widget, image_stacks=demo.uri)
    assert widget.panel.headline.text() == f"Align by: {demo.best}"
    assert not widget.Information.cancelled.is_shown()


def test_new_inputs_replace_a_run(app, widget, demo):
    stack = Endless()
    widget.set_dynamic_input("image_stacks", {"endless": stack})
    widget.handleNewSignals()
    wait(app, stack.read.is_set)
    widget.set_dynamic_input("image_stacks", demo.uri)
    widget.handleNewSignals()
    wait(app, lambda: widget.panel.table.rowCount() > 0)
    settle(app, widget)
    assert widget.panel.headline.text() == f"Align by: {demo.best}"
    assert not widget.Information.cancelled.is_shown()


def test_progress_is_shown(app, widget, demo):
    seen = []
    widget.progressBarValueChanged.connect(seen.append)
    run(app, widget, image_stacks=demo.uri)
    assert seen
    assert seen == sorted(seen)
    assert max(seen) == 100


def test_bad_stack_is_told(app, widget, demo, tmp_path):
    run(app, widget, image_stacks={"gone": f"{tmp_path}/no.h5::/data"})
    assert widget.Error.failed.is_shown()
    assert "no.h5" in str(widget.Error.failed)
    assert widget.panel.table.rowCount() == 0
    assert widget.panel.headline.text() == "Nothing to show yet"
    run(app, widget, image_stacks={"text": np.array(["a", "b"])})
    assert "'text'" in str(widget.Error.failed)
    run(app, widget, image_stacks=demo.uri)
    assert not widget.Error.failed.is_shown()
    assert widget.panel.table.rowCount() == 6


def test_bad_stack_is_ranked_last_when_asked(app, widget, demo, tmp_path):
    stacks = {"gone": f"{tmp_path}/no.h5::/data", "good": f"{demo.path}::/entry/fit/results/{demo.best}"}
    widget.update_default_inputs(on_error="rank_last")
    run(app, widget, image_stacks=stacks)
    assert column(widget, "stack") == ["good", "gone"]
    widget.panel.table.selectRow(1)
    settle(app, widget)
    assert "could not be read" in widget.panel.why.toPlainText()
    assert "no.h5" in widget.panel.facts.text()
    assert widget.panel.picture.getGraphTitle() == "No image 0"
    assert widget.panel.picture.getImage("image") is None
    assert widget.panel.curve.getCurve("values") is None


def test_without_inputs_nothing_happens(app, widget):
    widget.handleNewSignals()
    settle(app, widget)
    assert widget.panel.headline.text() == "Nothing to show yet"
    widget.execute_ewoks_task()
    settle(app, widget)
    assert widget.Error.failed.is_shown()


@pytest.mark.parametrize("inputs", [{"skip": True, "reference_stack": "K-K"}, {"reference_stack": "K-K"}])
def test_images_are_shown_when_nothing_is_ranked(app, widget, demo, inputs):
    run(app, widget, image_stacks=demo.uri, **inputs)
    wait(app, lambda: widget.panel.slider.maximum() == 7)
    settle(app, widget)
    assert widget.panel.headline.text() == "Align by: K-K (nothing was ranked)"
    assert column(widget, "stack") == list(demo.names)
    assert widget.panel.table.currentRow() == demo.names.index("K-K")
    assert widget.panel.picture.getImage("image").getData().shape == (64, 72)
    assert "nothing was ranked" in widget.panel.correlogram.getGraphTitle()
    widget.panel.slider.setValue(6)
    settle(app, widget)
    assert widget.panel.picture.getGraphTitle() == "Image 6"


def test_arrays_in_memory(app, widget):
    rng = np.random.default_rng(1)
    scene = rng.normal(size=(32, 32))
    moved = np.stack([np.roll(scene, (i, 2 * i), (0, 1)) for i in range(4)])
    run(app, widget, image_stacks={"a<b>&": moved, "flat": np.zeros((4, 32, 32))})
    assert column(widget, "stack") == ["a<b>&", "flat"]
    assert "a<b>&" in widget.panel.why.toPlainText()
    image = widget.panel.image
    assert correlogram_peak(widget) == (-image, -2 * image)
    np.testing.assert_array_equal(widget.panel.picture.getImage("image").getData(), moved[image])


def test_form_sets_inputs_that_no_link_sets(app, widget, demo):
    form = widget.controls.form
    line = form._get_value_widget("image_stacks")
    line.setText(json.dumps({"a": f"{demo.path}::/entry/fit/results/Ca-K"}))
    line.editingFinished.emit()
    assert default(widget, "image_stacks") == {"a": f"{demo.path}::/entry/fit/results/Ca-K"}
    line.setText(demo.uri)
    line.editingFinished.emit()
    assert default(widget, "image_stacks") == demo.uri
    for name in ("reference_stack", "output_url"):
        field = form._get_value_widget(name)
        for text, value in ((" x ", "x"), ("", None)):
            field.setText(text)
            field.editingFinished.emit()
            assert default(widget, name) == value
    box = form._get_value_widget("method")
    box.setCurrentIndex(box.findData("peak_to_mean"))
    widget.execute_ewoks_task()
    settle(app, widget)
    assert widget.panel.model.ranking.method.name == "peak_to_mean"
    assert widget.panel.curve.getGraphYLabel() == "peak to mean"
    widget.set_dynamic_input("image_stacks", demo.uri)
    widget.handleNewSignals()
    settle(app, widget)
    assert not form.get_parameter_enabled("image_stacks")
    assert form.get_parameter_enabled("method")


DELETE_WHILE_RUNNING = """
import gc, sys
sys.path.insert(0, {root!r})
from tests.orange.test_widget import Endless, OWReg2DPreEvaluation, QtWidgets
app = QtWidgets.QApplication([])
widget = OWReg2DPreEvaluation()
stack = Endless()
widget.set_dynamic_input("image_stacks", {{"endless": stack}})
widget.handleNewSignals()
assert stack.read.wait(60)
widget.onDeleteWidget()
widget.deleteLater()
del widget
app.processEvents()
gc.collect()
app.processEvents()
"""


@pytest.mark.parametrize("accepted", [True, False])
def test_group_found_in_a_file(app, widget, demo, monkeypatch, accepted):
    monkeypatch.setattr(DataFileDialog, "exec", lambda self: accepted)
    found = DataUrl(file_path=demo.path, data_path="/entry/fit/results")
    monkeypatch.setattr(DataFileDialog, "selectedDataUrl", lambda self: found)
    QtTest.QTest.mouseClick(widget.controls.find, LEFT)
    assert default(widget, "image_stacks") == (demo.uri if accepted else None)
    widget.set_dynamic_input("image_stacks", demo.uri)
    widget.handleNewSignals()
    assert not widget.controls.find.isEnabled()


def test_form_leaves_alone_what_it_cannot_show(app, widget):
    stacks = {"a": np.zeros((3, 8, 8))}
    widget.update_default_inputs(image_stacks=stacks, mask=stacks["a"][0] == 0)
    box = widget.controls.form._get_value_widget("method")
    box.setCurrentIndex(box.findData("robust"))
    assert default(widget, "image_stacks") is stacks
    assert default(widget, "mask").all()
    assert default(widget, "method") == "robust"


def test_deleting_during_a_run_is_safe():
    code = DELETE_WHILE_RUNNING.format(root=str(Path(__file__).resolve().parents[2]))
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, "Destroyed" in done.stderr) == (0, False), done.stderr


def test_threads_are_kept_until_they_end(app):
    class Thread(QtCore.QThread):
        ended = threading.Event()

        def run(self):
            self.ended.wait()

    thread = Thread()
    loader.let_end(thread)
    assert thread not in loader._ending
    thread.start()
    loader.let_end(thread)
    assert thread in loader._ending
    thread.ended.set()
    thread.wait()
    loader.let_end(Thread())
    assert thread not in loader._ending


def test_curve_is_drawn_by_silx(widget):
    assert isinstance(widget.panel.curve, plots.PlotWidget)
    assert isinstance(widget.panel.correlogram, plots.PlotWindow)
