# SPDX-License-Identifier: MIT
"""Names of stacks that are odd, and mappings that are no dict."""

from __future__ import annotations

import collections
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..outcomes import RANKED, REFUSED, Outcome, error, require
from ..outcomes import rank as ranked
from ..support import excellent, good, rank, strict_warnings
from ..table import Section
from ..uris import write

names = Section("names")


def named(zeta: Any, alpha: Any, kilo: Any) -> dict[Any, Any]:
    """The good stacks under other names, the worst first."""
    stacks = good()
    return {kilo: stacks["kilo"], zeta: stacks["zeta"], alpha: stacks["alpha"]}


def add(name: str, what: str, order: tuple[Any, Any, Any], *others: Outcome) -> None:
    names.add(name, what, lambda _: named(*order), ranked(*order), *others)


add("empty_string", "an empty name", ("b", "c", ""), REFUSED)
add("nul", "names that C would cut at NUL stay apart", ("a", "a\x00c", "a\x00b"))
add("slash", "names that look like paths", ("../..", "a/", "/a/b"))
add("percent", "names that look like formats", ("{0}", "{name!r}", "%s%n%d"))
add("surrogate", "a lone surrogate cannot be encoded", ("b", "c", "\udc80"), REFUSED)
add("case", "names that differ in case", ("a", "\u00c5", "A"))
add("mixed_keys", "keys that cannot be sorted", (1, "a", None), REFUSED)
add("bytes_keys", "bytes as keys", (b"b", b"c", b"a"), REFUSED)
add("np_str_keys", "numpy.str_ as keys", (np.str_("b"), np.str_("c"), np.str_("a")))


class CustomMapping(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, items: dict[str, Any]) -> None:
        self._items = items

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


names.add("ordereddict", "OrderedDict", lambda _: collections.OrderedDict(good()), RANKED)
names.add("mappingproxy", "mappingproxy", lambda _: types.MappingProxyType(good()), RANKED)
names.add("custom_mapping", "any collections.abc.Mapping", lambda _: CustomMapping(good()), RANKED)


@names.scenario("defaultdict", "a defaultdict must not grow")
def _(_: Path) -> None:
    stacks: dict[str, Any] = collections.defaultdict(list, good())
    strict_warnings()
    require(rank(stacks) == ["zeta", "alpha", "kilo"], "wrong rank")
    require(list(stacks) == ["kilo", "zeta", "alpha"], f"the mapping has become {list(stacks)}")


class HostileName(str):
    """A name that cannot be compared or hashed any more once it is a key."""

    mode = ""

    def __hash__(self) -> int:
        if HostileName.mode == "raise":
            raise ZeroDivisionError("hostile __hash__")
        return 0 if HostileName.mode else str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        if HostileName.mode == "raise":
            raise ZeroDivisionError("hostile __eq__")
        return True if HostileName.mode else str.__eq__(self, other)


@names.scenario("str_subclass", "a str subclass that turns hostile after it became a key")
def _(_: Path) -> None:
    for mode in ("all equal", "raise"):
        HostileName.mode = ""
        keys = [HostileName(name) for name in ("zeta", "alpha", "kilo")]
        stacks = named(*keys)
        strict_warnings()
        HostileName.mode = mode
        try:
            got = rank(stacks)
        finally:
            HostileName.mode = ""
        require([str.__str__(name) for name in got] == ["zeta", "alpha", "kilo"], f"{mode}: ranked {got}")


@names.case("set_input", "a set has no order", REFUSED)
def _(folder: Path) -> Any:
    return set(write(folder / "ok.h5", good()).values())


ODD = "stk_\n\\n{0}%s"
names.add(
    "bad_name_in_message",
    "the message names a stack whose name has format characters",
    lambda _: {"kilo": good()["kilo"], ODD: excellent()[0]},
    error(ValueError, TypeError, naming=[ODD, repr(ODD)[1:-1], "stk_"]),
)
