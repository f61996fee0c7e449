# SPDX-License-Identifier: MIT
"""Figures of rankings made by hand: what is in them, and how they reach the disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.made_up_rankings import names_in, ranking, stack

pytest.importorskip("matplotlib")
from matplotlib.figure import Figure

from ndreg_preeval.report import TRUST
from ndreg_preeval.report import figure as plotting
from ndreg_preeval.report.crop import around_zero
from ndreg_preeval.report.figure import panels
from ndreg_preeval.report.figure import texts as figure_texts

PNG = b"\x89PNG\r\n\x1a\n"


def texts(figure):
    """All text of a figure."""
    from matplotlib.text import Text

    return [found.get_text() for found in figure.findobj(Text) if found.get_text()]


def three():
    good = stack("Ca-K", [0.9, 0.8, 0.95])
    fair = stack("K-K", [0.9, 0.4, 0.8])
    bad = stack("Fe-K", [0.1, 0.001, 0.6])
    return ranking(good, fair, bad)


def test_figure_shows_scores_images_and_correlograms(tmp_path):
    path = tmp_path / "figure.png"
    figure = plotting.plot_ranking(three(), path)
    assert isinstance(figure, Figure)
    assert path.read_bytes().startswith(PNG)
    bars, lines, *pictures = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([0.8833, 0.7, 0.2337], abs=1e-4)
    assert [label.get_text() for label in bars.get_yticklabels()] == ["Ca-K", "K-K", "Fe-K"]
    colours = [TRUST[trust][0] for trust in ("good", "partly", "bad")]
    from matplotlib.colors import to_hex

    assert [to_hex(bar.get_facecolor()).upper() for bar in bars.patches] == [c.upper() for c in colours]
    assert lines.get_lines()[0].get_ydata() == pytest.approx([0.9, 0.8, 0.95])
    assert len(pictures) == 4
    found = "\n".join(texts(figure))
    assert "Stack to align with: Ca-K" in found
    assert "Best stack: Ca-K\nworst image 2\npeak at (2.0, -1.0) px" in found
    assert "Last stack: Fe-K\nworst image 2\npeak at (2.0, -1.0) px" in found
    assert "second opinion: P = 0.80" in found
    assert "second opinion: P < 0.01" in found


def test_peak_is_where_the_axes_say():
    figure = plotting.plot_ranking(three())
    panel = figure.axes[2]
    (image,) = panel.get_images()
    values = image.get_array()
    row, column = np.unravel_index(values.argmax(), values.shape)
    left, right, bottom, top = image.get_extent()
    assert left + 0.5 + column == -1
    assert top + 0.5 + row == 2
    assert right - left == values.shape[1]
    assert bottom - top == values.shape[0]
    *_, circle = panel.get_lines()
    assert (circle.get_xdata()[0], circle.get_ydata()[0]) == (-1, 2)


@pytest.mark.parametrize("peak", [(15, -24), (-16, 23), (0, 0)])
@pytest.mark.parametrize("shape", [(32, 48), (33, 49), (2, 500), (1, 1)])
def test_zoom_holds_zero_and_the_peak(shape, peak):
    peak = tuple(int(np.clip(p, -(n // 2), (n - 1) // 2)) for p, n in zip(peak, shape, strict=True))
    values = np.zeros(shape)
    values[peak] = 1
    values[0, 0] += 0.25
    near, (left, _, _, top) = around_zero(np.fft.fftshift(values), max(map(abs, peak)))
    assert near.sum() == 1.25
    assert near[round(-top - 0.5), round(-left - 0.5)] >= 0.25
    assert near[round(peak[0] - top - 0.5), round(peak[1] - left - 0.5)] >= 1


def test_fifty_stacks_with_names_that_are_no_formulas(tmp_path):
    stacks = [stack(f"$x_{{{i}$ ^\\frac " + "long" * 50, [0.9 - i / 100] * 5) for i in range(50)]
    figure = plotting.plot_ranking(ranking(*stacks), tmp_path / "figure.png")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == panels.MAX_BARS
    assert labels[panels.SHOWN_FROM_TOP] == "... 27 more ..."
    assert max(map(len, labels)) <= figure_texts.NAME_WIDTH
    assert "43 others" in texts(figure)
    assert len(figure.axes[0].patches) == panels.MAX_BARS - 1


@pytest.mark.parametrize("name", ["", "_hidden", "日本\udc80", "a\nb", None, b"x", "\x00"], ids=ascii)
def test_one_stack_of_any_name(tmp_path, name):
    path = tmp_path / "figure.png"
    plotting.plot_ranking(ranking(stack(name, [0.9])), path)
    assert path.read_bytes().startswith(PNG)


def test_underscore_name_is_in_the_legend():
    figure = plotting.plot_ranking(ranking(stack("_a", [0.9, 0.9]), stack("b", [0.8, 0.8])))
    legend = figure.axes[1].get_legend()
    assert [text.get_text().strip() for text in legend.get_texts()] == ["_a", "b"]


def test_forced_choice_without_scores(tmp_path):
    forced = ranking(reference_stack="Ca-K", ranked_stack_names=None)
    figure = plotting.plot_ranking(forced, tmp_path / "figure.png")
    assert "Reference stack: Ca-K (chosen by the caller)" in texts(figure)
    assert "no stack was scored" in texts(figure)


def test_images_that_are_gone():
    def gone(*_, **__):
        raise ValueError("stack 'Ca-K': its images are no longer available")

    figure = plotting.plot_ranking(ranking(stack("Ca-K", [0.9]), stack("b", [0.1]), correlogram=gone))
    said = [" ".join(text.split()) for text in texts(figure)]
    assert said.count("no correlogram: stack 'Ca-K': its images are no longer available") == 2


def test_stacks_that_cannot_be_ranked_have_no_correlogram():
    figure = plotting.plot_ranking(ranking(stack("a", [0.9, 0.8]), stack("b", [0.5, 0.4]), stack("one", [])))
    found = "\n".join(texts(figure))
    assert "Last stack: b" in found
    assert "not ranked" in found


def test_other_methods_have_their_own_axis():
    from ndreg_preeval.methods import METHODS

    made = ranking(
        stack("a", [0.9, 0.9], values=np.array([5.0, 1000.0])),
        method=METHODS["peak_to_mean"],
        warnings=("w",),
    )
    figure = plotting.plot_ranking(made)
    assert figure.axes[1].get_ylabel() == "peak to mean"
    assert figure.axes[1].get_yscale() == "log"
    assert "Warning: w" in texts(figure)


def test_draws_into_a_given_figure_and_part_of_one(tmp_path):
    mine = Figure(figsize=(12, 9), layout="constrained")
    assert plotting.plot_ranking(three(), figure=mine) is mine
    part = Figure(figsize=(12, 14), layout="constrained").subfigures(2, 1)[1]
    assert plotting.plot_ranking(three(), tmp_path / "part.svg", figure=part) is part
    assert "<svg" in (tmp_path / "part.svg").read_text()


def test_unknown_format_is_refused_before_anything_is_drawn(tmp_path):
    path = tmp_path / "figure.h5"
    path.write_text("data")
    with pytest.raises(ValueError, match=r"figure\.h5': a plot must end in one of .*pdf, .*png"):
        plotting.plot_ranking(three(), path)
    assert path.read_text() == "data"


def test_failure_leaves_the_old_figure(tmp_path, monkeypatch):
    path = tmp_path / "figure.png"
    path.write_bytes(b"old")

    def half(self, name, **_):
        Path(name).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", half)
    with pytest.raises(OSError, match="No space left"):
        plotting.plot_ranking(three(), path)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["figure.png"]


def test_missing_matplotlib_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match='pip install matplotlib, or the extra "plot"'):
        plotting.plot_ranking(three())


def test_pyplot_is_not_touched():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.report.test_figure import three, plotting\n"
        "plotting.plot_ranking(three())\n"
        "assert 'matplotlib.figure' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).resolve().parents[2])], check=True, timeout=300
    )
