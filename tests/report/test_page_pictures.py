# SPDX-License-Identifier: MIT
"""Pictures in a report: the pixels that they hold, and what is marked in them."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest

from ndreg_preeval.report.page.pictures import MOST, pictures_of
from ndreg_preeval.report.page.png import GREYS, VIRIDIS, data_uri
from tests.support.made_up_rankings import ranking, stack

PIL_Image = pytest.importorskip("PIL.Image")


def pixels(uri: str) -> Any:
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    picture = PIL_Image.open(io.BytesIO(base64.b64decode(body)))
    picture.verify()
    return np.asarray(PIL_Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB"))


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (112, 5)])
def test_any_reader_reads_them(shape: tuple[int, int]) -> None:
    levels = np.random.default_rng(0).uniform(-0.2, 1.2, shape)
    levels.flat[0] = np.nan
    grey = pixels(data_uri(levels, GREYS))
    expected = np.round(np.nan_to_num(levels).clip(0, 1) * 63) / 63 * 255
    np.testing.assert_allclose(grey, np.repeat(expected[..., None], 3, axis=2), atol=0.51)


def test_light_is_more() -> None:
    colours = pixels(data_uri(np.linspace(0, 1, 32)[None], VIRIDIS))[0].astype(float)
    luminance = colours @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()


@pytest.mark.parametrize("shape", [(32, 48), (300, 20), (500, 500), (113, 112), (2, 700), (1, 1)])
def test_peak_is_marked_where_it_is_seen(shape: tuple[int, int]) -> None:
    reach = np.array([(shape[0] - 1) // 2, -(shape[1] // 2)])
    one = stack("a", [0.9], shape=shape, shifts=reach[None].astype(float), peak_shifts=reach[None])
    found, missing = pictures_of(ranking(one), "a", one)
    assert missing == ""
    assert [picture.title for picture in found][:2] == ["Reference image 0", "Worst image 1"]
    for picture in found:
        shown = pixels(picture.uri)
        assert shown.shape == (picture.height, picture.width, 3)
        assert max(shown.shape) <= MOST
    for picture in found[2:]:
        assert picture.peak is not None
        assert picture.zero is not None
        shown = pixels(picture.uri).astype(float) @ (0.2126, 0.7152, 0.0722)
        row, column = np.unravel_index(shown.argmax(), shown.shape)
        assert abs(picture.peak[0] - column - 0.5) <= 0.5
        assert abs(picture.peak[1] - row - 0.5) <= 0.5
        assert 0 <= picture.zero[0] <= picture.width
        assert 0 <= picture.zero[1] <= picture.height


@pytest.mark.parametrize("fill", [np.nan, np.inf, 7.0])
def test_images_without_contrast_or_without_numbers(fill: float) -> None:
    one = stack("a", [0.9], shape=(200, 200))
    made = ranking(one)
    made.image = lambda name, image: np.full((200, 200), fill)
    made.correlogram = lambda name, image, second_opinion=False: np.zeros((200, 200))
    found, missing = pictures_of(made, "a", one)
    assert (len(found), missing) == (4, "")


def test_what_is_gone_is_said() -> None:
    one = stack("a", [0.9])
    made = ranking(one)

    def gone(*_: Any, **__: Any) -> Any:
        raise KeyError("there is no <b>stack</b>")

    made.image = gone
    assert pictures_of(made, "a", one) == ([], "No pictures: there is no <b>stack</b>")
    assert pictures_of(made, "a", stack("a", [])) == ([], "")
