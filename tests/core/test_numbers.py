# SPDX-License-Identifier: MIT
"""Every number of the compiled core against the oracle, under every option.

Tolerances come from `rounding.correlogram_error`: what the rounding of two transforms can do to a
pixel of r, given how small the bins are whose phases are used. For white noise in double that is
about 1e-14 of a peak of 1, far below the 1e-9 that is asked for in `test_tolerance_is_tight`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import NUMBERS, aggregate, assert_agrees, bits, tolerances
from tests.support.oracle import EPS, EPS_SINGLE, Floats

PRECISIONS = [("double", EPS), ("single", EPS_SINGLE)]

OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "no second opinion": {"confirm": False},
    "keep mean": {"confirm": False, "keep_mean": True},
    "keep mean and confirm": {"keep_mean": True},
    "plain": {"normalization": None},
    "plain, mean kept": {"normalization": None, "keep_mean": True},
    "plain, no second opinion": {"normalization": None, "keep_mean": True, "confirm": False},
    "plain, window": {"normalization": None, "window": "hann", "keep_mean": True},
    "plain, cutoff": {"normalization": None, "cutoff": 0.2, "max_shift": 6.0},
    "plain, both": {"normalization": None, "window": "hann", "cutoff": 0.1, "keep_mean": True},
    "plain, windowed opinion": {"normalization": None, "confirm_window": "hann", "keep_mean": True},
    "max_shift 3": {"max_shift": 3},
    "max_shift 0": {"max_shift": 0},
    "max_shift 2.5": {"max_shift": 2.5},
    "max_shift 1e9": {"max_shift": 1e9},
    "cutoff": {"cutoff": 0.2},
    "window": {"window": "hann"},
    "window and cutoff": {"window": "hann", "cutoff": 0.1, "max_shift": 6.0},
    "opinion without window": {"confirm_window": None},
    "opinion without cutoff": {"confirm_cutoff": None},
    "opinion like the first": {"confirm_window": None, "confirm_cutoff": None},
    "sharp opinion": {"confirm_cutoff": 0.03},
}


def scene_and_images(shape: tuple[int, int], seed: int = 0) -> tuple[Floats, Floats]:
    """A scene, and seven images of it: moved, noisier and noisier, inverted, unrelated."""
    rng = np.random.default_rng(seed)
    scene = rng.normal(size=shape) + 3
    images = [np.roll(scene, (i, -2 * i), (0, 1)) + 0.3 * i * rng.normal(size=shape) for i in range(5)]
    return scene, np.array([*images, -2 * images[1], rng.normal(size=shape)])


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("shape", [(32, 32), (21, 34)])
def test_options(shape: tuple[int, int], options: dict[str, Any], precision: str, eps: float) -> None:
    scene, images = scene_and_images(shape)
    scorer = _core.Scorer(scene, precision=precision, **options)
    records = scorer.score(images)
    for record, image in zip(records, images, strict=True):
        assert_agrees(record, scene, image, eps=eps, **options)


def test_tolerance_is_tight() -> None:
    """The tolerances used above let nothing pass that is off by 1e-9 of the peak in double."""
    scene, images = scene_and_images((32, 32))
    for image in images:
        pair = oracle.pair_score(scene, image)
        own, second = tolerances(scene, image)
        assert 0 < own < 1e-9 * pair.peak
        assert 0 < second < 1e-9 * pair.peak
        own, second = tolerances(scene, image, EPS_SINGLE)
        assert own < 2e-4 * pair.peak
        assert second < 2e-4 * pair.peak


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize("second_opinion", [False, True])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_correlogram(options: dict[str, Any], second_opinion: bool, precision: str, eps: float) -> None:
    scene, images = scene_and_images((19, 22), 1)
    scorer = _core.Scorer(scene, precision=precision, **{**options, "confirm": True})
    for image, record in zip(images, scorer.score(images), strict=True):
        found = scorer.correlogram(image, second_opinion=second_opinion)
        pair = oracle.pair_score(scene, image, **{**options, "confirm": True})
        own, second = tolerances(scene, image, eps, **{**options, "confirm": True})
        assert found.dtype == np.float64
        assert found.shape == scene.shape
        assert second_opinion or options.get("normalization", "") is None or (found >= 0).all()
        wanted = pair.opinion if second_opinion else pair.r
        np.testing.assert_allclose(found, wanted, rtol=0, atol=second if second_opinion else own)
        if not second_opinion:  # the very numbers of the record
            assert found[record["peak_dy"], record["peak_dx"]] == record["peak"]
            assert found[0, 0] == record["zero_peak"]


def test_record_has_the_documented_fields() -> None:
    kinds = {name: _core.PAIR_SCORE[name].str[1:] for name in _core.PAIR_SCORE.names or ()}
    expected = dict.fromkeys(NUMBERS, "f8") | {"invalid_pixels": "i8", "peak_dy": "i4", "peak_dx": "i4"}
    assert expected.items() <= kinds.items()
    assert kinds["flags"] == "u4"
    assert (_core.NO_CONTRAST, _core.ALL_INVALID, _core.FEW_LEVELS, _core.IDENTICAL) == (
        oracle.NO_CONTRAST,
        oracle.ALL_INVALID,
        oracle.FEW_LEVELS,
        oracle.IDENTICAL,
    )


def test_what_a_scorer_says_of_itself() -> None:
    image = np.array([[1.0, np.nan, 3.0], [1.0, 3.0, 1.0]])
    scorer = _core.Scorer(image, precision="single")
    assert scorer.shape == (2, 3)
    assert scorer.precision == "single"
    assert scorer.reference_invalid_pixels == 1
    assert scorer.reference_flags == oracle.FEW_LEVELS
    assert _core.Scorer(np.zeros((4, 4))).reference_flags == oracle.NO_CONTRAST
    assert _core.Scorer(np.full((4, 4), np.nan)).reference_flags == oracle.ALL_INVALID
    assert _core.Scorer(image, mask=np.ones((2, 3), bool)).reference_invalid_pixels == 1
    assert _core.Scorer(image, mask=np.zeros((2, 3), bool)).reference_invalid_pixels == 6


# ---------------------------------------------------------------- odd values


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "u2", "i8"])
@pytest.mark.parametrize("value", [0, 1, 77])
@pytest.mark.parametrize("shape", [(32, 32), (37, 41), (1, 1)])
def test_constant_images_are_no_evidence(
    shape: tuple[int, int], value: int, dtype: str, precision: str
) -> None:
    constant = np.full(shape, value / 10 if dtype[0] == "f" else value, dtype)
    fair = np.arange(math.prod(shape), dtype=dtype).reshape(shape) ** 2 % 97
    for a, b in ((constant, fair), (fair, constant), (constant, constant)):
        record = _core.Scorer(a, precision=precision).score([b])[0]
        if b is constant:
            assert record["flags"] == oracle.NO_CONTRAST
        assert record["p_value"] == 1
        assert not any(record[name] for name in NUMBERS if name != "p_value")
        assert not _core.Scorer(a, precision=precision).correlogram(b).any()
        assert_agrees(record, a, b)


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
def test_invalid_pixels(precision: str, eps: float) -> None:
    rng = np.random.default_rng(5)
    scene, images = scene_and_images((20, 23), 5)
    mask = rng.random(images.shape) > 0.03
    reference_mask = rng.random(scene.shape) > 0.03
    scene[3, 4] = np.nan
    images[1, 5, 6] = np.nan
    images[2, :4, :4] = np.inf
    images[3, 7, 8] = -np.inf
    images[4, 1, 1], images[4, 2, 2] = np.inf, -np.inf
    images[5] = np.nan
    mask[6] = False
    scorer = _core.Scorer(scene, mask=reference_mask, precision=precision)
    assert scorer.reference_invalid_pixels == oracle.prepare(scene, reference_mask).invalid > 1
    records = scorer.score(images, mask=mask)
    for record, image, valid in zip(records, images, mask, strict=True):
        assert_agrees(record, scene, image, eps=eps, reference_mask=reference_mask, mask=valid)
    assert list(records["flags"][5:]) == [oracle.ALL_INVALID] * 2
    assert list(records["p_value"][5:]) == [1, 1]
    for k in (0, 4, 6):
        pair = oracle.pair_score(scene, images[k], reference_mask=reference_mask, mask=mask[k])
        own, _ = tolerances(scene, images[k], eps, reference_mask=reference_mask, mask=mask[k])
        found = scorer.correlogram(images[k], mask=mask[k])
        np.testing.assert_allclose(found, pair.r, rtol=0, atol=own)


def test_value_of_an_invalid_pixel_does_not_matter() -> None:
    scene, images = scene_and_images((16, 18), 6)
    mask = np.random.default_rng(6).random(images.shape) > 0.1
    results = []
    for junk in (0.0, 1e308, -1e308, np.nan, np.inf):
        records = _core.Scorer(scene).score(np.where(mask, images, junk), mask=mask)
        results.append(bits(records))
    assert len(set(results)) == 1


def test_invalid_in_the_reference_only() -> None:
    scene, images = scene_and_images((16, 18), 7)
    scene[2:5, 3] = np.nan
    for record, image in zip(_core.Scorer(scene).score(images), images, strict=True):
        assert record["invalid_pixels"] == 0
        assert_agrees(record, scene, image)
    lost = _core.Scorer(np.full((16, 18), np.nan)).score(images)
    assert not lost["flags"].any()  # the reference's are in reference_flags
    assert not lost["peak"].any()
    assert (lost["p_value"] == 1).all()


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize(
    ("gain", "offset"),
    [(1e-200, 0), (1e300, 0), (1.0, 1e9), (-1e-150, 0), (2.0**-1000, 0), (1e300, -1e300), (1, -1e6)],
)
def test_any_scale(gain: float, offset: float, precision: str, eps: float) -> None:
    scene, images = scene_and_images((24, 20), 8)
    first, others = gain * scene + offset, gain * images + offset
    records = _core.Scorer(first, precision=precision).score(others)
    for record, image, plain in zip(records, others, images, strict=True):
        # an offset of 1e9 leaves 23 bits of contrast: the oracle sees the same rounded pixels
        assert_agrees(record, first, image, eps=eps)
        assert record["peak"] == pytest.approx(oracle.pair_score(scene, plain).peak, abs=1e-5)


@pytest.mark.parametrize("power", [-1070, -1022, -500, 500, 1010])
def test_powers_of_two_change_nothing_at_all(power: int) -> None:
    """Down to subnormal pixels, up to the largest: bit for bit."""
    whole = np.random.default_rng(9).integers(-500, 500, (6, 19, 16)).astype(float)
    scaled = np.ldexp(whole, power)
    assert np.isfinite(scaled).all()
    assert scaled.any()
    expected = _core.Scorer(np.ldexp(whole[0], 3)).score(whole[1:])
    given = _core.Scorer(scaled[0]).score(scaled[1:])
    if power > -1070:  # 2^-1074 is the smallest float
        assert bits(given) == bits(expected)
    assert_agrees(given[0], scaled[0], scaled[1])


def test_subnormal_pixels() -> None:
    whole = np.random.default_rng(10).integers(0, 5000, (3, 16, 16))
    tiny = whole * 5e-324
    expected = _core.Scorer(whole[0].astype(float)).score(whole[1:].astype(float))
    assert bits(_core.Scorer(tiny[0]).score(tiny[1:])) == bits(expected)
    small = whole.astype(np.float32) * np.float32(2.0**-149)
    assert len(np.unique(small)) == len(np.unique(whole))
    for precision, eps in PRECISIONS:
        record = _core.Scorer(small[0], precision=precision).score(small[1:])[0]
        assert_agrees(record, whole[0], whole[1], eps=eps)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("dtype", "largest"), [("f8", 1.7e308), ("f4", 3.3e38), ("f2", 6.5e4)])
def test_the_whole_range_of_a_float_type(dtype: str, largest: float, precision: str) -> None:
    """Halves before differences: max - min is no finite number of the type."""
    rng = np.random.default_rng(11)
    images = (rng.uniform(-1, 1, (4, 16, 20)) * largest).astype(dtype)
    images[:, 0, 0], images[:, 0, 1] = largest, -largest
    images[3] = np.abs(images[3])  # the sum overflows
    plain = images.astype(np.longdouble) / 2
    records = _core.Scorer(images[0], precision=precision).score(images[1:])
    eps = EPS if precision == "double" else EPS_SINGLE
    for record, image, half in zip(records, images[1:], plain[1:].astype(float), strict=True):
        assert_agrees(record, images[0], image, eps=eps)
        assert_agrees(record, plain[0].astype(float), half, eps=eps)


def test_hot_pixel_among_tiny_ones() -> None:
    scene, images = scene_and_images((16, 16), 12)
    images *= 1e-12
    images[:, 3, 3] = 1e6
    records = _core.Scorer(scene).score(images)
    for record, image in zip(records, images, strict=True):
        # 1e-12 beside 1e6: the flat spectrum of the hot pixel is all that double can see
        assert_agrees(record, scene, image)


# ---------------------------------------------------------------- low contrast, single precision


@pytest.mark.parametrize("precision", ["double", "single"])
def test_low_contrast_on_a_large_offset(precision: str) -> None:
    """1024 x 1024 float32, 1 +- 1e-4: 16 eps sum|image| of single would erase every bin."""
    rng = np.random.default_rng(13)
    scene = rng.normal(size=(1024, 1024))
    moved = np.roll(scene, (-5, 9), (0, 1)) + rng.normal(size=scene.shape)
    a, b = ((1 + 1e-4 * x).astype(np.float32) for x in (scene, moved))
    record = _core.Scorer(a, precision=precision).score(b[None])[0]
    eps = EPS if precision == "double" else EPS_SINGLE
    pair = assert_agrees(record, a, b, eps=eps)
    assert (pair.peak_dy, pair.peak_dx) == (5, -9)
    assert pair.peak > 0.3
    assert record["p_value"] < 1e-100
    if precision == "single":
        # what the single transforms cost is small against the noise floor of the correlogram
        assert tolerances(a, b, eps)[0] < 0.05 * pair.rms


@pytest.mark.parametrize("offset", [0.1, 1e6, -3e8])
def test_one_step_of_contrast_in_single(offset: float) -> None:
    """float32 images whose contrast is their own last bit: exact numbers, so evidence."""
    rng = np.random.default_rng(14)
    base = np.float32(offset)
    step = np.abs(np.spacing(base))
    levels = rng.integers(0, 4, (2, 40, 37))
    levels[1] = np.roll(levels[0], (2, 3), (0, 1))
    images = (base + levels * step).astype(np.float32)
    assert len(np.unique(images)) == 4
    for precision, eps in PRECISIONS:
        record = _core.Scorer(images[0], precision=precision).score(images[1:])[0]
        assert (record["peak_dy"], record["peak_dx"]) == (-2, -3)
        assert_agrees(record, images[0], images[1], eps=eps)


def test_speck_of_rounding_is_no_evidence_in_double() -> None:
    image = np.full((37, 41), 0.1)
    image[5, 6] = np.nextafter(0.1, 1)
    fair = np.random.default_rng(15).normal(size=(37, 41))
    record = _core.Scorer(fair).score([image])[0]
    assert record["flags"] == oracle.FEW_LEVELS
    assert_agrees(record, fair, image)


# ---------------------------------------------------------------- what single precision costs


@pytest.mark.parametrize("shape", [(64, 64), (127, 2), (101, 103), (256, 300)])
def test_single_differs_from_double_by_the_stated_bound(shape: tuple[int, int]) -> None:
    """For white images: 50 eps of the peak, wherever the peak is clear of the noise floor.

    Errors of the bins' phases average out over hw bins as the noise floor does, so r is off by a
    few eps of its rms everywhere, however large the image.
    """
    scene, images = scene_and_images(shape, 16)
    double = _core.Scorer(scene).correlogram
    single = _core.Scorer(scene, precision="single").correlogram
    for image in images[:-1]:
        a, b = double(image), single(image)
        assert np.abs(a - b).max() <= 50 * EPS_SINGLE * a.max()
        assert a.argmax() == b.argmax()


def test_sixteen_decades_of_spectrum() -> None:
    """A smooth scene: most bins of it are rounding noise, and the double core leaves them out."""
    y, x = np.mgrid[:96, :100]

    def smooth(dy: float, dx: float) -> Floats:
        bump: Floats = 100 * np.exp(-((y - 45 + dy) ** 2 + (x - 51 + dx) ** 2) / 40.0)
        return bump

    a, b = smooth(0, 0), smooth(2, -3)
    record = _core.Scorer(a).score([b])[0]
    pair = oracle.pair_score(a, b)
    assert 0.05 < np.mean(oracle.spectrum(oracle.prepare(a)) != 0) < 0.3
    assert (record["peak_dy"], record["peak_dx"]) == (pair.peak_dy, pair.peak_dx) == (2, -3)
    # the few bins next to the bound are in or out, and carry any phase
    for name in ("peak", "mean", "rms", "second_peak"):
        assert record[name] == pytest.approx(getattr(pair, name), rel=0.02)


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize(
    "options",
    [
        *OPTIONS.values(),
        {"window": "hann", "keep_mean": True},
        {"window": "hann", "keep_mean": True, "cutoff": 0.05},
        {"cutoff": 0.05, "keep_mean": True},
    ],
    ids=str,
)
def test_identical_under_every_option(options: dict[str, Any], precision: str, eps: float) -> None:
    """The same image in other units; a negative one too, unless the mean is kept."""
    rng = np.random.default_rng(21)
    scene = rng.normal(size=(9, 16))
    images = np.array([scene, 3 * scene - 1, -0.5 * scene, rng.normal(size=scene.shape)])
    records = _core.Scorer(scene, precision=precision, **options).score(images)
    same = oracle.IDENTICAL
    expected = [same, same, 0 if options.get("keep_mean") else same, 0]
    if "normalization" in options:  # the means of a negative turn with it; filters hide what is equal
        filtered = "window" in options or "cutoff" in options
        expected = [0, 0, 0, 0] if filtered else [same, same, same, 0]
    assert list(records["flags"]) == expected
    for record, image in zip(records, images, strict=True):
        assert_agrees(record, scene, image, eps=eps, **options)


def test_filtered_correlogram_of_another_image_is_not_identical() -> None:
    """A low pass leaves a broad peak; its energy says nothing about equal phases."""
    rng = np.random.default_rng(19)
    scene = rng.normal(size=(32, 32))
    image = scene + rng.normal(size=(32, 32))
    for options in ({"cutoff": 0.1}, {"cutoff": 0.2}, {"cutoff": 0.1, "window": "hann"}):
        records = _core.Scorer(scene, **options).score([scene, image])
        assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(0, 0), (0, 0)]
        assert list(records["flags"]) == [oracle.IDENTICAL, 0]


# ---------------------------------------------------------------- ties, aggregation


def test_first_of_equal_peaks() -> None:
    """Stripes say nothing about the shift along them: the first such pixel is taken, zero."""
    line = np.random.default_rng(17).integers(0, 50, 12)
    image = np.repeat(line[:, None], 16, 1)
    record = _core.Scorer(image).score([np.roll(image, 3, 0)])[0]
    assert (record["peak_dy"], record["peak_dx"]) == (-3, 0)
    record = _core.Scorer(image.T.copy()).score([np.roll(image.T, -2, 1)])[0]
    assert (record["peak_dy"], record["peak_dx"]) == (0, 2)


@pytest.mark.parametrize("how", ["harmonic_mean", "mean", "minimum", "median"])
def test_aggregate(how: str) -> None:
    rng = np.random.default_rng(18)
    for n in (0, 1, 2, 3, 10, 101):
        values = rng.random(n)
        assert aggregate(values, how) == pytest.approx(oracle.aggregate(values, how), rel=1e-13)
        values[: n // 2] = 0
        assert aggregate(values, how) == pytest.approx(oracle.aggregate(values, how), rel=1e-13)
    assert aggregate(np.zeros(4), how) == 0
    assert aggregate(np.full(7, 0.3), how) == pytest.approx(0.3)
    assert aggregate(np.array([1e-9, 1e-9]), how) == pytest.approx(1e-4 if how == "harmonic_mean" else 1e-9)
    assert type(aggregate(values, how)) is float


def test_one_mask_for_all_images() -> None:
    scene, images = scene_and_images((12, 14), 20)
    mask = np.random.default_rng(20).random(scene.shape) > 0.1
    scorer = _core.Scorer(scene, mask=mask)
    each = np.broadcast_to(mask, images.shape)
    assert bits(scorer.score(images, mask=mask)) == bits(scorer.score(images, mask=each))
    consecutive = scorer.score_consecutive(images, mask=mask)
    assert bits(consecutive) == bits(scorer.score_consecutive(images, mask=each))


@pytest.mark.parametrize("shape", [(9, 9), (15, 17), (39, 12), (40, 39), (41, 40)])
@pytest.mark.parametrize("window_from", [8, 16, 40])
def test_short_axes_may_go_without_a_window(shape: tuple[int, int], window_from: int) -> None:
    rng = np.random.default_rng(23)
    scene = rng.normal(size=shape)
    image = np.roll(scene, (1, -2), (0, 1)) + 0.5 * rng.normal(size=shape)
    options: dict[str, Any] = {"confirm_window_from": window_from, "confirm_window": "hann"}
    record = _core.Scorer(scene, **options).score([image])[0]
    assert_agrees(record, scene, image, **options)
    plain = _core.Scorer(scene, confirm_window=None).score([image])[0]
    assert (record["confirmation"] == plain["confirmation"]) == (max(shape) < window_from)


def test_aligner_and_second_opinion_have_windows_of_their_own() -> None:
    rng = np.random.default_rng(24)
    scene, image = rng.normal(size=(2, 20, 44))
    for first, second in ((8, 40), (40, 8), (30, 30)):
        records = _core.Scorer(
            scene,
            window="hann",
            window_from=first,
            confirm_window="hann",
            confirm_window_from=second,
            cutoff=0.3,
        ).score([image])
        alone = _core.Scorer(scene, window="hann", window_from=first, cutoff=0.3, confirm=False).score(
            [image]
        )
        assert records["peak"] == alone["peak"]
        other = _core.Scorer(scene, confirm_window="hann", confirm_window_from=second).correlogram(
            image, second_opinion=True
        )
        both = _core.Scorer(
            scene, window="hann", window_from=first, confirm_window="hann", confirm_window_from=second
        )
        assert (both.correlogram(image, second_opinion=True) == other).all()


@pytest.mark.parametrize("name", ["window_from", "confirm_window_from"])
def test_windows_need_eight_pixels(name: str) -> None:
    with pytest.raises(ValueError, match="window_from must be 8 pixels or more, not 7"):
        _core.Scorer(np.eye(9), **{name: 7})


@pytest.mark.parametrize("junk", [1e308, -1e308, np.nan])
def test_masked_pixels_of_any_size_do_not_stop_the_loading(junk: float) -> None:
    """Wide images are loaded panel by panel: all of them, whatever a mask hides in the first."""
    scene, images = scene_and_images((32, 1200), 2)
    mask = np.ones(scene.shape, bool)
    mask[3, 5] = False
    hidden = np.where(mask, images, junk)
    masks = np.broadcast_to(mask, images.shape)
    scorer = _core.Scorer(scene)
    expected = scorer.score(np.where(mask, images, 0.0), mask=masks)
    assert bits(scorer.score(hidden, mask=masks)) == bits(expected)
