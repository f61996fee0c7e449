# SPDX-License-Identifier: MIT
"""A few results as numbers, to be compared on any machine within the rounding of its compiler."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

from ndreg_preeval import RankingWarning, rank_stacks

from . import tell
from .cases import METHODS, PAIRINGS, scenes
from .files import make_errors, make_group

Values = dict[str, Any]

OF_OTHERS = ("text file", "cut file", "damaged", "TIFF", "outside")
"""Errors whose texts are those of other packages, in part."""

DIGITS = 9


def values() -> Values:
    """By name: dictionaries of rankings, which are equal at 1 and 2 threads, and texts of errors."""
    make_group()
    found: Values = {}
    warnings.simplefilter("ignore", RankingWarning)
    for name, stacks, options in _calls():
        one, two = (rank_stacks(stacks, num_threads=number, **options).to_dict() for number in (1, 2))
        assert one["stacks"] == two["stacks"], f"{name}: 1 and 2 threads differ"
        # When it was, by which version, and which file, is another matter.
        found[name] = _rounded({**one, "ndreg_preeval_version": "", "provenance": None})
    for name, (make, stacks, options) in make_errors().items():
        if not any(words in name for words in OF_OTHERS):
            make()
            found[f"error {name}"] = tell.outcome(lambda s=stacks, o=options: rank_stacks(s, **o))[0]  # type: ignore[misc]
    return found


def as_text(found: Values) -> str:
    """JSON with a line for each case: differences are seen."""
    lines = [f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}" for name, each in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _calls() -> Iterator[tuple[str, Any, Values]]:
    some = scenes()
    # In double, where compilers differ least.
    for method in METHODS:
        yield method, some["three"], {"method": method, "precision": "double"}
    yield "troubles", some["troubles"], {"precision": "double"}
    for pairing in PAIRINGS:
        yield f"group, {pairing}", "maps.h5::/entry", {"pairing": pairing}
    yield "either precision", some["three"], {}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
