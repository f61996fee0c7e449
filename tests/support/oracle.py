# SPDX-License-Identifier: MIT
"""The numbers of the package once more: slow, obvious, in float64 numpy.

Written from the formulas, not from the compiled core, and used to judge it. Every step is the
literal one: no plans, no half tricks beyond `rfft2`, one image at a time.

    r = |irfft2(F0 conj(Fi) / |F0 Fi|)|          where the aligner will go: its highest pixel p
    L = |irfft2(B0 conj(Bi) / |B0 Bi| G)|        the second opinion: Hann window, Gaussian low pass G
    q = max(L in 3x3 around p) / max(L outside 5x5 around p)
    P = q^2 / (q^2 + 1.5^2)
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support import overlaps
from tests.support.oracle_images import (  # noqa: F401 - the whole oracle is to be had from here
    ALL_INVALID,
    EPS,
    EPS_SINGLE,
    FEW_LEVELS,
    IDENTICAL,
    NO_CONTRAST,
    Bools,
    Floats,
    Image,
    dominant,
    prepare,
    scaled,
    with_nan,
)
from tests.support.oracle_parts import aggregate, directions, hann, lowpass, parabola
from tests.support.plain_correlation import plain
from tests.support.probabilities import HOT_PIXEL, SPLIT_PEAK, chance, confidence, evidence, is_credible
from tests.support.static_outliers import Pixels, static_outliers, zero_stands_out


def spectrum(image: Image, window: str | None = None, window_from: int = 8) -> NDArray[np.complex128]:
    """Half spectrum without the mean; bins that are rounding noise are 0."""
    pixels = image.pixels - math.fsum(image.pixels.ravel()) / image.pixels.size
    if window == "hann":
        h, w = pixels.shape
        pixels = pixels * hann(h, window_from)[:, None] * hann(w, window_from)[None, :]
    out = np.fft.rfft2(pixels)
    out[np.abs(out) <= image.rounding] = 0
    if window is None:
        out[0, 0] = 0
    return out


# ---------------------------------------------------------------- one correlogram


def phases(
    reference: Image,
    image: Image,
    window: str | None = None,
    cutoff: float | None = None,
    keep_mean: bool = False,
    window_from: int = 8,
) -> NDArray[np.complex128]:
    """Weighted phase differences, the half spectrum of the correlogram."""
    shape = image.pixels.shape
    if not (reference.has_evidence and image.has_evidence):
        return np.zeros((shape[0], shape[1] // 2 + 1), complex)
    out = directions(spectrum(reference, window, window_from))
    out *= directions(spectrum(image, window, window_from)).conj()
    if keep_mean:
        out[0, 0] = 1
    return out * lowpass((shape[0], shape[1]), cutoff)


def signed_correlogram(reference: Image, image: Image, **options: Any) -> Floats:
    return np.fft.irfft2(phases(reference, image, **options), s=image.pixels.shape)


def wrapped(index: int, n: int) -> int:
    """Index of a periodic axis as a shift: -n/2 .. n/2, and n/2 itself stays positive."""
    return index - n if index > n // 2 else index


def near(h: int, w: int, place: tuple[int, int], radius: int) -> Bools:
    """The pixels at most `radius` rows and columns away, around the periodic edges."""
    rows = np.abs([wrapped((y - place[0]) % h, h) for y in range(h)]) <= radius
    cols = np.abs([wrapped((x - place[1]) % w, w) for x in range(w)]) <= radius
    return np.logical_and.outer(rows, cols)


def allowed(h: int, w: int, max_shift: float | None) -> Bools:
    """Where the aligner may look."""
    if max_shift is None:
        return np.ones((h, w), bool)
    rows = np.abs([wrapped(y, h) for y in range(h)]) <= max_shift
    cols = np.abs([wrapped(x, w) for x in range(w)]) <= max_shift
    return np.logical_and.outer(rows, cols)


def highest(values: Floats, where: Bools) -> float:
    return float(values[where].max()) if where.any() else 0.0


def subpixel(signed: Floats, place: tuple[int, int], axis: int) -> float:
    """Where between the pixels of one axis the peak is, relative to its pixel."""
    n = signed.shape[axis]
    if n < 3:
        return 0.0
    line = np.take(signed, place[1 - axis], axis=1 - axis)
    k = place[axis]
    if line[k] < 0:
        line = -line
    return parabola(float(line[(k - 1) % n]), float(line[k]), float(line[(k + 1) % n]))


def split_by(signed: Floats, place: tuple[int, int], search: Bools) -> float:
    """By how much there is a second peak two pixels beside the one at a place, along an axis: above 0."""
    rms = math.sqrt(float((signed**2).mean()))
    row, col = place
    values = -signed if signed[row, col] < 0 else signed
    h, w = values.shape
    most = -float(values[row, col])
    steps = [(1, 0), (-1, 0)] if h >= 5 else []
    for dy, dx in [*steps, *([(0, 1), (0, -1)] if w >= 5 else [])]:
        aside = ((row + 2 * dy) % h, (col + 2 * dx) % w)
        if aside == (0, 0) or not search[aside]:
            continue
        second = float(values[aside])
        between = max(0.0, float(values[(row + dy) % h, (col + dx) % w]))
        high = second - 0.7 * float(values[row, col])
        most = max(most, min(high, 0.75 * second - between, second - between - 3 * rms))
    return most


# ---------------------------------------------------------------- one pair


@dataclasses.dataclass(frozen=True)
class Pair:
    """The fields of the core's PAIR_SCORE, and the correlograms they come from."""

    peak: float = 0.0
    mean: float = 0.0
    rms: float = 0.0
    second_peak: float = 0.0
    zero_peak: float = 0.0
    opinion_peak: float = 0.0
    opinion_rms: float = 0.0
    opinion_second: float = 0.0
    opinion_moved: float = 0.0
    opinion_zero: float = 0.0
    shift_y: float = 0.0
    shift_x: float = 0.0
    confirmation: float = 0.0
    probability: float = 0.0
    p_value: float = 1.0
    probability_masked: float = 0.0
    invalid_pixels: int = 0
    static_pixels: int = 0
    peak_dy: int = 0
    peak_dx: int = 0
    flags: int = 0
    split_by: float = -1.0
    r: Floats = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    signed: Floats = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    opinion: Floats = dataclasses.field(default_factory=lambda: np.zeros((0, 0)), repr=False)


