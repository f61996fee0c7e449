# SPDX-License-Identifier: MIT
"""What must hold for all images: Hypothesis looks for one where it does not.

`NDREG_PREEVAL_EXAMPLES=20000 pytest tests/core/test_properties.py` searches longer, and elsewhere each
time; otherwise the examples are the same in each run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from ndreg_preeval import _core, core
from tests.support import oracle
from tests.support.agreement import COUNTS, NUMBERS, aggregate, assert_agrees, bits, tolerances
from tests.support.examples import examples
from tests.support.oracle import EPS, EPS_SINGLE, Floats


def white(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 24)
SHAPES = st.tuples(st.integers(4, 40), st.integers(4, 40))
PRECISIONS = st.sampled_from(["double", "single"])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "window": st.sampled_from([None, "hann"]),
        "cutoff": st.sampled_from([None, 0.05, 0.3]),
        "confirm_window": st.sampled_from([None, "hann"]),
        "confirm_cutoff": st.sampled_from([None, 0.05, 0.4]),
        "max_shift": st.sampled_from([None, 0, 1, 2.5, 6, 100]),
        "keep_mean": st.booleans(),
        "normalization": st.sampled_from(["phase", None]),
    },
)
RAW = st.fixed_dictionaries({}, optional={"keep_mean": st.booleans()})

WHOLE = hnp.arrays(np.int64, st.tuples(st.just(2), SIZES, SIZES), elements=st.integers(-5, 5))
REAL = hnp.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(-1e6, 1e6, width=32),
)
WITH_INVALID = hnp.arrays(
    np.float32,
    st.tuples(st.just(2), st.integers(1, 9), st.integers(1, 9)),
    elements=st.one_of(st.integers(0, 100).map(float), st.sampled_from([np.nan, np.inf, -np.inf])),
)
ANY_DTYPE = st.sampled_from(["?", "i1", ">i2", "<u4", "i8", "u8", ">f2", "f4", "g"]).flatmap(
    lambda kind: hnp.arrays(np.dtype(kind), st.tuples(st.just(2), SIZES, SIZES))
)


# ---------------------------------------------------------------- agreement with the oracle


def doubtful(image: oracle.Image, window: str | None) -> bool:
    """Some bin is so near the bound of rounding noise that either verdict on it is right."""
    pixels = image.pixels - image.pixels.mean()
    if window is not None:
        h, w = pixels.shape
        pixels = pixels * oracle.hann(h)[:, None] * oracle.hann(w)[None, :]
    size = np.abs(np.fft.rfft2(pixels))
    if window is None:
        size[0, 0] = 0
    return bool(((size > image.rounding / 16) & (size < 16 * image.rounding)).any())


def check(pair: NDArray[Any], options: dict[str, Any], mask: NDArray[np.bool_] | None = None) -> None:
    """The record is sound whatever the images, and the oracle's where the oracle is sure."""
    masks = (None, None) if mask is None else (mask[0], mask[1])
    scorer = _core.Scorer(pair[0], mask=masks[0], **options)
    record = scorer.score(pair[1:], mask=None if mask is None else mask[1:])[0]
    assert_sound(record, signed=options.get("normalization", "phase") is None)
    first, other = oracle.prepare(pair[0], masks[0]), oracle.prepare(pair[1], masks[1])
    assert record["invalid_pixels"] == other.invalid
    of_pair = oracle.IDENTICAL | oracle.SPLIT_PEAK | core.BEYOND_LIMIT
    assert int(record["flags"]) & ~of_pair == other.flags
    if not (first.has_evidence and other.has_evidence):
        assert_agrees(record, pair[0], pair[1], reference_mask=masks[0], mask=masks[1], **options)
        return
    windows = {options.get("window"), options.get("confirm_window", "hann")}
    if any(doubtful(image, window) for image in (first, other) for window in windows):
        return
    given = {"reference_mask": masks[0], "mask": masks[1], **options}
    room = tolerances(pair[0], pair[1], worst=True, **given)
    if room[0] < 1e-3 and room[1] < 1e-3:
        assert_agrees(record, pair[0], pair[1], tolerance=room, **given)


