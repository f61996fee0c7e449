# SPDX-License-Identifier: MIT
"""Hold one record of the compiled core against the oracle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ndreg_preeval import Method, _core, core
from tests.support import oracle
from tests.support.rounding import correlogram_error, plain_error

NUMBERS = (
    "peak",
    "mean",
    "rms",
    "second_peak",
    "zero_peak",
    "shift_y",
    "shift_x",
    "opinion",
    "opinion_rms",
    "opinion_second",
    "opinion_moved",
    "opinion_zero",
    "confirmation",
    "probability",
    "p_value",
    "probability_masked",
)
COUNTS = ("invalid_pixels", "static_pixels", "peak_dy", "peak_dx", "flags")
"""Those that the oracle has, too: beside these there is beyond_max_shift."""


def aggregate(values: oracle.Floats, how: Any) -> float:
    """What the core makes of probabilities of images: the score of their stack."""
    method = Method("confirmation", how)
    records = np.zeros(len(values), _core.PAIR_SCORE)
    records["mean"] = 1
    records["probability"] = values
    score = _core.stack_score(records, None, method)[0]
    # An aggregate of 0 comes out as what tells stacks with evidence apart.
    records["probability"] = 0
    return 0.0 if score == _core.stack_score(records, None, method)[0] else score


def bits(records: Any) -> bytes:
    """Every bit of every field, record after record; not those between the fields.

    numpy leaves the latter to chance when it copies records.
    """
    return b"".join(
        record[name].tobytes() for record in np.atleast_1d(records) for name in record.dtype.names
    )


def tolerances(
    reference: Any,
    image: Any,
    eps: float = oracle.EPS,
    *,
    worst: bool = False,
    reference_mask: Any = None,
    mask: Any = None,
    **options: Any,
) -> tuple[float, float]:
    """What rounding may do to any pixel of the correlogram, and of the second opinion."""
    first, other = oracle.prepare(reference, reference_mask), oracle.prepare(image, mask)
    window, cutoff = options.get("window"), options.get("cutoff")
    if options.get("normalization", "phase") is None:
        own = plain_error(first, other, window, cutoff, eps, worst=worst)
    else:
        own = correlogram_error(
            first,
            other,
            window,
            cutoff,
            eps,
            keep_mean=options.get("keep_mean", False),
            worst=worst,
        )
    if not options.get("confirm", True):
        return own, 0.0
    second = correlogram_error(
        first,
        other,
        options.get("confirm_window"),
        options.get("confirm_cutoff", 0.25),
        eps,
        window_from=options.get("confirm_window_from", 8),
        worst=worst,
    )
    return own, second


def assert_agrees(
    record: Any,
    reference: Any,
    image: Any,
    *,
    tolerance: tuple[float, float] | None = None,
    eps: float = oracle.EPS,
    **options: Any,
) -> oracle.Pair:
    """`record` (one PAIR_SCORE) holds the oracle's numbers; returns those.

    `tolerance` is absolute, in units of r: of the correlogram and of the second opinion. What is
    derived from them gets the tolerance that follows. Among equal maxima any may be the peak.
    """
    given = {name: record[name].item() for name in (*NUMBERS, *COUNTS)}
    assert all(math.isfinite(given[name]) for name in NUMBERS), given
    expected = oracle.pair_score(reference, image, **options)
    own, second = tolerance or tolerances(reference, image, eps, **options)

    place = given["peak_dy"], given["peak_dx"]
    if place != (expected.peak_dy, expected.peak_dx):
        h, w = expected.r.shape
        assert abs(place[0]) <= h / 2, place
        assert abs(place[1]) <= w / 2, place
        limit = options.get("max_shift")
        assert limit is None or max(map(abs, place)) <= limit, place
        equal = expected.r[place[0] % h, place[1] % w]
        assert equal >= expected.peak - 2 * own, f"peak at {place}: {equal}, oracle: {expected}"
        expected = oracle.pair_score(reference, image, at=place, **options)
        assert (expected.peak_dy, expected.peak_dx) == place, "n/2 counts as positive"

    assert given["invalid_pixels"] == expected.invalid_pixels, f"{given} {expected}"
    # tests/core/test_beyond_limit.py looks at that flag.
    either = core.BEYOND_LIMIT | (oracle.SPLIT_PEAK if abs(expected.split_by) <= 4 * own else 0)
    assert (given["flags"] ^ expected.flags) & ~either == 0, f"flags: {given} {expected}"
    for name in ("peak", "mean", "rms", "second_peak", "zero_peak"):
        wanted = getattr(expected, name)
        assert abs(given[name] - wanted) <= own, f"{name}: {given[name]} {wanted} +- {own}"

    for axis, name in enumerate(("shift_y", "shift_x")):
        _assert_shift(given[name], expected, axis, own)

    for name in ("opinion_rms", "opinion_second", "opinion_moved", "opinion_zero"):
        wanted = getattr(expected, name)
        assert abs(given[name] - wanted) <= second, f"{name}: {given[name]} {wanted} +- {second}"
    wanted = expected.opinion_peak
    assert abs(given["opinion"] - wanted) <= second, f"opinion: {given['opinion']} {wanted} +- {second}"
    if expected.opinion_second > 10 * second:
        room = 1.2 * second * (1 + expected.confirmation) / expected.opinion_second
        wanted = expected.confirmation
        assert abs(given["confirmation"] - wanted) <= room, f"q: {given} {expected} +- {room}"
    assert given["confirmation"] >= 0
    _assert_probability(given, options, expected.r.size)

    if expected.rms > 10 * own:
        h, w = expected.r.shape
        places = int(oracle.allowed(h, w, options.get("max_shift")).sum())
        low = oracle.chance(expected.peak + own, expected.rms - own, places)
        high = oracle.chance(expected.peak - own, expected.rms + own, places)
        assert low * (1 - 1e-9) <= given["p_value"] <= high * (1 + 1e-9), f"{given} {low} {high}"
    elif expected.rms == 0:
        assert given["p_value"] == 1
    assert 0 <= given["p_value"] <= 1
    return expected


def _assert_probability(given: dict[str, Any], options: dict[str, Any], pixels: int) -> None:
    """It follows from the other numbers of the record."""
    fields = {name: given[name] for name in ("peak", "rms", "second_peak", "peak_dy", "peak_dx", "flags")}
    fields |= {name: given[name] for name in given if name.startswith("opinion_")}
    plain = pixels if options.get("normalization", "phase") is None else 0
    wanted = oracle.evidence(oracle.Pair(opinion_peak=given["opinion"], **fields), plain)
    if options.get("judgement", "evidence") == "ratio":
        wanted = oracle.confidence(given["confirmation"])
    if given["flags"] & oracle.SPLIT_PEAK:
        wanted *= 0.3
    if given["peak"] <= 0:
        wanted = 0.0
    if given["flags"] & core.BEYOND_LIMIT:
        assert given["probability"] <= wanted * (1 + 1e-12), f"{given} {wanted}"
        return
    assert math.isclose(given["probability"], wanted, rel_tol=1e-12), f"{given} {wanted}"


def _assert_shift(given: float, expected: oracle.Pair, axis: int, own: float) -> None:
    """The sub-pixel shift: a quotient that is as good as the bend of the peak is large."""
    whole = (expected.peak_dy, expected.peak_dx)[axis]
    wanted = (expected.shift_y, expected.shift_x)[axis]
    if expected.r.shape[axis] < 3 or expected.peak <= 10 * own:
        assert abs(given - whole) <= 0.5, f"{given} at {whole}"
        return
    line = np.take(expected.signed, (expected.peak_dx, expected.peak_dy)[axis], axis=1 - axis)
    bend = abs(2 * line[whole] - line[whole - 1] - line[(whole + 1) % len(line)])
    room = 8 * own / bend if bend > 0 else 1.0
    assert abs(given - wanted) <= room, f"axis {axis}: {given} {wanted} +- {room}, {expected}"
