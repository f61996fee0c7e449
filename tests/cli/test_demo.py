# SPDX-License-Identifier: MIT
"""The demo file: its form, its drift, and the verdict on a ranking of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks
from ndreg_preeval.cli.demo import BEST, GROUP, check_demo, make_demo
from tests.support.made_up_rankings import names_in


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.h5"
    return make_demo(path)


def ranked(truth, **options):
    """The ranking; it warns that one stack does not move with the others."""
    with pytest.warns(RankingWarning, match="static pattern is suspected in 'Cr-K'"):
        return rank_stacks(truth.uri, **options)


def registering_shift(reference, image):
    """Whole-pixel shift that moves the image onto the reference, by definition."""
    spectrum = np.fft.fft2(reference - reference.mean()) * np.conj(np.fft.fft2(image - image.mean()))
    size = np.abs(spectrum)
    correlogram = np.abs(np.fft.ifft2(spectrum / np.maximum(size, 1e-12 * size.max())))
    peak = np.unravel_index(correlogram.argmax(), correlogram.shape)
    return np.array([(p + n // 2) % n - n // 2 for p, n in zip(peak, correlogram.shape, strict=True)])


def test_file_is_nexus_with_the_defaults_leading_to_the_stacks(made):
    assert 200_000 < Path(made.path).stat().st_size < 4_000_000
    assert made.uri == f"{made.path}::{GROUP}"
    with h5py.File(made.path) as file:
        group = file
        for nx_class, default in (("NXroot", "entry"), ("NXentry", "fit"), ("NXprocess", "results")):
            assert (group.attrs["NX_class"], group.attrs["default"]) == (nx_class, default)
            group = group[default]
        assert (group.name, group.attrs["NX_class"]) == (GROUP, "NXdata")
        assert (group.attrs["signal"], *group.attrs["auxiliary_signals"]) == made.names
        for name in made.names:
            dataset = group[name]
            assert (dataset.shape, dataset.dtype, dataset.compression) == ((20, 128, 128), np.float32, "gzip")
            assert dataset.chunks == (1, 128, 128)
        assert [len(group[axis]) for axis in group.attrs["axes"]] == [20, 128, 128]


def test_stacks_are_what_they_claim(made):
    with h5py.File(made.path) as file:
        group = file[GROUP]
        means = {name: group[name][()].mean() for name in made.names}
        iron = group["Fe-K"][()].mean(axis=(1, 2))
        hottest = [image.argmax() for image in group["Cr-K"]]
    assert max(means, key=means.get) == BEST
    assert means["S-K"] < 0.1
    assert iron[0] < 0.1
    assert iron[-1] > 20
    assert len(set(hottest)) == 1


def test_drift_is_what_registers_the_images(made):
    assert made.shifts.shape == (20, 2)
    assert not made.shifts[0].any()
    assert np.abs(made.shifts).max() > 4
    with h5py.File(made.path) as file:
        images = file[GROUP][BEST][()]
    found = [registering_shift(images[0], image) for image in images]
    assert np.abs(found - made.shifts).max() < 0.75


def test_seed_decides_every_pixel(tmp_path):
    def pixels(name, seed):
        truth = make_demo(tmp_path / name, seed=seed, n_images=3, shape=(32, 40))
        with h5py.File(truth.path) as file:
            return np.stack([file[GROUP][stack][()] for stack in truth.names])

    first = pixels("a.h5", 5)
    assert first.shape == (6, 3, 32, 40)
    assert np.array_equal(first, pixels("b.h5", 5))
    assert not np.array_equal(first, pixels("c.h5", 6))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"n_images": 1}, "n_images .* at least 2, got 1"), ({"shape": (16, 64)}, r"at least \(32, 32\), got")],
)
def test_bad_arguments_write_nothing(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_demo(tmp_path / "a.h5", **arguments)
    assert names_in(tmp_path) == []


def test_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "demo.h5"
    path.write_bytes(b"old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises(OSError, match="No space left"):
        make_demo(path, n_images=2, shape=(32, 32))
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["demo.h5"]


def test_ranking_finds_the_right_stack_and_the_drift(made):
    check = check_demo(ranked(made), made)
    assert check.passed
    assert check.chosen == BEST
    assert check.max_error < 0.5**0.5  # no worse than whole pixels
    assert str(check).startswith("check ok: chose Ca-K (the right stack); its shifts are within 0.")


def test_the_obvious_scores_choose_the_stack_that_does_not_move(made):
    for method in ("peak_to_mean", "ewoksndreg"):
        check = check_demo(ranked(made, method=method), made)
        assert not check.passed
        assert check.chosen == "Cr-K"
        assert check.max_error > 4
        assert str(check).startswith("check FAILED: chose Cr-K (expected Ca-K)")


def test_wrong_shifts_fail_the_check(made):
    images = np.arange(1, 20)
    stack = SimpleNamespace(shifts=made.shifts[1:], image_indices=images, reference_indices=0 * images)
    ranking = SimpleNamespace(reference_stack=BEST, stacks={BEST: stack})
    assert check_demo(ranking, made).max_error == 0
    stack.shifts = -made.shifts[1:]
    assert not check_demo(ranking, made).passed
    stack.shifts = made.shifts[1:-1]
    assert check_demo(ranking, made).max_error == float("inf")
    assert not check_demo(SimpleNamespace(reference_stack=BEST, stacks={}), made).passed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_have_the_same_answer(tmp_path, seed):
    truth = make_demo(tmp_path / "demo.h5", seed=seed)
    assert check_demo(ranked(truth), truth).passed
