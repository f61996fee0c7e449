# SPDX-License-Identifier: MIT
"""Cases made of photographs: deterministic, cut at whole pixels, and what stays does stay."""

from __future__ import annotations

import numpy as np
import pytest

from quality_parts import photographs, real_scenes, static_kinds

KINDS = list(real_scenes.KINDS)


def flat(n: int = 4, size: int = 64) -> np.ndarray:
    return np.ones((n, size, size))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_stacks_of_one_motion(kind: str) -> None:
    for index in range(2):
        case = real_scenes.make_case(11, kind, index)
        assert case.family == kind
        assert case.name == f"{kind}-{index}"
        assert 3 <= len(case.stacks) <= 6
        n = len(case.shifts)
        assert 2 <= n <= 200
        assert not case.shifts[0].any()
        assert len({stack.shape for stack in case.stacks.values()}) == 1
        for stack in case.stacks.values():
            assert stack.shape[0] == n
            assert min(stack.shape[1:]) >= 44
            assert np.isfinite(stack).all()
            # Clipped to 0.15 of the smaller side, but for the rounding to steps.
            assert np.abs(case.shifts).max() <= real_scenes.REACH * min(stack.shape[1:]) + 4


@pytest.mark.parametrize("kind", ["clean", "dust", "rest_jitter", "enlarged"])
def test_a_case_follows_from_seed_kind_and_index(kind: str) -> None:
    first, again = (real_scenes.make_case(5, kind, 1) for _ in range(2))
    assert np.array_equal(first.shifts, again.shifts)
    assert all(np.array_equal(first.stacks[name], again.stacks[name]) for name in first.stacks)
    for other in (real_scenes.make_case(6, kind, 1), real_scenes.make_case(5, kind, 2)):
        assert other.stacks["s0"].shape != first.stacks["s0"].shape or not np.array_equal(
            other.stacks["s0"], first.stacks["s0"]
        )


def test_other_kinds_change_no_case() -> None:
    among = [case for case in real_scenes.make_cases(5, 2, ["blank", "clean"]) if case.family == "clean"]
    alone = list(real_scenes.make_cases(5, 2, ["clean"]))
    assert [case.name for case in among] == [case.name for case in alone]
    for one, other in zip(among, alone, strict=True):
        assert all(np.array_equal(one.stacks[name], other.stacks[name]) for name in one.stacks)


@pytest.mark.parametrize("finer", [1, 2, 4])
def test_windows_are_pixels_of_the_photograph(finer: int) -> None:
    steps = np.array([(0, 0), (3, -2), (-5, 8)])
    film = real_scenes.Film(10, 12, "random", steps, finer)
    scene = np.random.default_rng(0).random(film.scene_size())
    scene[0, 0] = 2.0
    seen = film.of(scene)
    for image, (row, column) in zip(seen, steps - steps.min(axis=0), strict=True):
        window = scene[row : row + 10 * finer, column : column + 12 * finer]
        means = window.reshape(10, finer, 12, finer).mean(axis=(1, 3))
        assert np.allclose(image * means.mean(), means * image.mean(), rtol=1e-12)
    assert np.array_equal(film.shifts, steps / finer)


def test_shifts_map_each_image_on_the_first() -> None:
    """Content of image i at x is that of image 0 at x + shift."""
    steps = np.array([(0, 0), (4, -6)])
    part = photographs.find_part(np.random.default_rng(3), 68, 70)
    film = real_scenes.Film(64, 64, "random", steps, 1)
    seen = film.of(part.of(0))
    assert np.array_equal(seen[1, :60, 6:], seen[0, 4:, :58])


def test_parts_of_photographs_keep_their_pixels() -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        part = photographs.find_part(rng, 70, 90)
        pixels = part.of(0)
        assert pixels.shape == (70, 90)
        assert np.isin(
            pixels, photographs.binned(photographs.channels(part.name)[0], part.zoom, part.zoom)
        ).all()


