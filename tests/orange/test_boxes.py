# SPDX-License-Identifier: MIT
"""The folded boxes of the widget's form, as a person uses them, and workflows that were saved."""

from __future__ import annotations

import numpy as np
import pytest

from tests.orange import test_widget as base

pytestmark = base.pytestmark

app, demo, uncaught, widget = base.app, base.demo, base.uncaught, base.widget


def type_into(widget, name, text):
    line = widget.controls.form_of(name)._get_value_widget(name)
    line.setText(text)
    line.editingFinished.emit()


def choose(widget, name, data):
    box = widget.controls.form_of(name)._get_value_widget(name)
    assert box.findData(data) >= 0
    box.setCurrentIndex(box.findData(data))


def test_boxes_set_what_the_aligner_does(app, widget, demo):
    aligner, reading = widget.controls.boxes.values()
    assert not aligner.content.isVisible()
    assert not reading.content.isVisible()
    for name, shown in {"window": "none", "normalization": "phase", "image_key": "projections"}.items():
        assert widget.controls.form_of(name)._get_value_widget(name).currentText() == shown
    assert widget.controls.changes() == {}
    base.QtTest.QTest.mouseClick(aligner.button, base.LEFT)
    assert aligner.content.isVisible()
    choose(widget, "window", "hann")
    choose(widget, "normalization", "none")
    type_into(widget, "max_shift", "30")
    type_into(widget, "cutoff", "0.2")
    type_into(widget, "num_threads", "2")
    type_into(widget, "memory_limit", "64M")
    assert aligner.button.text().endswith(": 4 set")
    assert reading.button.text().endswith(": 2 set")
    assert "Threads" in reading.button.toolTip()
    base.run(app, widget, image_stacks=demo.uri)
    options = widget.panel.model.ranking.options
    assert (options.window, options.normalization, options.max_shift) == ("hann", None, 30)
    assert (options.cutoff, options.num_threads, options.memory_limit) == (0.2, 2, 64 << 20)
    choose(widget, "normalization", "phase")
    type_into(widget, "max_shift", "")
    base.run(app, widget, image_stacks=demo.uri)
    options = widget.panel.model.ranking.options
    assert (options.window, options.normalization, options.max_shift) == ("hann", "phase", None)
    assert aligner.button.text().endswith(": 2 set")


def test_a_mask_in_a_file(app, widget, demo, tmp_path):
    mask = np.ones((64, 72), bool)
    mask[:8] = False
    np.save(tmp_path / "mask.npy", mask)
    type_into(widget, "mask", str(tmp_path / "mask.npy"))
    base.run(app, widget, image_stacks=demo.uri)
    np.testing.assert_array_equal(widget.panel.model.ranking.options.mask, mask)
    type_into(widget, "mask", str(tmp_path / "no.npy"))
    base.run(app, widget, image_stacks=demo.uri)
    assert "no.npy" in str(widget.Error.failed)


def test_a_number_that_is_none_is_told_and_no_default_taken_for_it(app, widget, demo):
    type_into(widget, "max_shift", "many")
    base.run(app, widget, image_stacks=demo.uri)
    assert "max_shift" in str(widget.Error.failed)
    assert widget.panel.table.rowCount() == 0


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"method": "robust", "pairing": "previous", "on_error": "rank_last"},  # all that once had a field
        {"max_shift": 25.0, "window": "hann", "invalid": "raise", "memory_limit": 1 << 28},
    ],
)
def test_workflows_that_were_saved_are_loaded(app, demo, saved):
    settings = {"_ewoks_default_inputs": dict(saved), "savedWidgetGeometry": None}
    widget = base.OWReg2DPreEvaluation.__new__(base.OWReg2DPreEvaluation, None, stored_settings=settings)
    widget.__init__()
    widget.show()
    try:
        # A box is open where the workflow set something in it.
        opened = [box.content.isVisible() for box in widget.controls.boxes.values()]
        assert opened == [bool(saved.keys() & {"max_shift"}), bool(saved.keys() & {"memory_limit"})]
        base.run(app, widget, image_stacks=demo.uri)
        options = widget.panel.model.ranking.options
        for name, value in saved.items():
            found = options.method.name if name == "method" else getattr(options, name)
            assert found == value
            shown = widget.controls.form_of(name).get_parameter_value(name)
            assert shown == value
        assert widget.controls.changes() == {}
    finally:
        widget.onDeleteWidget()
        widget.deleteLater()
        app.processEvents()
