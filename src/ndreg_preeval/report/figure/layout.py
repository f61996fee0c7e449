# SPDX-License-Identifier: MIT
"""A ranking as one figure: which stack wins, on which images, and what the worst of them looks like."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any, Final

from ...errors import without_warnings
from ...results import worst_position
from ...text import printable
from . import panels
from .correlogram import correlograms
from .saving import check_format, require_matplotlib, save_figure
from .texts import SMALL, literal, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from ...results import RankingData, StackScore

WIDTH: Final = 11.0
"""Width of a new figure, in inches."""
LEAST_WIDTH: Final = 9.5
"""Width below which the panels overlap, in inches."""
FEW: Final = 5
"""Number of stacks up to which their bars are a row of their own: beside the lines most of the room would be empty."""


def plot_ranking(
    ranking: RankingData,
    path: str | os.PathLike[str] | None = None,
    *,
    figure: Figure | SubFigure | None = None,
    overwrite: bool = True,
) -> Figure | SubFigure:
    """Draw a ranking: bars, values of every image, and correlograms of two images.

    Parameters
    ----------
    ranking : RankingData
        What to draw. The correlograms read two images of two stacks again; where these
        are gone, the panel says so.
    path : str or path-like, optional
        File to write; its ending chooses the format (png, pdf, svg, ...).
    figure : matplotlib.figure.Figure or SubFigure, optional
        Draw into this figure instead of a new one. It is enlarged where the panels would not fit,
        and gets the constrained layout where it has no other.
    overwrite : bool
        Replace a file that exists, when the new one is complete.

    Returns
    -------
    matplotlib.figure.Figure
        A new one belongs to no window and shows itself in a notebook; pyplot and its back end are not touched.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    ValueError
        The ending of `path` is no format that matplotlib writes.
    OSError
        The file cannot be written.
    """
    figure_class, canvas_class = require_matplotlib()
    if path is not None:
        check_format(path)  # before the work
    rows = _rows(ranking)
    height = sum(rows) + _text_height(ranking)
    if figure is None:
        from .shown import ShownFigure

        figure = ShownFigure(figsize=(WIDTH, height), dpi=100, layout="constrained")
        canvas_class(figure)
    elif isinstance(figure, figure_class):
        _make_room(figure, height)
    _draw(figure, ranking, rows)
    _settle(figure)
    if path is not None:
        save_figure(figure, path, overwrite=overwrite)
    return figure


def _make_room(figure: Any, height: float) -> None:
    """Enlarge a figure of the caller's, and have its panels keep clear of each other."""
    width, before = figure.get_size_inches()
    if width < LEAST_WIDTH or before < height:
        figure.set_size_inches(max(width, LEAST_WIDTH), max(before, height))
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")


def _settle(figure: Any) -> None:
    """Lay the figure out once: pictures of a fixed aspect move when they are first fitted, and the rest with them."""
    with without_warnings():  # of letters that the font lacks
        figure.figure.draw_without_rendering()


def _rows(ranking: RankingData) -> list[float]:
    """Heights of the rows of panels, in inches."""
    number = len(ranking.stacks)
    if number <= FEW:
        return [1.15 + 0.3 * number, 2.7, 3.5] if number else [2.0]
    return [max(3.8, 1.1 + 0.24 * min(number, panels.MAX_BARS)), 3.2]


def _text_height(ranking: RankingData) -> float:
    """Height of title and warnings, in inches."""
    return 0.4 + 0.25 * min(len(ranking.warnings), 2)


def _draw(figure: Figure | SubFigure, ranking: RankingData, rows: list[float]) -> None:
    literal(figure.suptitle(_title(ranking), fontsize="large"))
    warned = [f"Warning: {printable(text, 300, keep_end=False)}" for text in ranking.warnings[:2]]
    if warned:
        width: Any = figure.bbox.width
        letters = int(width / figure.dpi * 72 / SMALL)
        text = "\n".join(textwrap.fill(warning, letters) for warning in warned)
        literal(figure.supxlabel(text, fontsize="small", x=0.01, ha="left"))
    stacks = list(ranking.stacks.items())
    if not stacks:
        say(figure.add_subplot(), "no stack was scored")
        return
    # Grids in a grid: the legend beside the lines must not push the correlograms apart.
    grid: Any = figure.add_gridspec(len(rows), 1, height_ratios=rows)
    places = [grid[0], grid[1]]
    if len(rows) == 2:
        places = list(grid[0].subgridspec(1, 2, width_ratios=[1, 1.15]))
    panels.bars(figure.add_subplot(places[0]), stacks, ranking.method.name)
    panels.lines(figure.add_subplot(places[1]), stacks, ranking)
    _draw_correlograms([figure.add_subplot(cell) for cell in grid[-1].subgridspec(1, 4)], ranking, stacks)


def _draw_correlograms(
    pictures: list[Any], ranking: RankingData, stacks: list[tuple[Any, StackScore]]
) -> None:
    usable = [(key, stack) for key, stack in stacks if worst_position(stack) is not None]
    for axes in pictures[2 * min(len(usable), 2) :]:
        axes.set_axis_off()
    if not usable:
        say(pictures[0], "no image was compared")
        return
    best = usable[0] if ranking.reference_stack is None else find(usable, ranking.reference_stack)
    shown = [(best, "Best stack" if ranking.ranked_stack_names else "Stack")]
    if len(usable) > 1:
        shown.append((usable[-1], "Last stack"))
    for number, (named, role) in enumerate(shown):
        position = worst_position(named[1])
        if position is not None:
            correlograms(pictures[2 * number : 2 * number + 2], ranking, named, position, role)


def find(stacks: list[tuple[Any, StackScore]], key: object) -> tuple[Any, StackScore]:
    """The stack of a name; the first one where there is none."""
    return next((pair for pair in stacks if pair[0] is key or pair[0] == key), stacks[0])


def _title(ranking: RankingData) -> str:
    if ranking.reference_stack is None:
        return "No reference stack"
    name = printable(ranking.reference_stack, 60)
    if ranking.ranked_stack_names is None:
        return f"Reference stack: {name} (chosen by the caller)"
    return f"Stack to align with: {name}"
