# SPDX-License-Identifier: MIT
"""Fields of the widget's form: made of the declared options, and what their texts mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ndreg_preeval.options import DECLARED_OPTIONS, NONE
from orangecontrib.ndreg_preeval.view.fields import BOXES, DEFAULTS, FIELDS, HELP

ALL = {**FIELDS, **{name: each for fields in BOXES.values() for name, each in fields.items()}}
BY_NAME = {option.name: option for option in DECLARED_OPTIONS}


def meant(name: str, shown: Any) -> Any:
    """Value that a text of a field is to the task."""
    value = ALL[name].get("deserialize", lambda text: text)(shown)
    return None if value == NONE else value


def test_every_option_that_a_line_can_say_has_one_field() -> None:
    assert set(ALL) & set(BY_NAME) == {option.name for option in DECLARED_OPTIONS if option.flag}
    assert set(ALL) - set(BY_NAME) == {"image_stacks", "reference_stack", "output_url", "overwrite", "skip"}
    assert {option.name for option in DECLARED_OPTIONS} - set(ALL) == {"limits"}
    assert len(ALL) == len(FIELDS) + sum(map(len, BOXES.values()))
    assert list(BOXES["Aligner and mask"]) == [
        *("window", "cutoff", "max_shift", "normalization", "invalid", "mask", "mask_valid")
    ]


@pytest.mark.parametrize("option", DECLARED_OPTIONS, ids=lambda option: option.name)
def test_what_a_field_shows_is_what_it_means(option: Any) -> None:
    if option.name not in ALL or not option.flag:
        return
    field = ALL[option.name]
    for value in (*option.choices, *option.examples):
        if "serialize" in field:
            found = meant(option.name, field["serialize"](value))
            assert found == value
            assert type(found) is type(value) or (option.type is float and isinstance(value, int))
        else:
            assert isinstance(value, type(field["value_for_type"]))
    assert option.name in HELP
    assert HELP[option.name].endswith(".")
    assert DEFAULTS[option.name] in (option.default, NONE)
    assert field.get("serialize", lambda value: value)(option.default) in (DEFAULTS[option.name], "")


def test_an_empty_field_means_the_default() -> None:
    for name, field in ALL.items():
        if field["value_for_type"] == "" and name != "image_stacks":
            for text in (
                "",
                "  ",
                *(["none", " None "] if name in BY_NAME and name != "reference_stack" else []),
            ):
                with pytest.raises(ValueError, match="empty"):  # the form takes it for a missing input
                    field["deserialize"](text)
            if name in BY_NAME:
                assert field["serialize"](None) == ""


def test_sizes_and_numbers() -> None:
    assert meant("memory_limit", " 256M ") == 256 << 20
    assert meant("memory_limit", "2048") == 2048
    assert meant("memory_limit", "5") == 5  # which the ranking refuses, and says why
    assert meant("cutoff", "0.15") == 0.15
    assert meant("image_axis", "-1") == -1
    assert meant("mask", " mask.tif ") == "mask.tif"
    assert meant("normalization", "none") is None
    assert meant("window", "hann") == "hann"


@pytest.mark.parametrize(
    ("name", "text"), [("cutoff", "0,15"), ("num_threads", "2.5"), ("memory_limit", "much")]
)
def test_text_that_means_nothing_stays_for_the_ranking_to_refuse(name: str, text: str) -> None:
    from ndreg_preeval import score_stack

    assert meant(name, text) == text
    with pytest.raises(TypeError, match=name):
        score_stack(np.zeros((2, 8, 8)), **{name: text})


def test_an_array_is_no_line_of_text() -> None:
    with pytest.raises(TypeError):
        ALL["mask"]["serialize"](np.ones((2, 2), bool))
