# SPDX-License-Identifier: MIT
"""Scores of stacks as bars, and the values of their images as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...text import printable, short_number
from ..colours import BLUE, GREY, TRUST, VERMILION, trust_of
from ..thinning import lowest_of_neighbours, neighbours_together
from .texts import NAME_WIDTH, literal, room_for, text_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...results import RankingData, StackScore

OTHERS: Final = ("#56B4E9", "#009E73", "#CC79A7", "", "#E69F00")
"""Colours of the stacks between the best and the last one; the empty one is that of text."""
MARKERS: Final = ("s", "^", "v", "P", "X")

MAX_BARS: Final = 24
SHOWN_FROM_TOP: Final = 17
MOST_MARKERS: Final = 60
"""Number of images up to which each has a marker."""
MOST_POINTS: Final = 200
"""Number of images from which neighbours share a point: lines that go up and down at every pixel are a filled area."""
LOST: Final = 0.3
"""Share of the best score below which a bar leaves room for the reason."""
BESIDE_BAR: Final = 0.015
"""Distance of the text from its bar, of the longest bar."""
WIDEST: Final = 1.16
"""Length of the axis, of the longest bar."""
BELOW_LABEL: Final = 36
"""Distance of the legend from the axes, in points: that of ticks and label."""


def bars(axes: Axes, stacks: list[tuple[Any, StackScore]], method: str) -> None:
    """Scores, best on top; of very many stacks the first and the last ones."""
    rows: list[tuple[Any, StackScore] | None] = list(stacks)
    if len(stacks) > MAX_BARS:
        last = MAX_BARS - SHOWN_FROM_TOP - 1
        rows = [*stacks[:SHOWN_FROM_TOP], None, *stacks[-last:]]
    seen: dict[str, Any] = {}
    labels = []
    scores = [row[1].score for row in rows if row is not None and np.isfinite(row[1].score)]
    longest = max([abs(score) for score in scores], default=0) or 1.0
    for y, row in enumerate(rows):
        if row is None:
            labels.append(f"... {len(stacks) - MAX_BARS + 1} more ...")
            continue
        key, stack = row
        labels.append(printable(key, NAME_WIDTH))
        score = stack.score if np.isfinite(stack.score) else 0.0
        trust = trust_of(stack)
        seen[trust] = axes.barh(y, score, color=TRUST[trust][0], height=0.75)
        text = short_number(stack.score) if stack.rankable else "not ranked"
        if stack.reasons and score < LOST * longest:
            left = 1 - (max(score, 0) / longest + BESIDE_BAR) / WIDEST
            room = max(12, room_for(axes, left) - len(text) - 2)
            text += "  " + printable(stack.reasons[0], room, keep_end=False)
        literal(axes.text(max(score, 0) + BESIDE_BAR * longest, y, text, va="center", fontsize="small"))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(min([0.0, *scores]), WIDEST * longest)
    for label in axes.set_yticks(range(len(rows)), labels, fontsize="small" if len(rows) > 12 else "medium"):
        literal(label.label1)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    literal(axes.set_xlabel(f"score (method {printable(method, 30)})"))
    axes.set_title("Ranking", loc="left", fontsize="medium")
    _explain_colours(axes, {TRUST[trust][1]: seen[trust] for trust in TRUST if trust in seen})


def _explain_colours(axes: Axes, handles: dict[str, Any]) -> None:
    from matplotlib.transforms import ScaledTranslation

    figure: Any = axes.get_figure()
    axes.legend(
        list(handles.values()),
        list(handles),
        loc="upper right",  # on its left there is room, below the names
        bbox_to_anchor=(1, 0),
        bbox_transform=axes.transAxes + ScaledTranslation(0, -BELOW_LABEL / 72, figure.dpi_scale_trans),
        ncols=len(handles),
        fontsize="small",
        frameon=False,
        borderaxespad=0,
        handlelength=1.2,
        columnspacing=1.2,
    )


def lines(axes: Axes, stacks: list[tuple[Any, StackScore]], ranking: RankingData) -> None:
    """The value of every image: the best, the next ones and the last in colour, the rest in grey."""
    usable = [(key, stack) for key, stack in stacks if len(stack.values)]
    others = iter(zip(OTHERS, MARKERS, strict=True))
    handles, labels = [], []
    grey = None
    together = neighbours_together(max([len(stack.values) for _, stack in usable], default=1), MOST_POINTS)
    for rank, (key, stack) in enumerate(usable):
        style: dict[str, Any] = {"linewidth": 1.3, "markersize": 4}
        if rank == 0:
            style.update(color=BLUE, marker="o", linewidth=2.2, zorder=3)
        elif rank == len(usable) - 1:
            style.update(color=VERMILION, marker="D", linestyle="--", zorder=2.5)
        else:
            colour, marker = next(others, (GREY, None))
            style.update(color=colour or text_colour(), marker=marker)
            if marker is None:
                style.update(linewidth=0.7, zorder=1)
        is_grey = style["marker"] is None
        if len(stack.values) > MOST_MARKERS:
            style["marker"] = None
            style["linewidth"] = min(style["linewidth"], 1.3)
        elif len(stack.values) == 1 and is_grey:
            style["marker"] = "."
        kept = lowest_of_neighbours(stack.values, together)
        (line,) = axes.plot(stack.image_indices[kept], stack.values[kept], **style)
        if is_grey:
            grey = line
        else:
            handles.append(line)
            labels.append(printable(key, NAME_WIDTH))
    if grey is not None:
        handles.insert(-1, grey)
        labels.insert(-1, f"{len(usable) - len(labels)} others")
    _describe(axes, [stack for _, stack in usable], ranking)
    title = "Every image" if together == 1 else f"Every image (the lowest of each {together} neighbours)"
    axes.set_title(title, loc="left", fontsize="medium")
    if handles:
        legend = axes.legend(
            handles,
            [" " + label if label.startswith("_") else label for label in labels],
            fontsize="small",
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            frameon=False,
        )
        for text in legend.get_texts():
            literal(text)


def _describe(axes: Axes, usable: list[StackScore], ranking: RankingData) -> None:
    if ranking.method.asks_opinion:
        axes.axhline(0.5, color=text_colour(), linewidth=0.8, linestyle=":", zorder=0.5)
        axes.set_ylim(-0.03, 1.03)
        axes.set_ylabel("P (aligns within a pixel)")
    else:
        axes.set_ylabel(ranking.method.statistic.replace("_", " "))
        _log_if_wide(axes, [stack.values for stack in usable])
    axes.locator_params(axis="x", integer=True)
    references = {int(i) for stack in usable for i in stack.reference_indices}
    fixed = f" (reference: image {min(references)})" if len(references) == 1 else ""
    axes.set_xlabel(f"image{fixed}")
    axes.spines[["top", "right"]].set_visible(False)


def _log_if_wide(axes: Axes, values: list[Any]) -> None:
    """A few excellent images must not press all others into one line."""
    everything = np.concatenate([np.asarray(v, dtype=float) for v in values] or [np.zeros(0)])
    positive = everything[everything > 0]
    if len(positive) and len(positive) == len(everything) and positive.max() > 30 * positive.min():
        axes.set_yscale("log")