def pair_score(
    reference: Any,
    image: Any,
    *,
    reference_mask: Any = None,
    mask: Any = None,
    window: str | None = None,
    cutoff: float | None = None,
    confirm: bool = True,
    confirm_window: str | None = None,
    confirm_cutoff: float | None = 0.25,
    confirm_window_from: int = 8,
    judgement: str = "evidence",
    max_shift: float | None = None,
    normalization: str | None = "phase",
    keep_mean: bool = False,
    ignore_hot_pixel: bool = False,
    at: tuple[int, int] | None = None,
    farther: bool = True,
) -> Pair:
    """All numbers of one image and the reference image; the flags are the image's.

    `at` = (dy, dx) names the peak instead of the highest pixel, to judge a choice among equals.
    `farther`: the other places that the peak may stand for are looked at, too.
    """
    if ignore_hot_pixel:
        return _without_outliers(
            reference,
            image,
            reference_mask,
            mask,
            plain=normalization is None,
            at=at,
            window=window,
            cutoff=cutoff,
            confirm=confirm,
            confirm_window=confirm_window,
            confirm_cutoff=confirm_cutoff,
            confirm_window_from=confirm_window_from,
            judgement=judgement,
            max_shift=max_shift,
            normalization=normalization,
            keep_mean=keep_mean,
        )
    first, other = prepare(reference, reference_mask), prepare(image, mask)
    h, w = other.pixels.shape
    flags, invalid = other.flags, other.invalid
    if not (first.has_evidence and other.has_evidence):
        nothing = np.zeros((h, w))
        return Pair(invalid_pixels=invalid, flags=flags, r=nothing, signed=nothing, opinion=nothing)

    search = allowed(h, w, max_shift)
    if normalization is None:
        found_plain = plain(
            first.pixels,
            other.pixels,
            (spectrum(first, window), spectrum(other, window)),
            lowpass((h, w), cutoff),
            keep_mean=keep_mean,
            search=search,
        )
        signed, r, strength = found_plain.signed, found_plain.r, np.abs(found_plain.x)
    else:
        signed = np.fft.irfft2(phases(first, other, window, cutoff, keep_mean), s=(h, w))
        r = strength = np.abs(signed)
    if at is None:
        row, col = divmod(int(np.where(search, r, -9.0).argmax()), w)  # the first of equals
    else:
        row, col = at[0] % h, at[1] % w
    peak = float(r[row, col])
    rms = math.sqrt(float((strength**2).mean()))
    dy, dx = wrapped(row, h), wrapped(col, w)
    away = search & ~near(h, w, (row, col), 2)

    if (dy, dx) == (0, 0) and peak > 0:
        if normalization is None:
            filtered = cutoff is not None or (window is not None and max(h, w) >= 8)
            same = not filtered and strength[0, 0] >= 1 - 1e-5
        else:  # all phases are equal: the peak is as high as that of the reference with itself
            own = np.fft.irfft2(phases(first, first, window, cutoff, keep_mean), s=(h, w))[0, 0]
            same = peak >= 0.999 * float(own)
        flags |= IDENTICAL if same else 0

    opinion = np.zeros((h, w))
    if confirm:
        options = {"window": confirm_window, "cutoff": confirm_cutoff, "window_from": confirm_window_from}
        opinion = np.abs(signed_correlogram(first, other, **options))
    here = highest(opinion, near(h, w, (row, col), 1))
    elsewhere = highest(opinion, away)
    found = Pair(
        opinion_peak=here,
        opinion_rms=math.sqrt(float((opinion**2).mean())),
        opinion_second=elsewhere,
        opinion_moved=highest(opinion, away & ~near(h, w, (0, 0), 2)),
        opinion_zero=highest(opinion, near(h, w, (0, 0), 1)),
        peak=peak,
        mean=float(strength.mean()),
        rms=rms,
        second_peak=highest(r, away),
        zero_peak=float(r[0, 0]),
        shift_y=dy + subpixel(signed, (row, col), 0),
        shift_x=dx + subpixel(signed, (row, col), 1),
        confirmation=here / elsewhere if elsewhere > 0 else 0.0,
        p_value=chance(peak, rms, int(search.sum())),
        invalid_pixels=invalid,
        peak_dy=dy,
        peak_dx=dx,
        flags=flags,
        r=r,
        signed=signed,
        opinion=opinion,
    )
    if confirm and normalization is not None:
        by = split_by(signed, (row, col), search)
        found = dataclasses.replace(found, flags=flags | (SPLIT_PEAK if by > 0 else 0), split_by=by)
    probability = 0.0
    if confirm and peak > 0:
        if judgement == "evidence":
            probability = evidence(found, h * w if normalization is None else 0)
        else:
            probability = confidence(found.confirmation)
    probability *= 0.3 if found.flags & SPLIT_PEAK else 1.0
    found = dataclasses.replace(found, probability=probability, probability_masked=probability)
    if not farther or not is_credible(found):
        return found
    # contrast turned over: the coefficient of correlation is negative there
    x = found_plain.x if normalization is None else signed
    pixels = with_nan(reference, reference_mask), with_nan(image, mask)
    return overlaps.with_true_shift(found, *pixels, -1.0 if x[row, col] < 0 else 1.0, max_shift)


