# SPDX-License-Identifier: MIT
"""A notebook that is run: rankings and stacks show themselves, figures without %matplotlib inline, and progress is a bar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.html_pages import Page

pytest.importorskip("matplotlib")
pytest.importorskip("ipykernel")
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

CELLS = (
    """
import numpy as np, ndreg_preeval
rng = np.random.default_rng(3)
scene = rng.normal(size=(48, 64))
drifting = np.stack([np.roll(scene, 2 * i, axis=1) for i in range(6)])
noise = rng.normal(size=drifting.shape)
stacks = {"<img src=x onerror=alert(1)>": drifting + noise, "noisy": drifting + 9 * noise}
ranking = ndreg_preeval.rank_stacks(stacks, progress=True)
""",
    "ranking",
    "ranking.stacks['noisy']",
    "ranking.plot()",
    "ranking.plot_correlogram()",
    "ndreg_preeval.score_stack(drifting, name='alone')",
)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What each cell put out."""
    folder: Path = tmp_path_factory.mktemp("jupyter")
    cells = [nbformat.v4.new_code_cell(text.strip()) for text in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # else there is a warning of what the default will be
        client = nbclient.NotebookClient(
            notebook, timeout=None, startup_timeout=600, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    return [cell.outputs for cell in notebook.cells]


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def test_progress_is_one_bar_and_no_warning(outputs: list[list[Any]]) -> None:
    """With ipywidgets a widget, without a line on standard error."""
    if outputs[0][0].output_type == "stream":
        assert {each.name for each in outputs[0]} == {"stderr"}
        text = "".join(each.text for each in outputs[0])
        assert "image/s" in text
        assert "\n" not in text  # a warning would have lines
    else:
        (shown,) = outputs[0]
        assert "application/vnd.jupyter.widget-view+json" in shown.data


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (1, "Stack to align with: <img src=x onerror=alert(1)> Best of 2 stacks, by the method evidence."),
        (2, "noisy"),
        (5, "alone"),
    ],
)
def test_results_show_themselves(outputs: list[list[Any]], cell: int, words: str) -> None:
    (shown,) = outputs[cell]
    page = Page.of(shown.data["text/html"])
    assert words in page.readable
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert shown.data["text/plain"].startswith(("Ranking(", "StackScore("))


@pytest.mark.parametrize("cell", [3, 4])
def test_figures_show_themselves(outputs: list[list[Any]], cell: int) -> None:
    (shown,) = outputs[cell]
    assert shown.data["image/png"].startswith("iVBORw0KGgo")
