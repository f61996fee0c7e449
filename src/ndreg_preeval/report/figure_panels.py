# SPDX-License-Identifier: MIT
"""The parts of the figure of a ranking: bars, lines, correlograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..results import worst_position
from ..text import printable, short_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..results import RankingData, StackScore

# Okabe and Ito's colours: told apart with every common colour blindness, and in grey.
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
GREY: Final = "#B0B0B0"
OTHERS: Final = ("#56B4E9", "#009E73", "#CC79A7", "#000000", "#E69F00")
MARKERS: Final = ("s", "^", "v", "P", "X")

TRUST: Final = {
    "good": (BLUE, "every image P \u2265 0.5"),
    "partly": (ORANGE, "some images P < 0.5"),
    "bad": (GREY, "most images P < 0.5"),
    "unknown": ("#606060", "no probability"),
}

MAX_BARS: Final = 24
SHOWN_FROM_TOP: Final = 17
NAME_WIDTH: Final = 22
REASON_WIDTH: Final = 46
LOST: Final = 0.3
"""Share of the best score below which a bar leaves room for the reason."""


def trust_of(stack: StackScore) -> str:
    probability = np.asarray(stack.probability, dtype=float)
    if not len(probability):
        return "bad"
    if not np.isfinite(probability).all():
        return "unknown"
    if probability.min() >= 0.5:
        return "good"
    return "partly" if np.median(probability) >= 0.5 else "bad"


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
            text += "  " + printable(stack.reasons[0], REASON_WIDTH, keep_end=False)
        literal(axes.text(max(score, 0) + 0.015 * longest, y, text, va="center", fontsize="small"))
    axes.set_ylim(max(len(rows), 6) - 0.4, -0.6)
    axes.set_xlim(min([0.0, *scores]), 1.16 * longest)
    for label in axes.set_yticks(range(len(rows)), labels, fontsize="small" if len(rows) > 12 else "medium"):
        literal(label.label1)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
    literal(axes.set_xlabel(f"score (method {printable(method, 30)})"))
    axes.set_title("Ranking", loc="left", fontsize="medium")
    order = [trust for trust in TRUST if trust in seen]
    axes.legend(
        [seen[trust] for trust in order],
        [TRUST[trust][1] for trust in order],
        loc="upper left",
        bbox_to_anchor=(0, -0.14),
        ncols=len(order),
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
    for rank, (key, stack) in enumerate(usable):
        style: dict[str, Any] = {"linewidth": 1.3, "markersize": 4}
        if rank == 0:
            style.update(color=BLUE, marker="o", linewidth=2.2, zorder=3)
        elif rank == len(usable) - 1:
            style.update(color=VERMILION, marker="D", linestyle="--", zorder=2.5)
        else:
            colour, marker = next(others, (None, None))
            style.update(color=colour, marker=marker)
            if colour is None:
                style.update(color=GREY, linewidth=0.8, zorder=1)
        if len(stack.values) > 60:
            style["marker"] = None
        elif len(stack.values) == 1 and style.get("marker") is None:
            style["marker"] = "."
        (line,) = axes.plot(stack.image_indices, stack.values, **style)
        if style["color"] == GREY:
            grey = line
        else:
            handles.append(line)
            labels.append(printable(key, NAME_WIDTH))
    if grey is not None:
        handles.insert(-1, grey)
        labels.insert(-1, f"{len(usable) - len(labels)} others")
    is_probability = ranking.method.asks_opinion
    if is_probability:
        axes.axhline(0.5, color="black", linewidth=0.8, linestyle=":", zorder=0.5)
        axes.set_ylim(-0.03, 1.03)
        axes.set_ylabel("P (aligns within a pixel)")
    else:
        axes.set_ylabel(ranking.method.statistic.replace("_", " "))
        _log_if_wide(axes, [stack.values for _, stack in usable])
    axes.locator_params(axis="x", integer=True)
    references = {int(i) for _, stack in usable for i in stack.reference_indices}
    fixed = f" (reference: image {min(references)})" if len(references) == 1 else ""
    axes.set_xlabel(f"image{fixed}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Every image", loc="left", fontsize="medium")
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


def _log_if_wide(axes: Axes, values: list[Any]) -> None:
    """A few excellent images must not press all others into one line."""
    everything = np.concatenate([np.asarray(v, dtype=float) for v in values] or [np.zeros(0)])
    positive = everything[everything > 0]
    if len(positive) and len(positive) == len(everything) and positive.max() > 30 * positive.min():
        axes.set_yscale("log")


def correlograms(axes: list[Axes], ranking: RankingData, named: tuple[Any, StackScore], role: str) -> None:
    """The worst image: where the aligner will go, and beside it the second opinion."""
    key, stack = named
    position = worst_position(stack)
    assert position is not None
    image = int(stack.image_indices[position])
    # Adding zero makes a rounded -0.0 a plain 0.0.
    dy, dx = (round(float(value), 1) + 0.0 for value in stack.shifts[position])
    probability = float(stack.probability[position])
    chance = ""
    if np.isfinite(probability):
        chance = ": P < 0.01" if probability < 0.01 else f": P = {probability:.2f}"
    title = f"{role}: {printable(key, NAME_WIDTH)}, worst image {image}\npeak at ({dy:.1f}, {dx:.1f}) px"
    literal(axes[0].set_title(title, loc="left", fontsize="medium"))
    axes[1].set_title(f"second opinion{chance}", loc="left", fontsize="medium")
    peak = (int(stack.peak_shifts[position][0]), int(stack.peak_shifts[position][1]))
    try:
        pictures = [ranking.correlogram(key, image, second_opinion=second) for second in (False, True)]
    except (ValueError, KeyError, OSError) as error:
        for panel in axes:
            panel.set_axis_off()
        say(axes[0], f"no correlogram: {printable(error, 200, keep_end=False)}")
        return
    for panel, values in zip(axes, pictures, strict=True):
        bar = _correlogram(panel, np.asarray(values, dtype=float), peak)
    axes[0].set_ylabel("dy / pixels")
    bar.set_ylabel("|r| / mean", fontsize="small")


def _correlogram(axes: Axes, values: Any, peak: tuple[int, int]) -> Axes:
    """|r| / mean around zero shift, the peak of the aligner's correlogram marked; gives its colour bar."""
    mean = values.mean()
    near, extent = around_zero(np.fft.fftshift(values), max(map(abs, peak)))
    from matplotlib import colormaps

    # A few dozen colours show as much, and a noisy picture stays a small file.
    colours = colormaps["viridis"].resampled(32)
    relative = near / mean if mean > 0 else near
    picture = axes.imshow(relative, extent=extent, cmap=colours, vmin=0, interpolation="nearest")
    # Drawn inside, the bar keeps to the picture, whatever its aspect.
    bar = axes.inset_axes((1.04, 0, 0.05, 1))
    figure: Any = axes.get_figure()
    figure.colorbar(picture, cax=bar)
    bar.tick_params(labelsize="x-small")
    axes.tick_params(labelsize="small")
    axes.axhline(0, color="white", linewidth=0.6, alpha=0.6)
    axes.axvline(0, color="white", linewidth=0.6, alpha=0.6)
    for colour, width in (("black", 3.2), ("white", 1.6)):
        axes.plot(
            peak[1],
            peak[0],
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=colour,
            markeredgewidth=width,
            linestyle="none",
        )
    axes.set_xlabel("dx / pixels")
    return bar


def around_zero(values: Any, reach: int) -> tuple[Any, tuple[float, float, float, float]]:
    """Part that holds zero shift and the peak, and its extent in pixels of shift."""
    half = max(16, int(1.3 * reach) + 4)
    height, width = values.shape
    y, x = height // 2, width // 2
    top, bottom = max(0, y - half), min(height, y + half + 1)
    left, right = max(0, x - half), min(width, x + half + 1)
    extent = (left - x - 0.5, right - x - 0.5, bottom - y - 0.5, top - y - 0.5)
    return values[top:bottom, left:right], extent


def say(axes: Axes, message: str) -> None:
    import textwrap

    wrapped = "\n".join(textwrap.fill(line, 32) for line in message.splitlines())
    text = axes.text(0.5, 0.5, wrapped, ha="center", va="center", transform=axes.transAxes, fontsize="small")
    literal(text)


def literal(text: Any) -> None:
    """Names are not formulas: a $ in them is a $."""
    text.set_parse_math(False)
    text.set_usetex(False)
