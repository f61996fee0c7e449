# SPDX-License-Identifier: MIT
"""A ranking as rows, one per stack or one per image: CSV and data frames of pandas."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..installation import how_to_get
from ..results import texts_of_names
from ..text import text_of
from .export import IMAGE_COLUMNS, flag_words, image_lists, plain

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..results import RankingData, StackScore

OF_IMAGES: Final = ("rank", "stack", "score", *IMAGE_COLUMNS)
"""Columns of a table with a row per image; the first three are those of its stack."""

OF_STACKS: Final = (
    *("rank", "stack", "score", "trust", "trust_masked", "n_judged", "n_images", "height", "width"),
    *("rankable", "worst_image", "reference_image", "image_axis", "dtype", "precision", "location"),
    *("reasons", "warnings", "error"),
)
"""Columns of a table with a row per stack."""

KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("stack", "error"), object),
    **dict.fromkeys(("dtype", "precision", "location", "reasons", "warnings", "flags"), str),
    **dict.fromkeys(("rank", "worst_image"), "Int64"),  # some stacks lack it
    **dict.fromkeys(("n_judged", "n_images", "height", "width", "reference_image", "image_axis"), "int64"),
    **dict.fromkeys(("image", "invalid_pixels", "static_pixels", "peak_dy", "peak_dx"), "int64"),
    **dict.fromkeys(("rankable", "jumps"), "bool"),
    "flag_bits": "uint32",
}
"""Types of columns; all others are float64."""


def to_csv(ranking: RankingData, *, images: bool = True) -> str:
    """One row per image, or one per stack, best stack first.

    Parameters
    ----------
    ranking : RankingData
        What to write.
    images : bool
        A row per image; a stack without compared images has one row.

    Returns
    -------
    str
        Comma separated, header first, lines end with a line feed; empty cells for what is
        unknown; flags separated by blanks, reasons and warnings by semicolons; shifts in pixels.
    """
    import csv
    import io

    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(OF_IMAGES if images else OF_STACKS)
    for name, rank, stack in _ranked(ranking):
        row = [plain(value) for value in _stack_row(rank, name, stack).values()]
        if not images:
            writer.writerow(_cells(row))
            continue
        lists = image_lists(stack)
        lists["flags"] = [" ".join(words) for words in lists["flags"]]
        columns = [lists[name] for name in IMAGE_COLUMNS]
        for each in list(zip(*columns, strict=True)) or [(None,) * len(columns)]:
            writer.writerow(_cells([*row[:3], *each]))
    return file.getvalue()


def _cells(values: list[Any]) -> list[Any]:
    return ["" if value is None else value for value in values]


def _ranked(ranking: RankingData) -> list[tuple[str, int | None, StackScore]]:
    """Name as text, rank and score of each stack."""
    ranked = ranking.ranked_stack_names is not None
    return [
        (name, number if ranked and stack.rankable else None, stack)
        for number, (name, stack) in enumerate(
            zip(texts_of_names(ranking)[1], ranking.stacks.values(), strict=True), start=1
        )
    ]


def _stack_row(rank: int | None, name: Any, stack: StackScore) -> dict[str, Any]:
    height, width = stack.shape
    values = {
        "rank": rank,
        "stack": name,
        "height": int(height),
        "width": int(width),
        "reasons": "; ".join(map(text_of, stack.reasons)),
        "warnings": "; ".join(map(text_of, stack.warnings)),
    }
    return {each: values[each] if each in values else getattr(stack, each) for each in OF_STACKS}


def to_dataframe(ranking: RankingData, *, images: bool = False) -> DataFrame:
    """One row per stack, or one per image, as a data frame of pandas; see `Ranking.to_dataframe`."""
    pd = require_pandas()
    rows = [
        _stack_row(rank, key, stack)
        for key, (_, rank, stack) in zip(ranking.stacks, _ranked(ranking), strict=True)
    ]
    if images:
        of_stacks = zip(rows, ranking.stacks.values(), strict=True)
        columns = _joined([_image_columns(row, stack) for row, stack in of_stacks])
    else:
        columns = {name: [row[name] for row in rows] for name in OF_STACKS}
    return pd.DataFrame(
        {name: pd.Series(values, dtype=KINDS.get(name, "float64")) for name, values in columns.items()}
    )


def _image_columns(row: dict[str, Any], stack: StackScore) -> dict[str, Any]:
    """Columns of the images of one stack: the arrays themselves."""
    shifts, peaks = (np.asarray(each).reshape(-1, 2) for each in (stack.shifts, stack.peak_shifts))
    columns = {
        "image": stack.image_indices,
        "reference_image": stack.reference_indices,
        "shift_y": shifts[:, 0],
        "shift_x": shifts[:, 1],
        "value": stack.values,  # noqa: PD011 - no data frame
        "peak_dy": peaks[:, 0],
        "peak_dx": peaks[:, 1],
        "flags": [" ".join(flag_words(int(flags))) for flags in stack.flags],
        "flag_bits": stack.flags,
        **{name: [row[name]] * len(stack.image_indices) for name in ("rank", "stack", "score")},
    }
    return {name: columns[name] if name in columns else getattr(stack, name) for name in OF_IMAGES}


def _joined(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Columns of all stacks, one after the other."""
    return {name: list(itertools.chain.from_iterable(part[name] for part in parts)) for name in OF_IMAGES}


def require_pandas() -> Any:
    """Return pandas.

    Raises
    ------
    ImportError
        When it is not installed; names the extra.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f"a data frame needs pandas: {how_to_get('pandas')} (to_csv needs neither)"
        ) from error
    return pd
