# SPDX-License-Identifier: MIT
"""JSON of other versions, and JSON that is no ranking: each is told by its place."""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ndreg_preeval import FormatVersionError, Ranking, RankingWarning, rank_stacks
from ndreg_preeval.report.mask_text import mask_as_text, mask_from_text
from tests.support.scenes import SHAPE, three

FORMAT_2 = Path(__file__).parent / "ranking_format_2.json"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def whole() -> Json:
    mask = np.ones(SHAPE, bool)
    mask[0] = False
    return rank_stacks(three(), mask=mask).to_dict()


@pytest.fixture
def found(whole: Json) -> Json:
    return copy.deepcopy(whole)


def test_format_2() -> None:
    """Written by the version before format 3: a mask is lost, and said to be."""
    with pytest.warns(RankingWarning, match="the mask of the options is lost: format 2") as told:
        ranking = Ranking.from_json(FORMAT_2)
    assert Path(told[0].filename) == Path(__file__)
    was = json.loads(FORMAT_2.read_text())
    assert ranking.ranked_stack_names == was["ranked_stack_names"] == list(ranking)
    # Stacks that were not read counted as "the others" then.
    assert ranking.trust == was["trust"].removesuffix(".") + "; gone was not read."
    assert ranking.options.mask is None
    assert ranking.options.cutoff == 0.3
    assert ranking.options.on_error == "rank_last"
    assert ranking["gone"].error == was["stacks"][-1]["error"]
    now = ranking.to_dict()
    for old, new in zip(was["stacks"], now["stacks"], strict=True):
        for name, value in old.items():
            if name != "images":
                assert new[name] == value, name
        for name, values in old["images"].items():
            assert new["images"][name] == values, name
        assert np.isnan(ranking[old["name"]].rms).all()
    clear = ranking["Ca-K"]
    assert np.abs(clear.peak_shifts - clear.shifts).max() < 1
    assert ranking.provenance is not None
    assert ranking.provenance.version == "0.1.0"
    assert ranking.provenance.date is None
    assert Ranking.from_json(ranking.to_json()) == ranking


def test_a_mask_of_format_2_without_invalid_pixels_is_known(recwarn: pytest.WarningsRecorder) -> None:
    was = json.loads(FORMAT_2.read_text())
    was["options"]["mask"]["valid_pixels"] = 16 * 20
    mask = Ranking.from_dict(was).options.mask
    assert mask is not None
    assert (mask.shape, mask.all()) == ((16, 20), True)
    was["options"]["mask"] = None
    assert Ranking.from_dict(was).options.mask is None
    assert not recwarn.list


def test_what_early_format_2_did_not_have() -> None:
    was = json.loads(FORMAT_2.read_text())
    was["options"]["mask"] = None
    for option in ("mask_valid", "image_axis", "stacks_axis"):
        del was["options"][option]
    for stack in was["stacks"]:
        for name in ("trust_masked", "image_axis", "n_judged", "error"):
            del stack[name]
        for name in ("static_pixels", "probability_masked", "jumps", "opinion_zero"):
            del stack["images"][name]
    score = Ranking.from_dict(was)["hot"]
    assert score.trust_masked == score.trust
    assert score.probability_masked.tolist() == score.probability.tolist()
    assert score.static_pixels.tolist() == [0, 0]
    assert score.jumps.tolist() == [False, False]
    assert np.isnan(score.opinion_zero).all()
    assert score.n_judged == 2


@pytest.mark.parametrize("version", [4, 10**9])
def test_newer_formats_have_an_error_of_their_own(found: Json, version: int) -> None:
    found |= {"format_version": version, "ndreg_preeval_version": "7.1", "stacks": "something else"}
    told = (
        rf"written in format {version} by ndreg_preeval '7.1', .* reads formats 2 to 3: install a newer one"
    )
    with pytest.raises(FormatVersionError, match=told):
        Ranking.from_dict(found)
    assert issubclass(FormatVersionError, ValueError)


@pytest.mark.parametrize("version", [1, 0, -1])
def test_older_formats_are_too_old(found: Json, version: int) -> None:
    with pytest.raises(FormatVersionError, match=rf"format {version} by .*: rank the stacks again"):
        Ranking.from_dict(found | {"format_version": version})


