# SPDX-License-Identifier: MIT
"""precision="auto" finds what double precision finds: in single where that is certain, else in double.

The pairs are those that single precision finds hardest: noise-free smooth scenes, whose highest
frequencies are below its rounding errors, few lines in the spectrum, equal peaks, shifts by half a
pixel, offsets, counts, and tiny images. NDREG_PREEVAL_HUNT sets how many are tried.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ndreg_preeval import _core
from tests.support.agreement import bits

Floats = NDArray[np.float64]

MOST = 1e-5
"""What a probability may differ by, as the documentation says."""

METHODS: dict[str, dict[str, Any]] = {
    "evidence": {"confirm": True, "ignore_hot_pixel": True, "confirm_cutoff": 0.25, "judgement": "evidence"},
    "robust": {
        "confirm": True,
        "ignore_hot_pixel": True,
        "confirm_cutoff": 0.15,
        "confirm_window": "hann",
        "judgement": "ratio",
    },
    "peak_to_mean": {"confirm": False, "ignore_hot_pixel": False},
}
METHODS["plain"] = METHODS["evidence"] | {"normalization": None, "keep_mean": True}
METHODS["window"] = METHODS["evidence"] | {"window": "hann", "cutoff": 0.2}
METHODS["low pass"] = METHODS["evidence"] | {"cutoff": 0.08}
METHODS["near"] = METHODS["evidence"] | {"max_shift": 5.0}

SCENES = ("white", "smooth", "lines", "counts", "sparse", "spots", "steps", "tiles", "stripes")
MOVES = ("still", "rolled", "half", "fractions", "other")
DTYPES = ("f8", "f8", "f8", "f4", "u4", "i8", "u2")


def moved(image: Floats, dy: float, dx: float) -> Floats:
    """The image moved by any fraction of a pixel."""
    h, w = image.shape
    phase = np.fft.fftfreq(h)[:, None] * dy + np.fft.rfftfreq(w) * dx
    return np.fft.irfft2(np.fft.rfft2(image) * np.exp(-2j * np.pi * phase), s=(h, w))


def smooth(rng: np.random.Generator, h: int, w: int, width: float) -> Floats:
    f = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w))
    return np.fft.irfft2(np.fft.rfft2(rng.normal(size=(h, w))) * np.exp(-20 * (f * width) ** 2), s=(h, w))


def scene(rng: np.random.Generator, kind: str, h: int, w: int) -> Floats:
    y, x = np.mgrid[:h, :w]
    match kind:
        case "white":
            return rng.normal(size=(h, w))
        case "smooth":
            return smooth(rng, h, w, 10 ** rng.uniform(-1, 1))
        case "lines":
            waves = [(rng.integers(h) * y / h + rng.integers(w) * x / w, rng.uniform(0, 6)) for _ in range(4)]
            return sum((np.cos(2 * np.pi * turns + phase) for turns, phase in waves), np.zeros((h, w)))
        case "counts":
            return rng.poisson(10 ** rng.uniform(-2, 4) * np.abs(smooth(rng, h, w, 1))).astype(float)
        case "sparse":
            return (rng.random((h, w)) < 10 ** rng.uniform(-3, -0.3)) * rng.normal(size=(h, w))
        case "spots":
            found = np.zeros((h, w))
            for _ in range(5):
                distance = (y - rng.uniform(0, h)) ** 2 + (x - rng.uniform(0, w)) ** 2
                found += np.exp(-distance / 2 / rng.uniform(0.5, 1 + h / 3) ** 2)
            return found
        case "steps":
            return np.round(smooth(rng, h, w, 1) * 10 ** rng.uniform(0, 4))
        case "tiles":
            return np.tile(rng.normal(size=(-(-h // 2), -(-w // 2))), (2, 2))[:h, :w]
    stripes = (y % rng.integers(1, 9) < 2).astype(float) + (x % rng.integers(1, 9) < 2)
    return stripes + 10 ** rng.uniform(-9, 0) * rng.normal(size=(h, w))


def move(rng: np.random.Generator, kind: str, image: Floats) -> Floats:
    match kind:
        case "still":
            return image
        case "rolled":
            return np.roll(image, tuple(rng.integers(-20, 20, 2)), (0, 1))
        case "half":
            return moved(image, *rng.choice([0, 0.5, 1.5, 3.25, -2.5], 2))
        case "fractions":
            return moved(image, *rng.uniform(-9, 9, 2))
    return scene(rng, SCENES[rng.integers(len(SCENES))], *image.shape)


def as_dtype(rng: np.random.Generator, images: Floats, dtype: str) -> NDArray[Any]:
    if dtype == "f8":
        return images
    low, high = np.nanmin(images), np.nanmax(images)
    unit = (images - low) / (high - low if high > low else 1)
    if dtype == "f4":
        return (unit * 10.0 ** rng.integers(-10, 10)).astype(dtype)
    most = 0.9 * min(np.iinfo(dtype).max, 2**62)
    return (np.nan_to_num(unit) * most / 10.0 ** rng.integers(0, 4)).astype(dtype)


@st.composite
def stacks(draw: st.DrawFn) -> NDArray[Any]:
    """Three images, and everything about them from one seed, so that examples are small."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    longest = draw(st.sampled_from([19, 64, 130]))
    h, w = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    first = scene(rng, draw(st.sampled_from(SCENES)), h, w)
    images = [first]
    for _ in range(2):
        image = move(rng, draw(st.sampled_from(MOVES)), first)
        image = image + draw(st.sampled_from([0, 1e-12, 1e-9, 1e-6, 1e-3, 1])) * rng.normal(size=(h, w))
        spoil = draw(st.sampled_from(["not", "not", "not", "hot", "invalid"]))
        if spoil != "not":
            places = rng.integers(0, h * w, 3)
            image.flat[places] = np.nan if spoil == "invalid" else 10 ** rng.uniform(0, 8)
        images.append(image)
    found = np.array(images) + draw(st.sampled_from([0, 0, 0, 1e3, 1e7, 1e14]))
    found *= draw(st.sampled_from([1, 1, 1, 1e300, 1e-200])) if np.nanmax(np.abs(found)) < 1e7 else 1
    return as_dtype(rng, found, draw(st.sampled_from(DTYPES)))


