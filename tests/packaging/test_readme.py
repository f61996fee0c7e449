# SPDX-License-Identifier: MIT
"""What README.md shows is what runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ndreg_preeval

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """First code block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_cpp_example_is_the_one_that_is_compiled() -> None:
    compiled = (ROOT / "cpp" / "tests" / "readme.cpp").read_text()
    assert compiled.endswith(block("cpp"))


def test_c_example_is_the_one_that_is_compiled() -> None:
    shown = re.search(r"```c\n(.*?)```", (ROOT / "docs" / "c_api.md").read_text(), re.DOTALL)
    assert shown is not None
    assert (ROOT / "cpp" / "tests" / "readme.c").read_text().endswith(shown[1])


def test_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import h5py

    pytest.importorskip("matplotlib")
    tifffile = pytest.importorskip("tifffile")
    rng = np.random.default_rng(2)
    scene = rng.normal(size=(32, 40))
    stack = np.array([np.roll(scene, (i, -i), (0, 1)) for i in range(3)])
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["/entry/process/results/parameters/Ca-K"] = stack
    noisy = stack + rng.normal(size=stack.shape)
    given = {
        "fe_maps": noisy,
        **{f"ti_map_{i}": image for i, image in enumerate(noisy + rng.normal(size=noisy.shape))},
    }
    tifffile.imwrite(tmp_path / "zn.tif", (1000 + 100 * noisy).astype("u2"), photometric="minisblack")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = dict(given)
    exec(block("python"), names)  # noqa: S102 - the project's own README
    assert names["best"] == "Ca-K"
    assert names["shifts"].shape == (2, 2)
    assert (tmp_path / "ranking.png").stat().st_size > 0
    assert "Ca-K" in capsys.readouterr().out
    assert isinstance(names["ranking"], ndreg_preeval.Ranking)


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link
