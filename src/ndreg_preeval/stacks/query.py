# SPDX-License-Identifier: MIT
"""The end of a URI: slice, axes and series, in any order."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ..errors import shorten
from .selection import Indices, parse_slice

MAX_AXES: Final = 32
"""Largest number of axes that a dataset can have."""

ALLOWED: Final = {
    "axis": (range(-3, 3), "give 0, 1 or 2 of the three axes of a stack, or -1, -2 or -3 from the end"),
    "stacks": (
        range(-MAX_AXES, MAX_AXES),
        "give the axis of the stacks, counted from 0 or, negative, from the end",
    ),
    "series": (range(10**9), "give the number of a series of the file, counted from 0"),
}
"""Numbers that can follow a key, and what messages say of them."""

LAST: Final = re.compile(r"(?:^|[&?])(?:(slice)=([^&?=]*)|(axis|stacks|series)=([^&?=/]*))\Z")
FIRST: Final = re.compile(r"\A(?:(slice)=([^&?=]*)|(axis|stacks|series)=([^&?=/]*))&")


class Query(NamedTuple):
    """One meaning of what follows the name of a file; its fields are those of `UriMeaning` after the file."""

    path: str
    indices: Indices | None = None
    problem: str = ""
    image_axis: int | None = None
    stacks_axis: int | None = None
    series: int | None = None


FIELDS: Final = {"axis": "image_axis", "stacks": "stacks_axis", "series": "series"}


def read_query(text: str) -> list[Query]:
    """Return the meanings of what follows the name of a file, the likeliest first: it leaves the shortest path.

    Names may hold whatever a key looks like, so the last meaning is always a path and nothing else.

    >>> [each.path for each in read_query("/maps?axis=2&slice=0")]
    ['/maps', '/maps?axis=2', '/maps?axis=2&slice=0']
    """
    kept = [(text, Query(""))]
    rest, found = text, Query("")
    while match := LAST.search(rest):
        rest, found = rest[: match.start()], _with_key(found, match)
        kept.append((rest, found))
    while match := FIRST.search(rest):
        rest, found = rest[match.end() :], _with_key(found, match)
        kept.append((rest, found))
    meanings = []
    for path, query in reversed(kept):
        if path.startswith("path="):
            meanings.append(query._replace(path=path.removeprefix("path=")))
        meanings.append(query._replace(path=path))
    return meanings


def _with_key(query: Query, match: re.Match[str]) -> Query:
    key, value = match[1] or match[3], match[2] if match[1] else match[4]
    field = "indices" if key == "slice" else FIELDS[key]
    problem, read = "", None
    try:
        read = parse_slice(value) if key == "slice" else _number(key, value)
    except ValueError as error:
        problem = str(error)
    if getattr(query, field) is not None:
        problem = f"{key}= is given twice"
    return query._replace(**{field: read}, problem=problem or query.problem)  # type: ignore[arg-type]


def _number(key: str, value: str) -> int:
    allowed, rule = ALLOWED[key]
    # int() also reads "1_0" and digits of other scripts.
    if not re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII) or int(value) not in allowed:
        raise ValueError(f"{key}={shorten(value)} is not valid: {rule}")
    return int(value)
