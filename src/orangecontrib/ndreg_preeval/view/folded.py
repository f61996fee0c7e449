# SPDX-License-Identifier: MIT
"""A part of the form that is folded until a person opens it."""

from __future__ import annotations

from collections.abc import Sequence

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget


class Folded(QWidget):
    """A title with an arrow, and what it opens.

    Parameters
    ----------
    title : str
    content : QWidget
        Shown while the box is open.
    """

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self._title = title
        self.content = content
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.setAutoRaise(True)
        self.button.toggled.connect(self._show)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(content)
        self.tell([])
        self._show(False)

    def tell(self, chosen: Sequence[str]) -> None:
        """Say in the title what is set in the box: a choice must not hide."""
        self.button.setText(f"{self._title}: {len(chosen)} set" if chosen else self._title)
        self.button.setToolTip(f"Set: {', '.join(chosen)}" if chosen else "Nothing is set here")

    def open(self) -> None:
        """Open the box."""
        self.button.setChecked(True)

    def _show(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.content.setVisible(opened)
