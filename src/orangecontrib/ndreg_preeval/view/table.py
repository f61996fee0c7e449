# SPDX-License-Identifier: MIT
"""The ranking as a table: best stack first, its verdict as a colour and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from AnyQt.QtCore import QItemSelectionModel, Qt, pyqtSignal
from AnyQt.QtGui import QBrush, QColor, QFont, QIcon, QPainter, QPixmap
from AnyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ndreg_preeval.report import TRUST

from .model import COLUMNS, Row

NAME_COLUMN: Final = COLUMNS.index("stack")
LEFT: Final = {NAME_COLUMN, len(COLUMNS) - 1}
DOT: Final = 12
"""Diameter of the coloured dot beside the name, in pixels."""


class RankingTable(QTableWidget):
    """One line per stack; exactly one of them is selected."""

    chosen = pyqtSignal(int)
    """Row that a person selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setHorizontalHeaderLabels(COLUMNS)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column in range(len(COLUMNS)):
            side = Qt.AlignmentFlag.AlignLeft if column in LEFT else Qt.AlignmentFlag.AlignRight
            self.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self.itemSelectionChanged.connect(self._tell)

    def fill(self, rows: Sequence[Row], bold: int | None) -> None:
        """Show other stacks, one of them (the one to align by) in bold."""
        blocked = self.blockSignals(True)
        self.clearContents()
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row.cells):
                self.setItem(number, column, self._item(row, column, text, number == bold))
        # The last column takes what room there is left.
        for column in range(len(COLUMNS) - 1):
            self.resizeColumnToContents(column)
        self.blockSignals(blocked)

    def select(self, row: int) -> None:
        """Select a stack without telling."""
        blocked = self.blockSignals(True)
        # The selection model tells the view itself, blocked or not.
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), flags)
        self.scrollTo(self.model().index(row, 0))
        self.blockSignals(blocked)

    def _item(self, row: Row, column: int, text: str, bold: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        side = Qt.AlignmentFlag.AlignLeft if column in LEFT else Qt.AlignmentFlag.AlignRight
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(text)
        if bold:
            font = QFont(self.font())
            font.setBold(True)
            item.setFont(font)
        if column == NAME_COLUMN and row.verdict in TRUST:
            colour, words = TRUST[row.verdict]
            item.setIcon(_dot(colour))
            item.setToolTip(f"{text}: {words}")
        return item

    def _tell(self) -> None:
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        if len(rows) == 1:
            self.chosen.emit(rows.pop())


def _dot(colour: str) -> QIcon:
    pixmap = QPixmap(DOT, DOT)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(QColor(colour)))
    painter.drawEllipse(1, 1, DOT - 2, DOT - 2)
    painter.end()
    return QIcon(pixmap)
