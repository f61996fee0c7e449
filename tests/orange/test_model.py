# SPDX-License-Identifier: MIT
"""What the Orange widget says and shows, without Qt."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Mapping

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks
from orangecontrib.ndreg_preeval.view.model import COLUMNS, Model
from orangecontrib.ndreg_preeval.view.pictures import LEAST, Pictures, drawable, error_text, lasting, unranked

pytestmark = pytest.mark.orange

N, SHAPE = 5, (40, 48)


@pytest.fixture(scope="module")
def stacks():
    rng = np.random.default_rng(3)
    scene = rng.normal(size=SHAPE)
    moved = np.stack([np.roll(scene, (2 * i, -3 * i), (0, 1)) for i in range(N)])
    return {"noise": rng.normal(size=(N, *SHAPE)), "moved": 5 + moved, "flat": np.ones((N, *SHAPE))}


def rank(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        return rank_stacks(*args, **kwargs)


@pytest.fixture(scope="module")
def model(stacks):
    return Model(rank(stacks))


def cell(row, column):
    return row.cells[COLUMNS.index(column)]


def test_table_is_the_ranking_best_first(model):
    rows = model.rows()
    assert [cell(row, "stack") for row in rows] == ["moved", "noise", "flat"]
    assert [cell(row, "rank") for row in rows] == ["1", "2", "3"]
    assert [row.verdict for row in rows] == ["good", "bad", "bad"]
    assert [cell(row, "images") for row in rows] == [str(N)] * 3
    assert cell(rows[0], "score") == f"{model.scores[0].score:.3f}"
    assert cell(rows[0], "all align") == f"{min(99, int(100 * model.scores[0].trust))} %"
    assert cell(rows[0], "why not") == ""
    assert cell(rows[1], "why not").startswith("no peak above the noise")
    assert cell(rows[2], "why not").startswith("no signal")


def test_headline_and_trust(model):
    assert model.headline() == "Align by: moved"
    assert model.trust() == model.ranking.trust != ""


def test_starts_at_the_worst_image_of_the_best_stack(model):
    assert model.start() == (0, model.scores[0].worst_image)
    assert model.first_image(1) == model.scores[1].worst_image


def test_why_a_stack_is_last(model):
    (heading, doubts), *_ = model.why(2)
    assert heading == "flat, rank 3 of 3: images that will probably not align"
    assert doubts == ["No signal in 4 of 4 images."]
    said = dict(model.why(0))
    assert said["moved, rank 1 of 3: every image is trusted"] == []
    assert said["Ranked last: flat"] == doubts


def test_warnings_of_stack_and_ranking_are_told(stacks):
    model = Model(rank({"moved": stacks["moved"], "short": stacks["moved"][:3]}))
    assert "About the ranking" in dict(model.why(0))
    assert dict(model.why(0))["About the ranking"] == list(model.ranking.warnings)
    holed = stacks["moved"].copy()
    holed[1, :9] = np.nan
    model = Model(rank({"holed": holed}))
    assert dict(model.why(0))["About holed"] == list(model.scores[0].warnings)


def test_stack_that_could_not_be_read(stacks, tmp_path):
    model = Model(rank({"gone": str(tmp_path / "no.h5::/a"), "moved": stacks["moved"]}, on_error="rank_last"))
    row = model.rows()[1]
    assert (cell(row, "rank"), cell(row, "stack"), cell(row, "score")) == ("-", "gone", "-")
    assert "no.h5" in cell(row, "why not")
    assert model.why(1)[0] == ("gone, rank 2 of 2: could not be read", [model.scores[1].error])
    assert model.curve(1) is None
    assert model.first_image(1) == 0
    assert model.nearest(1, 2.0) is None
    assert model.reference(1) is None


def test_curve_holds_the_values_of_the_images(model):
    curve = model.curve(0)
    np.testing.assert_array_equal(curve.images, [1, 2, 3, 4])
    np.testing.assert_array_equal(curve.values, model.scores[0].values)
    assert curve.is_probability
    assert not curve.logarithmic
    assert model.reference(0) == 0


def test_curve_of_a_method_without_probability(stacks):
    model = Model(rank(stacks, method="peak_to_mean", reference_image=2))
    curve = model.curve(0)
    assert (curve.label, curve.is_probability) == ("peak to mean", False)
    assert model.reference(0) == 2
    assert cell(model.rows()[0], "all align") == "-"
    assert model.why(0)[0][0].startswith("moved, rank 1 of 3: The method 'peak_to_mean'")
    assert "value" in model.facts(0, 1)


def test_wide_values_get_a_logarithmic_axis(stacks):
    stack = stacks["moved"].copy()
    stack[1:3] = np.random.default_rng(0).normal(size=(2, *SHAPE))
    assert Model(rank({"a": stack}, method="peak_to_mean")).curve(0).logarithmic


def test_previous_image_as_reference(stacks):
    model = Model(rank(stacks, pairing="previous"))
    assert model.reference(0) is None
    assert "compared with image 2" in model.facts(0, 3)


@pytest.mark.parametrize(("x", "image"), [(2.4, 2), (-7.0, 1), (99.0, 4), (0.2, 1), (float("nan"), None)])
def test_click_goes_to_the_nearest_compared_image(model, x, image):
    assert model.nearest(0, x) == image


def test_facts_of_an_image(model):
    text = model.facts(0, 2)
    assert text.startswith("Image 2: P = ")
    assert "compared with image 0" in text
    assert "shift dy -4.0, dx 6.0 px" in text
    assert model.facts(0, 0) == "Image 0: the others are compared with it"
    assert "P < 0.01" in model.facts(2, 1)
    assert "no contrast" in model.facts(2, 1)


def test_a_blank_image_shows_beside_the_trust(stacks):
    stack = stacks["moved"].copy()
    stack[2] = 0
    (row,) = Model(rank({"a": stack})).rows()
    assert re.fullmatch(r"9\d %, 3 of 4 images", cell(row, "all align"))
    assert "no signal in image 2" in cell(row, "why not")


def test_without_ranking_names_remain():
    model = Model(names=["a", "b"], chosen="b")
    assert [cell(row, "stack") for row in model.rows()] == ["a", "b"]
    assert {row.verdict for row in model.rows()} == {"none"}
    assert model.headline() == "Align by: b (nothing was ranked)"
    assert model.start() == (1, 0)
    assert model.why(0) == []
    assert model.curve(0) is None
    assert model.n_images(0) is None
    assert model.facts(1, 3) == "Image 3"
    assert Model(names=["a"]).headline() == "No stack was chosen: nothing was ranked"
    assert Model().headline() == "Nothing to show yet"
    assert Model().start() == (0, 0)


def test_correlogram_has_zero_shift_in_the_middle_and_its_peak_marked(model, stacks):
    picture = Pictures(model, stacks).make(0, 2)
    assert picture.peak == (-4, 6)
    height, width = SHAPE
    found = np.unravel_index(picture.correlogram.argmax(), SHAPE)
    assert found == (height // 2 - 4, width // 2 + 6)
    assert picture.correlogram.mean() == pytest.approx(1)
    assert picture.reach == LEAST
    assert (picture.trouble, picture.no_correlogram) == ("", "")
    np.testing.assert_array_equal(picture.pixels, stacks["moved"][2])


def test_second_opinion_is_smoother(model, stacks):
    pictures = Pictures(model, stacks)
    first, second = (pictures.make(0, 1, opinion).correlogram for opinion in (False, True))
    assert np.abs(np.diff(second)).mean() < np.abs(np.diff(first)).mean()


def test_image_without_correlogram(model, stacks):
    picture = Pictures(model, stacks).make(0, 0)
    assert picture.correlogram is None
    assert picture.no_correlogram == "this image was not compared with another"
    np.testing.assert_array_equal(picture.pixels, stacks["moved"][0])
    bare = Pictures(Model(names=list(stacks)), stacks).make(1, 3)
    assert (bare.n_images, bare.no_correlogram) == (N, "nothing was ranked")
    np.testing.assert_array_equal(bare.pixels, stacks["moved"][3])


def test_files_that_vanish_are_told_not_raised(stacks, tmp_path):
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["moved"] = stacks["moved"]
    uris = {"moved": f"{path}::/moved"}
    model = Model(rank(uris))
    pictures = Pictures(model, uris)
    assert pictures.make(0, 1).peak == (-2, 3)
    path.unlink()
    picture = pictures.make(0, 1)
    assert "scan.h5" in picture.trouble
    assert "scan.h5" in picture.no_correlogram
    assert picture.pixels is None
    assert picture.correlogram is None


class Closing(Mapping):
    """Stacks of a file that are there only inside a `with`, as those of ewoksndreg."""

    def __init__(self, path):
        self.path = path
        self.stacks = {}

    def __enter__(self):
        self.file = h5py.File(self.path)
        self.stacks.update(self.file)
        return self

    def __exit__(self, *error):
        self.stacks.clear()
        self.file.close()

    def __getitem__(self, name):
        return self.stacks[name]

    def __iter__(self):
        return iter(self.stacks)

    def __len__(self):
        return len(self.stacks)


def test_stacks_that_are_closed_after_the_ranking(stacks, tmp_path):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file.update(stacks)
    closing = Closing(tmp_path / "scan.h5")
    with closing:
        model = Model(rank(closing))
    pictures = Pictures(model, closing)
    for image in (1, 2):
        picture = pictures.make(0, image)
        assert (picture.trouble, picture.no_correlogram) == ("", "")
        assert picture.peak == (-2 * image, 3 * image)
        np.testing.assert_array_equal(picture.pixels, stacks["moved"][image])
    assert not closing
    with closing:  # as the next task does
        assert pictures.make(0, 3).peak == (-6, 9)
        assert closing


def test_uris_of_stacks_that_close(stacks, tmp_path):
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file.update(stacks)
    closing = Closing(path)
    uris = {name: f"{path}::/{name}" for name in stacks}
    assert lasting(closing) == uris
    assert not closing
    assert unranked(lasting(closing), "flat", None).names == sorted(stacks)
    with closing:
        assert lasting(closing, rank(closing)) == uris
    closing.path = tmp_path / "no.h5"
    assert lasting(closing) is closing
    assert lasting(stacks) is stacks


def test_names_of_what_was_not_ranked(stacks, tmp_path):
    assert unranked(stacks, "flat", None).headline() == "Align by: flat (nothing was ranked)"
    assert unranked(stacks, "flat", ["flat", "moved"]).names == ["flat", "moved"]
    assert "again" in unranked(stacks, "flat", ["flat", "moved"]).headline()
    assert "no.h5" in unranked(str(tmp_path / "no.h5"), "flat", None).headline()


def test_image_that_is_not_there(model, stacks):
    assert f"the stack has {N}" in Pictures(model, stacks).make(0, 99).trouble
    assert "not among the images" in Pictures(model, {"other": stacks["flat"]}).make(0, 1).trouble


@pytest.mark.parametrize("dtype", ["?", "<f2", ">f4", ">u2", "longdouble", "i8", ">f8"])
def test_every_pixel_type_can_be_drawn(dtype):
    pixels = np.eye(4).astype(dtype)
    shown = drawable(pixels)
    assert shown.dtype.isnative
    assert shown.dtype.kind != "b"
    assert shown.dtype.kind != "f" or shown.dtype.itemsize in {4, 8}
    np.testing.assert_array_equal(shown, np.eye(4))
    assert not np.shares_memory(shown, pixels)


def test_message_of_an_error():
    error = KeyError("no such thing")
    error.add_note("stack 'a'")
    assert error_text(error) == "no such thing (stack 'a')"
    assert error_text(ValueError()) == "ValueError"


def test_category_and_model_need_no_qt():
    code = (
        "import sys, orangecontrib.ndreg_preeval as c, orangecontrib.ndreg_preeval.view.pictures; "
        "assert c.NAME and c.ICON; "
        "assert not {'AnyQt', 'PyQt6', 'PySide6', 'ewoksorange', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