def scored(images: NDArray[Any], precision: str, consecutive: bool, **options: Any) -> Any:
    scorer = _core.Scorer(images[0], precision=precision, **options)
    if consecutive:
        return scorer.score_consecutive(images, num_threads=1)
    return scorer.score(images[1:], num_threads=1)


@settings(
    max_examples=int(os.environ.get("NDREG_PREEVAL_HUNT", "300")) // 2,
    deadline=None,
    derandomize="NDREG_PREEVAL_HUNT" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(stacks(), st.sampled_from(sorted(METHODS)), st.booleans())
def test_either_precision_finds_what_double_finds(images: Any, method: str, consecutive: bool) -> None:
    options = METHODS[method]
    found, wanted = (scored(images, each, consecutive, **options) for each in ("auto", "double"))
    again = found["flags"] & _core.IN_DOUBLE != 0
    found["flags"] &= ~np.uint32(_core.IN_DOUBLE)
    assert bits(found[again]) == bits(wanted[again])
    single = scored(images, "single", consecutive, **options)
    assert bits(found[~again]) == bits(single[~again])
    for name in ("peak_dy", "peak_dx", "flags", "invalid_pixels", "static_pixels"):
        np.testing.assert_array_equal(found[name], wanted[name])
    for name in ("probability", "probability_masked"):
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=MOST)


def pair(kind: str, dtype: str) -> NDArray[Any]:
    rng = np.random.default_rng(5)
    images = {
        "noisy": lambda: np.roll(rng.normal(size=(64, 60)), (3, -2), (0, 1)) + rng.normal(size=(2, 64, 60)),
        "smooth": lambda: np.array([smooth(rng, 64, 60, 3), smooth(rng, 64, 60, 3)]),
        "tied": lambda: np.array([np.tile(rng.normal(size=(32, 30)), (2, 2))] * 2),
        "offset": lambda: 1e14 + 100 * rng.normal(size=(2, 64, 60)),
    }[kind]()
    return as_dtype(rng, images, dtype)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u4", "u2"])
@pytest.mark.parametrize("method", METHODS)
def test_noise_is_certain(method: str, dtype: str) -> None:
    """Ordinary images need single precision only, whatever they are stored in."""
    found = scored(pair("noisy", dtype), "auto", False, **METHODS[method])
    assert not found["flags"][0] & _core.IN_DOUBLE


@pytest.mark.parametrize("kind", ["smooth", "tied", "offset"])
def test_what_is_not_certain(kind: str) -> None:
    found = scored(pair(kind, "f8"), "auto", False, **METHODS["evidence"])
    assert found["flags"][0] & _core.IN_DOUBLE


@pytest.mark.parametrize("consecutive", [False, True])
def test_precision_depends_on_the_pair_alone(consecutive: bool) -> None:
    """Not on its neighbours, nor on threads: certain and doubtful images, mixed."""
    rng = np.random.default_rng(7)
    clear, hazy = rng.normal(size=(32, 36)), smooth(rng, 32, 36, 3)
    images = np.array([clear + 0.1 * rng.normal(size=clear.shape) if k % 3 else hazy for k in range(1, 14)])
    whole = scored(images, "auto", consecutive, **METHODS["evidence"])
    doubtful = whole["flags"] & _core.IN_DOUBLE != 0
    assert doubtful.any()
    assert not doubtful.all()
    for threads in range(2, 9):
        scorer = _core.Scorer(images[0], precision="auto", **METHODS["evidence"])
        some = scorer.score_consecutive if consecutive else scorer.score
        given_ = images if consecutive else images[1:]
        assert bits(some(given_, num_threads=threads)) == bits(whole)
        parts = [given_[k : k + 1 + consecutive] for k in range(len(whole))]
        assert b"".join(bits(some(part, num_threads=threads)) for part in parts) == bits(whole)


