# SPDX-License-Identifier: MIT
"""Names that look like those of several stacks are told, others are not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ndreg_preeval import RankingWarning, score_stack
from ndreg_preeval.stacks.images.kinds import several_kinds

N = range(3)


@pytest.mark.parametrize(
    ("images", "told"),
    [
        ([(f"scan_{i}.h5", f"/1.1/xrf/{name}") for i in N for name in ("Ca", "Fe")], "2 kinds .*'Ca', 'Fe'"),
        ([(f"{name}/im_{i}.tif",) for name in ("Ca", "Fe", "Zn") for i in N], "3 kinds .*'Ca', 'Fe', 'Zn'"),
        (
            [(f"maps/{name}_{i}.edf",) for name in "abcd" for i in N],
            "4 kinds .*'a_0', 'b_0', 'c_0' and 1 more",
        ),
        ([("all.h5", f"/{i}.1/{name}/data") for name in ("Ca", "Fe") for i in N], "2 kinds"),
    ],
    ids=["datasets", "folders", "files", "groups"],
)
def test_several_kinds(images: list[tuple[str, ...]], told: str) -> None:
    text = several_kinds(images)
    assert text.startswith(f"Its {len(images)} images are of ")
    assert re.search(told, text)
    assert "{stack} in a pattern" in text


@pytest.mark.parametrize(
    "names",
    [
        ["im_1.tif", "im_10.tif", "im_2.tif", "im_0003.tif"],
        ["im_1.tif", "im_2.tiff", "im_3.TIF", "im_4.TIFF", "IM_5.tif"],
        ["tilt_-30.tif", "tilt_-15.tif", "tilt_+15.tif", "tilt_30.tif"],
        ["a_7.112keV.h5", "a_7.12keV.h5", "a_8keV.h5", "a_2024.11.30keV.h5"],
        ["scan.0001", "scan.0002", "scan.0010"],
        ["aadf.tif", "bcde.tif", "cccc.tif"],
        ["first.tif", "im_1.tif", "im_2.tif"],
        ["a/im_1.tif", "im_2.tif", "im_3.tif", "b/im_4.tif"],
        [],
    ],
    ids=lambda names: " ".join(names) or "none",
)
def test_one_kind(names: list[str]) -> None:
    assert several_kinds([(name,) for name in names]) == ""
    assert several_kinds([(name, "/1.1/xrf/Ca") for name in names]) == ""


@pytest.mark.parametrize(
    ("odd", "told"), [(["dark.tif"], "'dark' stands apart"), (["dark.tif", "flat.tif"], "'dark', 'flat'")]
)
def test_few_beside_many(odd: list[str], told: str) -> None:
    names = [*odd, *(f"im_{i}.tif" for i in range(3 * len(odd)))]
    text = several_kinds([(name,) for name in names])
    assert text.startswith(f"{3 * len(odd)} of its {len(names)} images have names such as 'im_0'")
    assert told in text
    assert several_kinds([(name,) for name in names[:-1]]) == ""


@pytest.mark.parametrize("value", ["*.npy", "", ["*.npy"]], ids=["pattern", "folder", "list"])
def test_a_stack_of_several_kinds_warns(
    value: str | list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for k, image in enumerate(np.random.default_rng(0).normal(size=(6, 24, 32))):
        np.save(f"{'Ca' if k % 2 else 'Fe'}_{k}.npy", image)
    with pytest.warns(RankingWarning, match=r"Its 6 images are of 2 kinds by their names \('Ca_1', 'Fe_0'\)"):
        found = score_stack(value or tmp_path)
    assert any("of 2 kinds" in text for text in found.warnings)
