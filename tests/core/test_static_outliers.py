# SPDX-License-Identifier: MIT
"""Static outliers of a pair: found as the oracle finds them, and nothing else is."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import bits
from tests.support.outlier_scenes import blurred, counts, spoil

OPTIONS: dict[str, dict[str, Any]] = {
    "evidence": {},
    "plain": {"normalization": None, "keep_mean": True},
    "robust": {"confirm_window": "hann", "confirm_cutoff": 0.15, "judgement": "ratio"},
}


def check(stack: NDArray[Any], masks: NDArray[np.bool_] | None = None, **options: Any) -> Any:
    """Every number equals that of the oracle."""
    given = [None] * len(stack) if masks is None else list(masks)
    scorer = _core.Scorer(stack[0], mask=given[0], ignore_hot_pixel=True, **options)
    records = scorer.score(stack[1:], mask=None if masks is None else masks[1:])
    for record, image, mask in zip(records, stack[1:], given[1:], strict=True):
        expected = oracle.pair_score(
            stack[0], image, reference_mask=given[0], mask=mask, ignore_hot_pixel=True, **options
        )
        for name in ("static_pixels", "peak_dy", "peak_dx", "flags", "invalid_pixels"):
            assert record[name] == getattr(expected, name), name
        for name in ("peak", "mean", "rms", "second_peak", "zero_peak", "confirmation"):
            assert record[name] == pytest.approx(getattr(expected, name), rel=1e-6, abs=1e-9), name
        for name in ("probability", "probability_masked"):
            assert record[name] == pytest.approx(getattr(expected, name), rel=1e-5), name
    return records


KINDS = (
    "gaps", "two values", "fill", "a third", "aperture", "aperture 0", "dead 2", "dead 20", "dead 60", "hot 2", "hot 20",
)  # fmt: skip


@pytest.mark.parametrize("method", OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["u2", "u4", "i4", ">f4", "f8"])
def test_gaps_and_dead_pixels_are_left_out(dtype: str, kind: str, method: str) -> None:
    stack = spoil(counts(0.1, dtype), kind)
    records = check(stack, **OPTIONS[method])
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(3, -2), (6, -4), (9, -6)]
    assert (records["probability_masked"] > 0.6).all()
    # A gap over the whole width leaves phases alone, but for a few.
    if kind != "a third" or method == "plain":
        assert (records["static_pixels"] > 0).all()
        assert (records["flags"] & _core.HOT_PIXEL).all()
    assert not (records["flags"] & _core.IDENTICAL).any()
    noise = check(spoil(counts(None, dtype), kind), **OPTIONS[method])
    assert (noise["probability"] < 0.3).all()
    assert not (noise["flags"] & _core.IDENTICAL).any()


@pytest.mark.parametrize("method", ["evidence", "robust"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_numbers_of_64_bits_have_gaps_too(dtype: str, kind: str, method: str) -> None:
    records = check(spoil(counts(0.1, dtype), kind), **OPTIONS[method])
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(3, -2), (6, -4), (9, -6)]
    noise = check(spoil(counts(None, dtype), kind), **OPTIONS[method])
    assert (noise["probability"] < 0.3).all()


@pytest.mark.parametrize("method", OPTIONS)
@pytest.mark.parametrize("kind", ["gaps", "a third", "aperture", "dead 60"])
def test_bytes_have_gaps_too(kind: str, method: str) -> None:
    check(spoil(counts(0.1, "u1", mean=100, deviation=20), kind), **OPTIONS[method])
    noise = check(spoil(counts(None, "u1", mean=100, deviation=20), kind), **OPTIONS[method])
    assert (noise["probability"] < 0.3).all()


@pytest.mark.parametrize("kind", ["negative", "aperture -1"])
@pytest.mark.parametrize("dtype", ["i2", "i4", "i8", "f4"])
@pytest.mark.parametrize("mean", [4.0, 9.0, 1000.0])
def test_negative_flags_among_counts(dtype: str, mean: float, kind: str) -> None:
    stack = spoil(np.rint(counts(0.1, dtype, mean=mean, deviation=mean / 3).clip(0)).astype(dtype), kind)
    records = check(stack)
    assert [(r["peak_dy"], r["peak_dx"]) for r in records] == [(3, -2), (6, -4), (9, -6)]
    noise = np.rint(counts(None, dtype, mean=mean, deviation=mean / 3).clip(0)).astype(dtype)
    noise = check(spoil(noise, kind))
    assert (noise["probability"] < 0.3).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("method", OPTIONS)
def test_any_outliers_with_masks_and_invalid_pixels(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    stack = counts(float(rng.choice([0.1, 0.6])), "f4", seed)
    for kind in rng.choice(["gaps", "dead 20", "hot 20", "dead columns", "fill"], 2, replace=False):
        stack = spoil(stack, str(kind), seed)
    stack[1, 18:22, 28:40] = np.nan
    masks = np.ones(stack.shape, bool)
    masks[2:, 10:14, 40:50] = False
    check(stack, masks, **OPTIONS[method])


def test_sparse_counts_with_gaps() -> None:
    rng = np.random.default_rng(2)
    scene = 0.3 * np.exp(2 * blurred(rng, (100, 100), 1))
    stack = np.stack([rng.poisson(scene[20 + 3 * i : 68 + 3 * i, 25 : 25 + 64]) for i in range(3)])
    for dtype in ("u4", "u2"):
        records = check(spoil(stack.astype(dtype), "gaps"))
        assert (records["static_pixels"] > 200).all()
        assert [r["peak_dy"] for r in records] == [3, 6]


def _moving(make: Any, rest: bool, n: int = 3) -> NDArray[Any]:
    """Images of make(window), where the window is at rest or moves by (3, -2)."""
    return np.stack(
        [
            make((slice(20 + s * 3, 68 + s * 3), slice(25 - s * 2, 89 - s * 2)))
            for s in ([0] * n if rest else range(n))
        ]
    )


def _scenes(rest: bool, seed: int) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(seed)
    scene, fine = blurred(rng, (100, 100), 4), blurred(rng, (100, 100), 2)
    particles = np.zeros((100, 100))
    particles.ravel()[rng.choice(10_000, 30, replace=False)] = rng.uniform(0.3, 1, 30)
    particles = np.abs(blurred_of(particles, 1.2))
    y, x = np.mgrid[:100, :100]
    corners = (1.2 - ((y - 45) ** 2 + (x - 55) ** 2) / 40**2).clip(0, 1) * (1 + 0.2 * fine)

    def noise(size: float) -> NDArray[np.float64]:
        return size * rng.normal(size=(48, 64))

    return {
        "saturated": _moving(lambda w: (20000 + 25000 * scene[w] + noise(50)).clip(0, 65535), rest).astype(
            "u2"
        ),
        "saturated bytes": _moving(lambda w: (128 + 100 * scene[w] + noise(5)).clip(0, 255), rest).astype(
            "u1"
        ),
        "dark background": _moving(lambda w: (1000 * fine[w] - 900 + noise(20)).clip(0), rest).astype("u2"),
        "sparse counts": _moving(lambda w: rng.poisson(0.1 * np.exp(fine[w])), rest).astype("u4"),
        "counts": _moving(lambda w: rng.poisson(3 * np.exp(fine[w])), rest).astype("i4"),
        "particles": _moving(lambda w: 10 + 1000 * particles[w] + noise(3), rest).astype("f4"),
        "counted particles": _moving(lambda w: rng.poisson(2 + 300 * particles[w]), rest).astype("u2"),
        "dark corners": _moving(lambda w: 1000 * corners[w], rest).astype("u2"),
        "labels": _moving(lambda w: np.digitize(fine[w], [0, 0.7, 1.4]) * 60, rest).astype("u1"),
        "binary": _moving(lambda w: fine[w] > 0.5, rest),
        "salt and pepper": np.where(
            (chance := rng.random((3, 48, 64))) < 0.05,
            0,
            np.where(chance > 0.95, 255, _moving(lambda w: (120 + 30 * fine[w]).clip(1, 254), rest)),
        ).astype("u1"),
    }


def blurred_of(image: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """An image with a blur, and a maximum of 1."""
    fy, fx = np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])
    factor = np.exp(-2 * (np.pi * sigma) ** 2 * (fy**2 + fx**2))
    out = np.fft.ifft2(np.fft.fft2(image) * factor).real
    return out / out.max()


@pytest.mark.parametrize("rest", [False, True], ids=["moves", "rests"])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", OPTIONS)
def test_a_scene_is_no_outlier(method: str, seed: int, rest: bool) -> None:
    """Saturated, dark, sparse, of particles: every bit is that of who looks for none."""
    for name, stack in _scenes(rest, seed).items():
        for run in ("score", "score_consecutive"):
            records = [
                getattr(_core.Scorer(stack[0], ignore_hot_pixel=looks, **OPTIONS[method]), run)(stack)
                for looks in (True, False)
            ]
            assert bits(records[0]) == bits(records[1]), name


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", OPTIONS)
def test_padding_that_stays_is_a_gap(method: str, seed: int) -> None:
    """Zeros around a window of a fifth of the image, in which the scene moves."""
    rng = np.random.default_rng(seed)
    fine = blurred(rng, (100, 100), 2)
    stack = np.zeros((3, 48, 64), np.uint16)
    window = np.s_[:, 10:30, 20:50]
    stack[window] = _moving(lambda w: 5000 + 1000 * fine[w] + 50 * rng.normal(size=(48, 64)), rest=False)[
        :, :20, :30
    ]
    records = check(stack, **OPTIONS[method])
    assert (records["static_pixels"] == 48 * 64 - 20 * 30).all()
    # As a mask of the window has it.
    mask = np.zeros((48, 64), bool)
    mask[window[1:]] = True
    masked = _core.Scorer(stack[0], mask=mask, **OPTIONS[method]).score(stack[1:], mask=mask)
    for name in ("peak_dy", "peak_dx"):
        assert (records[name] == masked[name]).all()


def test_a_saturated_square_that_moves_is_the_scene() -> None:
    rng = np.random.default_rng(1)
    stack = (1000 + 30 * rng.normal(size=(3, 48, 64))).astype("u2")
    for i in range(3):
        stack[i, 10 + 3 * i : 25 + 3 * i, 20:35] = 65535
    records = check(stack)
    assert not records["static_pixels"].any()
    assert [r["peak_dy"] for r in records] == [-3, -6]


def test_the_same_image_again_has_no_outliers() -> None:
    stack = spoil(counts(0.1, "u2"), "gaps")
    (record,) = _core.Scorer(stack[0], ignore_hot_pixel=True).score(stack[:1])
    assert record["static_pixels"] == 0
    assert record["flags"] & _core.IDENTICAL


@pytest.mark.parametrize("kind", ["gaps", "dead 20", "hot 20"])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_layout_threads_and_order_change_no_bit(kind: str, precision: str) -> None:
    stack = np.concatenate([spoil(counts(0.3, "u2", seed), kind, seed % 2) for seed in range(3)])
    scorer = _core.Scorer(stack[0], precision=precision, ignore_hot_pixel=True)
    expected = scorer.score(stack, num_threads=1)
    assert len(set(expected["static_pixels"].tolist())) > 1
    wide = np.zeros((len(stack), 48, 130), ">u2")
    wide[:, :, ::2][:, :, :64] = stack
    for images in (wide[:, :, ::2][:, :, :64], np.asfortranarray(stack), stack.astype(">u2")):
        other = _core.Scorer(images[0], precision=precision, ignore_hot_pixel=True)
        assert bits(other.score(images, num_threads=3)) == bits(expected)
    backwards = np.concatenate([scorer.score(image[None]) for image in stack[::-1]])[::-1]
    assert bits(backwards) == bits(expected)
    together = scorer.score_consecutive(stack, num_threads=2)
    pairs = itertools.pairwise(stack)
    apart = [_core.Scorer(a, precision=precision, ignore_hot_pixel=True).score([b])[0] for a, b in pairs]
    assert bits(together) == bits(np.array(apart))


def test_the_correlogram_is_that_of_the_rest() -> None:
    stack = spoil(counts(0.1, "u2"), "gaps")
    for options in OPTIONS.values():
        scorer = _core.Scorer(stack[0], ignore_hot_pixel=True, **options)
        (record,) = scorer.score(stack[1:2])
        found = scorer.correlogram(stack[1])
        assert found[record["peak_dy"], record["peak_dx"]] == record["peak"]
