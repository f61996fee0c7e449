# SPDX-License-Identifier: MIT
"""A ranking as a table, JSON or CSV."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..scoring import OPINION
from ..text import columns, printable, text_of

if TYPE_CHECKING:
    from ..ranking import Ranking
    from ..scoring import StackScore

FORMAT_VERSION: Final = 2
"""Of the dictionary and its JSON; raised when a reader of the old one would go wrong."""

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
)
"""Attributes of `StackScore` with one number per compared image, called the same in the output."""

NAME_WIDTH: Final = 28
NOTE_WIDTH: Final = 46
TEXT_WIDTH: Final = 110


def table(ranking: Ranking, *, warnings: bool = True) -> str:
    """A table for people: one line per stack, best first.

    Parameters
    ----------
    ranking : Ranking
        What to show.
    warnings : bool
        Append the warnings that concern the ranking as a whole. Why a stack could not be read is
        appended either way.
    """
    lines = [_heading(ranking)]
    if ranking.stacks:
        lines += ["", *_aligned(_rows(ranking))]
        if ranking.ranked_stack_names is not None and _uses_probability(ranking):
            lines += ["", f"Trust: {printable(ranking.trust, 400)}"]
            lines += ["P is about the probability that an image aligns within a pixel."]
    texts = [f"not read: {stack.error}" for stack in ranking.stacks.values() if stack.error is not None]
    if warnings:
        texts += [f"warning: {warning}" for warning in ranking.warnings]
    if texts:
        import textwrap

        for text in texts:
            lines += ["", *textwrap.wrap(printable(text, 4096), TEXT_WIDTH, subsequent_indent="  ")]
    return "\n".join(lines)


def _heading(ranking: Ranking) -> str:
    method = printable(ranking.method.name, NAME_WIDTH)
    if ranking.reference_stack is None:
        return "Reference stack: none (no ranking was asked for)"
    best = printable(ranking.reference_stack, 2 * NAME_WIDTH)
    if ranking.ranked_stack_names is None:
        return f"Reference stack: {best} (chosen by the caller: no ranking)"
    number = len(ranking.ranked_stack_names)
    stacks = "1 stack" if number == 1 else f"{number} stacks"
    return f"Reference stack: {best} (best of {stacks}, method {method})"


def _uses_probability(ranking: Ranking) -> bool:
    return any(np.isfinite(stack.probability).any() for stack in ranking.stacks.values())


def _rows(ranking: Ranking) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("rank", "stack", "score", "images", "worst image", "median P", "median shift (range)", "note")
    ]
    ranked = ranking.ranked_stack_names is not None
    for rank, (key, stack) in enumerate(ranking.stacks.items(), start=1):
        rows.append(
            (
                str(rank) if ranked and stack.rankable else "-",
                printable(key, NAME_WIDTH),
                _number(stack.score),
                str(stack.n_images),
                _worst(stack),
                _rounded(_median(stack.probability)),
                _shift_range(stack),
                _note(stack),
            )
        )
    return rows


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Text columns to the left, numbers to the right."""
    widths = [max(columns(cell) for cell in column) for column in zip(*rows, strict=True)]
    left = {1, len(widths) - 1}
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            blank = " " * (width - columns(cell))
            cells.append(cell + blank if index in left else blank + cell)
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def _number(value: float, digits: int = 4) -> str:
    if not math.isfinite(value):
        return "-"
    if value != 0 and (abs(value) >= 1e5 or abs(value) < 10.0**-digits):
        return f"{value:.2e}"
    return f"{value:.{digits}f}"


def _rounded(value: float) -> str:
    """Two decimals: enough for a probability."""
    return "<0.01" if 0 < value < 0.01 else _number(value, 2)


def _median(values: Any) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _worst(stack: StackScore) -> str:
    position = worst_position(stack)
    if position is None:
        return "-"
    value = float(stack.values[position])
    return f"{stack.image_indices[position]} ({_rounded(value)})"


def worst_position(stack: StackScore) -> int | None:
    """Where the worst image is in the per-image arrays; None when there are none."""
    worst = stack.worst_image
    if worst is None:
        return None
    found = np.flatnonzero(np.asarray(stack.image_indices) == worst)
    return int(found[0]) if len(found) else None


def _shift_range(stack: StackScore) -> str:
    """Length of the shifts, in pixels."""
    if not len(stack.shifts):
        return "-"
    length = np.hypot(*np.asarray(stack.shifts, dtype=float).T)
    return f"{np.median(length):.1f} ({length.min():.1f} to {length.max():.1f}) px"


def _note(stack: StackScore) -> str:
    texts = [*stack.reasons, *stack.warnings]
    if not texts:
        return ""
    more = len(texts) - 1
    suffix = f" (+{more})" if more else ""
    return printable(texts[0], NOTE_WIDTH - len(suffix), keep_end=False) + suffix


def to_dict(ranking: Ranking) -> dict[str, Any]:
    """Everything as plain Python objects, ready for JSON; names are text, no number is NaN.

    Parameters
    ----------
    ranking : Ranking
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


def configuration(ranking: Ranking) -> dict[str, Any]:
    """How the ranking was made, as plain Python objects."""
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
        "dtype": str(stack.dtype),
        "precision": str(stack.precision),
        "location": text_of(stack.location),
        "reference_image": int(stack.reference_image),
        "worst_image": _plain(stack.worst_image),
        "trust": _plain(stack.trust),
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
    """What the bits of `StackScore.flags` say."""
    from .. import core

    words = {
        core.NO_CONTRAST: "no_contrast",
        core.ALL_INVALID: "all_invalid",
        core.FEW_LEVELS: "few_levels",
        core.IDENTICAL: "identical",
        core.HOT_PIXEL: "hot_pixel",
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


def to_json(ranking: Ranking, indent: int | None = None) -> str:
    """`to_dict` as strict JSON (RFC 8259): ASCII, null instead of NaN."""
    import json

    return json.dumps(to_dict(ranking), indent=indent, allow_nan=False)


def to_csv(ranking: Ranking) -> str:
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