def assert_sound(record: Any, *, signed: bool = False) -> None:
    """What holds for the numbers of any two images; `signed`: r is not a size."""
    values = {name: float(record[name]) for name in NUMBERS}
    assert np.isfinite(list(values.values())).all(), values
    slack = 1 + 1e-5
    assert 0 <= values["mean"] <= values["rms"] * slack, values
    least = -slack if signed else 0
    assert least <= values["zero_peak"] <= slack
    assert least <= values["peak"] <= slack
    if values["peak"] >= 0:
        assert least <= values["second_peak"] <= values["peak"] * slack, values
    assert values["confirmation"] >= 0
    assert 0 <= values["probability"] < 1
    assert 0 <= values["p_value"] <= 1
    for whole, fine in (("peak_dy", "shift_y"), ("peak_dx", "shift_x")):
        assert abs(int(record[whole]) - values[fine]) <= 0.5, (whole, values)


@examples(150)
@given(WHOLE, OPTIONS)
def test_small_whole_numbers(pair: NDArray[np.int64], options: dict[str, Any]) -> None:
    """Few values: exact zeros in spectra, equal peaks, constant and identical images."""
    check(pair, options)


@examples(150)
@given(REAL, OPTIONS)
def test_real_numbers(pair: Floats, options: dict[str, Any]) -> None:
    check(pair, options)


@examples(100)
@given(WITH_INVALID, OPTIONS, st.data())
def test_invalid_pixels(pair: NDArray[np.float32], options: dict[str, Any], data: st.DataObject) -> None:
    mask = data.draw(st.none() | hnp.arrays(bool, pair.shape))
    check(pair, options, mask)


@examples(100)
@given(ANY_DTYPE)
def test_any_dtype_and_any_value(pair: NDArray[Any]) -> None:
    check(pair, {})


@examples(60)
@given(SEEDS, SHAPES, OPTIONS, PRECISIONS)
def test_white_images(seed: int, shape: tuple[int, int], options: dict[str, Any], precision: str) -> None:
    pair = white(seed, 2, *shape)
    record = _core.Scorer(pair[0], precision=precision, **options).score(pair[1:])[0]
    eps = EPS if precision == "double" else EPS_SINGLE
    room = tolerances(pair[0], pair[1], eps, worst=True, **options)
    assert_agrees(record, pair[0], pair[1], tolerance=room, **options)


# ---------------------------------------------------------------- properties of the numbers


@examples(80)
@given(SEEDS, SHAPES, PRECISIONS, st.data())
def test_circular_shift_is_found_exactly(
    seed: int, shape: tuple[int, int], precision: str, data: st.DataObject
) -> None:
    h, w = shape
    moved = data.draw(st.tuples(st.integers(0, h - 1), st.integers(0, w - 1)))
    scene = white(seed, h, w)
    image = np.roll(scene, moved, (0, 1))
    record = _core.Scorer(scene, precision=precision, confirm_window=None).score([image])[0]
    found = int(record["peak_dy"]), int(record["peak_dx"])
    assert found == (oracle.wrapped(-moved[0] % h, h), oracle.wrapped(-moved[1] % w, w))
    np.testing.assert_array_equal(np.roll(image, found, (0, 1)), scene)
    room = 1e-12 if precision == "double" else 1e-4
    assert abs(record["peak"] - (1 - 1 / scene.size)) <= room
    assert np.abs(record["shift_y"] - found[0]) <= 10 * room
    assert np.abs(record["shift_x"] - found[1]) <= 10 * room
    assert bool(record["flags"] & oracle.IDENTICAL) == (moved == (0, 0))
    if min(h, w) >= 16:
        # A copy in place may be a stuck camera, or a pattern of the detector.
        assert record["probability"] > (0.99 if moved != (0, 0) else 0.5)
        assert record["p_value"] < 1e-30


