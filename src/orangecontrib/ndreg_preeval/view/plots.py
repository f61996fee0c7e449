# SPDX-License-Identifier: MIT
"""Three plots of silx: the value of every image, an image, and its correlogram."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from AnyQt.QtCore import pyqtSignal  # before silx, which takes the Qt that it finds loaded
from AnyQt.QtWidgets import QWidget
from matplotlib.ticker import MaxNLocator
from silx.gui.colors import Colormap
from silx.gui.plot import PlotWidget, PlotWindow

from ndreg_preeval.report import BLUE, VERMILION
from ndreg_preeval.results import TRUSTED

from .model import Curve
from .pictures import Picture

RING: Final = 0.12
"""Radius of the ring around the peak, as a share of what is shown around zero shift."""

CORNERS: Final = 48
"""Number of corners of the polygon that stands for a ring."""


class CurvePlot(PlotWidget):
    """The value of every image of a stack; a click goes to the image."""

    clicked = pyqtSignal(float)
    """Place on the axis of images."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, backend="matplotlib")
        # There is no image 2.5.
        (axes, *_) = self.getWidgetHandle().figure.axes
        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
        self.setDataMargins(0.03, 0.03, 0.06, 0.06)
        self.setAxesMargins(0.16, 0.11, 0.03, 0.19)
        # A click selects an image; the wheel still zooms.
        self.setInteractiveMode("select")
        self.sigPlotSignal.connect(self._heard)

    def draw(self, curve: Curve | None, title: str, reference: int | None) -> None:
        """Show another stack."""
        self.clear()
        self.setGraphTitle(title)
        self.setGraphXLabel("image" if reference is None else f"image (reference: image {reference})")
        if curve is None:
            self.setGraphYLabel("")
            return
        self.setGraphYLabel(curve.label)
        self.getYAxis().setScale("log" if curve.logarithmic else "linear")
        self.addCurve(
            curve.images,
            curve.values,
            legend="values",
            color=BLUE,
            symbol="o",
            linestyle="-",
            resetzoom=False,
        )
        if curve.is_probability:
            ends = np.array([min(curve.images.min(), 0), curve.images.max()])
            self.addCurve(
                ends,
                np.full(2, TRUSTED),
                legend="half",
                color="#000000",
                symbol="",
                linestyle=":",
                resetzoom=False,
            )
        self.resetZoom()
        if curve.is_probability:
            self.setGraphYLimits(-0.04, 1.04)

    def mark(self, image: int) -> None:
        """Show which image is selected."""
        self.addXMarker(image, legend="selected", color=VERMILION)

    def _heard(self, event: dict[str, Any]) -> None:
        if event.get("event") == "mouseClicked" and event.get("button") == "left":
            self.clicked.emit(float(event["x"]))


class ImagePlot(PlotWindow):
    """An image, rows downwards, with its colours beside it."""

    def __init__(self, parent: QWidget | None = None, colours: str = "viridis") -> None:
        super().__init__(
            parent,
            autoScale=False,
            logScale=False,
            grid=False,
            curveStyle=False,
            aspectRatio=False,
            yInverted=False,
            copy=False,
            print_=False,
            roi=False,
            mask=False,
        )
        self.setKeepDataAspectRatio(True)
        self.setYAxisInverted(True)
        self.setDataMargins(0, 0, 0, 0)
        self.setAxesMargins(0.16, 0.12, 0.04, 0.15)
        self._colours = colours
        self._shape: tuple[int, ...] = ()
        self.getColorBarWidget().setVisible(True)

    def draw(self, picture: Picture, title: str) -> None:
        """Show an image, at the zoom of the one before when it has the same size."""
        self.setGraphTitle(title)
        if picture.pixels is None:
            self.clear()
            self._shape = ()
            return
        same = self._shape == picture.pixels.shape
        self._shape = picture.pixels.shape
        colours = Colormap(self._colours)
        self.addImage(
            picture.pixels,
            legend="image",
            colormap=colours,
            # Pixels are centred on their indices.
            origin=(-0.5, -0.5),
            xlabel="x / pixels",
            ylabel="y / pixels",
            resetzoom=not same,
            copy=False,
        )
        self.setActiveImage("image")


class CorrelogramPlot(ImagePlot):
    """A correlogram with zero shift in the middle and a ring around its peak."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.getColorBarWidget().setLegend("|r| / mean")

    def draw(self, picture: Picture, title: str) -> None:
        """Show what is around zero shift; zooming out shows the rest."""
        self.clear()
        self.setGraphTitle(title)
        values = picture.correlogram
        if values is None:
            return
        height, width = values.shape
        top, left = -(height // 2) - 0.5, -(width // 2) - 0.5
        self.addImage(
            values,
            legend="correlogram",
            colormap=Colormap(self._colours, vmin=0, vmax=float(values.max()) or 1.0),
            origin=(left, top),
            xlabel="dx / pixels",
            ylabel="dy / pixels",
            resetzoom=False,
            copy=False,
        )
        self.setActiveImage("correlogram")
        reach = min(picture.reach, max(height, width) // 2)
        self._cross(reach, height, width)
        if picture.peak is not None:
            self._ring(picture.peak, max(RING * reach, 2.0))
        self.setLimits(-reach - 0.5, reach + 0.5, -reach - 0.5, reach + 0.5)

    def _cross(self, reach: int, height: int, width: int) -> None:
        """Zero shift: thin lines that leave the middle free."""
        near = max(1.5, 0.06 * reach)
        for axis, size in (("x", width), ("y", height)):
            far = max(size // 2, near)
            for side, ends in (("below", (-far, -near)), ("above", (near, far))):
                places = (ends, (0, 0)) if axis == "x" else ((0, 0), ends)
                self.addCurve(
                    *(np.array(place, dtype=float) for place in places),
                    legend=f"zero shift: {axis} {side}",
                    color="#FFFFFF80",
                    linestyle="-",
                    linewidth=1,
                    symbol="",
                    resetzoom=False,
                    selectable=False,
                )

    def _ring(self, peak: tuple[int, int], radius: float) -> None:
        angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        self.addShape(
            peak[1] + radius * np.cos(angles),
            peak[0] + radius * np.sin(angles),
            legend="peak",
            shape="polygon",
            color="white",
            gapcolor="black",
            linestyle="--",
            linewidth=2,
            fill=False,
        )
