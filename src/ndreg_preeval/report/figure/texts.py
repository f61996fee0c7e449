# SPDX-License-Identifier: MIT
"""Texts in figures: never formulas, in the colour of the style, as long as there is room."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAME_WIDTH: Final = 22
"""Most columns of the name of a stack."""
SMALL: Final = 5.0
"""Mean width of a character of small text, in points."""


def literal(text: Any) -> None:
    """Names are not formulas: a $ in them is a $."""
    text.set_parse_math(False)
    text.set_usetex(False)


def text_colour() -> str:
    """Colour of text in the style in use: that of what has to be seen on its background."""
    from matplotlib import rcParams

    return str(rcParams["text.color"])


def room_for(axes: Axes, share: float) -> int:
    """Number of small characters in a share of the width of axes, as these are before the layout."""
    figure: Any = axes.get_figure()
    width = axes.get_position().width * figure.bbox.width / figure.dpi * 72
    return max(12, int(share * width / SMALL))


def say(axes: Axes, message: str) -> None:
    """Write a message in the place of a panel."""
    axes.set_axis_off()
    wrapped = "\n".join(textwrap.fill(line, 32) for line in message.splitlines())
    text = axes.text(0.5, 0.5, wrapped, ha="center", va="center", transform=axes.transAxes, fontsize="small")
    literal(text)
