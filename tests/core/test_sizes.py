# SPDX-License-Identifier: MIT
"""Every small size, and the awkward large ones, against the oracle in both precisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ndreg_preeval import _core
from tests.support import oracle
from tests.support.agreement import assert_agrees, tolerances
from tests.support.oracle import EPS, EPS_SINGLE, Floats

PRECISIONS = [("double", EPS), ("single", EPS_SINGLE)]
AWKWARD = [
    (1, 2), (1, 3), (2, 1), (3, 1), (1, 18), (18, 1), (1, 127), (127, 1), (127, 2), (2, 127), (3, 128),
    (31, 37), (1, 1009), (1009, 1), (1, 1024), (1024, 1), (64, 64), (101, 103), (128, 96), (96, 25),
    (23 * 29, 2), (2, 23 * 29), (7 * 11, 13 * 17),
]  # fmt: skip


def images_of(h: int, w: int) -> Floats:
    """A white scene; itself moved and a little noisy; another one."""
    rng = np.random.default_rng(100 * h + w)
    scene = rng.normal(size=(h, w))
    moved = np.roll(scene, (h // 3, -(w // 4)), (0, 1)) + 0.2 * rng.normal(size=(h, w))
    return np.array([scene, moved, rng.normal(size=(h, w))])


@pytest.mark.parametrize("h", range(1, 18))
def test_every_size_to_17(h: int) -> None:
    for w in range(1, 18):
        images = images_of(h, w)
        for precision, eps in PRECISIONS:
            records = _core.Scorer(images[0], precision=precision).score(images[1:])
            for record, image in zip(records, images[1:], strict=True):
                worst = tolerances(images[0], image, eps, worst=True)
                assert_agrees(record, images[0], image, tolerance=worst)


@pytest.mark.parametrize("h", range(1, 18))
def test_every_size_to_17_filtered(h: int) -> None:
    """Windows start at 8 pixels, on each axis for itself."""
    options: dict[str, Any] = {"window": "hann", "cutoff": 0.25, "max_shift": 4.0, "confirm_window": None}
    for w in range(1, 18):
        images = images_of(h, w)
        record = _core.Scorer(images[0], **options).score(images[1:2])[0]
        worst = tolerances(images[0], images[1], EPS, worst=True, **options)
        assert_agrees(record, images[0], images[1], tolerance=worst, **options)


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
@pytest.mark.parametrize("shape", AWKWARD, ids=lambda shape: f"{shape[0]}x{shape[1]}")
def test_awkward_sizes(shape: tuple[int, int], precision: str, eps: float) -> None:
    images = images_of(*shape)
    records = _core.Scorer(images[0], precision=precision).score(images[1:])
    for record, image in zip(records, images[1:], strict=True):
        worst = tolerances(images[0], image, eps, worst=True)
        pair = assert_agrees(record, images[0], image, tolerance=worst)
        if precision == "double":
            assert worst[0] < 1e-9 * pair.peak
            assert record["peak"] == pytest.approx(pair.peak, rel=1e-9)


def test_correlograms_of_every_size_to_9() -> None:
    for h in range(1, 10):
        for w in range(1, 10):
            images = images_of(h, w)
            scorer = _core.Scorer(images[0])
            pair = oracle.pair_score(images[0], images[1])
            own, second = tolerances(images[0], images[1], worst=True)
            np.testing.assert_allclose(scorer.correlogram(images[1]), pair.r, rtol=0, atol=own)
            found = scorer.correlogram(images[1], second_opinion=True)
            np.testing.assert_allclose(found, pair.opinion, rtol=0, atol=second)


@pytest.mark.parametrize(("precision", "eps"), PRECISIONS)
def test_two_large_primes(precision: str, eps: float) -> None:
    """1009 x 1013: no factors, so the transforms go through Bluestein's convolution."""
    images = images_of(1009, 1013)[:2]
    record = _core.Scorer(images[0], precision=precision).score(images[1:])[0]
    pair = assert_agrees(record, images[0], images[1], eps=eps)
    assert (pair.peak_dy, pair.peak_dx) == (-336, 253)
    assert pair.probability > 0.99


@pytest.mark.parametrize("precision", ["double", "single"])
def test_one_pixel_is_no_evidence(precision: str) -> None:
    record = _core.Scorer(np.array([[1.0]]), precision=precision).score(np.array([[[2.0]], [[np.nan]]]))
    assert list(record["flags"]) == [oracle.NO_CONTRAST, oracle.ALL_INVALID]
    assert not record["peak"].any()
    assert not record["probability"].any()
    assert (record["p_value"] == 1).all()
