# SPDX-License-Identifier: MIT
"""Drift beyond half of the image: of the places that a peak may stand for, the true one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import bits

Floats = NDArray[np.float64]

SHAPE = (96, 128)
OPTIONS: dict[str, dict[str, Any]] = {
    "evidence": {"ignore_hot_pixel": True},
    "plain": {"normalization": None, "keep_mean": True, "ignore_hot_pixel": True},
    "robust": {"confirm_window": "hann", "confirm_cutoff": 0.15, "judgement": "ratio"},
}
every_kind = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def moved(
    drift: tuple[int, int],
    shape: tuple[int, int] = SHAPE,
    seed: int = 0,
    noise: float = 0.01,
    sigma: float = 0.8,
) -> Floats:
    """Two images of a scene; `drift` moves the second one onto the first."""
    (h, w), (dy, dx) = shape, drift
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.normal(size=(3 * h, 3 * w)), sigma)
    scene /= scene.std()
    pair = np.stack([scene[h : 2 * h, w : 2 * w], scene[h + dy : 2 * h + dy, w + dx : 2 * w + dx]])
    return np.asarray(pair + noise * rng.normal(size=pair.shape))


def score(pair: NDArray[Any], **options: Any) -> Any:
    mask = options.pop("mask", None)
    return _core.Scorer(pair[0], mask=mask, **options).score(pair[1:], mask=mask)[0]


def place(record: Any) -> tuple[int, int]:
    return int(record["peak_dy"]), int(record["peak_dx"])


def same_as_oracle(record: Any, pair: NDArray[Any], mask: Any = None, **options: Any) -> None:
    options.pop("precision", None)
    expected = oracle.pair_score(pair[0], pair[1], reference_mask=mask, mask=mask, **options)
    for name in ("peak_dy", "peak_dx", "flags", "invalid_pixels"):
        assert record[name] == getattr(expected, name), name
    for name in ("shift_y", "shift_x", "probability"):
        assert record[name] == pytest.approx(getattr(expected, name), abs=1e-4, rel=1e-4), name


@every_kind
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("drift", [(0, -78), (0, 78), (52, 3), (-60, -70), (55, 20), (-2, 100), (0, -110)])
def test_the_shift_is_the_true_one(drift: tuple[int, int], precision: str, options: dict[str, Any]) -> None:
    pair = moved(drift)
    record = score(pair, precision=precision, **options)
    same_as_oracle(record, pair, **options)
    if options == OPTIONS["robust"] and not record["flags"] & _core.WRAPPED:
        assert record["probability"] < 0.1  # a window hides what is at the borders: not credible
        return
    assert place(record) == drift
    assert record["flags"] == _core.WRAPPED
    assert (record["shift_y"], record["shift_x"]) == pytest.approx(drift, abs=0.5)
    assert 0 < record["probability"] <= 0.02


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", ">u2", "i4", "u8", "i8", "f2", "f4", ">f8", "g"])
def test_any_dtype_and_layout(dtype: str) -> None:
    pair = (120 + 20 * moved((50, -70)).clip(-5, 5)).clip(0, 127).astype(dtype)
    if pair.dtype.itemsize == 8 and pair.dtype.kind in "ui":
        pair += 2**60  # differences that float64 does not hold
    record = score(pair)
    assert place(record) == (50, -70)
    assert record["flags"] == _core.WRAPPED
    large = np.zeros((2, 2 * SHAPE[0], 3 * SHAPE[1]), pair.dtype)
    large[:, ::2, ::3] = pair
    large.setflags(write=False)
    for same in (np.asfortranarray(pair), large[:, ::2, ::3], pair[:, ::-1].copy()[:, ::-1]):
        assert bits(score(same)) == bits(record)


def test_true_or_false() -> None:
    record = score(moved((50, -70)) > 0.5)
    assert place(record) == (50, -70)
    assert record["flags"] == _core.WRAPPED | 4  # two levels


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_no_size_of_pixels_matters(scale: float) -> None:
    record = score(moved((50, -70)) * scale)
    assert place(record) == (50, -70)


@every_kind
@pytest.mark.parametrize("case", range(60))
def test_random_drifts_are_as_the_oracle_says(case: int, options: dict[str, Any]) -> None:
    rng = np.random.default_rng([7, case])
    h, w = (int(n) for n in rng.integers(8, 70, 2))
    share = rng.uniform(-0.85, 0.85, 2) * rng.permutation([1, rng.integers(2)])
    drift = round(share[0] * h), round(share[1] * w)
    pair = moved(drift, (h, w), case, float(rng.choice([0, 0.1, 0.5])), float(rng.choice([0.3, 0.8, 1.5])))
    mask = None
    if case % 3 == 0:
        mask = rng.random((h, w)) > 0.1
    if case % 4 == 0:
        pair[case % 2, 2:4, 1:5] = np.nan
    if case % 5 == 0:
        pair[1] *= -1
    if case % 7 == 0:
        pair[:, 5, 6] = 300
    same_as_oracle(score(pair, mask=mask, **options), pair, mask, **options)


@every_kind
@pytest.mark.parametrize("drift", [(-190, 20), (160, -150), (90, -100), (3, 200)])
def test_large_images_are_as_the_oracle_says(drift: tuple[int, int], options: dict[str, Any]) -> None:
    """Not every row counts: 17 of a block are too many."""
    pair = moved(drift, (300, 257), noise=0.2)
    record = score(pair, **options)
    same_as_oracle(record, pair, **options)
    if options != OPTIONS["robust"]:
        assert place(record) == drift
        assert bool(record["flags"] & _core.WRAPPED) == (abs(drift[0]) > 150 or abs(drift[1]) > 128)


@every_kind
def test_the_nearest_place_is_not_thrown_away(options: dict[str, Any]) -> None:
    """Drifts of 13 to 49 % of one axis or both, little noise to much."""
    kept = 0
    for case in range(150):
        rng = np.random.default_rng([11, case])
        h, w = (int(n) for n in rng.integers(24, 97, 2))
        share = rng.uniform(0.13, 0.49, 2) * rng.choice([-1, 1], 2) * rng.permutation([1, rng.integers(2)])
        drift = round(share[0] * h), round(share[1] * w)
        noise = float(10 ** rng.uniform(-2, 0.3))
        record = score(moved(drift, (h, w), case, noise, float(rng.uniform(0.3, 3))), **options)
        assert not record["flags"] & _core.WRAPPED
        kept += place(record) == drift
    assert kept > 60


def test_a_long_drift_is_found_in_noise() -> None:
    """Never another shift with a flag; and one that is not found is rare."""
    found = 0
    for case in range(60):
        rng = np.random.default_rng([13, case])
        h, w = (int(n) for n in rng.integers(64, 129, 2))
        share = rng.uniform(0.52, 0.8) * rng.choice([-1, 1])
        drift = (round(share * h), int(rng.integers(-5, 6)))
        if case % 2:
            drift = (int(rng.integers(-5, 6)), round(share * w))
        record = score(moved(drift, (h, w), case, float(rng.uniform(0, 0.5))))
        wrapped = bool(record["flags"] & _core.WRAPPED)
        assert (place(record) == drift) == wrapped
        assert wrapped or record["probability"] < 0.5
        found += wrapped
    assert found >= 50


def test_tiny_images() -> None:
    """Whatever is flagged is right; what is right is not flagged away."""
    flagged = 0
    for case in range(300):
        rng = np.random.default_rng([17, case])
        h, w = (int(n) for n in rng.integers(8, 17, 2))
        share = rng.uniform(-0.85, 0.85, 2) * rng.permutation([1, rng.integers(2)])
        drift = round(share[0] * h), round(share[1] * w)
        record = score(moved(drift, (h, w), case, float(rng.choice([0.01, 0.3])), 0.3))
        if record["flags"] & _core.WRAPPED:
            assert place(record) == drift
            flagged += 1
    assert flagged > 7


@every_kind
@pytest.mark.parametrize("period", [8, 16, 32])
def test_periodic_scenes_keep_the_nearest_place(period: int, options: dict[str, Any]) -> None:
    """All places are as good as each other."""
    rng = np.random.default_rng(period)
    x = np.arange(128)
    lines = np.sin(2 * np.pi * (x[None, :] + 0.5 * np.arange(96)[:, None]) / period)
    pair = np.stack([lines, np.roll(lines, 60, 1)]) + 0.1 * rng.normal(size=(2, 96, 128))
    assert not score(pair, **options)["flags"] & _core.WRAPPED
    rolled = moved((0, 0), sigma=0)[0]
    pair = np.stack([rolled, np.roll(rolled, (-45, 60), (0, 1))])
    record = score(pair, **options)
    assert (place(record), int(record["flags"])) == ((45, -60), 0)


@every_kind
def test_overlaps_without_contrast_say_nothing(options: dict[str, Any]) -> None:
    """Blank where the images meet, at any place but the nearest one."""
    pair = moved((0, 50))
    pair[0, :, :50] = 3
    pair[1, :, 78:] = 7
    assert not score(pair, **options)["flags"] & _core.WRAPPED
    pair = moved((0, 78))
    pair[0, :, 78:] = 3  # nothing in common is left
    pair[1, :, :50] = 7
    assert not score(pair, **options)["flags"] & _core.WRAPPED


def test_vignetting_is_no_agreement() -> None:
    y, x = np.meshgrid(np.linspace(-1, 1, 96), np.linspace(-1, 1, 128), indexing="ij")
    shade = 20 * (1 - 0.4 * (x**2 + y**2))
    for drift, wrapped in (((0, 50), False), ((30, 30), False), ((0, 78), True)):
        record = score(moved(drift, noise=0.1) + shade)
        if record["probability"] > 0.1 or record["flags"] & _core.WRAPPED:
            assert (place(record), bool(record["flags"] & _core.WRAPPED)) == (drift, wrapped)


def test_contrast_that_turns_over() -> None:
    pair = moved((0, -78))
    pair[1] *= -1
    record = score(pair)
    assert (place(record), int(record["flags"])) == ((0, -78), _core.WRAPPED)
    pair = moved((0, -40))
    pair[1] *= -1
    record = score(pair)
    assert (place(record), int(record["flags"])) == ((0, -40), 0)


def test_invalid_and_masked_pixels_do_not_count() -> None:
    pair = moved((0, -78))
    rng = np.random.default_rng(3)
    pair[rng.random(pair.shape) < 0.1] = np.nan
    record = score(pair)
    assert (place(record), int(record["flags"])) == ((0, -78), _core.WRAPPED)
    mask = rng.random(SHAPE) > 0.2
    pair = np.where(mask, moved((0, -78)), 1e6)
    record = score(pair, mask=mask)
    same_as_oracle(record, pair, mask)
    assert (place(record), int(record["flags"])) == ((0, -78), _core.WRAPPED)


@pytest.mark.parametrize("seed", range(4))
def test_a_static_grid_is_no_overlap(seed: int) -> None:
    """Frames of detector modules agree wherever the images are held, also where they move no peak."""
    y, x = np.mgrid[:96, :128]
    pair = moved((12, -8), seed=seed)
    pair[:, (y % 8 == 0) | (x % 8 == 0)] = pair.max() + 50
    record = score(pair, ignore_hot_pixel=True)
    assert (place(record), bool(record["flags"] & _core.WRAPPED)) == ((12, -8), False)


def test_a_hot_pixel_besides() -> None:
    pair = moved((0, -78))
    pair[:, 20, 30] = 1e5
    record = score(pair, ignore_hot_pixel=True)
    assert (place(record), int(record["flags"])) == ((0, -78), _core.WRAPPED | _core.HOT_PIXEL)
    assert record["probability"] < 0.001


@pytest.mark.parametrize(
    ("max_shift", "expected"), [(100, (0, -78)), (78, (0, -78)), (77, (0, 50)), (64, (0, 50))]
)
def test_max_shift_limits_the_true_shift(max_shift: float, expected: tuple[int, int]) -> None:
    record = score(moved((0, -78)), max_shift=max_shift)
    assert place(record) == expected
    assert bool(record["flags"]) == (expected == (0, -78))


@pytest.mark.parametrize("confirm", [True, False])
def test_without_a_second_opinion_numbers_are_literal(confirm: bool) -> None:
    record = score(moved((0, -78)), confirm=confirm)
    assert place(record) == ((0, -78) if confirm else (0, 50))
    assert record["flags"] == (_core.WRAPPED if confirm else 0)


def test_consecutive_images() -> None:
    (first, second), (_, third) = moved((0, -78)), moved((0, -70))
    records = _core.Scorer(first).score_consecutive(np.stack([first, second, third]))
    assert [place(record) for record in records] == [(0, -78), (0, 8)]
    assert records["flags"].tolist() == [_core.WRAPPED, 0]


def test_the_reference_may_go() -> None:
    """The scorer has a copy of its pixels and its mask."""
    pair, mask = moved((0, -78)), np.ones(SHAPE, np.bool_)
    mask[:, ::5] = False
    scorer = _core.Scorer(pair[0], mask=mask)
    expected = scorer.score(pair[1:], mask=mask)
    assert expected["flags"] == _core.WRAPPED
    scorer = _core.Scorer(pair[0], mask=mask)
    second, same = pair[1:].copy(), mask.copy()
    pair[:] = 0
    mask[:] = False
    assert bits(scorer.score(second, mask=same)) == bits(expected)


@pytest.mark.parametrize("num_threads", [2, 3, 5])
def test_threads_change_no_bit(num_threads: int) -> None:
    pair = moved((-250, 40), (400, 520))
    stack = np.stack([pair[0], *[pair[1]] * 4])
    scorer = _core.Scorer(stack[0])
    expected = scorer.score(stack[1:], num_threads=1)
    assert (expected["flags"] == _core.WRAPPED).all()
    assert bits(scorer.score(stack[1:], num_threads=num_threads)) == bits(expected)
    assert bits(scorer.score(stack[1:2], num_threads=num_threads)) == bits(expected[:1])
