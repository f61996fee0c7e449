# SPDX-License-Identifier: MIT
"""Patterns and folders between tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.image_files import pixels, tiff_files

pytest.importorskip("ewokscore")
pytest.importorskip("tifffile")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def execute(image_stacks: Any) -> Any:
    from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation

    task = Reg2DPreEvaluation(inputs={"image_stacks": image_stacks})
    task.execute()
    return task.get_output_values()


def test_stacks_of_a_pattern_are_handed_on_one_by_one(tmp_path: Path) -> None:
    for name, step in (("Ca", 1), ("Fe", -1)):
        (tmp_path / name).mkdir()
        tiff_files(tmp_path / name, pixels()[::step])
    one_by_one = {name: f"{tmp_path}/{name}/im_*.tif" for name in ("Ca", "Fe")}
    folders = {name: f"{tmp_path}/{name}" for name in ("Ca", "Fe")}
    for given, handed in (
        (f"{tmp_path}/{{stack}}/im_*.tif", one_by_one),
        ([f"{tmp_path}/{{stack}}/im_*.tif"], one_by_one),
        (str(tmp_path), folders),
        (list(folders.values()), folders),
        ({"k": f"{tmp_path}/{{stack}}/im_*.tif"}, {f"k/{name}": text for name, text in one_by_one.items()}),
        ({"Ca": [f"{tmp_path}/Ca/im_{k}.tif" for k in range(3)]}, None),
    ):
        outputs = execute(given)
        assert outputs["image_stacks"] == (given if handed is None else handed)
        again = execute(outputs["image_stacks"])
        assert again["ranked_stack_names"] == outputs["ranked_stack_names"]
