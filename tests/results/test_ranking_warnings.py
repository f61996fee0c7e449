# SPDX-License-Identifier: MIT
"""What a ranking says of all stacks together, and of its winner: on every road, and in every report."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from ndreg_preeval import Ranking, RankingWarning, StackRanker, core, rank_stacks, score_stack
from ndreg_preeval.results.jumps import creeps

SHAPE = (64, 64)
RNG = np.random.default_rng(11)
SCENE = ndimage.gaussian_filter(RNG.normal(size=SHAPE), 1.2, mode="wrap")
SCENE /= SCENE.std()


def moving(shifts: Any, noise: float, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng([seed, 5])
    spectrum = np.fft.rfft2(SCENE)
    images = []
    for dy, dx in shifts:
        turned = np.fft.fftfreq(64)[:, None] * dy + np.fft.rfftfreq(64)[None] * dx
        images.append(np.fft.irfft2(spectrum * np.exp(-2j * np.pi * turned)) + noise * rng.normal(size=SHAPE))
    return np.array(images)


def drift(n: int = 12, step: float = 1.0) -> list[tuple[float, float]]:
    return [(step * i, -0.5 * step * i) for i in range(n)]


def static(n: int = 12) -> NDArray[np.float64]:
    """A scene that moves behind the pattern of a detector, which is stronger."""
    pattern = np.random.default_rng(2).normal(size=SHAPE)
    return moving(drift(n), 0.3) + 4 * pattern


def told(stacks: Any, **options: Any) -> tuple[Ranking, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RankingWarning)
        ranking = rank_stacks(stacks, **options)
    return ranking, [str(each.message) for each in caught]


# ------------------------------------------------------------------ beyond max_shift


@pytest.mark.parametrize("method", ["evidence", "plain", "robust", "peak_to_mean", "ewoksndreg"])
def test_peaks_beyond_the_limit_are_counted(method: str) -> None:
    """The last 6 of 11 images drift by 6 pixels or more."""
    stacks = {"clear": moving(drift(), 0.1), "fair": moving(drift(), 0.3, seed=1)}
    ranking, texts = told(stacks, method=method, max_shift=5)
    (text,) = [each for each in texts if "max_shift" in each]
    assert "beyond max_shift = 5 px in 'clear' (6 of 11 images, up to 11 px along an axis)" in text
    assert text in ranking.warnings
    for stack in ranking.stacks.values():
        assert any("the highest peak beyond max_shift = 5 px" in each for each in stack.warnings)
        if method not in {"peak_to_mean", "ewoksndreg"}:
            assert any("beyond max_shift" in reason for reason in stack.reasons)
            assert not any("static" in reason for reason in stack.reasons)


def test_the_limit_that_suffices_is_no_matter() -> None:
    ranking, texts = told({"a": moving(drift(), 0.1)}, max_shift=12)
    assert not [each for each in (*texts, *ranking.warnings) if "max_shift" in each]


@pytest.mark.parametrize("limit", [0, 0.5])
@pytest.mark.parametrize("method", ["evidence", "plain", "robust", "peak_to_mean"])
def test_a_limit_that_allows_zero_alone_tells_nothing_of_patterns(method: str, limit: float) -> None:
    ranking, texts = told(
        {"a": moving(drift(), 0.1), "b": moving(drift(), 0.3, 1)}, method=method, max_shift=limit
    )
    said = [*texts, *ranking.warnings]
    for stack in ranking.stacks.values():
        said += [*stack.reasons, *stack.warnings]
    assert not [text for text in said if "pattern" in text or "nothing moved" in text]
    assert any("beyond max_shift" in text for text in texts)


def test_images_that_repeat_themselves() -> None:
    frozen = np.repeat(SCENE[None], 5, axis=0)
    ranking, texts = told({"x": frozen, "y": 2 * frozen})
    (text,) = [each for each in texts if "all the same" in each]
    assert "The images of the best stack, " in text
    assert "', are all the same but for brightness" in text
    assert text in ranking.warnings


def test_a_stack_that_was_not_read_is_not_judged(tmp_path: Path) -> None:
    ranking, _ = told(
        {"clear": moving(drift(), 0.1), "gone": str(tmp_path / "gone.h5")}, on_error="rank_last"
    )
    assert ranking.trust.startswith("clear aligns (")
    assert ranking.trust.endswith("; gone was not read.")
    (row,) = [line.split() for line in str(ranking).splitlines() if line.split()[1:2] == ["gone"]]
    assert row[:3] == ["-", "gone", "-"]


def test_every_road_tells_the_same() -> None:
    stacks = {"clear": moving(drift(), 0.1), "stays": static()}
    ranking, texts = told(stacks, max_shift=5)
    with ThreadPoolExecutor(2) as pool:
        assert told(stacks, max_shift=5, executor=pool)[1] == texts
    for threads in (1, 3):
        other, said = told(stacks, max_shift=5, num_threads=threads)
        assert (said, other.warnings) == (texts, ranking.warnings)
        for one, same in zip(ranking.stacks.values(), other.stacks.values(), strict=True):
            assert one.reasons == same.reasons
            assert one.probability.tobytes() == same.probability.tobytes()
    live = StackRanker({name: images[0] for name, images in stacks.items()}, max_shift=5)
    for i in range(1, 12):
        live.add({name: images[i] for name, images in stacks.items()})
    assert live.result().warnings == ranking.warnings
    with pytest.warns(RankingWarning, match=r"beyond max_shift = 5 px in 'clear' \(6 of 11"):
        score_stack(stacks["clear"], name="clear", max_shift=5)


def test_every_report_has_it(tmp_path: Path) -> None:
    ranking, _ = told({"clear": moving(drift(), 0.1), "fair": moving(drift(), 0.3)}, max_shift=5)
    (text,) = [each for each in ranking.warnings if "max_shift" in each]
    again = Ranking.from_json(ranking.to_json())
    assert again == ranking
    assert text in again.warnings
    which = [
        words for words in ranking.to_dict()["stacks"][0]["images"]["flags"] if "beyond_max_shift" in words
    ]
    assert len(which) == 6
    ranking.save_html(tmp_path / "a.html")
    assert "beyond max_shift = 5 px" in (tmp_path / "a.html").read_text(encoding="utf-8")


# ------------------------------------------------------------------ a winner at zero shift


def test_a_winner_whose_every_peak_is_at_zero_shift() -> None:
    ranking, texts = told({"stays": static(), "noise": np.random.default_rng(3).normal(size=(12, 64, 64))})
    assert ranking.reference_stack == "stays"
    (text,) = [each for each in texts if "Every peak" in each]
    assert "Every peak of the best stack, 'stays', is at zero shift (11 of 11 images): " in text
    assert text in ranking.warnings


def test_nearly_every_peak_at_zero_shift() -> None:
    images = np.concatenate([static(24), moving([(9, 4)], 0.1)])
    ranking, texts = told({"stays": images}, method="peak_to_mean")
    assert any("Nearly every peak of the best stack, 'stays'" in each for each in texts)
    assert ranking.reference_stack == "stays"


def test_a_sample_that_is_known_to_rest_is_no_alarm() -> None:
    ranking, texts = told({"rests": moving([(0, 0)] * 12, 0.4)})
    (stack,) = ranking.stacks.values()
    assert (stack.flags & core.AT_REST).all()
    assert not [each for each in texts if "zero shift" in each]
    (text,) = [each for each in ranking.warnings if "zero shift" in each]
    assert text.endswith(": the sample rests, without what stays nothing but noise is left.")


def test_a_winner_that_moves_is_not_suspected() -> None:
    _, texts = told({"clear": moving(drift(), 0.1), "fair": moving(drift(), 0.5)})
    assert texts == []


@pytest.mark.parametrize("step", [0.3, 0.4])
def test_creeping_from_image_to_image_is_motion(step: float) -> None:
    stacks = {"creeps": moving(drift(16, step), 0.05)}
    ranking, texts = told(stacks, pairing="previous")
    assert not ranking.stacks["creeps"].peak_shifts.any()
    assert not [
        each for each in (*texts, *ranking.warnings, *ranking.stacks["creeps"].warnings) if "zero" in each
    ]
    ranking, texts = told({**stacks, "stays": static(16) / 4}, pairing="previous", method="robust")
    assert any("A static pattern is suspected in 'stays'" in each for each in texts)
    assert not any("'creeps'" in each.partition("while")[0] for each in texts)


def test_errors_do_not_creep() -> None:
    rng = np.random.default_rng(0)
    found = [creeps(0.05 * rng.normal(size=(n, 2))) for n in (4, 20, 100, 1000) for _ in range(50)]
    assert np.mean(found) < 0.02
    assert creeps(np.full((20, 2), 0.1))
    assert creeps(0.4 * rng.choice([-1, 1], (50, 2)))
    assert not creeps(np.zeros((0, 2)))


# ------------------------------------------------------------------ sizes


def test_sizes_that_differ_are_told() -> None:
    a = moving(drift(), 0.1)
    stacks = {"whole": a, "cut": a[:, :48], "same": moving(drift(), 0.2)}
    ranking, texts = told(stacks)
    (text,) = [each for each in texts if "size of their images" in each]
    assert "(64 x 64 in 'whole', 'same', 48 x 64 in 'cut')" in text
    assert text in ranking.warnings
    assert not [each for each in told({"whole": a, "same": a + 1})[1] if "size of" in each]
