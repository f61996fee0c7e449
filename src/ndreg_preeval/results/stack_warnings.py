# SPDX-License-Identifier: MIT
"""What a person should be told about a stack, in full sentences with figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..pipeline import RangeScore, StackInfo, masked_pixels
from ..text import abbreviate

if TYPE_CHECKING:
    from ..options import Options

MOVED = 2
"""Pixels between neighbouring images that make a peak at zero shift between them odd."""


class Finding(NamedTuple):
    """A sentence, and whether it is worth a Python warning."""

    text: str
    alarming: bool


def findings(
    info: StackInfo,
    numbers: RangeScore,
    image_indices: NDArray[np.intp],
    options: Options,
) -> list[Finding]:
    """Tell what is odd about one stack."""
    told = [Finding(text, True) for text in info.warnings]
    if info.shape[0] < 2:
        return [*told, Finding("It has 1 image: there is nothing to compare, so it is not ranked.", True)]
    records = numbers.records
    flags = records["flags"]
    told += _invalid(info, numbers, image_indices, options)
    empty = flags & (core.NO_CONTRAST | core.ALL_INVALID) != 0
    if numbers.reference_flags & core.NO_CONTRAST and not numbers.reference_flags & core.ALL_INVALID:
        told.append(Finding(f"{_reference(info, options)} has no contrast: it says nothing.", False))
    if options.pairing == "previous" or not numbers.reference_flags & core.NO_CONTRAST:
        flat = (flags & core.NO_CONTRAST != 0) & (flags & core.ALL_INVALID == 0)
        told += _some(image_indices, flat, "no contrast, alone or in their reference: they count as 0", False)
    few = (flags & core.FEW_LEVELS != 0) & ~empty
    told += _some(image_indices, few, "two or three distinct values only", False)
    same = (flags & core.IDENTICAL != 0) & ~empty
    told += _some(image_indices, same, "the very content of their reference image", False)
    hot = flags & core.HOT_PIXEL != 0
    told += _some(
        image_indices,
        hot,
        "a hot pixel, the same as in their reference image: aligners follow it unless it is masked",
        True,
    )
    told += _stuck(records, image_indices, ~empty & ~same, options)
    return told


def _invalid(
    info: StackInfo, numbers: RangeScore, indices: NDArray[np.intp], options: Options
) -> list[Finding]:
    """Pixels that were replaced, but for those the caller masked."""
    masked = masked_pixels(options)
    pixels = info.shape[1] * info.shape[2]
    first = 0 if options.pairing == "previous" else info.reference_image
    counts = np.concatenate([[numbers.reference_invalid], numbers.records["invalid_pixels"]]) - masked
    images = np.concatenate([[first], indices])
    whole = counts + masked == pixels
    told = []
    if whole.any():
        names = abbreviate(images[whole])
        told.append(Finding(f"Without a valid pixel, so they count as 0: {names}.", True))
    some = (counts > 0) & ~whole
    if some.any():
        total = int(counts[some].sum())
        share = 100 * total / (pixels * int(some.sum()))
        told.append(
            Finding(
                f"{_count(total, 'pixel')} NaN, infinite or masked ({share:.2g} % of {abbreviate(images[some])})"
                " replaced by the mean of the image.",
                True,
            )
        )
    return told


def _stuck(
    records: NDArray[np.void], indices: NDArray[np.intp], usable: NDArray[np.bool_], options: Options
) -> list[Finding]:
    """Peaks that stay at zero shift: nothing moved, or a pattern of the detector was found."""
    zero = (records["peak_dy"] == 0) & (records["peak_dx"] == 0)
    number, of = int((zero & usable).sum()), int(usable.sum())
    if of and number == of:
        text = (
            f"Every peak ({number} of {of}) is at zero shift: nothing moved, or a static pattern was found."
        )
        return [Finding(text, False)]
    if options.pairing == "previous" or len(records) < 3:
        return []
    far = np.maximum(abs(records["peak_dy"]), abs(records["peak_dx"])) >= MOVED
    between = np.zeros(len(records), dtype=np.bool_)
    between[1:-1] = (zero & usable)[1:-1] & (far & usable)[:-2] & (far & usable)[2:]
    # Two or more: a scene may come back to where it started once.
    if between.sum() < 2:
        return []
    text = (
        f"A static pattern is suspected: the peaks of {abbreviate(indices[between])} "
        f"({int(between.sum())} of {of}) are at exactly zero shift while the images beside them moved."
    )
    return [Finding(text, True)]


def _some(indices: NDArray[np.intp], which: NDArray[np.bool_], what: str, alarming: bool) -> list[Finding]:
    if not which.any():
        return []
    text = f"{abbreviate(indices[which])} ({int(which.sum())} of {len(indices)} compared) with {what}."
    return [Finding(text[0].upper() + text[1:], alarming)]


def _reference(info: StackInfo, options: Options) -> str:
    if options.pairing == "previous":
        return "Image 0"
    return f"The reference image {info.reference_image}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
