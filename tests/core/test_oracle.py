# SPDX-License-Identifier: MIT
"""The oracle itself, held against known cases and other formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.support import oracle
from tests.support.oracle import Floats


def noise(seed: int, *shape: int) -> Floats:
    return np.random.default_rng(seed).normal(size=shape)


def dft(image: Floats) -> Any:
    """The Fourier transform from its definition, by a double sum."""
    h, w = image.shape
    rows = np.exp(-2j * np.pi * np.outer(np.arange(h), np.arange(h)) / h)
    cols = np.exp(-2j * np.pi * np.outer(np.arange(w), np.arange(w)) / w)
    return rows @ image @ cols


def whole_spectrum_correlogram(reference: Floats, image: Floats) -> Floats:
    """r from whole complex spectra and no fast transform."""
    product = dft(reference - reference.mean()) * dft(image - image.mean()).conj()
    product[0, 0] = 0
    size = np.abs(product)
    cross = np.where(size > 1e-9 * size.max(), product / np.where(size > 0, size, 1), 0)
    found: Floats = np.abs(dft(cross.conj())) / image.size
    return found


@pytest.mark.parametrize("shape", [(5, 7), (8, 8), (9, 4), (1, 6), (7, 1), (16, 11)])
def test_correlogram_is_the_definition(shape: tuple[int, int]) -> None:
    a, b = noise(1, *shape), noise(2, *shape)
    pair = oracle.pair_score(a, b)
    np.testing.assert_allclose(pair.r, whole_spectrum_correlogram(a, b), atol=1e-12)
    assert pair.peak == pair.r.max()
    assert pair.mean == pytest.approx(pair.r.mean())
    assert pair.rms == pytest.approx(math.sqrt((pair.r**2).mean()))
    assert pair.zero_peak == pair.r[0, 0]


@pytest.mark.parametrize(
    ("moved", "shape", "expected"),
    [
        ((0, 0), (16, 16), (0, 0)),
        ((3, -2), (16, 20), (-3, 2)),
        ((8, 0), (16, 16), (8, 0)),  # n/2 is positive, like scikit-image's
        ((4, 5), (9, 11), (-4, -5)),
        ((5, 6), (9, 11), (4, 5)),
        ((1, 0), (2, 9), (1, 0)),
    ],
)
def test_circular_shift_is_the_move_back(
    moved: tuple[int, int], shape: tuple[int, int], expected: tuple[int, int]
) -> None:
    a = noise(3, *shape)
    pair = oracle.pair_score(a, np.roll(a, moved, (0, 1)))
    assert (pair.peak_dy, pair.peak_dx) == expected
    # all bins but the mean agree: the peak is the share of the bins that count
    assert pair.peak == pytest.approx(1 - 1 / a.size)
    assert pair.shift_y == pytest.approx(expected[0], abs=1e-9)
    assert pair.shift_x == pytest.approx(expected[1], abs=1e-9)
    assert bool(pair.flags & oracle.IDENTICAL) == (expected == (0, 0))
    np.testing.assert_allclose(np.roll(np.roll(a, moved, (0, 1)), expected, (0, 1)), a)


def test_sign_of_the_shift_is_that_of_scikit_image() -> None:
    registration = pytest.importorskip("skimage.registration")
    for seed, shape in enumerate([(17, 23), (16, 16), (21, 8)]):
        a = noise(seed, *shape)
        b = np.roll(a, (5, -3), (0, 1)) + 0.3 * noise(seed + 10, *shape)
        pair = oracle.pair_score(a, b)
        theirs = registration.phase_cross_correlation(a, b, normalization="phase")[0]
        assert (pair.peak_dy, pair.peak_dx) == tuple(theirs)


def test_negative_is_identical_too() -> None:
    a = noise(4, 12, 13)
    pair = oracle.pair_score(a, 5 - 2 * a)
    assert pair.flags == oracle.IDENTICAL
    assert pair.peak == pytest.approx(1 - 1 / a.size)


def test_filtered_correlogram_of_another_image_is_not_identical() -> None:
    a = noise(5, 32, 32)
    b = a + noise(6, 32, 32)
    pair = oracle.pair_score(a, b, cutoff=0.1)
    assert (pair.peak_dy, pair.peak_dx, pair.flags) == (0, 0, 0)
    assert oracle.pair_score(a, a, cutoff=0.1).flags == oracle.IDENTICAL


@pytest.mark.parametrize("delta", [0.0, 0.2, 0.45, -0.3])
def test_subpixel_shift_of_a_flat_spectrum(delta: float) -> None:
    """A band-limited scene sampled twice, `delta` apart: the peak is a sinc, and the parabola's bias known."""
    n = 63  # odd: every frequency has its partner
    scene = noise(7, n, 24)
    phases = np.exp(2j * np.pi * np.fft.fftfreq(n) * delta)[:, None]
    moved = np.fft.ifft2(np.fft.fft2(scene) * phases).real
    pair = oracle.pair_score(scene, moved)
    before, peak, after = (float(value) for value in np.sinc(np.array([-1, 0, 1]) - delta))
    assert pair.shift_y == pytest.approx(oracle.parabola(before, peak, after), abs=2e-3)
    assert pair.shift_y == pytest.approx(delta, abs=0.12)
    assert pair.shift_x == pytest.approx(0, abs=1e-9)


