# SPDX-License-Identifier: MIT
"""Panels of the figure of a ranking, alone: in axes of the caller's, and as a notebook shows them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import ndreg_preeval
from tests.support.made_up_rankings import ranking, stack

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure

from ndreg_preeval.report import plot_correlogram, plot_images, plot_scores

PNG = b"\x89PNG\r\n\x1a\n"


def two() -> Any:
    return ranking(stack("Ca-K", [0.9, 0.8, 0.95]), stack("Fe-K", [0.1, 0.001, 0.6]))


def test_panels_are_drawn_where_one_says() -> None:
    top, middle, bottom = Figure(layout="constrained").subplots(3)
    result = two()
    assert plot_scores(result, ax=top) is top
    assert [bar.get_width() for bar in top.patches] == pytest.approx([0.8833, 0.2337], abs=1e-4)
    assert plot_images(result, ax=middle) is middle
    assert middle.get_lines()[1].get_ydata() == pytest.approx([0.1, 0.001, 0.6])
    assert plot_correlogram(result, "Fe-K", 3, ax=bottom) is bottom
    assert bottom.get_title(loc="left") == "Fe-K, image 3\npeak at (3.0, -1.5) px"
    *_, circle = bottom.get_lines()
    assert (circle.get_xdata()[0], circle.get_ydata()[0]) == (-2, 3)


def test_correlogram_is_that_of_the_worst_image_of_the_best_stack() -> None:
    axes = plot_correlogram(two(), second_opinion=True)
    assert axes.get_title(loc="left") == "Ca-K, image 2\nsecond opinion: P = 0.80"
    assert plot_correlogram(two(), image=-1).get_title(loc="left").startswith("Ca-K, image 3\n")


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(KeyError, match="no stack 'Zn-K' in this ranking"):
        plot_correlogram(two(), "Zn-K")
    for image in (0, 4, -4, -5):
        with pytest.raises(ValueError, match=f"stack 'Ca-K': image {image} was compared with none"):
            plot_correlogram(two(), "Ca-K", image)
    with pytest.raises(ValueError, match="no image was compared"):
        plot_correlogram(ranking(stack("one", [])))
    forced = ranking(reference_stack="Ca-K", ranked_stack_names=None)
    with pytest.raises(ValueError, match="no stack was scored"):
        plot_correlogram(forced)
    for draw in (plot_scores, plot_images):
        assert draw(forced).texts[0].get_text() in ("no stack was scored", "no image was compared")


def test_a_notebook_is_given_a_picture() -> None:
    rng = np.random.default_rng(5)
    scene = rng.normal(size=(32, 32))
    result = ndreg_preeval.rank_stacks({"a": np.stack([np.roll(scene, i, 0) for i in range(4)])})
    figure = result.plot()
    for each in (figure, result.plot_scores(), result.plot_images(), result.plot_correlogram()):
        assert each._repr_png_().startswith(PNG)
    again = pickle.loads(pickle.dumps(figure))
    assert again._repr_png_() == figure._repr_png_()
    assert isinstance(again, Figure)


def test_correlogram_of_a_name_that_is_none() -> None:
    both = ranking(stack("a", [0.9]), stack(None, [0.8]))
    assert plot_correlogram(both, None).get_title(loc="left").startswith("None, image 1\n")
