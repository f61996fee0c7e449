# SPDX-License-Identifier: MIT
"""A ranking as plain Python objects and JSON."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .. import core
from ..results import OPINION, texts_of_names
from ..text import text_of
from .mask_text import mask_as_text

if TYPE_CHECKING:
    from ..results import Provenance, RankingData, StackScore

FORMAT_VERSION: Final = 3
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
    "rms",
)
"""Attributes of `StackScore` with one number per compared image, called the same in the output."""


IMAGE_COLUMNS: Final = (
    *("image", "reference_image", "shift_y", "shift_x", "value"),
    *PER_IMAGE,
    *("peak_dy", "peak_dx", "flags", "flag_bits"),
)
"""Names of all that is told of each image, in the order of tables."""


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
    reference, names = texts_of_names(ranking)
    provenance = ranking.provenance
    return {
        "format_version": FORMAT_VERSION,
        "ndreg_preeval_version": None if provenance is None else provenance.version,
        "provenance": None if provenance is None else _provenance(provenance),
        "reference_stack": reference,
        "ranked_stack_names": None if ranking.ranked_stack_names is None else names,
        **configuration(ranking),
        "trust": text_of(ranking.trust),
        "warnings": [text_of(warning) for warning in ranking.warnings],
        "stacks": [
            _stack_dict(name, stack) for name, stack in zip(names, ranking.stacks.values(), strict=True)
        ],
    }


def _provenance(provenance: Provenance) -> dict[str, Any]:
    """Dates and what was read: all that may differ between equal rankings, but for the version."""
    command = provenance.command_line
    return {
        "date": provenance.date,
        "command_line": None if command is None else [text_of(word) for word in command],
        "inputs": [plain(each) for each in provenance.inputs],
    }


def configuration(ranking: RankingData) -> dict[str, Any]:
    """Method and options of the ranking, as plain Python objects."""
    return {
        "method": plain(ranking.method),
        "options": plain(ranking.options),
        "num_threads": plain(ranking.num_threads),
    }


def _stack_dict(name: str, stack: StackScore) -> dict[str, Any]:
    return {
        "name": name,
        "score": plain(stack.score),
        "rankable": bool(stack.rankable),
        "error": None if stack.error is None else text_of(stack.error),
        "n_images": int(stack.n_images),
        "shape": [int(size) for size in stack.shape],
        "image_axis": int(stack.image_axis),
        "dtype": str(stack.dtype),
        "precision": str(stack.precision),
        "location": text_of(stack.location),
        "reference_image": int(stack.reference_image),
        "reference_flags": flag_words(stack.reference_flags),
        "reference_flag_bits": int(stack.reference_flags),
        "worst_image": plain(stack.worst_image),
        "trust": plain(stack.trust),
        "trust_masked": plain(stack.trust_masked),
        "n_judged": int(stack.n_judged),
        "reasons": [text_of(reason) for reason in stack.reasons],
        "warnings": [text_of(warning) for warning in stack.warnings],
        "images": image_lists(stack),
    }


def image_lists(stack: StackScore) -> dict[str, list[Any]]:
    """One list per quantity, one element per compared image."""
    shifts = np.asarray(stack.shifts, dtype=float).reshape(-1, 2)
    peaks = np.asarray(stack.peak_shifts).reshape(-1, 2)
    lists = {
        "image": plain(stack.image_indices),
        "reference_image": plain(stack.reference_indices),
        "shift_y": plain(shifts[:, 0]),
        "shift_x": plain(shifts[:, 1]),
        "value": plain(stack.values),
    }
    for name in PER_IMAGE:
        lists[name] = plain(getattr(stack, name))
    lists["peak_dy"], lists["peak_dx"] = plain(peaks[:, 0]), plain(peaks[:, 1])
    lists["flags"] = [flag_words(int(flags)) for flags in stack.flags]
    lists["flag_bits"] = plain(stack.flags)
    return lists


FLAG_WORDS: Final = {
    core.NO_CONTRAST: "no_contrast",
    core.ALL_INVALID: "all_invalid",
    core.FEW_LEVELS: "few_levels",
    core.IDENTICAL: "identical",
    core.HOT_PIXEL: "hot_pixel",
    core.WRAPPED: "wrapped",
    core.REPEATED_PIXELS: "repeated_pixels",
    core.IN_DOUBLE: "in_double",
    core.SPLIT_PEAK: "split_peak",
    core.HIDES_MOTION: "hides_motion",
    core.AT_REST: "at_rest",
    core.STATIC_APERTURE: "static_aperture",
    core.STATIC_BACKGROUND: "static_background",
    core.BEYOND_LIMIT: "beyond_max_shift",
}
"""Words for the bits of `StackScore.flags`."""


def flag_words(flags: int) -> list[str]:
    """Words for the bits of `StackScore.flags`."""
    return [word for bit, word in FLAG_WORDS.items() if flags & bit]


def plain(value: Any) -> Any:
    """Plain Python objects only; what JSON cannot say (NaN, infinity) becomes None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, np.generic | np.ndarray):
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype == np.bool_:
            valid = int(np.count_nonzero(value))
            return {"shape": list(value.shape), "valid_pixels": valid, "bits": mask_as_text(value)}
        return plain(value.tolist())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {text_of(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return text_of(value)


def to_json(ranking: RankingData, indent: int | None = None) -> str:
    """`to_dict` as strict JSON (RFC 8259): ASCII, null instead of NaN."""
    import json

    return json.dumps(to_dict(ranking), indent=indent, allow_nan=False)