def _without_outliers(
    reference: Any,
    image: Any,
    reference_mask: Any,
    mask: Any,
    *,
    plain: bool,
    at: tuple[int, int] | None,
    **options: Any,
) -> Pair:
    """The numbers of what static outliers leave; the probability is that of who has them in."""
    masks = {"reference_mask": reference_mask, "mask": mask}
    found = pair_score(reference, image, **masks, farther=False, **options)
    as_asked = pair_score(reference, image, **masks, at=at, **options)
    if found.flags & (NO_CONTRAST | ALL_INVALID) or not prepare(reference, reference_mask).has_evidence:
        return as_asked
    first, other = Pixels(reference, reference_mask), Pixels(image, mask)
    outliers = np.zeros(first.valid.shape, bool)
    hot = dominant(reference, reference_mask)
    hot = hot if hot == dominant(image, mask) else None
    if hot is not None or zero_stands_out(found, plain=plain):
        outliers = static_outliers(first, other, variances(reference, reference_mask, image, mask))
    if hot is not None:
        outliers[hot] = True
    if not outliers.any():
        return as_asked
    rest_masks = [
        ~outliers if given is None else np.asarray(given, bool) & ~outliers
        for given in (reference_mask, mask)
    ]
    if not all(prepare(*each).has_evidence for each in zip((reference, image), rest_masks, strict=True)):
        return as_asked
    masks = {"reference_mask": rest_masks[0], "mask": rest_masks[1]}
    rest = pair_score(reference, image, **masks, at=at, farther=False, **options)
    h, w = outliers.shape
    follows = all(
        min(abs(a - b), n - abs(a - b)) <= 1
        for a, b, n in ((rest.peak_dy, found.peak_dy, h), (rest.peak_dx, found.peak_dx, w))
    )
    rest = pair_score(reference, image, **masks, at=at, **options)
    return dataclasses.replace(
        rest,
        probability=rest.probability * (1 if follows and found.peak > 0 else 0.02),
        flags=rest.flags | HOT_PIXEL,
        invalid_pixels=found.invalid_pixels,
        static_pixels=int(outliers.sum()),
    )


