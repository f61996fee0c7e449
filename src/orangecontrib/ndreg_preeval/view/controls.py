# SPDX-License-Identifier: MIT
"""The inputs that a person may set, the progress of a run, and the button that ends it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from AnyQt.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget
from ewokscore.missing_data import is_missing_data
from ewoksorange.gui.widgets.parameter_form import ParameterForm
from silx.gui.dialog.DataFileDialog import DataFileDialog

from .fields import BOXES, DEFAULTS, FIELDS, HELP, label
from .folded import Folded


class Controls(QWidget):
    """The form with its boxes, a progress bar and a button.

    Parameters
    ----------
    values : mapping
        What the inputs of the task are at first; those it does not have get no field.
    edited : callable
        Called when a person changed one.
    """

    def __init__(self, values: Mapping[str, Any], edited: Callable[[], None]) -> None:
        super().__init__()
        self._forms: dict[str, ParameterForm] = {}
        self._edited = edited
        self.form = self._make_form(FIELDS, values)
        self.boxes = {
            title: Folded(title, self._make_form(fields, values)) for title, fields in BOXES.items()
        }
        self._known = self._values()
        self._dialog: Any = None
        self.find = QPushButton("Find image stacks ...")
        self.find.setToolTip("A group of an HDF5 file that holds the stacks")
        self.find.clicked.connect(self._find)
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.cancel = QPushButton("Cancel")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.find, self.form, *self.boxes.values(), self.progress, self.cancel):
            layout.addWidget(part)
        layout.addStretch(1)
        self.show_running(0)
        for title, chosen in self._tell_boxes().items():
            if chosen:  # by a workflow that was saved
                self.boxes[title].open()

    def _make_form(self, fields: Mapping[str, dict[str, Any]], values: Mapping[str, Any]) -> ParameterForm:
        form = ParameterForm()
        for name in fields:
            if name not in values:
                continue
            value = values[name]
            if is_missing_data(value):  # None, which is a default, is missing to Orange
                value = DEFAULTS.get(name, value)
            form.addParameter(
                name,
                value=value,
                label=label(name),
                value_change_callback=self._changed,
                **fields[name],
            )
            for widget in (form._get_label_widget(name), form._get_value_widget(name)):
                widget.setToolTip(HELP.get(name, ""))
            self._forms[name] = form
        return form

    def form_of(self, name: str) -> ParameterForm:
        """Return the form that has the field of an input."""
        return self._forms[name]

    def changes(self) -> dict[str, Any]:
        """Inputs that a person changed since the last call; those left empty are missing data.

        Others are left out: an input may have a value that no field can show.
        """
        now = self._values()
        changed = {name: value for name, value in now.items() if value != self._known[name]}
        self._known = now
        return changed

    def enable_all_but(self, names: Container[str]) -> None:
        """Inputs that come from another widget cannot be set here."""
        for name, form in self._forms.items():
            form.set_parameter_enabled(name, name not in names)
        self.find.setEnabled("image_stacks" not in names)

    def _values(self) -> dict[str, Any]:
        return {name: form.get_parameter_value(name) for name, form in self._forms.items()}

    def _changed(self, *_: object) -> None:
        self._tell_boxes()
        self._edited()

    def _tell_boxes(self) -> dict[str, list[str]]:
        """Say in the title of each box what is set in it, and return that."""
        values = self._values()
        chosen = {
            title: [
                label(name) for name in fields if name in values and _is_set(values[name], DEFAULTS[name])
            ]
            for title, fields in BOXES.items()
        }
        for title, names in chosen.items():
            self.boxes[title].tell(names)
        return chosen

    def _find(self) -> None:
        if self._dialog is None:  # kept: it knows the last folder
            self._dialog = DataFileDialog(self)
            self._dialog.setFilterMode(DataFileDialog.FilterMode.ExistingGroup)
        if self._dialog.exec():
            url = self._dialog.selectedDataUrl()
            self.form.set_parameter_value("image_stacks", f"{url.file_path()}::{url.data_path()}")
            self._edited()

    def show_progress(self, percent: float) -> None:
        """Move the progress bar."""
        self.progress.setValue(round(percent))

    def show_running(self, state: int) -> None:
        """Show whether a run is going on."""
        running = bool(state)
        self.cancel.setEnabled(running)
        self.progress.setEnabled(running)
        if not running:
            self.progress.reset()


def _is_set(value: Any, default: Any) -> bool:
    return not is_missing_data(value) and value != default