@pytest.mark.parametrize("factor", [1e300, 1e-200, 1e-307])
def test_scale_does_not_matter(factor: float) -> None:
    images = pair("noisy", "f8")
    power = 2.0 ** np.round(np.log2(factor))
    found, wanted = (scored(each, "auto", False, **METHODS["evidence"]) for each in (images * power, images))
    assert bits(found) == bits(wanted)


def test_correlogram_is_that_of_the_score() -> None:
    for kind, precision in (("noisy", "single"), ("smooth", "double")):
        images = pair(kind, "f8")
        either, one = (
            _core.Scorer(images[0], precision=each, **METHODS["evidence"]) for each in ("auto", precision)
        )
        np.testing.assert_array_equal(either.correlogram(images[1]), one.correlogram(images[1]))


def test_phases_that_are_lost_lower_the_peak() -> None:
    """An image that is blurred and has no noise: in double all its phases are right, in single few."""
    white = np.random.default_rng(1).normal(size=(131, 131))
    f = np.hypot(np.fft.fftfreq(131)[:, None], np.fft.rfftfreq(131))
    for width in (0.5, 1.2, 1.4):
        blurred = np.fft.irfft2(np.fft.rfft2(white) * np.exp(-20 * (f * width) ** 2), s=white.shape)
        for method, options in METHODS.items():
            images = np.array([white, np.roll(blurred, (3, -2), (0, 1)), blurred])
            found, wanted = (scored(images, each, False, **options) for each in ("auto", "double"))
            np.testing.assert_array_equal(
                found["flags"] & ~np.uint32(_core.IN_DOUBLE), wanted["flags"], method
            )
            for name in ("peak", "rms"):
                np.testing.assert_allclose(found[name], wanted[name], rtol=1e-4, err_msg=method)


@pytest.mark.parametrize("method", ["window", "robust"])
def test_what_memory_holds_does_not_matter(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubles of earlier images are often no numbers where they are read as floats."""
    monkeypatch.setenv("NDREG_PREEVAL_KEPT_MEMORY", "300M")
    rng = np.random.default_rng(2)
    for shape in ((15, 61), (19, 86), (8, 61), (23, 74)):
        images = rng.normal(size=(4, *shape))
        for _ in range(20):
            scored(rng.normal(size=(4, *shape)), "double", False, **METHODS[method])
            found = scored(images, "auto", False, **METHODS[method])
            assert not (found["flags"] & _core.IN_DOUBLE).any()


def test_errors_are_as_large_as_the_level_beside_which_a_peak_stands() -> None:
    """Inverted contrast: the peak is one of two nearly equal ones, and small beside what `keep_mean` adds."""
    options = {"confirm": False, "normalization": None, "keep_mean": True}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        image = 3 + rng.normal(size=(61, 127))
        images = np.array([image, 6 - image + 10 ** rng.uniform(-6.5, -4.5) * rng.normal(size=image.shape)])
        found, wanted = (scored(images, each, False, **options) for each in ("auto", "double"))
        for name in ("peak_dy", "peak_dx"):
            np.testing.assert_array_equal(found[name], wanted[name])


def test_mean_behind_a_window() -> None:
    """What a window leaves of the mean is a frequency like others: lost in single, it is doubted."""
    rng = np.random.default_rng(2)
    window = [0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n) for n in (97, 61)]
    weight = window[0][:, None] * window[1]
    scene = rng.normal(size=(97, 61))
    scene -= scene.mean()
    # No mean, neither before the window nor behind it.
    scene -= (scene * weight).sum() / (weight * (weight - weight.mean())).sum() * (weight - weight.mean())
    images = np.array([scene, scene * 3 + 1e-9 * rng.normal(size=scene.shape)])
    found, wanted = (scored(images, each, False, **METHODS["robust"]) for each in ("auto", "double"))
    assert found["flags"][0] & _core.IN_DOUBLE
    assert found["probability"][0] == wanted["probability"][0]


def test_copies_are_computed_in_double() -> None:
    """Between stacks of nothing but copies rounding decides: as little of it as can be."""
    image = np.random.default_rng(8).normal(size=(64, 64))
    images = np.array([image, image, 2 * image + 1])
    found, wanted = (scored(images, each, False, **METHODS["evidence"]) for each in ("auto", "double"))
    assert (found["flags"] & _core.IN_DOUBLE).all()
    assert (found["flags"] & _core.IDENTICAL).all()
    assert (found["probability"] == wanted["probability"]).all()