def test_all_photographs_are_used() -> None:
    rng = np.random.default_rng(2)
    assert {photographs.find_part(rng, 70, 70).name for _ in range(300)} == set(photographs.NAMES)
    coloured = {photographs.find_part(rng, 70, 70, coloured=True).name for _ in range(100)}
    assert all(len(photographs.channels(name)) == 4 for name in coloured)
    assert len(coloured) >= 6


@pytest.mark.parametrize("kind", list(static_kinds.STATIC))
def test_what_stays_is_the_same_in_every_image(kind: str) -> None:
    """Over a scene without contrast and with many photons images differ by little, pixels by much."""
    for seed in range(6):
        stack = static_kinds.STATIC[kind](np.random.default_rng(seed), flat(), 0.9, 2000.0)
        changes, pattern = stack.std(axis=0).mean(), stack.mean(axis=0).std()
        # Of counts of 2000, gain and hot pixels apart.
        noise = np.sqrt(np.maximum(stack.mean(axis=0), 1)).mean()
        assert changes < 1.5 * noise, seed
        assert pattern > 0.01 * changes, seed
    assert max(pattern_to_noise(kind, seed) for seed in range(6)) > 2


def pattern_to_noise(kind: str, seed: int) -> float:
    stack = static_kinds.STATIC[kind](np.random.default_rng(seed), flat(), 0.9, 2000.0)
    return float(stack.mean(axis=0).std() / stack.std(axis=0).mean())


@pytest.mark.parametrize("kind", ["rest", "rest_brightness", "rest_bleaching", "rest_noise", "rest_static"])
def test_at_rest_nothing_moves(kind: str) -> None:
    for index in range(3):
        assert not real_scenes.make_case(7, kind, index).shifts.any()


def test_jitter_is_below_two_pixels() -> None:
    largest = [np.abs(real_scenes.make_case(7, "rest_jitter", index).shifts).max() for index in range(12)]
    assert 0.2 < max(largest) < 2
    assert any(each % 1 for each in largest)


def test_enlarged_maps_have_equal_pixels_side_by_side() -> None:
    for index in range(6):
        case = real_scenes.make_case(3, "enlarged", index)
        for stack in case.stacks.values():
            pairs = [np.array_equal(stack[:, ::k], stack[:, k - 1 :: k]) for k in (2, 3, 4)]
            beside = [np.array_equal(stack[..., ::k], stack[..., k - 1 :: k]) for k in (2, 3, 4)]
            assert any(pairs + beside)


def test_sizes_and_lengths_are_spread() -> None:
    rng = np.random.default_rng(0)
    quick = [real_scenes._film(rng, quick=True) for _ in range(400)]
    lengths = [len(film.steps) for film in quick]
    assert min(lengths) == 2
    assert 0.05 < np.mean(np.array(lengths) == 2) < 0.3
    assert max(lengths) > 100
    assert {film.finer for film in quick} == {1, 2, 4}
    assert {film.motion for film in quick} == set(real_scenes.MOTIONS)
    full = [real_scenes._film(rng, quick=False) for _ in range(400)]
    assert {max(film.height, film.width) for film in full} >= {64, 512, real_scenes.LARGEST}
    for film in full:
        assert photographs.find_part(rng, *film.scene_size()).height == film.scene_size()[0]


def test_the_largest_scenes_are_made_up() -> None:
    rng = np.random.default_rng(0)
    films = [real_scenes._film(rng, quick=False, largest=max(real_scenes.SIZES)) for _ in range(400)]
    large = [film for film in films if max(film.height, film.width) > real_scenes.LARGEST]
    assert large
    assert max(len(film.steps) for film in large) <= 3
    small = real_scenes.Film(1100, 8, "random", np.array([(0, 0), (3, -2)]), 1)
    seen = small.of(real_scenes._scene(rng, small))
    assert seen.shape == (2, 1100, 8)
    assert seen.min() >= 0
    assert np.array_equal(seen[1, :-3, 2:], seen[0, 3:, :-2])
