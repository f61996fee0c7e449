# SPDX-License-Identifier: MIT
"""method="ewoksndreg" beside ewoksndreg itself, where that is installed."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import _core, rank_stacks
from tests.support import oracle

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        importlib.util.find_spec("ewoksndreg") is None, reason="ewoksndreg is not installed (optional peer)"
    ),
]


def peer(module: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, and their dependencies'
        return importlib.import_module(f"ewoksndreg.{module}")


def random_stacks(seed: int, dtype: str = "f8") -> dict[str, Any]:
    """Valid input as the original understands it: floats, contrast in every image, no NaN."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    stacks = {}
    for k in range(int(rng.integers(2, 6))):
        h, w = rng.integers(5, 40, 2)
        scene = rng.normal(size=(h, w))
        images = [np.roll(scene, rng.integers(-3, 4, 2), (0, 1)) for _ in range(n)]
        stack = np.array(images) + rng.uniform(0, 3) * rng.normal(size=(n, h, w))
        stacks[f"stack {k}"] = (rng.uniform(0.1, 1000) * stack + rng.uniform(-10, 10)).astype(dtype)
    return stacks


def ranking_of(stacks: dict[str, Any], **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # random stacks deserve the warnings they get
        return rank_stacks(stacks, method="ewoksndreg", **options)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("seed", range(20))
def test_same_scores_and_order(seed: int, dtype: str) -> None:
    stacks = random_stacks(seed, dtype)
    peak_eval = peer("evaluation.eval_metrics").peak_eval
    wide = {name: stack.astype("f8") for name, stack in stacks.items()}
    theirs = {name: -peak_eval(stack, 0) for name, stack in wide.items()}
    ours = ranking_of(stacks, precision="double")
    assert ours.ranked_stack_names == peer("evaluation.evaluation").pre_evaluation(wide)
    assert dict(ours.scores) == pytest.approx(theirs, abs=1e-9)
    assert {name: oracle.stack_score(stack, "ewoksndreg") for name, stack in stacks.items()} == pytest.approx(
        theirs, abs=1e-9
    )


@pytest.mark.parametrize("seed", range(20, 30))
def test_single_precision_is_close(seed: int) -> None:
    stacks = random_stacks(seed)
    theirs = {name: -peer("evaluation.eval_metrics").peak_eval(stack, 0) for name, stack in stacks.items()}
    ours = ranking_of(stacks, precision="single")
    assert dict(ours.scores) == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("reference", [0, 1, 2, -1])
def test_other_reference_images(reference: int) -> None:
    rng = np.random.default_rng(40)
    stacks = {name: rng.uniform(size=(4, 16, 18)) for name in "abc"}
    theirs = {name: -peer("evaluation.eval_metrics").peak_eval(s, reference) for name, s in stacks.items()}
    ours = ranking_of(stacks, precision="double", reference_image=reference)
    assert dict(ours.scores) == pytest.approx(theirs, abs=1e-9)


def test_per_image_values_of_the_core() -> None:
    """peak - mean of each image, the reference with itself included."""
    normalize = peer("math.normalization").range_normalization
    stack = random_stacks(50)["stack 0"]
    records = _core.Scorer(stack[0], keep_mean=True, confirm=False).score(stack)
    for image, record in zip(stack, records, strict=True):
        product = np.fft.fft2(normalize(stack[0])) * np.fft.fft2(normalize(image)).conj()
        r = np.abs(np.fft.ifft2(product / np.abs(product)))
        assert record["peak"] - record["mean"] == pytest.approx(r.max() - r.mean(), abs=1e-12)