@examples(40)
@given(SEEDS, st.tuples(st.integers(40, 64), st.integers(40, 64)), st.integers(-4, 4), st.integers(-4, 4))
def test_small_shift_is_confirmed_through_the_window(
    seed: int, shape: tuple[int, int], dy: int, dx: int
) -> None:
    scene = white(seed, *shape)
    record = _core.Scorer(scene).score([np.roll(scene, (-dy, -dx), (0, 1))])[0]
    assert (record["peak_dy"], record["peak_dx"]) == (dy, dx)
    assert record["probability"] > 0.7


@examples(40)
@given(SEEDS, SHAPES, st.integers(-300, 300), st.booleans(), OPTIONS, PRECISIONS)
def test_gain_of_a_power_of_two_changes_no_bit(
    seed: int,
    shape: tuple[int, int],
    power: int,
    inverted: bool,
    options: dict[str, Any],
    precision: str,
) -> None:
    assume(not (inverted and options.get("keep_mean")))
    images = white(seed, 3, *shape) + 2
    scaled = np.ldexp(images[1:], power) * (-1 if inverted else 1)
    scorer = _core.Scorer(images[0], precision=precision, **options)
    plain, given_ = scorer.score(images[1:]), scorer.score(scaled)
    assert bits(given_) == bits(plain)
    other = _core.Scorer(np.ldexp(images[0], -power), precision=precision, **options)
    assert bits(other.score(images[1:])) == bits(plain)


@examples(60)
@given(
    SEEDS,
    SHAPES,
    st.floats(1e-3, 1e3),
    st.booleans(),
    st.floats(-1e3, 1e3),
    PRECISIONS,
    RAW,
)
def test_brightness_and_contrast_change_nothing(
    seed: int,
    shape: tuple[int, int],
    gain: float,
    inverted: bool,
    offset: float,
    precision: str,
    options: dict[str, Any],
) -> None:
    """A negative has the negative phases: only a kept mean does not turn with them."""
    assume(not (inverted and options.get("keep_mean")))
    pair = white(seed, 2, *shape)
    changed = (-gain if inverted else gain) * pair[1] + offset * gain
    record = _core.Scorer(pair[0], precision=precision, **options).score([changed])[0]
    eps = EPS if precision == "double" else EPS_SINGLE
    # offset * gain + gain * x loses the last bits of x: up to 1e3 eps of it
    room = tolerances(pair[0], changed, eps, worst=True, **options)
    own, second = (limit + 2e3 * EPS * limit / eps for limit in room)
    assert_agrees(record, pair[0], pair[1], tolerance=(own, second), **options)


@examples(60)
@given(SEEDS, SHAPES, PRECISIONS, OPTIONS)
def test_transposition_swaps_the_axes(
    seed: int, shape: tuple[int, int], precision: str, options: dict[str, Any]
) -> None:
    pair = white(seed, 2, *shape)
    upright = _core.Scorer(pair[0], precision=precision, **options).score(pair[1:])[0]
    turned = pair.swapaxes(1, 2)
    record = _core.Scorer(turned[0], precision=precision, **options).score(turned[1:])[0]
    swapped = record.copy()
    for a, b in (("peak_dy", "peak_dx"), ("shift_y", "shift_x")):
        swapped[a], swapped[b] = record[b], record[a]
    eps = EPS if precision == "double" else EPS_SINGLE
    room = tolerances(pair[0], pair[1], eps, worst=True, **options)
    assert_agrees(swapped, pair[0], pair[1], tolerance=room, **options)
    assert_agrees(upright, pair[0], pair[1], tolerance=room, **options)


