# SPDX-License-Identifier: MIT
"""What `silx view` shows of a ranking in NeXus: silx's own viewer, without a screen, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from ndreg_preeval import rank_stacks
from ndreg_preeval.cli.demo import make_demo

NEEDED = ("AnyQt", "ewoksorange", "OpenGL")
for name in NEEDED:
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed: no viewer of silx", allow_module_level=True)

pytestmark = [pytest.mark.orange, pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")]

GROUPS = ("/", "scores", "stacks/K-K/images", "stacks/K-K/shifts")

# Prints title, labels and names of what is plotted for each group: the view that the viewer opens first.
SHOW = """
import json, sys, time
from silx.gui import qt
app = qt.QApplication([])
import silx.io
from silx.gui.data.DataViewerFrame import DataViewerFrame
from silx.gui.plot import PlotWidget

found = []
with silx.io.open(sys.argv[1]) as file:
    for group in sys.argv[2:]:
        viewer = DataViewerFrame()
        viewer.resize(900, 600)
        viewer.show()
        viewer.setData(file if group == "/" else file["entry/ranking/" + group])
        for _ in range(30):
            app.processEvents()
            time.sleep(0.01)
        (plot,) = (each for each in viewer.findChildren(PlotWidget) if each.isVisible() and each.getItems())
        names = [item.getName() for item in plot.getItems()]
        found.append([plot.getGraphTitle(), plot.getGraphXLabel(), plot.getGraphYLabel(), names, plot.isKeepDataAspectRatio()])
        viewer.close()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("silx")
    demo = make_demo(folder / "demo.h5", n_images=6, shape=(64, 72))
    ranking = rank_stacks(demo.uri)
    ranking.save_nexus(folder / "ranking.h5")
    done = subprocess.run(
        [sys.executable, "-c", SHOW, str(folder / "ranking.h5"), *GROUPS],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ranking, dict(zip(GROUPS, json.loads(done.stdout), strict=True))


def test_the_file_shows_every_image_of_every_stack(shown):
    ranking, plots = shown
    title, x, y, names, square = plots["/"]
    best = ranking.reference_stack
    assert title == f"Probability that the image aligns, of 6 stacks; best: {best}"
    assert x == "image"
    assert y.startswith(f"rank: 1 {best}, 2 ")
    assert names == ["probability that the image aligns"]
    assert not square  # or it would be a line of pixels


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
def test_curves_have_names_and_titles_that_say_what_they_are(shown, group, title, curves):
    found, _, _, names, _ = shown[1][group]
    assert found.startswith(title)
    assert len(names) == len(curves)
    assert all(name.startswith(start) for name, start in zip(names, curves, strict=True))
