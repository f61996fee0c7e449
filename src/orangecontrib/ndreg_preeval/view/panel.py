# SPDX-License-Identifier: MIT
"""All of a result: table, reasons, values of the images, the selected image and its correlogram."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import partial
from typing import Any

from AnyQt.QtCore import Qt
from AnyQt.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ndreg_preeval.text import printable

from .loader import Loader
from .model import Model
from .pictures import Picture, Pictures, lasting, unranked
from .plots import CorrelogramPlot, CurvePlot, ImagePlot
from .table import NAME_COLUMN, RankingTable


class ResultPanel(QWidget):
    """Shows a model; keeps which stack and which image a person looks at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = Model()
        self.row = 0
        self.image = 0
        self._pictures: Pictures | None = None
        self.loader = Loader(self)
        self.loader.loaded.connect(self._loaded)
        self._build()
        self.clear()

    def show_result(self, model: Model, image_stacks: Any) -> None:
        """Show another result, from its best stack on."""
        self.loader.forget()
        self.model = model
        self._pictures = None if image_stacks is None else Pictures(model, image_stacks)
        self.headline.setText(model.headline())
        self.trust.setText(model.trust())
        self.trust.setVisible(bool(model.trust()))
        bold = model.names.index(model.chosen) if model.chosen in model.names else None
        self.table.fill(model.rows(), bold)
        self._seen: dict[int, int] = {}
        self.row, self.image = model.start()
        self._show_stack()

    def show_unranked(self, image_stacks: Any, chosen: Any, order: Sequence[Any] | None) -> None:
        """Show the images of stacks that have no scores."""
        self.clear()
        stacks = lasting(image_stacks)
        self.loader.ask(lambda: (unranked(stacks, chosen, order), stacks))

    def clear(self) -> None:
        """Show nothing."""
        self.show_result(Model(), None)

    def select_stack(self, row: int) -> None:
        """Show another stack, at its worst image."""
        if row != self.row and 0 <= row < len(self.model.names):
            self.row, self.image = row, self.model.first_image(row)
            self._show_stack()

    def select_image(self, image: int) -> None:
        """Show another image of the same stack."""
        if image != self.image:
            self.image = image
            self._show_image()

    # ------------------------------------------------------------------ what is shown

    def _show_stack(self) -> None:
        known = bool(self.model.names)
        if known:
            self.table.select(self.row)
        self.why.setHtml(_as_html(self.model.why(self.row) if known else []))
        curve = self.model.curve(self.row) if known else None
        name = self.table.item(self.row, NAME_COLUMN).text() if known else ""
        title = f"{name}: every image" if curve is not None else ""
        self.curve.draw(curve, title, self.model.reference(self.row) if known else None)
        self._limit_images((self.model.n_images(self.row) or self._seen.get(self.row, 1)) if known else 1)
        self._show_image()

    def _limit_images(self, n_images: int) -> None:
        for control in (self.slider, self.spin):
            blocked = control.blockSignals(True)
            control.setMaximum(max(n_images - 1, 0))
            control.setEnabled(n_images > 1)
            control.blockSignals(blocked)
        self.of.setText(f"of 0 to {max(n_images - 1, 0)}")

    def _show_image(self) -> None:
        for control in (self.slider, self.spin):
            blocked = control.blockSignals(True)
            control.setValue(self.image)
            control.blockSignals(blocked)
        if not self.model.names:
            self._say("")
            for plot in (self.picture, self.correlogram):
                plot.draw(Picture(0, 0, False), "")
            return
        self._say(self.model.facts(self.row, self.image))
        if self.model.scores:
            self.curve.mark(self.image)
        if self._pictures is not None:
            job = partial(self._pictures.make, self.row, self.image, self.second.isChecked())
            self.loader.ask(job)

    def _loaded(self, loaded: Picture | tuple[Model, Any]) -> None:
        if isinstance(loaded, Picture):
            self._show_picture(loaded)
        else:
            self.show_result(*loaded)

    def _show_picture(self, picture: Picture) -> None:
        if picture.n_images and self.model.n_images(picture.row) is None:
            self._seen[picture.row] = picture.n_images
            self._limit_images(picture.n_images)
        title = f"Image {picture.image}"
        if picture.trouble:
            self._say(f"{title}: {picture.trouble}")
            title = f"No image {picture.image}"
        self.picture.draw(picture, title)
        which = "Second opinion" if picture.second_opinion else "Correlogram"
        if picture.correlogram is None:
            self.correlogram.draw(picture, f"No correlogram: {_short(picture.no_correlogram)}")
        else:
            dy, dx = picture.peak or (0, 0)
            self.correlogram.draw(picture, f"{which}: peak at dy {dy}, dx {dx}")

    def _say(self, text: str) -> None:
        """Tell about the selected image; what the line has no room for stands in the tool tip."""
        self.facts.setText(text)
        self.facts.setToolTip(f"<p>{html.escape(text)}</p>")

    # ------------------------------------------------------------------ how it is laid out

    def _build(self) -> None:
        self.headline = QLabel()
        font = self.headline.font()
        font.setBold(True)
        font.setPointSizeF(1.2 * font.pointSizeF())
        self.headline.setFont(font)
        self.trust = QLabel()
        self.trust.setWordWrap(True)
        for label in (self.headline, self.trust):
            # Names are the caller's: no markup is read from them.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

        self.table = RankingTable()
        self.table.chosen.connect(self.select_stack)
        self.why = QTextBrowser()
        self.curve = CurvePlot()
        self.curve.clicked.connect(self._clicked)
        self.picture = ImagePlot(colours="gray")
        self.correlogram = CorrelogramPlot()

        left = _split(Qt.Orientation.Vertical, [self.table, self.why], [3, 2])
        above = _split(Qt.Orientation.Horizontal, [left, self.curve], [3, 2])
        pictures = _split(Qt.Orientation.Horizontal, [self.picture, self.correlogram], [1, 1])
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._image_controls())
        column.addWidget(self.facts)
        column.addWidget(pictures, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.headline)
        layout.addWidget(self.trust)
        layout.addWidget(_split(Qt.Orientation.Vertical, [above, below], [1, 1]), 1)

    def _image_controls(self) -> QHBoxLayout:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.spin = QSpinBox()
        self.of = QLabel()
        self.second = QCheckBox("Second opinion")
        self.second.setToolTip("The smoother correlogram that confirms the peak")
        self.second.toggled.connect(lambda _: self._show_image())
        for control in (self.slider, self.spin):
            control.valueChanged.connect(self.select_image)
        self.facts = QLabel()
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # A long line is cut rather than widening the window.
        self.facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.addWidget(QLabel("Image"))
        row.addWidget(self.spin)
        row.addWidget(self.of)
        row.addWidget(self.slider, 1)
        row.addWidget(self.second)
        return row

    def _clicked(self, x: float) -> None:
        image = self.model.nearest(self.row, x)
        if image is not None:
            self.select_image(image)


def _split(direction: Qt.Orientation, widgets: Sequence[QWidget], shares: Sequence[int]) -> QSplitter:
    splitter = QSplitter(direction)
    splitter.setChildrenCollapsible(False)
    for number, (widget, share) in enumerate(zip(widgets, shares, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(number, share)
    splitter.setSizes([200 * share for share in shares])
    return splitter


def _as_html(said: Sequence[tuple[str, Sequence[str]]]) -> str:
    parts = []
    for heading, sentences in said:
        items = "".join(f"<li>{html.escape(text)}</li>" for text in sentences)
        parts.append(f"<p><b>{html.escape(heading)}</b></p>" + (f"<ul>{items}</ul>" if items else ""))
    return "".join(parts)


def _short(text: str, width: int = 60) -> str:
    return printable(text, width, keep_end=False)
