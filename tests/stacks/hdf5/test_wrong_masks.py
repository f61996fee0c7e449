# SPDX-License-Identifier: MIT
"""Masks of the detector in the wrong sense, or that leave little: named as the cause, with the way out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, score_stack
from tests.support.scenes import assert_same_numbers, drifting

SHAPE = (32, 40)


def saved(folder: Path, write: Callable[[h5py.File, Any], None], stack: Any) -> Path:
    file = folder / "a.nc"
    with h5py.File(file, "w") as opened:
        write(opened, stack)
    return file


def said_by(value: Any, **options: Any) -> list[str]:
    """Python warnings while a stack is scored."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        score_stack(value, **options)
    return [str(each.message) for each in said if issubclass(each.category, RankingWarning)]


def wrong_sense(file: h5py.File, left: Any) -> None:
    file["pixel_mask"] = (~left).astype("u1")


def wrong_in_two(file: h5py.File, left: Any) -> None:
    half = np.arange(SHAPE[0])[:, None] < SHAPE[0] // 2
    file["pixel_mask"] = (~left & half).astype("u4")
    file["pixel_mask_1"] = (~left & ~half).astype("u4")


def wrong_in_each_image(file: h5py.File, left: Any) -> None:
    masks = np.broadcast_to(~left, (6, *SHAPE)).astype("u1")
    file["pixel_mask"] = masks


WRONG = {"one": wrong_sense, "two": wrong_in_two, "each image": wrong_in_each_image}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("method", ["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
def test_a_mask_in_the_wrong_sense_is_named_with_the_way_out(
    tmp_path: Path, kind: str, method: str, pairing: str
) -> None:
    stack, dead = drifting(0.1, n=6, shape=SHAPE), np.zeros(SHAPE, bool)
    dead[:3] = True
    stack[:, dead] = 0

    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        WRONG[kind](file, dead)

    uri = f"{saved(tmp_path, write, stack)}::/v"
    options: dict[str, Any] = {"method": method, "pairing": pairing}
    cause = (
        "what is NaN, infinite or declared invalid"
        if kind == "each image"
        else r"the mask of the file \(pixel_mask\)"
    )
    text = (
        rf"mage 0 has no contrast in what {cause} leaves, 120 of 1280 pixels: .*declared_invalid=\"ignore\""
    )
    assert any(re.search(text, each) for each in said_by(uri, **options))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        found = score_stack(uri, declared_invalid="ignore", mask=~dead, **options)
    assert_same_numbers(found, score_stack(stack, mask=~dead, **options))


@pytest.mark.parametrize("kind", ["one", "two"])
@pytest.mark.parametrize(("rows", "told"), [(1, True), (2, True), (4, False), (20, False)])
@pytest.mark.parametrize("cut", ["", "&slice=:,2:,::-1"])
def test_a_mask_that_leaves_little_is_worth_a_warning(
    tmp_path: Path, kind: str, rows: int, told: bool, cut: str
) -> None:
    left = np.zeros(SHAPE, bool)
    left[-rows:] = True

    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        WRONG[kind](file, left)

    uri = f"{saved(tmp_path, write, drifting(0.1, n=6, shape=SHAPE))}::/v{cut}"
    text = f"Its pixel_mask leaves {40 * rows} of {1280 - 80 * bool(cut)} pixels per image"
    found = [each for each in said_by(uri) if "pixel_mask leaves" in each]
    assert [text in each for each in found] == [True] * told
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        score_stack(uri, declared_invalid="ignore")


def test_both_masks_are_named_where_they_leave_nothing_to_see_together(tmp_path: Path) -> None:
    stack, own, mine = drifting(0.1, n=6, shape=SHAPE), np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    own[:, :16], mine[:, 12:] = True, True  # each leaves 40 % or more, both together 10 %
    stack[:, own & mine] = 0

    def write(file: h5py.File, stack: Any) -> None:
        file["v"] = stack
        wrong_sense(file, own)

    uri = f"{saved(tmp_path, write, stack)}::/v"
    text = "in what mask= and the mask of the file (pixel_mask) leaves, 128 of 1280 pixels"
    assert any(text in each for each in said_by(uri, mask=mine))
    text = "in what mask= leaves, 128 of 1280 pixels"
    assert any(text in each for each in said_by(uri, mask=own & mine))
    assert any(text in each for each in said_by(stack, mask=own & mine))
