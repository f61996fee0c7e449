# SPDX-License-Identifier: MIT
"""Options are declared once: signature, command line, Ewoks model and Orange form have the same."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any, Unpack

import numpy as np
import pytest

import ndreg_preeval
from ndreg_preeval import Limits, rank_stacks
from ndreg_preeval.cli.arguments import ranking_options
from ndreg_preeval.cli.parser import make_parser
from ndreg_preeval.methods import METHODS
from ndreg_preeval.options import (
    DECLARED_OPTIONS,
    DeclaredOption,
    OptionArguments,
    Options,
    RankingArguments,
)
from ndreg_preeval.reg2d import evaluate
from tests.support.scenes import three

BY_NAME = {option.name: option for option in DECLARED_OPTIONS}
NO_OPTIONS = {"image_stacks", "reference_stack", "executor", "isolate", "progress", "options"}
"""Parameters of `rank_stacks` that are none of the options, or all of them."""

OTHER_VALUES: dict[str, Any] = {
    "method": "robust",
    "reference_image": 1,
    "image_axis": 2,
    "stacks_axis": 1,
    "pairing": "previous",
    "precision": "double",
    "window": "hann",
    "cutoff": 0.2,
    "max_shift": 7.0,
    "normalization": None,
    "invalid": "raise",
    "mask": np.arange(40) > np.arange(32)[:, None],
    "mask_valid": 1,
    "declared_invalid": "ignore",
    "image_key": "ignore",
    "num_threads": 1,
    "memory_limit": 1 << 20,
    "limits": Limits(ratio=None),
    "on_error": "rank_last",
}
"""For each option a value that is not its default."""

on_the_command_line = pytest.mark.parametrize(
    "option", [option for option in DECLARED_OPTIONS if option.flag], ids=lambda option: option.name
)


def test_every_option_is_declared() -> None:
    assert list(BY_NAME) == [each.name for each in fields(Options)]
    assert set(OTHER_VALUES) == set(BY_NAME)
    for option in DECLARED_OPTIONS:
        assert option.help[0] == option.help[0].lower() or option.help.startswith("Gaussian"), option.name
        assert not option.help.endswith("."), option.name
        assert not option.choices or option.default in option.choices, option.name


def test_the_signature_has_the_options() -> None:
    parameters = inspect.signature(rank_stacks).parameters
    assert set(parameters) - NO_OPTIONS == set(BY_NAME)
    for option in DECLARED_OPTIONS:
        parameter = parameters[option.name]
        assert parameter.default == option.default, option.name
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    wider = {"method", "mask", "limits"}  # names, arrays of any kind and None become what Options has
    declared = {each.name: each.type for each in fields(Options)}
    for name in set(BY_NAME) - wider:
        assert parameters[name].annotation == declared[name], name


def test_others_take_them_by_name() -> None:
    for function in (
        ndreg_preeval.score_stack,
        ndreg_preeval.StackScorer,
        ndreg_preeval.StackRanker,
        ndreg_preeval.reg2d_preeval,
    ):
        parameters = inspect.signature(function).parameters
        assert parameters["options"].kind is inspect.Parameter.VAR_KEYWORD
        assert not set(parameters) & set(BY_NAME)


def test_type_checkers_know_the_same_options_everywhere() -> None:
    parameters = inspect.signature(rank_stacks).parameters
    of_signature = {name: each.annotation for name, each in parameters.items()}
    options = OptionArguments.__annotations__
    assert set(options) == set(BY_NAME) | {"options"}
    for given in (options, RankingArguments.__annotations__):
        told = {name: each.__forward_arg__ for name, each in given.items()}
        assert told == {name: of_signature[name] for name in told}
    # What reg2d_preeval has beside them are its own two.
    assert set(RankingArguments.__annotations__) == set(parameters) - {"image_stacks", "reference_stack"}
    assert not OptionArguments.__required_keys__ | RankingArguments.__required_keys__


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (ndreg_preeval.score_stack, OptionArguments),
        (ndreg_preeval.StackScorer.__init__, OptionArguments),
        (ndreg_preeval.StackRanker.__init__, OptionArguments),
        (ndreg_preeval.reg2d_preeval, RankingArguments),
        (evaluate, RankingArguments),
    ],
)
def test_functions_that_take_them_by_name_say_which(function: Any, expected: Any) -> None:
    annotation = inspect.signature(function).parameters["options"].annotation
    assert eval(annotation, function.__globals__) == Unpack[expected]


@pytest.mark.parametrize("name", OTHER_VALUES)
@pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")
def test_every_option_reaches_the_ranking(name: str) -> None:
    value = OTHER_VALUES[name]
    mask = {"mask": OTHER_VALUES["mask"].astype(int)} if name == "mask_valid" else {}
    found = getattr(rank_stacks(three(), **{name: value}, **mask).options, name)
    if name == "mask_valid":
        assert found is None  # the mask is made by it
    elif name == "mask":
        np.testing.assert_array_equal(found, value)
    else:
        assert found == (METHODS[value] if name == "method" else value)
        assert found != getattr(Options(), name)


@on_the_command_line
def test_every_option_is_on_the_command_line(option: DeclaredOption) -> None:
    parse = make_parser().parse_args
    assert ranking_options(parse(["rank", "a.h5"]))[option.name] == option.default
    others = {**OTHER_VALUES, "mask": "mask.tif"}
    for value in option.choices or [others[option.name]]:
        text = "none" if value is None else str(value)
        given = ranking_options(parse(["rank", "a.h5", option.flag, text]))
        assert given[option.name] == value
        assert given.keys() == {each.name for each in DECLARED_OPTIONS if each.flag}


@on_the_command_line
def test_the_help_tells_every_option(option: DeclaredOption, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["rank", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert option.flag in shown
    assert option.help in shown.replace("cross- ", "cross-")


def test_every_option_is_an_input_of_the_task() -> None:
    pytest.importorskip("ewokscore")
    from ndreg_preeval.ewoks.models import Inputs

    schema = Inputs.model_json_schema()["properties"]
    assert [name for name in schema if name in BY_NAME] == list(BY_NAME)
    assert set(schema) - set(BY_NAME) == {
        *("image_stacks", "reference_stack", "output_configuration", "skip", "output_url", "overwrite")
    }
    for name, option in BY_NAME.items():
        assert schema[name]["default"] == option.default
        assert schema[name]["description"].casefold() == f"{option.help}.".casefold()
        types = {each.get("type") for each in schema[name].get("anyOf", [schema[name]])}
        expected = {str: "string", int: "integer", float: "number", object: None}[option.type]
        assert types == {expected, "null"} - (
            {"null"} if not option.may_be_none or expected is None else set()
        )


def test_the_form_always_shows_what_it_did_and_has_boxes_for_the_rest() -> None:
    assert [option.name for option in DECLARED_OPTIONS if option.form == "ranking"] == [
        *("method", "reference_image", "pairing", "on_error")
    ]
    assert {option.form for option in DECLARED_OPTIONS if option.flag} == {"ranking", "aligner", "reading"}
    assert {option.form for option in DECLARED_OPTIONS if not option.flag} == {""}
