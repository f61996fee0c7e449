# SPDX-License-Identifier: MIT
"""Images and series that fabio has open, as stacks and as images of a stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers, drifting

fabio = pytest.importorskip("fabio")

STACK = np.round(100 * drifting(0.05)).astype("i4")


@pytest.fixture(autouse=True)
def _files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    frames = fabio.edfimage.EdfImage(data=STACK[0], header={})
    for image in STACK[1:]:
        frames.append_frame(data=image, header={})
    frames.write("frames.edf")
    for index, image in enumerate(STACK):
        fabio.edfimage.EdfImage(data=image, header={}).write(f"im_{index:04d}.edf")
        fabio.cbfimage.CbfImage(data=image, header={}).write(f"im_{index:04d}.cbf")


NAMES = [f"im_{index:04d}.edf" for index in range(len(STACK))]


def opened(form: str) -> Any:
    if form == "frames in a file":
        return fabio.open("frames.edf")
    if form == "series":
        return fabio.open_series(NAMES)
    if form == "series by its first file":
        return fabio.open_series(first_filename=NAMES[0])
    if form == "old series":
        return fabio.file_series.file_series(NAMES)
    if form == "list of images":
        return [fabio.open(name) for name in NAMES]
    if form == "list of frames":
        return list(fabio.open("frames.edf").frames())
    if form == "mixed list":
        return [
            fabio.open(NAMES[0]),
            "im_0001.cbf",
            STACK[2],
            "frames.edf?slice=3",
            fabio.open("im_0004.cbf"),
        ]
    raise AssertionError(form)


FORMS = [
    "frames in a file",
    "series",
    "series by its first file",
    "old series",
    "list of images",
    "list of frames",
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("form", [*FORMS, "mixed list"])
def test_what_fabio_has_open(form: str) -> None:
    value = opened(form)
    assert_same_numbers(score_stack(value), score_stack(STACK))
    assert list(rank_stacks({"k": value, "l": STACK}).stacks) == ["k", "l"]


def test_one_image_is_no_stack() -> None:
    with fabio.open(NAMES[0]) as image, pytest.raises(ValueError, match="that is one image, not a stack"):
        score_stack(image)


def test_pixels_that_are_missing() -> None:
    """fabio gives zeros for them."""
    whole = Path("frames.edf").read_bytes()
    Path("frames.edf").write_bytes(whole[:-100])
    with fabio.open("frames.edf") as image, pytest.raises(OSError, match=r"fabio says: .*not complete"):
        score_stack(image)
    Path(NAMES[2]).write_bytes(Path(NAMES[2]).read_bytes()[:-100])
    images = [fabio.open(name) for name in NAMES]
    with pytest.raises(OSError, match=r"image 2: fabio says: .*incomplete"):
        score_stack(images)
    for image in images:
        image.close()
