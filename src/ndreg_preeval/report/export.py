# SPDX-License-Identifier: MIT
"""A ranking as plain Python objects, JSON and CSV."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..results import OPINION
from ..text import text_of

if TYPE_CHECKING:
    from ..results import RankingData, StackScore

FORMAT_VERSION: Final = 2
"""Version of the dictionary and its JSON; raised when a reader of the old one would go wrong."""

PER_IMAGE: Final = (
    "peak",
    "mean",
    "peak_to_mean",
    "second_peak",
    "zero_peak",
    *OPINION,
    "p_value",
    "jumps",
    "invalid_pixels",
    "static_pixels",
)
"""Attributes of `StackScore` with one number per compared image, called the same in the output."""


def to_dict(ranking: RankingData) -> dict[str, Any]:
    """Everything as plain Python objects, ready for JSON; names are text, no number is NaN.

    Parameters
    ----------
    ranking : RankingData
        What to convert.

    Returns
    -------
    dict
        ``format_version`` rises when a reader of the old form would go wrong. ``stacks`` is
        a list, best first; shifts are in pixels, and move the image onto its reference.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        package_version: str | None = version("ndreg_preeval")
    except PackageNotFoundError:  # used from a source tree
        package_version = None
    names = ranking.ranked_stack_names
    return {
        "format_version": FORMAT_VERSION,
        "ndreg_preeval_version": package_version,
        "reference_stack": None if ranking.reference_stack is None else text_of(ranking.reference_stack),
        "ranked_stack_names": None if names is None else [text_of(name) for name in names],
        **configuration(ranking),
        "trust": text_of(ranking.trust),
        "warnings": [text_of(warning) for warning in ranking.warnings],
        "stacks": [_stack_dict(key, stack) for key, stack in ranking.stacks.items()],
    }


def configuration(ranking: RankingData) -> dict[str, Any]:
    """Method and options of the ranking, as plain Python objects."""
    return {
        "method": _plain(ranking.method),
        "options": _plain(ranking.options),
        "num_threads": _plain(ranking.num_threads),
    }


def _stack_dict(key: object, stack: StackScore) -> dict[str, Any]:
    return {
        "name": text_of(key),
        "score": _plain(stack.score),
        "rankable": bool(stack.rankable),
        "error": None if stack.error is None else text_of(stack.error),
        "n_images": int(stack.n_images),
        "shape": [int(size) for size in stack.shape],
        "image_axis": int(stack.image_axis),
        "dtype": str(stack.dtype),
        "precision": str(stack.precision),
        "location": text_of(stack.location),
        "reference_image": int(stack.reference_image),
        "worst_image": _plain(stack.worst_image),
        "trust": _plain(stack.trust),
        "trust_masked": _plain(stack.trust_masked),
        "n_judged": int(stack.n_judged),
        "reasons": [text_of(reason) for reason in stack.reasons],
        "warnings": [text_of(warning) for warning in stack.warnings],
        "images": _image_lists(stack),
    }


def _image_lists(stack: StackScore) -> dict[str, list[Any]]:
    """One list per quantity, one element per compared image."""
    shifts = np.asarray(stack.shifts, dtype=float).reshape(-1, 2)
    lists = {
        "image": _plain(stack.image_indices),
        "reference_image": _plain(stack.reference_indices),
        "shift_y": _plain(shifts[:, 0]),
        "shift_x": _plain(shifts[:, 1]),
        "value": _plain(stack.values),
    }
    for name in PER_IMAGE:
        lists[name] = _plain(getattr(stack, name))
    lists["flags"] = [flag_words(int(flags)) for flags in stack.flags]
    return lists


def flag_words(flags: int) -> list[str]:
    """Words for the bits of `StackScore.flags`."""
    from .. import core

    words = {
        core.NO_CONTRAST: "no_contrast",
        core.ALL_INVALID: "all_invalid",
        core.FEW_LEVELS: "few_levels",
        core.IDENTICAL: "identical",
        core.HOT_PIXEL: "hot_pixel",
        core.WRAPPED: "wrapped",
        core.REPEATED_PIXELS: "repeated_pixels",
        core.IN_DOUBLE: "in_double",
        core.SPLIT_PEAK: "split_peak",
    }
    return [word for bit, word in words.items() if flags & bit]


def _plain(value: Any) -> Any:
    """Plain Python objects only; what JSON cannot say (NaN, infinity) becomes None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, np.generic | np.ndarray):
        if value.ndim == 2 and value.dtype == np.bool_:
            return {"shape": list(value.shape), "valid_pixels": int(np.count_nonzero(value))}
        return _plain(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {text_of(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return text_of(value)


def to_json(ranking: RankingData, indent: int | None = None) -> str:
    """`to_dict` as strict JSON (RFC 8259): ASCII, null instead of NaN."""
    import json

    return json.dumps(to_dict(ranking), indent=indent, allow_nan=False)


def to_csv(ranking: RankingData) -> str:
    """One row per image, best stack first; a stack without compared images has one row.

    Returns
    -------
    str
        Comma separated, header first, lines end with a line feed; empty cells for what is
        unknown; flags separated by blanks; shifts in pixels.
    """
    import csv
    import io

    names = ["image", "reference_image", "shift_y", "shift_x", "value", *PER_IMAGE, "flags"]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["rank", "stack", "score", *names])
    ranked = ranking.ranked_stack_names is not None
    for rank, (key, stack) in enumerate(ranking.stacks.items(), start=1):
        lists = _image_lists(stack)
        lists["flags"] = [" ".join(words) for words in lists["flags"]]
        rows = list(zip(*(lists[name] for name in names), strict=True)) or [("",) * len(names)]
        score = _plain(stack.score)
        start = (rank if ranked and stack.rankable else "", text_of(key), "" if score is None else score)
        for row in rows:
            writer.writerow([*start, *("" if cell is None else cell for cell in row)])
    return file.getvalue()