def test_parabola_formula() -> None:
    for d in (-0.5, -0.2, 0.0, 0.4):
        three = [5 - 2 * (x - d) ** 2 for x in (-1, 0, 1)]
        assert oracle.parabola(*three) == pytest.approx(d)
    assert oracle.parabola(1.0, 1.0, 1.0) == 0
    assert oracle.parabola(0.0, 1.0, 5.0) == 0
    assert oracle.parabola(0.0, 1.0, 1.9) == 0.5


def test_neighbourhoods_are_periodic() -> None:
    around = oracle.near(9, 8, (0, 7), 2)
    assert set(np.flatnonzero(around.any(1))) == {0, 1, 2, 7, 8}
    assert set(np.flatnonzero(around.any(0))) == {0, 1, 5, 6, 7}
    assert oracle.near(5, 4, (2, 2), 2).all()
    look = oracle.allowed(9, 8, 1.5)
    assert set(np.flatnonzero(look.any(1))) == {0, 1, 8}
    assert set(np.flatnonzero(look.any(0))) == {0, 1, 7}
    assert oracle.allowed(4, 4, 2).all()


def test_max_shift_restricts_the_search() -> None:
    a = noise(8, 20, 20)
    b = np.roll(a, (-6, 0), (0, 1)) + 0.2 * np.roll(a, (-2, 1), (0, 1))
    assert oracle.pair_score(a, b).peak_dy == 6
    near = oracle.pair_score(a, b, max_shift=5)
    assert (near.peak_dy, near.peak_dx) == (2, -1)
    assert near.peak >= near.second_peak
    still = oracle.pair_score(a, b, max_shift=0)
    assert (still.peak_dy, still.peak_dx, still.second_peak, still.confirmation) == (0, 0, 0, 0)
    assert still.peak == still.zero_peak
    assert still.p_value == pytest.approx(math.erfc(still.peak / still.rms / math.sqrt(2)))


def test_nothing_is_outside_a_small_image() -> None:
    pair = oracle.pair_score(noise(9, 5, 4), noise(10, 5, 4))
    assert pair.peak > 0
    assert (pair.second_peak, pair.confirmation, pair.opinion_second, pair.probability) == (0, 0, 0, 0)


def test_hann_is_periodic_and_left_out_on_short_axes() -> None:
    assert (oracle.hann(7) == 1).all()
    np.testing.assert_allclose(oracle.hann(8), np.hanning(9)[:8])
    np.testing.assert_allclose(oracle.hann(11), np.hanning(12)[:11])


def test_lowpass_in_cycles_per_pixel() -> None:
    gauss = oracle.lowpass((10, 12), 0.2)
    assert gauss.shape == (10, 7)
    assert gauss[0, 0] == 1
    assert gauss[5, 6] == pytest.approx(math.exp(-(0.5**2 + 0.5**2) / (2 * 0.2**2)))
    assert gauss[9, 0] == gauss[1, 0] == pytest.approx(math.exp(-(0.1**2) / (2 * 0.2**2)))
    assert (oracle.lowpass((3, 3), None) == 1).all()