@examples(60)
@given(SEEDS, SHAPES, RAW)
def test_exchange_reverses_the_shift(seed: int, shape: tuple[int, int], options: dict[str, Any]) -> None:
    h, w = shape
    a = white(seed, h, w)
    b = np.roll(a, (1, -2), (0, 1)) + 0.5 * white(seed + 1, h, w)
    there = _core.Scorer(a, **options).score([b])[0]
    back = _core.Scorer(b, **options).score([a])[0]
    for name in ("peak", "mean", "rms", "zero_peak"):
        assert abs(there[name] - back[name]) < 1e-11
    values = np.sort(oracle.pair_score(a, b, **options).r.ravel())
    if values[-1] - values[-2] > 1e-9:
        assert (int(there["peak_dy"]) + int(back["peak_dy"])) % h == 0
        assert (int(there["peak_dx"]) + int(back["peak_dx"])) % w == 0
        assert abs(there["second_peak"] - back["second_peak"]) < 1e-11


@examples(40)
@given(SEEDS, st.permutations(range(6)), st.integers(1, 8), PRECISIONS)
def test_an_image_does_not_know_the_others(
    seed: int, order: list[int], num_threads: int, precision: str
) -> None:
    images = white(seed, 6, 11, 14)
    images[seed % 6] = 3
    scorer = _core.Scorer(white(seed + 1, 11, 14), precision=precision)
    expected = scorer.score(images, num_threads=1)
    assert bits(scorer.score(images[order], num_threads=num_threads)) == bits(expected[order])


@examples(100)
@given(hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(0, 1)), st.randoms())
def test_aggregates(values: Floats, random: Any) -> None:
    shuffled = values.copy()
    random.shuffle(shuffled)
    for how in ("harmonic_mean", "mean", "minimum", "median"):
        found = aggregate(values, how)
        np.testing.assert_allclose(found, oracle.aggregate(values, how), rtol=1e-12, atol=0)
        np.testing.assert_allclose(found, aggregate(shuffled, how), rtol=1e-12, atol=0)
        if len(values) and how != "harmonic_mean":
            assert values.min() * (1 - 1e-12) <= found <= values.max() * (1 + 1e-12)


# ---------------------------------------------------------------- whole rankings


def some_stacks(seed: int) -> dict[str, Floats]:
    """Stacks of one moving scene under more and more noise, one constant, two the same."""
    rng = np.random.default_rng(seed)
    scene = rng.normal(size=(20, 24))
    moved = np.array([np.roll(scene, (i, -i), (0, 1)) for i in range(4)])
    stacks = {f"noise {k}": moved + 0.8 * k * rng.normal(size=moved.shape) for k in range(1, 5)}
    stacks["same as noise 2"] = stacks["noise 2"].copy()
    stacks["constant"] = np.full(moved.shape, 5.0)
    return stacks


def places(names: list[str] | None) -> list[str]:
    """The ranking with the two equal stacks made one."""
    assert names is not None
    return ["noise 2" if name == "same as noise 2" else name for name in names]


@examples(15)
@given(SEEDS, st.permutations(range(6)), st.sampled_from(sorted(oracle.METHODS)), st.integers(1, 5))
def test_order_of_the_mapping_breaks_ties_and_nothing_else(
    seed: int, order: list[int], method: str, num_threads: int
) -> None:
    import warnings

    from ndreg_preeval import rank_stacks

    stacks = some_stacks(seed)
    names = [list(stacks)[k] for k in order]
    shuffled = {name: stacks[name] for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that some of these stacks are poor is what they are for
        first = rank_stacks(stacks, method=method, precision="double", num_threads=1)
        second = rank_stacks(shuffled, method=method, precision="double", num_threads=num_threads)
    assert dict(first.scores) == dict(second.scores)
    assert places(first.ranked_stack_names) == places(second.ranked_stack_names)
    twins = [name for name in second.scores if name.endswith("noise 2")]
    assert twins == [name for name in names if name.endswith("noise 2")]
    assert second.ranked_stack_names == oracle.rank(shuffled, method)
    for name, score in second.scores.items():
        np.testing.assert_allclose(score, oracle.stack_score(stacks[name], method), rtol=1e-9, atol=1e-12)


def test_counts_are_all_compared() -> None:
    """The fields this file and its neighbours look at are all there are."""
    assert {*NUMBERS, *COUNTS} == set(_core.PAIR_SCORE.names or ()) - {"beyond_max_shift"}