def test_what_a_later_version_adds_is_left_alone(found: Json) -> None:
    expected = Ranking.from_dict(found)
    found["new"] = found["stacks"][0]["new"] = found["stacks"][0]["images"]["new"] = {"a": [1]}
    assert Ranking.from_dict(found) == expected


@pytest.mark.parametrize("place", ["options", "options.method", "options.limits"])
def test_options_of_a_later_version_are_told(found: Json, place: str) -> None:
    expected = Ranking.from_dict(found)
    part = found
    for name in place.split("."):
        part = part[name]
    part["sharpness"] = 3
    with pytest.warns(RankingWarning, match=f"{re.escape(place)}: 'sharpness' is not known to") as told:
        assert Ranking.from_dict(found) == expected
    assert Path(told[0].filename) == Path(__file__)


def change(*path: Any) -> Callable[[Json, Any], None]:
    def changed(found: Any, value: Any) -> None:
        for name in path[:-1]:
            found = found[name]
        if value is DELETED:
            del found[path[-1]]
        else:
            found[path[-1]] = value

    return changed


DELETED = object()
IMAGES = ("stacks", 1, "images")
WRONG: list[tuple[tuple[Any, ...], Any, str]] = [
    (("format_version",), DELETED, "format_version is missing"),
    (("format_version",), "3", "format_version must be a whole number"),
    (("format_version",), True, "format_version must be a whole number"),
    (("stacks",), DELETED, "stacks is missing"),
    (("stacks",), {}, "stacks must be a list, not {}"),
    (("stacks", 0), 7, "stacks[0] must be an object, not 7"),
    (("stacks", 0, "name"), 7, "stacks[0].name must be a text, not 7"),
    (("stacks", 0, "rankable"), 1, "stacks[0].rankable must be true or false, not 1"),
    (("stacks", 0, "n_images"), -1, "stacks[0].n_images must be a whole number from 0"),
    (("stacks", 0, "n_images"), 2, "stacks[0].images.image must be a list of at most 1 values"),
    (("stacks", 0, "n_images"), 2**70, "stacks[0].n_images must be a whole number"),
    (("stacks", 0, "shape"), [3], "stacks[0].shape must be a list of 2 values, not [3]"),
    (("stacks", 0, "shape"), [3, 2.5], "stacks[0].shape must be whole numbers from 0"),
    (
        ("stacks", 0, "precision"),
        "half",
        "stacks[0].precision must be one of single, double, mixed, not 'half'",
    ),
    (("stacks", 0, "trust"), 1.5, "stacks[0].trust must be a probability, not 1.5"),
    (("stacks", 0, "trust"), None, "stacks[0].trust must be a probability, not None"),
    (("stacks", 0, "score"), "1", "stacks[0].score must be a number or null, not '1'"),
    (("stacks", 0, "score"), 10**400, "stacks[0].score must be of numbers that a float can hold"),
    (("stacks", 0, "reasons"), [1], "stacks[0].reasons[0] must be a text, not 1"),
    (("stacks", 0, "image_axis"), 3, "stacks[0].image_axis must be a whole number from 0 to 2, not 3"),
    ((*IMAGES, "peak"), [1, 2, 3], "stacks[1].images.peak must be a list of 4 values, not [1, 2, 3]"),
    ((*IMAGES, "peak"), ["1"] * 4, "stacks[1].images.peak must be a list of numbers or nulls"),
    ((*IMAGES, "peak"), [True] * 4, "stacks[1].images.peak must be a list of numbers or nulls"),
    ((*IMAGES, "image"), [1, 2, 3, 5], "stacks[1].images.image must be whole numbers from 0 to 4"),
    ((*IMAGES, "image"), 5, "stacks[1].images.image must be a list, not 5"),
    ((*IMAGES, "jumps"), [0] * 4, "stacks[1].images.jumps must be a list of true and false"),
    (
        (*IMAGES, "flag_bits"),
        [2**32] * 4,
        "stacks[1].images.flag_bits must be whole numbers from 0 to 4294967295",
    ),
    ((*IMAGES, "peak_dx"), DELETED, "stacks[1].images.peak_dx is missing"),
    (("ranked_stack_names",), ["a"], "ranked_stack_names must be the names of the stacks, in their order"),
    (("reference_stack",), "somebody", "reference_stack must be one of ranked_stack_names, not 'somebody'"),
    (("warnings",), None, "warnings must be a list, not None"),
    (("num_threads",), 1.5, "num_threads must be a whole number from 0, not 1.5"),
    (("options", "cutoff"), -1, "options: cutoff must be finite and positive"),
    (("options", "pairing"), "all", "options: pairing must be one of 'reference', 'previous', not 'all'"),
    (("options", "method", "statistic"), "x", "options.method: method.statistic must be one of"),
    (("options", "limits", "ratio"), "x", "options.limits: limits.ratio must be an integer"),
    (("options", "mask", "shape"), [3, 3], "options.mask.bits: the bits of a mask do not fill 3 x 3 pixels"),
    (("options", "mask", "shape"), [2**30, 2**30], "options.mask.bits: a mask of .* is too large"),
    (("options", "mask", "bits"), "!", "options.mask.bits: the bits of a mask cannot be decoded"),
    (("options", "mask", "bits"), "AAAA", "options.mask.bits: the bits of a mask cannot be decoded"),
    (("provenance", "inputs", 0, "shape"), [1, 2], "provenance.inputs[0].shape must be a list of 3 values"),
    (("provenance", "date"), 5, "provenance.date must be a text, not 5"),
]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    WRONG,
    ids=[f"{'.'.join(map(str, path))}-{told[-12:]}" for path, _, told in WRONG],
)
def test_what_is_wrong_is_told_by_its_place(
    found: Json, path: tuple[Any, ...], value: Any, told: str
) -> None:
    change(*path)(found, value)
    pattern = "this is no ranking: " + re.escape(told).replace(r"\.\*", ".*")
    with pytest.raises(ValueError, match=pattern) as error:
        Ranking.from_dict(found)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    "text", ["", "ranking.json", "{", b"\xff", "[" * 100_000], ids=["empty", "name", "cut", "bytes", "deep"]
)
def test_what_is_no_json(text: Any) -> None:
    with pytest.raises(
        ValueError, match=r"this is no JSON: .*; give the text of the JSON, or a pathlib.Path"
    ):
        Ranking.from_json(text)