def test_chance_is_stable_and_uniform() -> None:
    assert oracle.chance(0.0, 1.0, 100) == 1
    assert oracle.chance(1.0, 0.0, 100) == 1
    assert oracle.chance(1.0, 1.0, 1) == pytest.approx(0.31731050786291415)
    # far out: hw times the tail of one, where 1 - erf(...) is exactly 0 in floating point
    assert oracle.chance(20.0, 1.0, 10**6) == pytest.approx(1e6 * math.erfc(20 / math.sqrt(2)), rel=1e-12)
    rng = np.random.default_rng(0)
    found = [oracle.pair_score(*rng.normal(size=(2, 16, 16)), confirm=False).p_value for _ in range(400)]
    # Kolmogorov-Smirnov: 1.63 / sqrt(400) has a chance of one per cent
    steps = np.arange(1, 401) / 400
    assert np.abs(np.sort(found) - steps).max() < 1.63 / 20


def test_confidence_of_the_ratio() -> None:
    assert oracle.confidence(0) == 0
    assert oracle.confidence(1.5) == 0.5
    assert oracle.confidence(1e9) == oracle.confidence(1e3) < 1


@pytest.mark.parametrize("value", [0, 0.1, -1e300, 1e-310])
@pytest.mark.parametrize("shape", [(32, 32), (37, 41), (1, 1), (3, 1)])
def test_constant_images_are_no_evidence(value: float, shape: tuple[int, int]) -> None:
    constant, fair = np.full(shape, value), noise(11, *shape)
    if fair.size == 1:
        fair = constant
    assert oracle.pair_score(fair, constant).flags == oracle.NO_CONTRAST
    for pair in (oracle.pair_score(constant, fair), oracle.pair_score(fair, constant)):
        assert pair.r.max() == pair.peak == pair.mean == pair.rms == pair.probability == 0
        assert pair.p_value == 1


def test_one_speck_of_rounding_is_no_evidence() -> None:
    """0.1 with one pixel an ulp higher has contrast, and no bin above the rounding noise."""
    image = np.full((37, 41), 0.1)
    image[5, 6] = np.nextafter(0.1, 1)
    pair = oracle.pair_score(noise(12, 37, 41), image)
    assert pair.flags == oracle.FEW_LEVELS
    assert (pair.peak, pair.p_value, pair.probability) == (0, 1, 0)


def test_invalid_pixels_become_the_mean_of_the_others() -> None:
    a = noise(13, 9, 10) + 100
    b = a.copy()
    b[2, 3], b[4, 5], b[6, 7] = np.nan, np.inf, -np.inf
    mask = np.ones(b.shape, bool)
    mask[8, 9] = mask[2, 3] = False
    prepared = oracle.prepare(b, mask)
    assert prepared.invalid == 4
    ok = mask & np.isfinite(b)
    filled = np.where(ok, a, a[ok].mean())
    np.testing.assert_allclose(prepared.pixels / prepared.pixels[0, 0], filled / filled[0, 0], rtol=1e-14)
    np.testing.assert_allclose(
        oracle.pair_score(a, b, mask=mask).r, oracle.pair_score(a, filled).r, atol=1e-12
    )
    lost = oracle.pair_score(a, b, mask=np.zeros_like(mask))
    assert (lost.flags, lost.invalid_pixels, lost.peak, lost.p_value) == (oracle.ALL_INVALID, 90, 0, 1)
    # what is left is constant
    half = np.where(mask, 7.0, np.nan)
    assert oracle.prepare(half).flags == oracle.NO_CONTRAST


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_few_levels(levels: int) -> None:
    image = np.arange(60).reshape(6, 10) % levels
    expected = {1: oracle.NO_CONTRAST, 2: oracle.FEW_LEVELS, 3: oracle.FEW_LEVELS, 4: 0}[levels]
    assert oracle.prepare(image).flags == oracle.prepare(image * 1e300).flags == expected


