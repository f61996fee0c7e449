# SPDX-License-Identifier: MIT
"""Messages about a stack, in full sentences with figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..pipeline import Pairs, RangeScore, StackInfo, masked_pixels
from ..text import abbreviate
from .jumps import creeps
from .reasons import TRUSTED, repeated, why_at_zero
from .trust import NOTHING, only_zero

if TYPE_CHECKING:
    from ..options import Options

MASKED_NEARLY_ALL = 0.2
"""Share of the pixels that a mask leaves, up to which it is called the cause of what is missing."""

MOVED = 2
"""Motion between neighbouring images, in pixels, that makes a peak at zero shift between them odd."""

MASKED_WORDS = (
    (0.9, "every image aligns"),
    (TRUSTED, "every image probably aligns"),
    (0, "not every image is likely to align"),
)
"""Words for a stack whose static pixels are masked, by the least trust that they are for."""


class StackMessage(NamedTuple):
    """A sentence, and whether it is worth a Python warning."""

    text: str
    as_warning: bool


def stack_messages(
    info: StackInfo,
    numbers: RangeScore,
    image_indices: NDArray[np.intp],
    options: Options,
    trust_masked: float,
) -> list[StackMessage]:
    """Tell what is odd about one stack; `trust_masked` is its trust with static outliers masked."""
    messages = [StackMessage(text, True) for text in info.warnings]
    notes = [StackMessage(text, False) for text in info.notes]
    if info.shape[0] < 2:
        return [
            *messages,
            StackMessage("It has 1 image: there is nothing to compare, so it is not ranked.", True),
            *notes,
        ]
    pairs = Pairs.of(info, options)
    records = numbers.records
    flags = records["flags"]
    empty = ~(records["mean"] > 0)
    messages += _invalid(info, numbers, image_indices, options)
    # Most stacks have none of it.
    if numbers.reference_flags or flags.any() or empty.any():
        messages += _empty(info, numbers, image_indices, pairs, options)
        messages += _flagged(records, image_indices, empty, pairs, trust_masked, options.max_shift)
    if not only_zero(options.max_shift):
        same = (flags & core.IDENTICAL != 0) & ~empty
        messages += _stuck(records, image_indices, ~empty & ~same, pairs)
    return messages + notes


def _flagged(
    records: NDArray[np.void],
    indices: NDArray[np.intp],
    empty: NDArray[np.bool_],
    pairs: Pairs,
    trust_masked: float,
    max_shift: float | None,
) -> list[StackMessage]:
    """What the core flagged, but for images without contrast."""
    flags = records["flags"]
    few = (flags & core.FEW_LEVELS != 0) & (flags & NOTHING == 0)
    messages = _some(indices, few, "two or three distinct values only", False)
    same = (flags & core.IDENTICAL != 0) & ~empty
    messages += _some(indices, same, "the very content of their reference image", False)
    messages += _static(records, indices, trust_masked)
    for height, width, which in repeated(flags):
        what = (
            f"pixels repeated {height} x {width}, as of enlarged maps: aligners move them by whole blocks; "
        )
        messages += _some(indices, which, what + "give the maps as they were measured", False)
    messages += _beyond(records, indices, max_shift)
    return messages + _moved_too_far(indices, flags & core.WRAPPED != 0, pairs)


def _empty(
    info: StackInfo, numbers: RangeScore, indices: NDArray[np.intp], pairs: Pairs, options: Options
) -> list[StackMessage]:
    """Images without contrast, and images that have nothing to be compared with."""
    messages = []
    records, reference_flags = numbers.records, numbers.reference_flags
    if reference_flags & core.NO_CONTRAST and not reference_flags & core.ALL_INVALID:
        messages.append(_no_contrast(info, numbers, pairs, options))
    flags = records["flags"]
    before = np.full(len(flags), reference_flags, flags.dtype)
    if pairs.consecutive:
        before[1:] = flags[:-1]
    elif reference_flags & NOTHING:
        return messages
    flat = (flags & core.NO_CONTRAST != 0) & (flags & core.ALL_INVALID == 0)
    left = ~(records["mean"] > 0) & (flags & NOTHING == 0)
    alone = left & (before & NOTHING != 0)
    for which, what in (
        (flat, "no contrast"),
        (alone, "nothing to be compared with: the image before has no contrast or no valid pixel"),
        (left & ~alone, "no frequency in common with their reference image"),
    ):
        effect = _effect(int(which.sum()), options)
        messages += _some(indices, which, f"{what}{';' if ':' in what else ':'} {effect}", False)
    return messages


def _effect(number: int, options: Options) -> str:
    """What images without evidence do to trust and score."""
    they, does, count, lower, their = (
        ("it", "does", "counts", "lowers", "its")
        if number == 1
        else ("they", "do", "count", "lower", "their")
    )
    if options.method.aggregation == "mean":
        return f"{they} {count} as 0"
    return f"{they} {does} not count towards the trust, and {lower} the score by {their} share"


def _invalid(
    info: StackInfo, numbers: RangeScore, indices: NDArray[np.intp], options: Options
) -> list[StackMessage]:
    """Pixels that were replaced, but for those the caller masked."""
    masked = info.masked
    lost = numbers.records["invalid_pixels"]
    if not masked and not numbers.reference_invalid and not lost.any():
        return []
    pixels = info.shape[1] * info.shape[2]
    first = Pairs.of(info, options).first_reference
    counts = np.concatenate([[numbers.reference_invalid], lost]) - masked
    images = np.concatenate([[first], indices])
    whole = counts + masked == pixels
    messages = []
    if whole.any():
        names = abbreviate(images[whole])
        text = f"Without a valid pixel, so they count as 0: {names}."
        if options.method.asks_opinion and len(images) > whole.sum():
            text += " The trust is that of the other images."
        messages.append(StackMessage(text, True))
    some = (counts > 0) & ~whole
    if some.any():
        total = int(counts[some].sum())
        share = 100 * total / (pixels * int(some.sum()))
        messages.append(
            StackMessage(
                f"{_count(total, 'pixel')} NaN, infinite or masked ({share:.2g} % of {abbreviate(images[some])})"
                " replaced by the mean of the image.",
                True,
            )
        )
    return messages


def _static(records: NDArray[np.void], indices: NDArray[np.intp], trust_masked: float) -> list[StackMessage]:
    """Static outliers: gaps, dead and hot pixels that an image and its reference have alike."""
    which = records["flags"] & core.HOT_PIXEL != 0
    if not which.any():
        return []
    numbers = records["static_pixels"][which]
    if numbers.max() == 1:
        what, they = "a hot pixel, the same as in their reference image", "it"
    else:
        most = f"{numbers.max():,}".replace(",", " ")
        what = ("" if numbers.min() == numbers.max() else "up to ") + most
        what += " static pixels (gaps, dead or hot pixels, the same as in their reference image)"
        they = "them"
    followed = bool((records["probability"] < records["probability_masked"]).any())
    if followed:
        what += f": aligners follow {they} unless masked"
    else:
        what += f": the highest peak is in the same place with or without {they}"
    if followed and not math.isnan(trust_masked):
        share = f"{min(99, int(100 * trust_masked))} %"
        aligns = next(words for least, words in MASKED_WORDS if trust_masked >= least)
        what += f"; with {they} masked (mask=) {aligns} ({share})"
    return _some(indices, which, what, followed)


def _beyond(
    records: NDArray[np.void], indices: NDArray[np.intp], max_shift: float | None
) -> list[StackMessage]:
    """Peaks where the aligner may not go; of all stacks together the ranking tells once."""
    which = records["flags"] & core.BEYOND_LIMIT != 0
    if not which.any() or max_shift is None:
        return []
    what = f"the highest peak beyond max_shift = {max_shift:g} px (up to {records['beyond_max_shift'].max()} px along an axis)"
    return _some(indices, which, what, False)


def _stuck(
    records: NDArray[np.void], indices: NDArray[np.intp], usable: NDArray[np.bool_], pairs: Pairs
) -> list[StackMessage]:
    """Peaks that stay at zero shift: nothing moved, or a pattern of the detector was found."""
    zero = (records["peak_dy"] == 0) & (records["peak_dx"] == 0)
    number, of = int((zero & usable).sum()), int(usable.sum())
    if of and number == of:
        if pairs.consecutive and creeps(np.stack([records["shift_y"], records["shift_x"]], axis=-1)[usable]):
            return []
        why = why_at_zero(int(np.bitwise_or.reduce(records["flags"])))
        return [StackMessage(f"Every peak ({number} of {of}) is at zero shift: {why}.", False)]
    flags = records["flags"]
    hidden = flags & core.HIDES_MOTION != 0
    if hidden.any():
        return _some(
            indices,
            hidden,
            f"a peak at zero shift: {why_at_zero(int(np.bitwise_or.reduce(flags[hidden])))}",
            False,
        )
    if pairs.consecutive or len(records) < 3:
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
    return [StackMessage(text, True)]


def _no_contrast(info: StackInfo, numbers: RangeScore, pairs: Pairs, options: Options) -> StackMessage:
    """Nothing can be compared with the reference image; where masks left little of it, that is why."""
    pixels = info.shape[1] * info.shape[2]
    left = pixels - max(info.masked, numbers.reference_invalid)
    if left > MASKED_NEARLY_ALL * pixels:
        return StackMessage(
            f"{_reference(pairs)} has no contrast: nothing can be compared with it{_another(pairs)}.", False
        )
    nearly_all = (1 - MASKED_NEARLY_ALL) * pixels
    by_option = masked_pixels(options)
    causes, ways_out = [], []
    if by_option and (by_option >= nearly_all or info.declared < nearly_all):
        causes.append("mask=")
        ways_out.append("Is True (or mask_valid=) what marks valid pixels?")
    if info.declared and (info.declared >= nearly_all or by_option < nearly_all):
        causes.append("the mask of the file (pixel_mask)")
        ways_out.append('In a pixel_mask 0 marks good pixels; declared_invalid="ignore" goes without it.')
    if info.masked < nearly_all:
        # NaN, a fill value, or a mask of this image alone: nothing that all images have.
        causes = ["what is NaN, infinite or declared invalid"]
        ways_out = [f'declared_invalid="ignore" takes declared pixels as they are{_another(pairs)}.']
    text = (
        f"{_reference(pairs)} has no contrast in what {' and '.join(causes)} leaves, {left} of {pixels} pixels: "
        f"it says nothing. {' '.join(ways_out)}"
    )
    return StackMessage(text, True)


def _another(pairs: Pairs) -> str:
    if pairs.consecutive:
        return ""
    return "; choose another one by `reference_image=` (a live scorer has to begin with it)"


def _moved_too_far(indices: NDArray[np.intp], which: NDArray[np.bool_], pairs: Pairs) -> list[StackMessage]:
    """Shifts that aligners find elsewhere: a peak stands for several of them."""
    if not which.any():
        return []
    names = abbreviate(indices[which])
    count = f"{int(which.sum())} of {len(indices)} compared"
    if pairs.consecutive:
        since, advice = "the image before", "the images are too far apart"
    else:
        since, advice = (
            "the reference image",
            'compare each image with the one before it (pairing="previous")',
        )
    text = (
        f"{names} ({count}) moved by more than half of the image since {since}: "
        f"aligners shift such images the other way; {advice}."
    )
    return [StackMessage(text[0].upper() + text[1:], True)]


def _some(
    indices: NDArray[np.intp], which: NDArray[np.bool_], what: str, as_warning: bool
) -> list[StackMessage]:
    if not which.any():
        return []
    text = f"{abbreviate(indices[which])} ({int(which.sum())} of {len(indices)} compared) with {what}."
    return [StackMessage(text[0].upper() + text[1:], as_warning)]


def _reference(pairs: Pairs) -> str:
    return "Image 0" if pairs.consecutive else f"The reference image {pairs.reference}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
