# SPDX-License-Identifier: MIT
"""One panel of the figure of a ranking, in axes of the caller's or in a figure of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...argument_checks import as_int
from ...errors import shorten, stack_label
from ...results import worst_position
from ...text import printable
from . import panels
from .correlogram import chance_words, draw, peak_words
from .layout import find
from .saving import require_matplotlib
from .texts import NAME_WIDTH, literal, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...results import RankingData, StackScore


def plot_scores(ranking: RankingData, ax: Axes | None = None) -> Axes:
    """Draw the scores of the stacks as bars, coloured by how far their images are trusted.

    Parameters
    ----------
    ranking : RankingData
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw it; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; new ones show themselves in a notebook.
    """
    rows = min(len(ranking.stacks), panels.MAX_BARS)
    axes = _axes(ax, (7.5, 1.3 + 0.28 * rows))
    if ranking.stacks:
        panels.bars(axes, list(ranking.stacks.items()), ranking.method.name)
    else:
        say(axes, "no stack was scored")
    return axes


def plot_images(ranking: RankingData, ax: Axes | None = None) -> Axes:
    """Draw what the method takes from every image, a line for each stack.

    Parameters
    ----------
    ranking : RankingData
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw it; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; new ones show themselves in a notebook.
    """
    axes = _axes(ax, (8, 3.8))
    stacks = [(key, stack) for key, stack in ranking.stacks.items() if len(stack.values)]
    if stacks:
        panels.lines(axes, stacks, ranking)
    else:
        say(axes, "no image was compared")
    return axes


def plot_correlogram(
    ranking: RankingData,
    name: Any = None,
    image: int | None = None,
    second_opinion: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the correlogram of one image around zero shift, its peak marked.

    Parameters
    ----------
    ranking : RankingData
        What to draw; two images of the stack are read again.
    name : object, optional
        Key of the stack; by default the best one.
    image : int, optional
        Index of the image in the stack; by default its worst image.
    second_opinion : bool
        The smoother correlogram that confirms the peak.
    ax : matplotlib.axes.Axes, optional
        Where to draw it; by default in a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes; new ones show themselves in a notebook.

    Raises
    ------
    KeyError
        When there is no such stack.
    ValueError
        When it has no such image, none was compared, or its images are no longer at hand.
    """
    key, stack = _stack(ranking, name)
    position = _position(key, stack, image)
    number = int(stack.image_indices[position])
    values = ranking.correlogram(key, number, second_opinion=bool(second_opinion))
    axes = _axes(ax, (4.6, 4.2))
    what = f"second opinion{chance_words(stack, position)}" if second_opinion else peak_words(stack, position)
    title = f"{printable(key, NAME_WIDTH)}, image {number}\n{what}"
    literal(axes.set_title(title, loc="left", fontsize="medium"))
    draw(axes, np.asarray(values, dtype=float), stack, position)
    return axes


def _stack(ranking: RankingData, name: Any) -> tuple[Any, StackScore]:
    stacks = list(ranking.stacks.items())
    if not stacks:
        raise ValueError("no stack was scored: there is no correlogram to draw")
    if name is None and None not in ranking.stacks:
        usable = [each for each in stacks if len(each[1].values)]
        return find(usable or stacks, ranking.reference_stack)
    if name not in ranking.stacks:
        raise KeyError(f"there is no {stack_label(name)} in this ranking")
    return name, ranking.stacks[name]


def _position(key: object, stack: StackScore, image: int | None) -> int:
    """Place in the arrays of a stack of one of its compared images."""
    if image is None:
        worst = worst_position(stack)
        if worst is None:
            raise ValueError(f"{stack_label(key)}: no image was compared: there is no correlogram to draw")
        return worst
    index = as_int("image", image)
    wanted = index + stack.n_images if index < 0 else index
    found = np.flatnonzero(np.asarray(stack.image_indices) == wanted)
    if not len(found):
        raise ValueError(
            f"{stack_label(key)}: image {shorten(image)} was compared with none of its {stack.n_images} images"
        )
    return int(found[0])


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    _, canvas_class = require_matplotlib()
    if ax is not None:
        return ax
    from .shown import ShownAxes, ShownFigure

    figure = ShownFigure(figsize=size, dpi=100, layout="constrained")
    canvas_class(figure)
    axes: Axes = figure.add_subplot(axes_class=ShownAxes)
    return axes
