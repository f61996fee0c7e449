# SPDX-License-Identifier: MIT
"""Figures and axes that a notebook shows, whether or not it was told how to show those of matplotlib.

IPython shows figures in its own way where `%matplotlib inline` ran, and does not ask these.
"""

from __future__ import annotations

# Imported by those who draw, as `layout` is called: the classes have to be of matplotlib's.
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .saving import png


class ShownFigure(Figure):
    """A figure that shows itself."""

    def _repr_png_(self) -> bytes:
        return png(self)


class ShownAxes(Axes):
    """Axes that show the figure that they are in."""

    def _repr_png_(self) -> bytes:
        return png(self.get_figure(root=True))
