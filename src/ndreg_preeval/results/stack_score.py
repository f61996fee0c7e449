# SPDX-License-Identifier: MIT
"""The score of one stack, made of the records of its images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from .. import core
from ..errors import MAX_MESSAGE, clip, shorten, without_label
from ..methods import Method
from ..options import Options
from ..pipeline import Failed, FilesRead, RangeScore, Scored, StackInfo
from ..text import text_of
from .columns import MADE_LATER, MadeLater, MadeOnce, Origin
from .equality import same_attributes
from .quiet import is_quiet
from .summary import Summary

NOTEBOOK_VIEWS: Final[list[Callable[[StackScore], str]]] = []
"""Views of a score for notebooks, as HTML: `report` puts its own here, as results know nothing of reports."""


@dataclass(frozen=True, eq=False)
class StackScore:
    """The score of a stack and the numbers of its m compared images.

    Attributes
    ----------
    name : object
        The caller's own key.
    score : float
        Larger is better; always finite, 0 where no image has evidence. With the methods "evidence" and
        "plain" about the trust, but one image that is worse than the others counts less, so that it may be
        larger; where it would be below 0.05, differences are chance, and ``0.05 * h / (h + 30)``, with h the
        harmonic mean of `peak_to_mean`, tells stacks apart.
        Images without evidence lower it by their share: it is that of the others times ``n_judged / m``.
    n_images : int
        All images of the stack.
    shape : (int, int)
        Height and width of an image.
    dtype, location : str
        Type of the pixels, and the place that they come from (empty for memory).
    method : Method
        How it was judged.
    precision : {"single", "double", "mixed"}
        Precision of the transforms; `in_double` tells it for each image where they differ.
    rankable : bool
        False with fewer than two images.
    reference_image : int
        The image all others are compared with, unless each is compared with the one before it.
    trust : float
        Probability, roughly, that every image that has evidence aligns within a pixel; 0 where none
        has, NaN for methods without a second opinion. `n_judged` says how many have.
    trust_masked : float
        What `trust` would be if static outliers were masked; equal to it where there are none.
    reasons : tuple of str
        Why images will probably not align, the most frequent reason first; empty without a second
        opinion, or when every image is trusted.
    warnings : tuple of str
        What a person should know, in full sentences.
    image_indices, reference_indices : (m,) int array
        Which image was compared with which.
    shifts : (m, 2) float array
        dy, dx in pixels: what registers the image onto its reference (the sign of
        scikit-image), with sub-pixel precision; the true one also where the scene moved by more than
        half of the image (``WRAPPED``), which aligners get wrong.
    peak_shifts : (m, 2) int array
        dy, dx of the highest pixel of the correlogram: of the places that it may stand for the true one.
    peak, mean, rms : (m,) float array
        Highest value, mean, and root mean square of the correlogram.
    peak_to_mean : (m,) float array
        peak / mean; 0 without evidence (where `mean` is 0).
    second_peak, zero_peak : (m,) float array
        Highest value outside 5 x 5 pixels around the peak, and the value at zero shift.
    opinion, opinion_rms : (m,) float array
        Second, low-passed correlogram: its highest value in 3 x 3 pixels at the peak, and its
        root mean square. NaN, as the following, for methods without a second opinion.
    opinion_second, opinion_moved, opinion_zero : (m,) float array
        Its highest value outside 5 x 5 pixels around the peak, the same outside those around
        zero shift, too, and the highest in 3 x 3 pixels at zero shift.
    confirmation, probability : (m,) float array
        ``opinion / opinion_second``, and about the probability that the image aligns within a
        pixel.
    probability_masked : (m,) float array
        What `probability` would be if `static_pixels` were masked (see the option `mask`); equal to it
        where there are none.
    p_value : (m,) float array
        Chance of such a peak between unrelated images of white noise.
    invalid_pixels : (m,) int64 array
        Pixels that were replaced.
    static_pixels : (m,) int64 array
        Static outliers (gaps, dead and hot pixels, the same in an image and its reference) that were
        left out. Aligners follow them unless they are masked; `probability` says whether they do.
        0 for methods without a second opinion.
    flags : (m,) uint32 array
        Bits ``NO_CONTRAST``, ``ALL_INVALID``, ``FEW_LEVELS``, ``IDENTICAL``, ``HOT_PIXEL``, ``WRAPPED``,
        ``REPEATED_PIXELS``, ``IN_DOUBLE``, ``SPLIT_PEAK`` of the core. Repeated pixels are looked for in images whose probability
        is below 0.9, before they are judged as the maps that were enlarged: bits 16 to 23 are the height, 24 to 31 the width of the blocks in which they come.
    jumps : (m,) bool array
        Whether the scene jumped since the image before: 3 pixels or more, and 5 times the median
        step. A wrong peak jumps there and back.
    values : (m,) float array
        What the method takes from each image.
    error : str or None
        Why the stack could not be read, with ``on_error="rank_last"``: it has no numbers then.
    reference_flags : int
        The same bits of the reference image; of image 0 where each is compared with the one before it.
    image_axis : int
        The axis that counts the images, of the three that are stored (after a slice).

    Notes
    -----
    Scores are equal where all of this is; NaN is equal to NaN, and names are compared as text.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import score_stack
    >>> scene = np.random.default_rng(1).normal(size=(64, 64))
    >>> score = score_stack([np.roll(scene, (i, -i), axis=(0, 1)) for i in range(4)])
    >>> score.n_images, score.shape, score.dtype
    (4, (64, 64), 'float64')
    >>> score.shifts.round() + 0.0
    array([[-1.,  1.],
           [-2.,  2.],
           [-3.,  3.]])
    >>> score.image_indices[score.probability > 0.9]
    array([1, 2, 3])
    """

    __module__ = "ndreg_preeval"

    name: Any
    score: float
    n_images: int
    shape: tuple[int, int]
    dtype: str
    location: str
    method: Method
    precision: Literal["single", "double", "mixed"]
    rankable: bool
    reference_image: int
    trust: float
    trust_masked: float
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    image_indices: NDArray[np.intp]
    reference_indices: NDArray[np.intp]
    shifts: NDArray[np.float64]
    peak_shifts: NDArray[np.intp]
    peak: NDArray[np.float64]
    mean: NDArray[np.float64]
    rms: NDArray[np.float64]
    peak_to_mean: NDArray[np.float64]
    second_peak: NDArray[np.float64]
    zero_peak: NDArray[np.float64]
    opinion: NDArray[np.float64]
    opinion_rms: NDArray[np.float64]
    opinion_second: NDArray[np.float64]
    opinion_moved: NDArray[np.float64]
    opinion_zero: NDArray[np.float64]
    confirmation: NDArray[np.float64]
    probability: NDArray[np.float64]
    probability_masked: NDArray[np.float64]
    p_value: NDArray[np.float64]
    invalid_pixels: NDArray[np.int64]
    static_pixels: NDArray[np.int64]
    flags: NDArray[np.uint32]
    jumps: NDArray[np.bool_]
    values: NDArray[np.float64]
    error: str | None = None
    reference_flags: int = 0
    image_axis: int = 0

    @property
    def n_judged(self) -> int:
        """Number of compared images that have evidence, which `trust` is about.

        The others, or what they are compared with, have no contrast or no valid pixel.
        """
        return self._summary.n_judged

    @property
    def in_double(self) -> NDArray[np.bool_]:
        """Whether each compared image was computed in double precision, shape (m,)."""
        if self.precision == "double":
            return np.ones(len(self.flags), dtype=np.bool_)
        double: NDArray[np.bool_] = (self.flags & core.IN_DOUBLE) != 0
        return double

    @property
    def worst_image(self) -> int | None:
        """Index of the image with the smallest value; None when none was compared."""
        return int(self.image_indices[self.values.argmin()]) if len(self.values) else None

    @property
    def _files_read(self) -> FilesRead | None:
        """Files that held the pixels, of a score that was just made; None where there are none, or later."""
        found: FilesRead | None = vars(self).get("_files")
        return found

    @MadeOnce
    def _summary(self) -> Summary:
        return Summary.of_columns(self)

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StackScore):
            return NotImplemented
        return self is other or same_attributes(self, other, [each.name for each in fields(self)])

    def __hash__(self) -> int:
        return hash((text_of(self.name), self.n_images, self.shape, text_of(self.location)))

    def _repr_html_(self) -> str | None:
        return NOTEBOOK_VIEWS[0](self) if NOTEBOOK_VIEWS else None

    def __repr__(self) -> str:
        height, width = self.shape
        return (
            f"StackScore({shorten(self.name)}, score={self.score:.6g}, "
            f"{self.n_images} images of {height} x {width}, {len(self.warnings)} warnings)"
        )


for _name, _make in MADE_LATER.items():
    setattr(StackScore, _name, MadeLater(_name, _make))


def build_failed_score(name: Any, failed: Failed, location: str, options: Options) -> StackScore:
    """Make the score of a stack that could not be read: it has no numbers, but says why."""
    scored = Scored(StackInfo.of_failure(location), RangeScore())
    score, _ = build_stack_score(name, scored, options)
    message = _message(failed.error)
    return replace(
        score, error=message, warnings=(f"The stack could not be read: {without_label(message, name)}",)
    )


def _message(error: Exception) -> str:
    # str() of a KeyError is the repr of its message.
    text = error.args[0] if isinstance(error, KeyError) and error.args else str(error)
    notes = "; ".join(getattr(error, "__notes__", ()))
    return clip(str(text) + (f" ({notes})" if notes else ""), MAX_MESSAGE)


def build_stack_score(name: Any, scored: Scored, options: Options) -> tuple[StackScore, tuple[str, ...]]:
    """Make the score of a stack of the numbers of its images.

    Returns
    -------
    StackScore, tuple of str
        The score, and those of its warnings that are worth a Python warning.
    """
    info, numbers = scored
    of_stack = (numbers.records, numbers.reference_record, options.method)
    score, trust, trust_masked, values = core.stack_score(*of_stack)
    summary = Summary.of(numbers.records)
    origin = Origin(info, numbers, options, trust, trust_masked, values)
    n, height, width = info.shape
    result = object.__new__(StackScore)
    vars(result).update(
        name=name,
        score=score,
        n_images=n,
        shape=(height, width),
        dtype=info.dtype,
        location=info.location,
        method=options.method,
        precision=_precision(info, summary),
        rankable=n >= 2,
        reference_image=info.reference_image,
        trust=trust,
        trust_masked=trust_masked,
        reference_flags=int(numbers.reference_flags),
        image_axis=info.image_axis,
        _origin=origin,
        _summary=summary,
        _files=info.files,
    )
    if is_quiet(info, numbers, options, summary):
        return result, ()
    return result, tuple(message.text for message in origin.messages if message.as_warning)


def _precision(info: StackInfo, summary: Summary) -> Literal["single", "double", "mixed"]:
    if info.precision != "auto":
        return info.precision
    if not summary.any_flags & core.IN_DOUBLE:
        return "single"
    return "double" if summary.all_flags & core.IN_DOUBLE else "mixed"


def worst_position(stack: StackScore) -> int | None:
    """Index of the worst image in the per-image arrays; None when no image was compared."""
    worst = stack.worst_image
    if worst is None:
        return None
    found = np.flatnonzero(np.asarray(stack.image_indices) == worst)
    return int(found[0]) if len(found) else None
