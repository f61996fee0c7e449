# SPDX-License-Identifier: MIT
"""Names of images of one stack that look like those of several stacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ...text import list_names
from .natural_order import Names
from .wildcards import STACK

NUMBER: Final = re.compile(r"(?:(?<![A-Za-z0-9])[-+])?[0-9]+(?:\.[0-9]+)*")
"""Numbers, with a point or a sign: they tell images of one stack apart."""

KINDS_TOLD: Final = 3

LEAST_PER_ODD_ONE: Final = 3
"""Smallest number of images of one kind for each name that stands apart from them."""


def several_kinds(images: Sequence[Names]) -> str:
    """Return a sentence on names that differ in more than numbers, as those of several stacks do; "" where they do not.

    There are two kinds or more, by the text beside the numbers in one component, and each has two images
    or more: a name that is all of its own, such as a time or a checksum, tells no kind. But few names beside
    many with numbers stand apart: a dark image, for one.

    Parameters
    ----------
    images : sequence of tuple of str
        The file of each image, and the path in it if it has one.
    """
    rows = [_components(names) for names in images]
    if len({len(row) for row in rows}) != 1:
        return ""
    for column in zip(*rows, strict=True):
        if len(set(column)) == 1:
            continue
        kinds: dict[str, list[str]] = {}
        for name in column:
            kinds.setdefault(NUMBER.sub("", name).casefold(), []).append(name)
        if len(kinds) > 1 and min(map(len, kinds.values())) > 1:
            named = list_names([names[0] for names in kinds.values()], KINDS_TOLD)
            return (
                f"Its {len(images)} images are of {len(kinds)} kinds by their names ({named}), and were taken for one stack: "
                f"{STACK} in a pattern, where these names differ, makes a stack of each."
            )
        most = max(kinds.values(), key=len)
        apart = [name for names in kinds.values() if names is not most for name in names]
        if 0 < len(apart) <= len(most) // LEAST_PER_ODD_ONE and all(map(NUMBER.search, most)):
            those = "it is" if len(apart) == 1 else "they are"
            return (
                f"{len(most)} of its {len(images)} images have names such as {most[0]!r}, and {list_names(apart, KINDS_TOLD)} "
                f"{'stands' if len(apart) == 1 else 'stand'} apart: a pattern leaves out what is no image of the stack, if {those} none."
            )
    return ""


def _components(names: Names) -> list[str]:
    """Components of file and path; the ending of a file tells no stack."""
    *folders, file = re.split(r"[/\\]", names[0])
    return [
        *folders,
        file.rpartition(".")[0] or file,
        *(part for text in names[1:] for part in text.split("/")),
    ]
