# SPDX-License-Identifier: MIT
"""Images without evidence: a blank one, or one whose reference is blank, must not decide the order."""

from __future__ import annotations

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import METHODS, RankingWarning, StackRanker, rank_stacks, score_stack
from tests.results.test_evidence import SHAPE, moving
from tests.support import oracle

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

ORDER = ["good", "fair", "noise"]
LITERAL = ("peak_to_mean", "ewoksndreg")

methods = pytest.mark.parametrize("method", METHODS)
pairings = pytest.mark.parametrize("pairing", ["reference", "previous"])


def blank(kind: str, images: NDArray[Any], index: int) -> NDArray[Any]:
    """The images in counts, one of them without contrast: beam lost, never written, or shutter closed."""
    counts = np.round(1000 + 100 * images)
    if kind == "zero of uint16":
        counts = counts.clip(0).astype(np.uint16)
        counts[index] = 0
    elif kind == "NaN":
        counts = counts.astype(np.float32)
        counts[index] = np.nan
    else:
        counts[index] = 7.25
    return counts


def scenes(seed: int) -> dict[str, NDArray[Any]]:
    """Stacks of one drift, the worst first, so that an order of insertion is a wrong one."""
    noise = np.random.default_rng([seed, 1]).normal(size=(6, *SHAPE))
    return {"noise": noise, "fair": moving(0.6, 3 * seed + 1), "good": moving(0.1, 3 * seed + 2)}


@methods
@pairings
@pytest.mark.parametrize("kind", ["zero of uint16", "NaN", "constant"])
def test_the_same_image_blank_in_every_stack_changes_no_order(method: str, pairing: Any, kind: str) -> None:
    for seed, index in ((1, 3), (2, 1), (3, 5)):
        whole = scenes(seed)
        stacks = {name: blank(kind, images, index) for name, images in whole.items()}
        ranking = rank_stacks(stacks, method=method, pairing=pairing)
        assert list(rank_stacks(whole, method=method, pairing=pairing).stacks) == ORDER
        assert list(ranking.stacks) == ORDER
        assert len({stack.score for stack in ranking.stack_scores}) == 3
        missing = 1 if pairing == "reference" or index == 5 else 2
        assert {stack.n_judged for stack in ranking.stack_scores} == {5 - missing}


