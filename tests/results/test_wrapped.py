# SPDX-License-Identifier: MIT
"""Stacks that drift by more than half of the image: the true shift, little trust, and the way out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ndreg_preeval import RankingWarning, StackRanker, StackScorer, core, rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers

METHODS = ("evidence", "plain", "robust")
every_method = pytest.mark.parametrize("method", METHODS)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def drifting(noise: float = 0.01, seed: int = 0, step: int = 15, n: int = 6) -> NDArray[np.float64]:
    """Images of 96 x 128 that move by so many columns each: 15, 30, 45, 60, 75."""
    rng = np.random.default_rng(seed)
    scene = gaussian_filter(rng.normal(size=(96, 128 + step * n)), 0.8)
    scene /= scene.std()
    stack = np.stack([scene[:, step * i : step * i + 128] for i in range(n)])
    return np.asarray(stack + noise * rng.normal(size=stack.shape))


def jump(columns: int = -78) -> NDArray[np.float64]:
    scene = gaussian_filter(np.random.default_rng(0).normal(size=(96, 600)), 0.8)
    return np.stack([scene[:, 200:328], scene[:, 200 + columns : 328 + columns]])


@pytest.mark.parametrize("precision", ["double", "single"])
@every_method
def test_a_jump_is_found_and_not_trusted(method: str, precision: Any) -> None:
    with pytest.warns(RankingWarning, match="Image 1 .* moved by more than half of the image"):
        found = score_stack(jump(), method=method, precision=precision)
    assert found.peak_shifts.tolist() == [[0, -78]]
    assert found.shifts[0] == pytest.approx([0, -78], abs=0.05)
    assert found.flags.tolist() == [core.WRAPPED]
    assert found.probability[0] <= 0.02
    assert found.trust <= 0.02
    (reason,) = found.reasons
    assert reason.startswith("moved by more than half of the image; compare with the previous image")
    assert reason.endswith('(`pairing="previous"`): image 1')
    assert 'compare each image with the one before it (pairing="previous")' in found.warnings[0]


@pytest.mark.parametrize("method", ["peak_to_mean", "ewoksndreg"])
def test_literal_methods_are_literal(method: str) -> None:
    """They have no probability that could say when a peak is worth a second look."""
    found = score_stack(jump(), method=method)
    assert found.peak_shifts.tolist() == [[0, 50]]
    assert not found.flags.any()
    assert not found.warnings


@every_method
def test_another_advice_where_neighbours_are_compared(method: str) -> None:
    found = score_stack(jump(), method=method, pairing="previous")
    assert found.peak_shifts.tolist() == [[0, -78]]
    assert found.reasons == (
        "moved by more than half of the image since the previous image; they are too far apart: image 1",
    )
    assert "since the image before" in found.warnings[0]
    assert "pairing" not in "".join(found.reasons + found.warnings)


@pytest.mark.parametrize("method", ["evidence", "plain"])
def test_the_advice_helps(method: str) -> None:
    """A steady drift: the last images are too far from the first one, none from the one before it."""
    stack = drifting()
    found = score_stack(stack, method=method)
    assert found.peak_shifts.tolist() == [[0, 15 * i] for i in range(1, 6)]
    assert found.flags.tolist() == [0, 0, 0, 0, core.WRAPPED]
    assert not found.jumps.any()
    assert found.trust < 0.05
    helped = score_stack(stack, method=method, pairing="previous")
    assert helped.peak_shifts.tolist() == [[0, 15]] * 5
    assert not helped.flags.any()
    assert helped.trust > 0.9
    assert not helped.reasons


@every_method
def test_live_as_offline(method: Any) -> None:
    stack = drifting()
    for pairing in ("reference", "previous"):
        scorer = StackScorer(stack[0], method=method, pairing=pairing)
        ranker = StackRanker({"a": stack[0]}, method=method, pairing=pairing)
        for last in range(1, len(stack)):
            scorer.add(stack[last])
            ranker.add({"a": stack[last]})
            expected = score_stack(stack[: last + 1], name="stack", method=method, pairing=pairing)
            assert_same_numbers(scorer.result(), expected)
            assert_same_numbers(ranker.result().stacks["a"], expected)
            assert scorer.result().reasons == expected.reasons


@every_method
def test_the_same_from_anywhere(method: Any, tmp_path: Path) -> None:
    stacks = {"good": drifting(), "noisy": drifting(0.5, 1), "noise": drifting(100, 2)}
    expected = rank_stacks(stacks, method=method)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, stack in stacks.items():
            file.create_dataset(name, data=stack, chunks=(2, 50, 60), compression="gzip")
    with ThreadPoolExecutor(2) as executor:
        for found in (
            rank_stacks(f"{tmp_path / 'a.h5'}::/", method=method),
            rank_stacks(stacks, method=method, executor=executor),
            rank_stacks(stacks, method=method, num_threads=1),
        ):
            for name, stack in expected.stacks.items():
                assert_same_numbers(found.stacks[name], stack)


def test_reports_have_the_word() -> None:
    ranking = rank_stacks({"jump": jump(), "still": jump(10)})
    told = json.loads(ranking.to_json())
    lists = {stack["name"]: stack for stack in told["stacks"]}
    assert lists["jump"]["images"]["flags"] == [["wrapped"]]
    assert lists["still"]["images"]["flags"] == [[]]
    assert "moved by more than half of the image" in " ".join(ranking.stacks["jump"].warnings)


@pytest.mark.parametrize(("shape", "columns"), [((36, 256), 60), ((11, 256), 30)])
def test_thin_images(shape: tuple[int, int], columns: int) -> None:
    scene = gaussian_filter(np.random.default_rng(1).normal(size=(shape[0], 600)), 0.8)
    found = score_stack(np.stack([scene[:, 200:456], scene[:, 200 + columns : 456 + columns]]))
    assert found.peak_shifts.tolist() == [[0, columns]]
    assert found.probability[0] > 0.99
    assert not found.flags.any()


def test_noise_is_not_looked_at_twice() -> None:
    """Peaks of noise lie anywhere; no overlap of it agrees."""
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(size=(20, 64, 64))
        for method in METHODS:
            assert not score_stack(noise, method=method).flags.any()
