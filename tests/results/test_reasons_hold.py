# SPDX-License-Identifier: MIT
"""Every stack that is not trusted has a reason, and no reason is false of stacks whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from ndreg_preeval import StackScore, score_stack

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

Stack = NDArray[np.float64]
SHAPE = (48, 56)


def scene(rng: np.random.Generator, grain: float = 1.0) -> Stack:
    """Periodic, so that moving it by rolling leaves nothing out."""
    image = ndimage.gaussian_filter(rng.normal(size=SHAPE), grain, mode="wrap")
    return np.asarray(image / image.std())


def moved(image: Stack, shifts: NDArray[np.int_], noise: float, rng: np.random.Generator) -> Stack:
    return np.stack(
        [np.roll(image, tuple(shift), (0, 1)) + noise * rng.normal(size=SHAPE) for shift in shifts]
    )


def drift(rng: np.random.Generator, n: int, most: int = 12) -> NDArray[np.int_]:
    """Every image is elsewhere than the first, by 3 pixels or more along either axis."""
    shifts = rng.integers(3, most + 1, (n, 2)) * rng.choice([-1, 1], (n, 2))
    shifts[0] = 0
    return np.asarray(shifts)


def drifting(rng: np.random.Generator) -> Stack:
    return moved(scene(rng), drift(rng, 8), rng.choice([0.2, 1, 3]), rng)


def at_rest(rng: np.random.Generator) -> Stack:
    return moved(scene(rng), np.zeros((8, 2), int), rng.choice([0.05, 0.5, 2]), rng)


def pattern_that_stays(rng: np.random.Generator) -> Stack:
    return moved(scene(rng), drift(rng, 8), 0.3, rng) + rng.choice([1, 3]) * rng.normal(size=SHAPE)


def returning(rng: np.random.Generator) -> Stack:
    """It returns to where it was now and then."""
    shifts = drift(rng, 60)
    shifts[rng.integers(1, 60, 6)] = 0
    return moved(scene(rng), shifts, rng.choice([0.5, 1]), rng)


def noise_alone(rng: np.random.Generator) -> Stack:
    return rng.normal(size=(8, *SHAPE))


def blank_images(rng: np.random.Generator) -> Stack:
    images = moved(scene(rng), drift(rng, 8), 0.3, rng)
    images[rng.integers(1, 8, 3)] = 5
    return images


def blank_reference(rng: np.random.Generator) -> Stack:
    images = moved(scene(rng), drift(rng, 8), 0.3, rng)
    images[0] = 5
    return images


def far(rng: np.random.Generator) -> Stack:
    """One image moved by more than half of the images, which are cut out of a larger scene."""
    large = ndimage.gaussian_filter(rng.normal(size=(48, 140)), 1)
    places = [0, 6, 12, 40, 9]
    return np.stack([large[:, place : place + 56] for place in places])


def jumping(rng: np.random.Generator) -> Stack:
    shifts = drift(rng, 8)
    shifts[5:] += 20
    return moved(scene(rng), shifts, 0.5, rng)


KINDS: dict[str, Callable[[np.random.Generator], Stack]] = {
    kind.__name__: kind
    for kind in (
        drifting,
        at_rest,
        pattern_that_stays,
        returning,
        noise_alone,
        blank_images,
        blank_reference,
        far,
        jumping,
    )
}
"""Makers of stacks whose truth is known."""

TRUE_OF: dict[str, set[str]] = {
    "while the scene moves": {"pattern_that_stays"},
    "hides a moving sample": {"pattern_that_stays"},
    "static pixels": {"pattern_that_stays"},
    "hot pixel": {"pattern_that_stays"},
    "a static pattern at zero shift, or": {"pattern_that_stays", "at_rest", "returning"},
    "a sample at rest (which aligns)": {"pattern_that_stays", "at_rest", "returning"},
    "at zero shift, where less is certain": {"pattern_that_stays", "at_rest", "returning"},
    "moved by more than half": {"far", "jumping"},
    "no signal": {"blank_images", "blank_reference"},
    "a blank image to be compared with": {"blank_images", "blank_reference"},
    "very content": {"at_rest"},
    "invalid pixels": set(),
    "repeated": set(),
}
"""Words of reasons, and the kinds of stacks of which they may be true; others say what the numbers say."""


def scored(kind: str, seed: int, **options: Any) -> StackScore:
    return score_stack(KINDS[kind](np.random.default_rng([seed, len(kind)])), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["evidence", "plain", "robust"])
@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("max_shift", [None, 6])
def test_every_doubt_has_a_reason_that_is_true(
    kind: str, method: str, pairing: str, max_shift: float | None
) -> None:
    for seed in range(3):
        score = scored(kind, seed, method=method, pairing=pairing, max_shift=max_shift)
        if score.trust < 0.5:
            assert score.reasons, (kind, seed, score.trust)
        for reason in score.reasons:
            for words, kinds in TRUE_OF.items():
                # From image to image a pattern may move, and stay for one step.
                if words in reason and pairing == "reference":
                    assert kind in kinds, (kind, seed, reason)
            if "beyond max_shift" in reason:
                assert max_shift is not None, reason
                assert kind not in {"at_rest", "noise_alone"}, reason
                assert kind != "blank_reference" or pairing == "previous", reason


def test_many_images_that_are_probable_each() -> None:
    """None is doubted, and that all align is not to be expected."""
    rng = np.random.default_rng(4)
    image = scene(rng)
    for noise in np.linspace(0.2, 3, 29):
        images = moved(image, drift(np.random.default_rng(1), 60), float(noise), rng)
        score = score_stack(images, method="robust")
        if score.trust < 0.5 <= score.probability.min():
            break
    else:
        pytest.fail("no noise makes every image probable, and the stack not")
    (reason,) = score.reasons
    worst = score.image_indices[score.probability.argmin()]
    number = int((score.probability < 0.9).sum())
    assert reason.startswith(
        f"{number} of 59 images that align probably only (P of {score.probability.min():.2f}"
    )
    assert reason.endswith(f"the lowest is image {worst}")


def test_images_that_return_to_zero_shift_are_trusted_less() -> None:
    """The stack is perfect but for them, and says so where that costs its trust."""
    rng = np.random.default_rng(0)
    shifts = drift(rng, 400)
    shifts[10::25] = 0
    score = score_stack(moved(scene(rng), shifts, 0.6, rng))
    if score.trust < 0.5:
        assert score.reasons
    assert all("zero shift" in each or "at rest" in each for each in score.reasons)