@pytest.mark.parametrize("text", ["3", "[]", "null", '"a"'])
def test_json_of_something_else(text: str) -> None:
    with pytest.raises(ValueError, match="this is no ranking: it must be an object"):
        Ranking.from_json(text)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_json_is_a_value_error_or_a_ranking(whole: Json, data: st.DataObject) -> None:
    """Whatever stands anywhere: other errors than these would be faults of the reader."""
    found: Any = copy.deepcopy(whole)
    place = found
    while True:
        members = list(place) if isinstance(place, dict) else list(range(len(place)))
        name = data.draw(st.sampled_from(members))
        if isinstance(place[name], dict | list) and place[name] and data.draw(st.booleans()):
            place = place[name]
            continue
        place[name] = data.draw(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})
        )
        break
    with warnings.catch_warnings():
        # Options that were allowed once are read as what they are now, which is warned of.
        warnings.filterwarnings("ignore", r"options\.", RankingWarning)
        try:
            ranking = Ranking.from_dict(found)
        except ValueError:
            ranking = None
    if ranking is not None:
        assert Ranking.from_json(ranking.to_json()) == ranking
        str(ranking)


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.data())
def test_masks_as_text(height: int, width: int, data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits, bool).reshape(height, width)
    text = mask_as_text(mask)
    np.testing.assert_array_equal(mask_from_text(text, (height, width)), mask)
    with pytest.raises(ValueError, match="do not fill"):
        mask_from_text(text, (height + 3, width + 3))
    if mask.size > 8:
        with pytest.raises(ValueError, match="do not fill"):
            mask_from_text(text, (1, 1))


def test_a_large_mask_is_a_short_text() -> None:
    mask = np.ones((2048, 2048), bool)
    mask[100:900, 300] = False
    assert len(mask_as_text(mask)) < 4000


@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_options_that_earlier_versions_took() -> None:
    found = rank_stacks(three(), memory_limit=4096).to_dict()
    found["options"] |= {"memory_limit": 1}
    assert Ranking.from_dict(found).options.memory_limit == 1024
    found["options"] |= {"cutoff": 7.0}
    with pytest.warns(RankingWarning, match=r"options.*cutoff.*: 7 lies beyond every frequency"):
        assert Ranking.from_dict(found).options.cutoff is None
    for wrong in (-1, 0, "7", True):
        found["options"] |= {"cutoff": wrong}
        with pytest.raises(ValueError, match="cutoff"):
            Ranking.from_dict(found)
