# SPDX-License-Identifier: MIT
"""A ranking as one figure: which stack wins, on which images, and what the worst of them looks like."""

from __future__ import annotations

import os
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..results import worst_position
from ..text import printable, text_of
from . import figure_panels as panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from ..results import RankingData, StackScore


def plot_ranking(
    ranking: RankingData,
    path: str | os.PathLike[str] | None = None,
    *,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Draw a ranking: bars, values of every image, and two correlograms.

    Parameters
    ----------
    ranking : RankingData
        What to draw. The correlograms read two images of two stacks again; where these
        are gone, the panel says so.
    path : str or path-like, optional
        File to write; its ending chooses the format (png, pdf, svg, ...). An existing file
        is replaced when the new one is complete.
    figure : matplotlib.figure.Figure, optional
        Draw into this figure instead of a new one.

    Returns
    -------
    matplotlib.figure.Figure
        Belongs to no window; pyplot and its back end are not touched.

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
    suffix = None if path is None else check_format(path)
    if figure is None:
        figure = figure_class(figsize=(11, sum(_heights(ranking))), dpi=100, layout="constrained")
        canvas_class(figure)
    _draw(figure, ranking)
    if path is not None:
        _save(figure, path, suffix)
    return figure


def require_matplotlib() -> tuple[Any, Any]:
    """The classes Figure and FigureCanvasAgg, or an ImportError that says what to install."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            'a plot needs matplotlib: pip install matplotlib, or the extra "plot"', name=error.name
        ) from error
    return Figure, FigureCanvasAgg


def check_format(path: str | os.PathLike[str]) -> str:
    """The file format that the ending of `path` asks for."""
    _, canvas_class = require_matplotlib()
    known = sorted(canvas_class.get_supported_filetypes())
    suffix = Path(text_of(os.fspath(path))).suffix.lstrip(".").lower()
    if suffix not in known:
        raise ValueError(f"{text_of(path)!r}: a plot must end in one of {', '.join(known)}")
    return suffix


def _save(figure: Figure | SubFigure, path: str | os.PathLike[str], suffix: str | None) -> None:
    from ..atomic_write import replacing

    whole: Any = figure.figure  # of a part of a figure: the figure it belongs to
    with replacing(path) as temporary, warnings.catch_warnings():
        # Names may hold letters that the font lacks: a box in their place is no failure.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        whole.savefig(temporary, format=suffix)


def _draw(figure: Figure | SubFigure, ranking: RankingData) -> None:
    title = figure.suptitle(_title(ranking), fontsize="large")
    panels.literal(title)
    warned = [f"Warning: {printable(text, 300, keep_end=False)}" for text in ranking.warnings[:2]]
    if warned:
        text = "\n".join(textwrap.fill(warning, 150) for warning in warned)
        panels.literal(figure.supxlabel(text, fontsize="small", x=0.01, ha="left"))
    stacks = list(ranking.stacks.items())
    if not stacks:
        axes = figure.add_subplot()
        axes.set_axis_off()
        panels.say(axes, "no stack was scored")
        return
    # Two grids: the legend beside the lines must not push the correlograms apart.
    grid: Any = figure.add_gridspec(2, 1, height_ratios=_heights(ranking))
    left, right = grid[0].subgridspec(1, 2, width_ratios=[1, 1.15])
    panels.bars(figure.add_subplot(left), stacks, ranking.method.name)
    panels.lines(figure.add_subplot(right), stacks, ranking)
    usable = [(key, stack) for key, stack in stacks if worst_position(stack) is not None]
    pictures = [figure.add_subplot(cell) for cell in grid[1].subgridspec(1, 4)]
    if not usable:
        for axes in pictures:
            axes.set_axis_off()
        panels.say(pictures[0], "no image was compared")
        return
    best = usable[0] if ranking.reference_stack is None else _find(usable, ranking.reference_stack)
    panels.correlograms(pictures[:2], ranking, best, "Best stack" if ranking.ranked_stack_names else "Stack")
    if len(usable) > 1:
        panels.correlograms(pictures[2:], ranking, usable[-1], "Last stack")
    else:
        for axes in pictures[2:]:
            axes.set_axis_off()


def _heights(ranking: RankingData) -> tuple[float, float]:
    """Heights of the bars and of the correlograms, in inches."""
    return max(4.3, 0.22 * min(len(ranking.stacks), panels.MAX_BARS)), 2.8


def _find(stacks: list[tuple[Any, StackScore]], key: object) -> tuple[Any, StackScore]:
    return next((pair for pair in stacks if pair[0] is key or pair[0] == key), stacks[0])


def _title(ranking: RankingData) -> str:
    if ranking.reference_stack is None:
        return "No reference stack"
    name = printable(ranking.reference_stack, 60)
    if ranking.ranked_stack_names is None:
        return f"Reference stack: {name} (chosen by the caller)"
    return f"Stack to align with: {name}"
