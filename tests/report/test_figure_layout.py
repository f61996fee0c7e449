# SPDX-License-Identifier: MIT
"""Figures of few and of many stacks: no text is cut off, none lies on another one or on a picture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.made_up_rankings import ranking, stack

pytest.importorskip("matplotlib")
import matplotlib as mpl
from matplotlib import style
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from ndreg_preeval.report import plot_correlogram, plot_images, plot_ranking, plot_scores

GREEK = (
    "Αργυρός φθορισμός Κα₁",
    "αβγδεζηθικλμνξοπρστυφχψω" * 3,
    "µ-XANES λ = 1.54 Å, Fe-Kβ₁,₃",
    "Ca-K",
    "x" * 99,
)
REASONS = ("a static pattern at zero shift, or a sample at rest (which aligns) in 38 of 40 images",)


def made(n: int, m: int, names: tuple[str, ...] = (), **changes: Any) -> Any:
    """A ranking of n stacks of m images, from good ones to bad ones."""
    rng = np.random.default_rng(n * m)
    stacks = []
    for i in range(n):
        level = 0.97 * (1 - i / max(n, 2))
        name = f"{names[i % len(names)]}{i // len(names) or ''}" if names else f"El{i}-K"
        values = np.clip(level + 0.12 * rng.normal(size=m), 0.002, 0.999)
        phases = np.arange(m) / 7
        shifts = np.stack([12 * np.sin(phases), -9 * np.cos(phases)], axis=1)
        stacks.append(
            stack(
                name,
                list(values),
                score=float(values.min()) if level > 0.4 else 1e-4 * level,
                reasons=REASONS if level < 0.5 else (),
                shifts=shifts,
                peak_shifts=np.round(shifts).astype(int),
            )
        )
    return ranking(*stacks, **changes)


def shown_texts(figure: Any) -> Iterator[tuple[str, Bbox]]:
    """What can be read in a figure that was drawn, and where."""
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for where, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True):
                if not (axes.axison and low <= where <= high):
                    hidden.add(label)
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible() and text not in hidden:
            yield text.get_text(), text.get_window_extent()


def complaints(figure: Any) -> list[str]:
    figure.canvas.draw()
    found = list(shown_texts(figure))
    assert len(found) > 5
    whole = figure.bbox.padded(0.5)
    said = [f"{text!r} is cut off" for text, box in found if not (whole.containsx(box.x0) and whole.containsx(box.x1)
            and whole.containsy(box.y0) and whole.containsy(box.y1))]  # fmt: skip
    boxes = [(text, box.padded(-0.75)) for text, box in found]
    for i, (text, box) in enumerate(boxes):
        said += [f"{text!r} lies on {other!r}" for other, there in boxes[:i] if box.overlaps(there)]
        for axes in figure.axes:
            if axes.get_images() and box.overlaps(axes.get_window_extent()):
                said.append(f"{text!r} lies on a picture")
    return said


CASES = [(1, 5), (2, 5), (2, 1000), (5, 40), (6, 5), (30, 60), (30, 1000), (200, 20)]


@pytest.mark.parametrize(("n", "m"), CASES)
def test_nothing_is_cut_off_or_covered(n: int, m: int) -> None:
    assert not complaints(plot_ranking(made(n, m)))


@pytest.mark.parametrize("n", [2, 5, 9])
def test_long_and_greek_names(n: int) -> None:
    warnings = ("The best stack is hardly better than the next one: " + "word " * 60, "And another thing.")
    assert not complaints(plot_ranking(made(n, 12, GREEK, warnings=warnings)))


@pytest.mark.parametrize(("n", "size"), [(1, (6.4, 4.8)), (5, (3, 2)), (30, (6.4, 4.8)), (6, (14, 12))])
def test_a_figure_given_gets_room_and_keeps_what_it_has(n: int, size: tuple[float, float]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    assert plot_ranking(made(n, 12), figure=figure) is figure
    assert not complaints(figure)
    assert all(figure.get_size_inches() >= size)


@pytest.mark.parametrize("n", [1, 30])
def test_panels_in_figures_of_their_own(n: int) -> None:
    result = made(n, 12, GREEK)
    for axes in (plot_scores(result), plot_images(result), plot_correlogram(result)):
        assert not complaints(axes.get_figure())


def luminance(colour: Any) -> float:
    """Relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("name", ["default", "dark_background"])
def test_lines_are_seen_on_light_and_on_dark(name: str) -> None:
    with style.context(name):
        figure = plot_ranking(made(7, 12))
        bars, lines, *_ = figure.axes
        background = luminance(mpl.rcParams["axes.facecolor"])
        colours = [line.get_color() for line in lines.get_lines()] + [
            bar.get_facecolor() for bar in bars.patches
        ]
        for colour in colours:
            contrast = sorted([luminance(colour) + 0.05, background + 0.05])
            assert contrast[1] / contrast[0] > 1.9, colour
        assert not complaints(figure)


def test_many_images_show_their_lowest() -> None:
    values = np.full(1000, 0.9)
    values[[3, 777]] = 0.1
    axes = plot_images(ranking(stack("a", list(values))))
    (line, *_) = axes.get_lines()
    assert len(line.get_xdata()) == 200
    assert {4, 778} <= set(line.get_xdata())  # images count from 1 here
    assert sorted(line.get_ydata())[:3] == [0.1, 0.1, 0.9]
    assert axes.get_title(loc="left") == "Every image (the lowest of each 5 neighbours)"
