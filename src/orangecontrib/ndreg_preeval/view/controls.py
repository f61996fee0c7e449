# SPDX-License-Identifier: MIT
"""The inputs that a person may set, the progress of a run, and the button that ends it."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from AnyQt.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget
from ewoksorange.gui.widgets.parameter_form import ParameterForm
from silx.gui.dialog.DataFileDialog import DataFileDialog

from ndreg_preeval.options import DECLARED_OPTIONS


def _as_text(stacks: Any) -> str:
    return stacks if isinstance(stacks, str) else json.dumps(stacks)


def _filled(text: str) -> str:
    """The text of a field; an empty field is an input that was not given."""
    if not text.strip():
        raise ValueError("the field is empty")
    return text.strip()


def _from_text(text: str) -> Any:
    """JSON of a mapping or list, else the URI of a group."""
    text = _filled(text)
    return json.loads(text) if text[0] in "[{" else text


FIELDS: Final[dict[str, dict[str, Any]]] = {
    "image_stacks": {"value_for_type": "", "serialize": _as_text, "deserialize": _from_text},
    "reference_stack": {"value_for_type": "", "deserialize": _filled},
    **{
        option.name: {"value_for_type": option.choices or option.default}
        for option in DECLARED_OPTIONS
        if option.in_form
    },
    "output_url": {"value_for_type": "", "deserialize": _filled},
    "overwrite": {"value_for_type": False},
    "skip": {"value_for_type": False},
}
"""Inputs of the task that have a field, and how `ParameterForm` shows them."""


class Controls(QWidget):
    """The form, a progress bar and a button.

    Parameters
    ----------
    values : mapping
        What the inputs of the task are at first; those it does not have get no field.
    edited : callable
        Called when a person changed one.
    """

    def __init__(self, values: Mapping[str, Any], edited: Callable[[], None]) -> None:
        super().__init__()
        self.form = ParameterForm()
        self._names = [name for name in FIELDS if name in values]
        for name in self._names:
            self.form.addParameter(
                name,
                value=values[name],
                label=name.replace("_", " ").capitalize().replace("url", "URL"),
                value_change_callback=edited,
                **FIELDS[name],
            )
        self._known: dict[str, Any] = self.form.get_parameter_values()
        self._edited = edited
        self._dialog: Any = None
        self.find = QPushButton("Find image stacks ...")
        self.find.setToolTip("A group of an HDF5 file that holds the stacks")
        self.find.clicked.connect(self._find)
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.cancel = QPushButton("Cancel")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.find)
        layout.addWidget(self.form)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel)
        layout.addStretch(1)
        self.show_running(0)

    def changes(self) -> dict[str, Any]:
        """Inputs that a person changed since the last call; those left empty are missing data.

        Others are left out: an input may have a value that no field can show.
        """
        now: dict[str, Any] = self.form.get_parameter_values()
        changed = {name: value for name, value in now.items() if value != self._known[name]}
        self._known = now
        return changed

    def enable_all_but(self, names: Container[str]) -> None:
        """Inputs that come from another widget cannot be set here."""
        for name in self._names:
            self.form.set_parameter_enabled(name, name not in names)
        self.find.setEnabled("image_stacks" not in names)

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
