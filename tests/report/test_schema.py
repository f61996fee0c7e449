# SPDX-License-Identifier: MIT
"""The JSON Schema that the package has: every ranking keeps to it, and nothing that is told is missing in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import METHODS, Method, Ranking, rank_stacks
from ndreg_preeval.methods import AGGREGATIONS, STATISTICS
from ndreg_preeval.options import DECLARED_OPTIONS, Limits, Options
from ndreg_preeval.results import Provenance
from tests.support.scenes import SHAPE, drifting, three

jsonschema = pytest.importorskip("jsonschema")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

SCHEMA = Ranking.json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
DEFINED = SCHEMA["$defs"]


def faults(ranking: Any) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(ranking)]


def some_rankings() -> Iterator[Ranking]:
    stacks: dict[Any, Any] = three()
    mask = np.ones(SHAPE, bool)
    mask[2] = False
    for method in METHODS:
        yield rank_stacks(stacks, method=method, mask=mask)
    yield rank_stacks(stacks, reference_stack="fair")
    yield rank_stacks(stacks, window="hann", cutoff=0.2, max_shift=3, normalization=None, memory_limit=1024)
    yield rank_stacks(
        stacks, limits=Limits(image_bytes=None, open_seconds=None), image_axis=-3, num_threads=1
    )
    odd = drifting(0.5, n=6)
    odd[2] = np.nan
    odd[4] = 7
    stacks |= {None: odd, "one": odd[:1], "gone": "gone.h5::/a", "hot": odd + 0}
    stacks["hot"][:, 4, 4] = 1e7
    yield rank_stacks(stacks, on_error="rank_last", pairing="previous")
    command = Provenance("0.1.0", None, ("ndreg-preeval", "rank"))
    yield replace(rank_stacks(stacks, on_error="rank_last"), _made=command)
    yield replace(rank_stacks(stacks, on_error="rank_last"), _made=None)
    yield rank_stacks({1: np.zeros((3, *SHAPE))})


def test_the_schema_is_one_and_lies_in_the_package() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert (
        json.loads(files("ndreg_preeval.report").joinpath("ranking.schema.json").read_text("utf-8")) == SCHEMA
    )
    assert SCHEMA["properties"]["format_version"]["const"] == rank_stacks(three()).to_dict()["format_version"]


def test_every_ranking_keeps_to_it() -> None:
    for ranking in some_rankings():
        assert not faults(json.loads(ranking.to_json()))


def test_every_member_is_required_and_described() -> None:
    """What is written, no more and no less, wherever the schema has an object."""
    seen = set()

    def look(value: Any, schema: Any, place: str) -> None:
        schema = DEFINED[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        for choice in schema.get("oneOf", ()):
            if jsonschema.Draft202012Validator({**choice, "$defs": DEFINED}).is_valid(value):
                look(value, choice, place)
                return
        if isinstance(value, dict):
            seen.add(place)
            assert list(value) == schema["required"] == list(schema["properties"]), place
            for name, inner in value.items():
                look(inner, schema["properties"][name], f"{place}.{name}")
        if isinstance(value, list) and value:
            look(value[0], schema["items"], f"{place}[]")

    for ranking in some_rankings():
        look(ranking.to_dict(), SCHEMA, "")
    assert {"", ".provenance.inputs[]", ".options.mask", ".options.limits", ".stacks[].images"} <= seen


def test_choices_are_those_of_the_options() -> None:
    told = DEFINED["options"]["properties"]
    assert list(told) == [each.name for each in fields(Options)]
    for option in DECLARED_OPTIONS:
        if option.choices and option.name != "method":
            assert set(told[option.name]["enum"]) == set(option.choices), option.name
        else:
            kinds = told[option.name].get("type", [])
            assert option.name in ("method", "mask", "limits") or option.may_be_none == ("null" in kinds)
    assert list(DEFINED["method"]["properties"]) == [each.name for each in fields(Method)]
    assert DEFINED["method"]["properties"]["statistic"]["enum"] == list(STATISTICS)
    assert DEFINED["method"]["properties"]["aggregation"]["enum"] == list(AGGREGATIONS)
    assert list(told["limits"]["properties"]) == [each.name for each in fields(Limits)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format_version",), 2),
        (("stacks", 0, "trust"), 1.5),
        (("stacks", 0, "images", "peak", 0), "1"),
        (("stacks", 0, "images", "flags", 0), "hot_pixel"),
        (("options", "pairing"), "all"),
        (("options", "mask"), {"shape": [3, 4], "valid_pixels": 12}),
        (("provenance", "inputs", 0, "shape"), [3, 4]),
        (("ranked_stack_names",), ["a", "a"]),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_something_else_does_not(path: tuple[Any, ...], value: Any) -> None:
    found = copy.deepcopy(rank_stacks(three()).to_dict())
    place: Any = found
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert faults(found)
