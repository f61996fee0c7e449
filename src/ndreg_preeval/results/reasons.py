# SPDX-License-Identifier: MIT
"""Reasons why images of a stack are not trusted, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..text import abbreviate

TRUSTED = 0.5
"""Probability of aligning from which an image is trusted."""

UNLIKELY = 0.01
"""p-value up to which a peak is not by chance; stands in where no probability is computed."""

AS_GOOD = 1.1
"""Ratio to the second peak from which the highest one stands out."""

ABOVE_CHANCE = 6
"""Multiple of its root mean square that a correlogram of unrelated images hardly reaches anywhere."""
MOVED_TOO_FAR = (
    'moved by more than half of the image; compare with the previous image (`pairing="previous"`)',
    "moved by more than half of the image since the previous image; they are too far apart",
)
"""Reason and advice with one reference image, and where each has the previous one already."""

SPLIT = "a peak split in two, 2 pixels apart, as of lines scanned to and fro,"
"""Reason where neighbouring lines lie aside of each other."""
AT_ZERO = (
    "a static pattern at zero shift, or a sample at rest (which aligns)",
    "a static pattern at zero shift, or a sample that hardly moves from image to image (which aligns)",
)
"""Reason with one reference image, and where each has the previous one."""
HIDDEN_BY_APERTURE = "an aperture or a frame that stays hides a moving sample; crop it away, or subtract the mean of many images"
HIDDEN_BY_BACKGROUND = "a background that stays hides a moving sample; subtract the mean of many images"
HIDDEN = "a pattern that stays hides a moving sample; subtract the mean of many images, or mask it"

BEYOND = "a peak beyond max_shift, which would be trusted,"
"""Reason where the aligner may not go where the scene is."""
NO_RIVAL = "no other place to judge the peak by (a tiny image, or a small max_shift)"
"""Reason where there is nothing that a peak could beat."""
CONTENT = "the very content of the reference image"

CERTAIN = 0.9
"""Probability of aligning from which nobody would ask for a reason."""

WITH_ADVICE = frozenset({*MOVED_TOO_FAR, HIDDEN_BY_APERTURE, HIDDEN_BY_BACKGROUND, HIDDEN})
"""Reasons that end with a way out; the images are named behind it."""

NAMED = 3
"""Largest number of images, or stacks, that are named; more are counted only."""


class _Kind(NamedTuple):
    """Images that fail for one reason."""

    text: str
    which: NDArray[np.bool_]


def reasons(
    records: NDArray[np.void],
    image_indices: NDArray[np.intp],
    invalid_share: float,
    consecutive: bool = False,
    trust: float = 1,
) -> tuple[str, ...]:
    """Tell why images of one stack will probably not align, the most frequent reason first.

    Parameters
    ----------
    records : (m,) record array
        `core.PAIR_SCORE` of the compared images, with a second opinion.
    image_indices : (m,) int array
        Their places in the stack.
    invalid_share : float
        Share of all pixels that were replaced.
    consecutive : bool
        Whether each image was compared with the one before it.
    trust : float
        In the stack.

    Returns
    -------
    tuple of str
        Without capital or full stop; empty when every image is trusted, and the stack.
    """
    doubted = records["probability"] < TRUSTED
    if not doubted.any():
        return () if trust >= TRUSTED else (_many_a_little(records, image_indices),)
    found = []
    for kind in _kinds(records, consecutive):
        which = kind.which & doubted
        doubted = doubted & ~which
        if which.any():
            found.append((int(which.sum()), _sentence(kind.text, image_indices[which], len(records))))
    found.sort(key=lambda each: -each[0])
    texts = [text for _, text in found]
    if invalid_share >= 0.01:
        texts.append(f"{100 * invalid_share:.0f} % invalid pixels")
    return tuple(texts)


def _kinds(records: NDArray[np.void], consecutive: bool) -> list[_Kind]:
    """Reasons in the order in which they are looked for; the last one holds for all that are left."""
    flags = records["flags"]
    at_zero = (records["peak_dy"] == 0) & (records["peak_dx"] == 0)
    # Of a sample at rest under noise, some place of the second opinion may be above that at zero by chance.
    elsewhere = records["opinion_moved"] > np.maximum(
        records["opinion_zero"], ABOVE_CHANCE * records["opinion_rms"]
    )
    followed = (flags & core.HOT_PIXEL != 0) & (records["probability"] < records["probability_masked"])
    hidden = flags & core.HIDES_MOTION != 0
    lost = records["p_value"] > UNLIKELY
    two = records["peak"] < AS_GOOD * records["second_peak"]
    return [
        _Kind("no signal", flags & (core.NO_CONTRAST | core.ALL_INVALID) != 0),
        _Kind("a blank image to be compared with", ~(records["mean"] > 0)),
        _Kind(MOVED_TOO_FAR[consecutive], flags & core.WRAPPED != 0),
        _Kind(BEYOND, flags & core.BEYOND_LIMIT != 0),
        _Kind("a hot pixel that aligners follow", followed & (records["static_pixels"] == 1)),
        _Kind("static pixels that aligners follow", followed),
        _Kind(HIDDEN_BY_APERTURE, hidden & (flags & core.STATIC_APERTURE != 0)),
        _Kind(HIDDEN_BY_BACKGROUND, hidden & (flags & core.STATIC_BACKGROUND != 0)),
        _Kind(HIDDEN, hidden),
        _Kind("a sample at rest (which aligns)", flags & core.AT_REST != 0),
        _Kind("a static pattern at zero shift, while the scene moves", at_zero & elsewhere),
        _Kind(CONTENT, flags & core.IDENTICAL != 0),
        _Kind(NO_RIVAL, ~(records["opinion_second"] > 0)),
        _Kind(AT_ZERO[consecutive], at_zero & ~lost),
        _Kind("no peak above the noise", lost),
        _Kind(SPLIT, flags & core.SPLIT_PEAK != 0),
        *_repeated(flags),
        _Kind("two places as good as each other", two),
        _Kind("a peak that a smoother look does not confirm", np.ones(len(records), np.bool_)),
    ]


def _many_a_little(records: NDArray[np.void], image_indices: NDArray[np.intp]) -> str:
    """Reason of a stack whose images are trusted, each for itself, and all of which have to align."""
    probability = records["probability"]
    lowest = int(probability.argmin())
    weak = probability < CERTAIN
    if not weak.any():
        return f"very many images ({len(records)}), of which one that fails is enough"
    at_zero = weak & (records["peak_dy"] == 0) & (records["peak_dx"] == 0)
    which = at_zero if 2 * at_zero.sum() > weak.sum() else weak
    where = "images at zero shift, where less is certain," if which is at_zero else "images"
    number = f"{int(which.sum())} of {len(records)}"
    return (
        f"{number} {where} that align probably only (P of {probability[lowest]:.2f} and more), "
        f"and one that fails is enough: the lowest is image {image_indices[lowest]}"
    )


def why_at_zero(flags: int) -> str:
    """Say why peaks of images lie at zero shift, as far as their stack tells."""
    if flags & core.AT_REST:
        return "the sample rests, without what stays nothing but noise is left"
    if not flags & core.HIDES_MOTION:
        return "nothing moved, or a static pattern was found"
    if flags & core.STATIC_APERTURE:
        return HIDDEN_BY_APERTURE
    return HIDDEN_BY_BACKGROUND if flags & core.STATIC_BACKGROUND else HIDDEN


def _repeated(flags: NDArray[np.uint32]) -> list[_Kind]:
    """Images enlarged by their nearest pixels, by how much."""
    return [
        _Kind(f"pixels are repeated {height} x {width}", which) for height, width, which in repeated(flags)
    ]


def repeated(flags: NDArray[np.uint32]) -> list[tuple[int, int, NDArray[np.bool_]]]:
    """Height and width of the blocks of equal pixels that images are made of, and which images those are."""
    marked = flags & core.REPEATED_PIXELS != 0
    if not marked.any():
        return []
    blocks = np.where(marked, flags >> 16, 0)
    return [
        (int(block) & 0xFF, int(block) >> 8, np.asarray(blocks == block))
        for block in np.unique(blocks[blocks > 0])
    ]


def _sentence(text: str, images: NDArray[np.intp], of: int) -> str:
    which = abbreviate(images) if len(images) <= NAMED else f"{len(images)} of {of} images"
    return f"{text}: {which}" if text in WITH_ADVICE else f"{text} in {which}"
