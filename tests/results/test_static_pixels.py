# SPDX-License-Identifier: MIT
"""What a ranking says of gaps and dead pixels."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from ndreg_preeval import METHODS, StackRanker, StackScore, rank_stacks, score_stack
from tests.support.outlier_scenes import counts, spoil
from tests.support.scenes import assert_same_numbers

JUDGING = ["evidence", "plain", "robust"]
KINDS = ["gaps", "dead 2", "dead 20", "dead 60"]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("method", JUDGING)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["u2", "u4", "f4"])
def test_noise_with_gaps_is_not_trusted(dtype: str, kind: str, method: str, pairing: str) -> None:
    stacks = {
        name: spoil(counts(noise, dtype, seed), kind)
        for seed, (name, noise) in enumerate((("Zn", None), ("Ca", 0.05)))
    }
    ranking = rank_stacks(stacks, method=method, pairing=pairing)
    assert list(ranking.ranked_stack_names or ()) == ["Ca", "Zn"]
    good, noise = ranking.stacks["Ca"], ranking.stacks["Zn"]
    assert good.trust_masked > 0.7
    assert noise.trust < 0.1
    steps = [1, 1, 1] if pairing == "previous" else [1, 2, 3]
    np.testing.assert_array_equal(good.peak_shifts, [[3 * n, -2 * n] for n in steps])
    assert (good.static_pixels == good.static_pixels[0]).all()
    assert not any("very content" in text for text in (*good.warnings, *noise.warnings))


def test_a_warning_and_a_reason_say_so() -> None:
    with pytest.warns(UserWarning, match="static pixels"):
        score = score_stack(spoil(counts(0.05, "u4"), "gaps"))
    (text,) = (text for text in score.warnings if "static pixels" in text)
    assert f"{score.static_pixels[0]} static pixels (gaps, dead or hot pixels" in text
    assert "aligners follow them unless masked; with them masked (mask=) every image aligns (9" in text
    assert score.reasons == ("static pixels that aligners follow in [1 2 3]",) or any(
        "static pixels that aligners follow" in reason for reason in score.reasons
    )
    assert score.trust < 0.05 < score.trust_masked


def test_masked_gaps_are_as_foretold() -> None:
    stack = spoil(counts(0.05, "u4"), "gaps")
    with pytest.warns(UserWarning, match="static pixels"):
        score = score_stack(stack, precision="double")
    masked = score_stack(stack, mask=stack[0] != 2**32 - 1, precision="double")
    assert not masked.static_pixels.any()
    assert score.trust_masked == pytest.approx(masked.trust, rel=1e-9)
    np.testing.assert_allclose(score.probability_masked, masked.probability, rtol=1e-9)


def test_nothing_is_left_out_of_clean_images() -> None:
    score = score_stack(counts(0.05, "u2"))
    assert not score.static_pixels.any()
    assert score.trust_masked == score.trust
    np.testing.assert_array_equal(score.probability_masked, score.probability)
    assert not any("static pixels" in text for text in score.warnings)


@pytest.mark.parametrize("method", set(METHODS) - set(JUDGING))
@pytest.mark.filterwarnings("ignore:.*Every peak:ndreg_preeval.RankingWarning")
def test_literal_methods_leave_nothing_out(method: str) -> None:
    score = score_stack(spoil(counts(0.05, "u2"), "gaps"), method=method)
    assert not score.static_pixels.any()
    assert math.isnan(score.trust_masked)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_live_equals_offline_at_every_prefix() -> None:
    stack = spoil(counts(0.3, "u2", n=6), "dead 20")
    ranker = StackRanker({"a": stack[0]})
    for n, image in enumerate(stack[1:], start=2):
        ranker.add({"a": image[None]})
        live: StackScore = ranker.result().stacks["a"]
        for threads in (1, 3):
            offline = rank_stacks({"a": stack[:n]}, num_threads=threads).stacks["a"]
            assert_same_numbers(live, offline)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_files_have_the_columns() -> None:
    ranking = rank_stacks({"a": spoil(counts(0.05, "u4"), "gaps")})
    score = ranking.stacks["a"]
    (found,) = json.loads(ranking.to_json())["stacks"]
    assert found["trust_masked"] == score.trust_masked
    assert found["images"]["static_pixels"] == score.static_pixels.tolist()
    assert found["images"]["probability_masked"] == score.probability_masked.tolist()