@methods
def test_a_blank_image_changes_the_order_no_more_than_a_missing_one(method: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(8):
        noises, index = rng.uniform(0.5, 4, 5), int(rng.integers(1, 6))
        stacks = {str(seed): moving(noise, seed) for seed, noise in enumerate(noises)}
        missing = {name: np.delete(images, index, axis=0) for name, images in stacks.items()}
        for images in stacks.values():
            images[index] = 4
        assert list(rank_stacks(stacks, method=method).stacks) == list(
            rank_stacks(missing, method=method).stacks
        )


@methods
@pairings
def test_one_blank_image_of_many_costs_a_good_stack_little(method: str, pairing: Any) -> None:
    good = np.concatenate([moving(0.1)] * 20)
    noise = np.random.default_rng(5).normal(size=good.shape)
    before = rank_stacks({"noise": noise, "good": good}, method=method, pairing=pairing)
    good[57] = 0
    ranking = rank_stacks({"noise": noise, "good": good}, method=method, pairing=pairing)
    assert ranking.reference_stack == "good"
    assert ranking.scores["noise"] == before.scores["noise"]
    assert 0.97 * before.scores["good"] < ranking.scores["good"] < before.scores["good"]
    assert ranking.scores["good"] > 2 * ranking.scores["noise"]


@methods
def test_the_trust_is_that_of_the_images_with_evidence(method: str) -> None:
    images = moving(0.8)
    without = score_stack(np.delete(images, 3, axis=0), method=method)
    images[3] = 2
    found = score_stack(images, method=method)
    assert (found.n_judged, without.n_judged) == (4, 4)
    np.testing.assert_equal(found.trust, without.trust)
    if method not in LITERAL:
        assert found.score == without.score * (4 / 5)


@methods
@pairings
@pytest.mark.parametrize("seed", range(3))
def test_the_score_is_the_oracle_s(method: str, pairing: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    images = moving(float(rng.choice([0.3, 3.0])), seed + 5)[:, :20, :24]
    for index in rng.choice(6, 2, replace=False):
        images[index] = rng.choice([0.0, np.nan, 3.0])
    for stack in (images, rng.normal(size=(4, 3, 4))):
        found = score_stack(stack, method=method, pairing=pairing, precision="double")
        assert found.score == pytest.approx(oracle.stack_score(stack, method, pairing=pairing), rel=1e-9)


@pytest.mark.parametrize("method", [name for name in METHODS if name not in LITERAL])
@pairings
def test_a_score_is_0_only_without_evidence(method: str, pairing: Any) -> None:
    rng = np.random.default_rng(8)
    for shape in [(1, 2), (2, 2), (3, 3), (4, 5), (1, 9), (8, 8), (12, 7)]:
        for n in (2, 3, 5):
            images = rng.integers(0, 4, (n, *shape)).astype(float)
            images[rng.random(n) < 0.3] = 1
            found = score_stack(images, method=method, pairing=pairing)
            assert (found.score > 0) == (found.n_judged > 0), (shape, n, found)
            assert found.trust <= 1


@methods
def test_stacks_of_two_and_three_images(method: str) -> None:
    good, noise = moving(0.1)[:3], np.random.default_rng(5).normal(size=(3, *SHAPE))
    for images in (good, noise):
        images[2] = 0
    assert rank_stacks({"noise": noise, "good": good}, method=method).reference_stack == "good"
    two = {"empty": good[[0, 2]], "noise": noise[:2], "good": good[:2]}
    ranking = rank_stacks(two, method=method)
    assert list(ranking.stacks) == ["good", "noise", "empty"]
    assert ranking.stacks["empty"].n_judged == 0
    assert method in LITERAL or ranking.scores["empty"] == 0


# ---------------------------------------------------------------- wherever they come from


def assert_same(found: Any, wanted: Any) -> None:
    assert found.scores == wanted.scores
    assert list(found.stacks) == list(wanted.stacks)
    assert list(found.stacks)[-1] == "noise"
    assert found.trust == wanted.trust
    assert found.warnings == wanted.warnings
    for name, stack in wanted.stacks.items():
        assert found.stacks[name].n_judged == stack.n_judged
        assert found.stacks[name].reasons == stack.reasons


def written(folder: Path, stacks: dict[str, Any]) -> str:
    """The stacks in chunks of an image; that of image 3 is never written."""
    path = folder / "scan.h5"
    with h5py.File(path, "w") as file:
        for name, images in stacks.items():
            data = file.create_dataset(f"maps/{name}", images.shape, images.dtype, chunks=(1, *SHAPE))
            for index in (0, 1, 2, 4, 5):
                data[index] = images[index]
    return f"{path}::/maps"


@pytest.mark.parametrize("method", ["evidence", "robust", "ewoksndreg"])
@pairings
def test_files_and_executors(tmp_path: Path, method: str, pairing: Any) -> None:
    stacks = {name: blank("zero of uint16", images, 3) for name, images in scenes(4).items()}
    options: dict[str, Any] = {"method": method, "pairing": pairing}
    wanted = rank_stacks(stacks, **options)
    group = written(tmp_path, stacks)
    names = {name: f"{group}/{name}" for name in stacks}
    assert_same(rank_stacks(names, **options), wanted)
    with ThreadPoolExecutor(2) as pool:
        assert_same(rank_stacks(names, executor=pool, **options), wanted)
        assert_same(rank_stacks(stacks, executor=pool, num_threads=2, **options), wanted)


def test_processes(tmp_path: Path) -> None:
    stacks = {name: blank("zero of uint16", images, 3) for name, images in scenes(4).items()}
    group = written(tmp_path, stacks)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = rank_stacks({name: f"{group}/{name}" for name in stacks}, executor=pool)
    assert_same(found, rank_stacks(stacks))


def test_tiff(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    stacks = {name: blank("NaN", images, 3) for name, images in scenes(4).items()}
    for name, images in stacks.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", images)
    found = rank_stacks({name: tmp_path / f"{name}.tif" for name in stacks})
    assert_same(found, rank_stacks(stacks))


@methods
@pairings
def test_a_running_scan_is_judged_as_a_finished_one(method: str, pairing: Any) -> None:
    stacks = {name: blank("constant", images, 1) for name, images in scenes(4).items()}
    options: dict[str, Any] = {"method": method, "pairing": pairing}
    ranker = StackRanker({name: images[0] for name, images in stacks.items()}, **options)
    for index in range(1, 6):
        found = ranker.add({name: images[index] for name, images in stacks.items()}).result()
        sofar = {name: images[: index + 1] for name, images in stacks.items()}
        wanted = rank_stacks(sofar, **options)
        assert found.scores == wanted.scores
        assert found.warnings == wanted.warnings
        assert found.trust == wanted.trust
        if wanted.stacks["good"].n_judged > 0:
            assert list(found.stacks)[-1] == "noise"


# ---------------------------------------------------------------- what is said


def test_the_trust_tells_how_many_images_it_is_about(tmp_path: Path) -> None:
    stacks = {name: blank("constant", images, 3) for name, images in scenes(4).items()}
    ranking = rank_stacks(stacks)
    assert "good aligns (9" in ranking.trust
    assert " %, 4 of 5 images)" in ranking.trust
    assert "4 of 5 images" in str(ranking)
    good = ranking.stacks["good"]
    assert good.trust > 0.9
    assert good.reasons == ("no signal in image 3",)
    assert good.warnings == (
        (
            "Image 3 (1 of 5 compared) with no contrast: it does not count towards the trust, "
            "and lowers the score by its share."
        ),
    )
    assert not ranking.warnings
    assert json.loads(ranking.to_json())["stacks"][0]["n_judged"] == 4
    ranking.save_nexus(tmp_path / "ranking.h5")
    with h5py.File(tmp_path / "ranking.h5") as file:
        assert file["entry/ranking/stacks/good/n_judged"][()] == 4
        assert file["entry/ranking/scores/n_judged"][()].tolist() == [4, 4, 4]


def test_what_is_compared_with_a_blank_image_is_told_from_it() -> None:
    images = moving(0.1)
    images[2] = 0
    found = score_stack(images, pairing="previous")
    assert set(found.reasons) == {"no signal in image 2", "a blank image to be compared with in image 3"}
    assert [text.split(":")[0] for text in found.warnings] == [
        "Image 2 (1 of 5 compared) with no contrast",
        "Image 3 (1 of 5 compared) with nothing to be compared with",
    ]
    literal = score_stack(images, method="peak_to_mean")
    assert literal.warnings == ("Image 2 (1 of 5 compared) with no contrast: it counts as 0.",)


@pytest.mark.parametrize("value", [0.0, np.nan])
@methods
def test_a_blank_reference_image_is_named_once_with_the_way_out(method: str, value: float) -> None:
    stacks = scenes(5)
    for images in stacks.values():
        images[:2] = value
    lacks = "valid pixel" if np.isnan(value) else "contrast"
    text = (
        f"The reference image 0 has no {lacks} in 'noise', 'fair', 'good': nothing can be compared with it. "
    )
    text += (
        "Choose another one by `reference_image=` (a live scorer has to begin with it); image 2 has contrast."
    )
    with pytest.warns(RankingWarning) as told:
        ranking = rank_stacks(stacks, method=method)
    given = [str(each.message) for each in told if "nothing can be compared" in str(each.message)]
    assert given == [text]
    assert ranking.warnings == (
        text,
        (
            "No stack deserves trust: no two images with contrast could be compared. "
            "All scores are equal: the order is arbitrary, that of the arguments."
        ),
    )
    assert list(rank_stacks(stacks, method=method, reference_image=2).stacks) == ORDER
    with pytest.warns(RankingWarning, match=r"^stack 'stack': The reference image 0 has no .*image 2 has"):
        score_stack(stacks["good"], method=method)


def test_a_blank_reference_image_of_one_stack() -> None:
    stacks = scenes(5)
    stacks["good"][0] = 0
    with pytest.warns(RankingWarning, match=r"The reference image 0 has no contrast in 'good'"):
        ranking = rank_stacks(stacks)
    assert list(ranking.stacks) == ["fair", "noise", "good"]
    assert ranking.stacks["good"].reasons == ("a blank image to be compared with in 5 of 5 images",)
    assert ranking.stacks["good"].warnings[0].startswith("The reference image 0 has no contrast: nothing can")
    previous = rank_stacks(stacks, pairing="previous")
    assert list(previous.stacks)[-1] == "noise"
    assert previous.stacks["good"].n_judged == 4
    assert not any("reference_image" in text for text in previous.warnings)


def test_images_without_evidence_do_not_make_a_stack_doubtful() -> None:
    """Nor do they hide that the images of another stack stay where they are."""
    good = blank("constant", moving(0.05), 3)
    still = np.tile(moving(0.05, 9)[:1], (6, 1, 1)) + 0.01 * np.random.default_rng(1).normal(size=(6, *SHAPE))
    still[3] = 0
    with pytest.warns(RankingWarning, match="static pattern is suspected in 'still'.*'good' move"):
        ranking = rank_stacks({"still": still, "good": good})
    assert not any("deserves trust" in text for text in ranking.warnings)
