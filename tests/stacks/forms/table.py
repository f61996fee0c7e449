# SPDX-License-Identifier: MIT
"""The table of docs/forms.md, and who makes the files of its rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PAGE = Path(__file__).resolve().parents[3] / "docs" / "forms.md"

Stacks = dict[str, NDArray[Any]]
Maker = Callable[[Path, Stacks], dict[str, Any] | None]
"""Writes the stacks into a folder, and returns what the Python of the row calls by name."""


class Row(NamedTuple):
    """A row of the table; empty cells are those with a dash."""

    form: str
    python: str
    shell: str
    read: str
    extra: str


MAKERS: dict[str, Maker] = {}
"""By the form of the row."""

DTYPES: dict[str, str] = {}
"""Type that a format has in place of 16-bit counts, by the form of the row."""


def makes(form: str, dtype: str = "uint16") -> Callable[[Maker], Maker]:
    """Register a maker of a row, which stores this type."""

    def register(maker: Maker) -> Maker:
        assert form not in MAKERS
        MAKERS[form], DTYPES[form] = maker, dtype
        return maker

    return register


def rows() -> list[Row]:
    """Return the rows of all tables of the page that have five columns."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and cells[1].startswith(("`", "-")) and not cells[0].startswith("-"):
            found.append(Row(*("" if cell == "-" else cell.strip("`") for cell in cells)))
    return found


def two_stacks(form: str) -> Stacks:
    """Return what a row stores: two stacks of four images of 24 x 32 counts, which drift together; the second has more noise."""
    rng = np.random.default_rng(20)
    scene = rng.gamma(2.0, size=(40, 60))
    images = np.stack([scene[2 * i : 24 + 2 * i, 12 - 3 * i : 44 - 3 * i] for i in range(4)])
    return {
        "Ca": rng.poisson(400 * images).astype(DTYPES[form]),
        "Fe": rng.poisson(4 * images).astype(DTYPES[form]),
    }