def variances(reference: Any, reference_mask: Any, image: Any, mask: Any) -> list[Floats]:
    """Which part of the variance of either image each of its pixels holds."""
    shares = []
    for ready in (prepare(reference, reference_mask), prepare(image, mask)):
        squares = (ready.pixels - math.fsum(ready.pixels.ravel()) / ready.pixels.size) ** 2
        shares.append(squares / squares.sum())
    return shares


# ---------------------------------------------------------------- one stack, some stacks


METHODS: dict[str, dict[str, Any]] = {
    "evidence": {
        "statistic": "evidence",
        "how": "every_image",
        "options": {"ignore_hot_pixel": True},
    },
    "plain": {
        "statistic": "evidence",
        "how": "every_image",
        "options": {"ignore_hot_pixel": True, "normalization": None},
    },
    "robust": {
        "statistic": "confirmation",
        "how": "harmonic_mean",
        "options": {"confirm_window": "hann", "confirm_cutoff": 0.15, "judgement": "ratio"},
    },
    "peak_to_mean": {"statistic": "peak_to_mean", "how": "mean"},
    "ewoksndreg": {"statistic": "peak_minus_mean", "how": "mean", "include_reference": True},
}


def stack_values(
    stack: Sequence[Any] | NDArray[Any],
    statistic: str,
    *,
    reference_image: int = 0,
    pairing: str = "reference",
    include_reference: bool = False,
    masks: Any = None,
    **options: Any,
) -> list[float]:
    """The statistic of each compared image."""
    n = len(stack)
    reference_image %= n
    out = []
    for i in range(n):
        base = reference_image if pairing == "reference" else i - 1
        if pairing == "reference" and i == base and not include_reference:
            continue
        if pairing == "previous" and i == 0:
            continue
        pair = pair_score(
            stack[base],
            stack[i],
            reference_mask=None if masks is None else masks[base],
            mask=None if masks is None else masks[i],
            confirm=statistic in ("evidence", "confirmation"),
            keep_mean=statistic == "peak_minus_mean" or options.get("normalization", "phase") is None,
            **options,
        )
        if statistic in ("evidence", "confirmation"):
            out.append(pair.probability)
        elif statistic == "peak_to_mean":
            out.append(pair.peak / pair.mean if pair.mean > 0 else 0.0)
        elif statistic == "peak_minus_mean":
            out.append(pair.peak - pair.mean)
        elif statistic == "mean":
            out.append(pair.mean)
        else:
            raise ValueError(statistic)
    return out


def stack_score(stack: Sequence[Any] | NDArray[Any], method: str = "evidence", **options: Any) -> float:
    """Score of a stack by one of the named methods; larger is better.

    Means are literal. Else images without evidence (a correlogram of zeros) are left out, and the score
    of the others is multiplied by their share.
    """
    chosen = METHODS[method]
    include = chosen.get("include_reference", False)
    options = {**chosen.get("options", {}), **options}
    values = stack_values(stack, chosen["statistic"], include_reference=include, **options)
    if chosen["how"] == "mean":
        return aggregate(values, "mean")
    means = stack_values(stack, "mean", **options)
    left = [i for i, mean in enumerate(means) if mean > 0]
    if not left:
        return 0.0
    share = len(left) / len(means)
    score = aggregate([values[i] for i in left], chosen["how"])
    ratios = stack_values(stack, "peak_to_mean", **options)
    inverse = [1 / ratios[i] if ratios[i] > 0 else 1.0 for i in left]
    h = len(left) / math.fsum(inverse)
    if chosen["how"] == "every_image" and score < 0.05:
        return share * 0.05 * h / (h + 30)
    if score == 0:
        return share * 5e-12 * h / (h + 30)
    return share * score


def rank(stacks: Mapping[Any, Any], method: str = "evidence", **options: Any) -> list[Any]:
    """Keys of the stacks, best first; equals keep the order of the mapping."""
    scores = {name: stack_score(stack, method, **options) for name, stack in stacks.items()}
    return sorted(scores, key=lambda name: -scores[name])
