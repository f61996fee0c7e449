# SPDX-License-Identifier: MIT
"""The correlogram of an image around zero shift, its peak marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...text import printable
from ..crop import around_zero
from .texts import literal, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...results import RankingData, StackScore


TITLE_WIDTH: Final = 18
"""Most columns of the name of a stack above a picture: the next picture has its own title."""


def correlograms(
    axes: list[Axes], ranking: RankingData, named: tuple[Any, StackScore], position: int, role: str
) -> None:
    """Where the aligner will go with the worst image, and beside it the second opinion."""
    key, stack = named
    image = int(stack.image_indices[position])
    whose = f"{role}: {printable(key, TITLE_WIDTH)}\nworst image {image}"
    titles = [f"{whose}\n{peak_words(stack, position)}", f"second opinion{chance_words(stack, position)}"]
    for panel, title in zip(axes, titles, strict=True):
        literal(panel.set_title(title, loc="left", fontsize="small"))
    for second, panel in enumerate(axes):
        try:
            values = ranking.correlogram(key, image, second_opinion=bool(second))
        except (ValueError, KeyError, OSError) as error:
            for each in axes[second:]:
                each.set_axis_off()
            say(panel, f"no correlogram: {printable(error, 200, keep_end=False)}")
            return
        draw(panel, np.asarray(values, dtype=float), stack, position)
    axes[1].set_ylabel("")


def peak_words(stack: StackScore, position: int) -> str:
    """Say where the peak of an image is."""
    # Adding zero makes a rounded -0.0 a plain 0.0.
    dy, dx = (round(float(value), 1) + 0.0 for value in stack.shifts[position])
    return f"peak at ({dy:.1f}, {dx:.1f}) px"


def chance_words(stack: StackScore, position: int) -> str:
    """Say how likely an image aligns; nothing where nobody asked."""
    probability = float(stack.probability[position])
    if not np.isfinite(probability):
        return ""
    return ": P < 0.01" if probability < 0.01 else f": P = {probability:.2f}"


def draw(axes: Axes, values: Any, stack: StackScore, position: int) -> None:
    """|r| / mean around zero shift, the peak of the aligner's correlogram marked, with a colour bar."""
    from matplotlib import colormaps

    dy, dx = (int(each) for each in stack.peak_shifts[position])
    mean = values.mean()
    near, extent = around_zero(np.fft.fftshift(values), max(abs(dy), abs(dx)))
    # A few dozen colours show as much, and a noisy picture stays a small file.
    colours = colormaps["viridis"].resampled(32)
    relative = near / mean if mean > 0 else near
    picture = axes.imshow(relative, extent=extent, cmap=colours, vmin=0, interpolation="nearest")
    figure: Any = axes.get_figure()
    # Below it: beside it, the bar would be as high as the cell, and so higher than the picture.
    bar = figure.colorbar(picture, ax=axes, location="bottom", shrink=0.7, aspect=24)
    bar.ax.tick_params(labelsize="x-small")
    bar.set_label("|r| / mean", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.axhline(0, color="white", linewidth=0.6, alpha=0.6)
    axes.axvline(0, color="white", linewidth=0.6, alpha=0.6)
    for colour, width in (("black", 3.2), ("white", 1.6)):
        axes.plot(
            dx,
            dy,
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=colour,
            markeredgewidth=width,
            linestyle="none",
        )
    axes.set_xlabel("dx / pixels", fontsize="small")
    axes.set_ylabel("dy / pixels", fontsize="small")