def test_scaling_is_exact() -> None:
    a = np.ldexp(np.round(np.ldexp(noise(14, 6, 7), 10)), -10)
    base = oracle.scaled(a)
    assert 0.5 <= np.abs(base).max() < 1
    for power in (-1000, -1060, 1020, 3):  # down to subnormal pixels: 10 bits survive
        assert (oracle.scaled(np.ldexp(a, power)) == base).all()
    assert (oracle.scaled(np.zeros((2, 3))) == 0).all()


def test_wide_integers_are_counted_from_the_first() -> None:
    whole = np.random.default_rng(0).integers(0, 1000, (6, 7))
    small = oracle.prepare(whole)
    for offset, dtype in ((2**63, np.uint64), (2**62, np.int64), (-(2**63), np.int64)):
        large = np.array([[int(v) + offset for v in row] for row in whole], dtype)
        assert (oracle.prepare(large).pixels == small.pixels).all()
        assert oracle.prepare(large).rounding == small.rounding
    first = oracle.spectrum(small)
    narrow = oracle.spectrum(oracle.prepare(whole.astype(np.int32)))
    scale = abs(first[1, 1]) / abs(narrow[1, 1])  # another power of two
    np.testing.assert_allclose(first, scale * narrow, atol=1e-12)


@pytest.mark.parametrize("how", ["harmonic_mean", "mean", "minimum", "median"])
def test_aggregate_of_equal_values(how: str) -> None:
    assert oracle.aggregate([], how) == 0
    assert oracle.aggregate([0.0, 0.0], how) == 0
    assert oracle.aggregate([0.25] * 5, how) == 0.25


def test_aggregates() -> None:
    values = [0.5, 0.0, 0.25, 1.0]
    assert oracle.aggregate(values, "harmonic_mean") == pytest.approx(4 / (2 + 1e4 + 4 + 1))
    assert oracle.aggregate(values, "mean") == 0.4375
    assert oracle.aggregate(values, "minimum") == 0
    assert oracle.aggregate(values, "median") == 0.375
    assert oracle.aggregate(values[:3], "median") == 0.25
    with pytest.raises(ValueError, match="best"):
        oracle.aggregate(values, "best")


def test_keep_mean_is_the_minmax_normalisation() -> None:
    """|ifft2| of min-max normalised images, nothing left out: what ewoksndreg computes."""
    a, b = noise(15, 12, 10), noise(16, 12, 10)
    first, other = ((x - x.min()) / (x.max() - x.min()) for x in (a, b))
    product = np.fft.fft2(first) * np.fft.fft2(other).conj()
    expected = np.abs(np.fft.ifft2(product / np.abs(product)))
    np.testing.assert_allclose(oracle.pair_score(a, b, keep_mean=True).r, expected, atol=1e-13)


def test_stack_scores() -> None:
    rng = np.random.default_rng(17)
    scene = rng.normal(size=(24, 24))
    good = np.array([np.roll(scene, (i, -i), (0, 1)) + 0.05 * rng.normal(size=scene.shape) for i in range(5)])
    bad = rng.normal(size=(5, 24, 24))
    for method in oracle.METHODS:
        assert oracle.rank({"bad": bad, "good": good, "same": good}, method) == ["good", "same", "bad"]
    values = oracle.stack_values(good, "peak_to_mean")
    assert len(values) == 4
    assert oracle.stack_score(good, "peak_to_mean") == pytest.approx(np.mean(values))
    assert len(oracle.stack_values(good, "peak_minus_mean", include_reference=True)) == 5
    assert oracle.stack_values(good, "confirmation", reference_image=-1) == oracle.stack_values(
        good, "confirmation", reference_image=4
    )
    steps = oracle.stack_values(good, "confirmation", pairing="previous")
    assert steps[2] == oracle.pair_score(good[2], good[3]).probability
    masks = np.ones(good.shape, bool)
    masks[3] = False
    assert oracle.stack_values(good, "confirmation", masks=masks)[2] == 0
