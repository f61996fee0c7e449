# SPDX-License-Identifier: MIT
"""What `silx view` shows of a ranking in NeXus, in silx's own viewer and without a screen."""

from __future__ import annotations

import os
import time
import warnings

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
pytest.importorskip("AnyQt.QtWidgets", reason="no Qt is installed (extra orange)", exc_type=ImportError)
pytest.importorskip("OpenGL", reason="PyOpenGL, which silx's viewer takes, is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from silx.gui import qt
    from silx.gui.data.DataViewerFrame import DataViewerFrame
    from silx.gui.plot import PlotWidget

import silx.io

from ndreg_preeval import rank_stacks
from ndreg_preeval.cli.demo import make_demo

# What silx warns of itself is its own business here.
pytestmark = [pytest.mark.orange, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def app():
    return qt.QApplication.instance() or qt.QApplication([])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("silx")
    demo = make_demo(folder / "demo.h5", n_images=6, shape=(64, 72))
    rank_stacks(demo.uri).save_nexus(folder / "ranking.h5")
    with silx.io.open(str(folder / "ranking.h5")) as opened:
        yield opened


def shown(app, node):
    """The plot that the viewer opens first."""
    viewer = DataViewerFrame()
    viewer.resize(900, 600)
    viewer.show()
    viewer.setData(node)
    for _ in range(30):
        app.processEvents()
        time.sleep(0.01)
    (plot,) = (each for each in viewer.findChildren(PlotWidget) if each.isVisible() and each.getItems())
    return viewer, plot


def test_the_file_shows_every_image_of_every_stack(app, file):
    viewer, plot = shown(app, file)
    best = file["entry/ranking/reference_stack"][()].decode()
    assert plot.getGraphTitle() == f"Probability that the image aligns, of 6 stacks; best: {best}"
    assert plot.getGraphXLabel() == "image"
    assert plot.getGraphYLabel().startswith(f"rank: 1 {best}, 2 ")
    (image,) = plot.getItems()
    assert image.getName() == "probability that the image aligns"
    viewer.close()


@pytest.mark.parametrize(
    ("group", "title", "curves"),
    [
        ("scores", "Score (evidence) of 6 stacks, best: ", ["score (evidence)", "trust: "]),
        (
            "stacks/K-K/images",
            "K-K: probability that the image aligns",
            ["probability", "peak", "second", "value"],
        ),
        ("stacks/K-K/shifts", "K-K: dy and dx of each image onto its reference, in pixels", ["dy", "dx"]),
    ],
)
def test_curves_have_names_and_titles_that_say_what_they_are(app, file, group, title, curves):
    viewer, plot = shown(app, file[f"entry/ranking/{group}"])
    assert plot.getGraphTitle().startswith(title)
    names = [curve.getName() for curve in plot.getItems()]
    assert len(names) == len(curves)
    assert all(name.startswith(start) for name, start in zip(names, curves, strict=True))
    viewer.close()
