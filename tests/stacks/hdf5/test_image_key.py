# SPDX-License-Identifier: MIT
"""Projections of NXtomo: darks and flats are left out, told, and counted out of all results."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.cli import main
from tests.support.scenes import assert_same_numbers, drifting

KEYS: dict[str, list[int]] = {
    "before": [2, 2, 1, 1, 0, 0, 0, 0, 0, 0],
    "around": [2, 1, 0, 0, 0, 0, 0, 0, 1, 2],
    "between": [0, 0, 0, 1, 2, 0, 0, 3, 0],
    "in turn": [0, 1, 0, 1, 0, 1, 0, 1, 0, 2, 0],
}
SCENE = (1000 + 200 * drifting(0.1, n=6)).astype(np.uint16)


def tomogram(keys: list[int]) -> Any:
    """Projections, and between them images that would ruin them."""
    stack = np.stack([np.full(SCENE.shape[1:], 7 * key, np.uint16) for key in keys])
    stack[np.array(keys) == 0] = SCENE[: keys.count(0)]
    return stack


def saved(folder: Path, keys: list[int], name: str = "image_key", **how: Any) -> str:
    """A file as NXtomo has it."""
    file = folder / "tomo.nx"
    with h5py.File(file, "w") as opened:
        for path, kind in (
            ("entry", "NXentry"),
            ("entry/instrument", "NXinstrument"),
            ("entry/data", "NXdata"),
        ):
            opened.require_group(path).attrs["NX_class"] = kind
        detector = opened.create_group("entry/instrument/detector")
        detector.attrs["NX_class"] = "NXdetector"
        detector.create_dataset("data", data=tomogram(keys), **how)
        detector[name] = np.array(keys)
        opened["entry/data/data"] = detector["data"]
        opened["entry/data"].attrs["signal"] = "data"
    return str(file)


PLACES = ["entry/instrument/detector/data", "entry/data/data"]
keys_of_all_kinds = pytest.mark.parametrize("kind", KEYS)


def quiet(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        return function(*arguments, **options)


@keys_of_all_kinds
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["image_key", "image_key_control"])
def test_projections_are_taken(tmp_path: Path, kind: str, place: str, name: str) -> None:
    keys = KEYS[kind]
    file = saved(tmp_path, keys, name)
    number = keys.count(0)
    for pairing in ("reference", "previous"):
        found = quiet(score_stack, f"{file}::/{place}", pairing=pairing)
        assert_same_numbers(found, score_stack(SCENE[:number], pairing=pairing))
    assert found.n_images == number
    (said,) = (text for text in found.warnings if text.startswith(f"Left out by {name}"))
    for word, key in (("flat", 1), ("dark", 2), ("invalid image", 3)):
        count = keys.count(key)
        assert (f"{count} {word}" in said) == (count > 0)
    assert f"Its images 0 to {number - 1} are images {keys.index(0)}" in said
    assert "of the dataset" in said
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)  # of darks as the reference image
        everything = score_stack(f"{file}::/{place}", image_key="ignore")
        expected = score_stack(tomogram(keys))
    assert_same_numbers(everything, expected)


@pytest.mark.parametrize("how", [{}, {"chunks": (1, 16, 16), "compression": "gzip"}, {"chunks": (4, 32, 40)}])
@pytest.mark.parametrize("where", ["here", "threads", "processes", "child", "blocks", "opened"])
@pytest.mark.parametrize("kind", ["around", "in turn"])
def test_wherever_and_however(tmp_path: Path, how: dict[str, Any], where: str, kind: str) -> None:
    keys = KEYS[kind]
    uri = f"{saved(tmp_path, keys, **how)}::/{PLACES[0]}"
    wanted = rank_stacks({"a": SCENE})
    if where == "child":
        found = quiet(rank_stacks, {"a": uri}, isolate=True)
    elif where == "blocks":
        found = rank_stacks({"a": uri}, memory_limit=40_000, num_threads=2)
    elif where == "opened":
        with h5py.File(uri.partition("::")[0]) as file:
            found = quiet(rank_stacks, {"a": file[PLACES[0]]})
            np.testing.assert_array_equal(found.correlogram("a", 2), wanted.correlogram("a", 2))
    elif where == "here":
        found = quiet(rank_stacks, {"a": uri})
        np.testing.assert_array_equal(found.correlogram("a", 2), wanted.correlogram("a", 2))
    else:
        with (ThreadPoolExecutor if where == "threads" else ProcessPoolExecutor)(2) as executor:
            found = quiet(rank_stacks, {"a": uri}, executor=executor)
    assert_same_numbers(found.stacks["a"], wanted.stacks["a"])


def test_the_reference_image_is_a_projection(tmp_path: Path) -> None:
    uri = f"{saved(tmp_path, KEYS['before'])}::/{PLACES[0]}"
    for reference in (0, 2, -1):
        found = quiet(score_stack, uri, reference_image=reference)
        assert_same_numbers(found, score_stack(SCENE, reference_image=reference))
        assert found.reference_image == reference % 6


@pytest.mark.parametrize("text", ["3:", "::-1", "1::2", "4:10", "2:4"])
def test_slices_cut_the_key_too(tmp_path: Path, text: str) -> None:
    keys = KEYS["before"]
    cut = slice(*(int(part) if part else None for part in text.split(":")))
    uri = f"{saved(tmp_path, keys)}::/{PLACES[1]}&slice={text}"
    some = [index for index in range(len(keys))[cut] if keys[index] == 0]
    wanted = tomogram(keys)[some] if some else tomogram(keys)[cut]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        found = score_stack(uri)
    assert_same_numbers(found, score_stack(wanted))
    told = [each for each in found.warnings if "image_key" in each]
    if text == "4:10":
        assert not told
    elif text == "2:4":
        assert told == ["Its image_key calls none of its images a projection (0): all of them are taken."]
    else:
        assert len(told) == 1


def test_with_images_along_another_axis(tmp_path: Path) -> None:
    keys = KEYS["in turn"]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = np.moveaxis(tomogram(keys), 0, 2)
        file["image_key"] = keys
    assert_same_numbers(score_stack(f"{tmp_path / 'a.h5'}::/data", image_axis=2), score_stack(SCENE))


def test_with_declared_pixels(tmp_path: Path) -> None:
    keys, mask = KEYS["between"], np.eye(*SCENE.shape[1:], dtype=bool)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = tomogram(keys)
        file["data"].attrs["_FillValue"] = 0
        file["image_key"] = keys
        file["pixel_mask"] = mask.astype("u4")
    found = quiet(score_stack, f"{tmp_path / 'a.h5'}::/data", invalid="raise")
    assert_same_numbers(found, score_stack(SCENE[:6], mask=~mask))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            np.zeros(4, int),
            r"ignored: it must hold 10 integers, one per image, not int64 of the shape \(4,\)",
        ),
        (np.zeros((2, 5), int), r"ignored: it must hold 10 integers, .* int64 of the shape \(2, 5\)"),
        (np.full(10, 0.5), "ignored: it must hold 10 integers, one per image, not float64"),
        (np.array([0.0] * 9 + [np.nan]), "ignored"),
        (np.array([0.0] * 9 + [1e300]), "ignored"),
        (np.array(["0"] * 10, "S1"), "ignored"),
        ("key", "ignored"),
        (h5py.Empty("i4"), "ignored"),
        (np.ones(10, int), "calls none of its images a projection"),
    ],
)
def test_a_damaged_key_is_told_and_ignored(tmp_path: Path, key: Any, message: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = tomogram([0] * 6 + [3] * 4)
        file["image_key"] = key
    with pytest.warns(RankingWarning, match=message):
        found = score_stack(f"{tmp_path / 'a.h5'}::/data")
    assert_same_numbers(found, score_stack(tomogram([0] * 6 + [3] * 4)))


@pytest.mark.parametrize("dtype", ["i1", "u4", "i8", "f2", "f4", ">f8"])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1), (-1, 1, 1)])
def test_keys_of_any_type_and_with_axes_of_one_element(
    tmp_path: Path, dtype: str, shape: tuple[int, ...]
) -> None:
    keys = KEYS["around"]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"] = tomogram(keys)
        file["image_key"] = np.array(keys, dtype).reshape(shape)
    found = quiet(score_stack, f"{tmp_path / 'a.h5'}::/data")
    assert_same_numbers(found, score_stack(SCENE))
    assert sum("2 flats, 2 darks" in text for text in found.warnings) == 1


def test_only_projections_need_no_word(tmp_path: Path) -> None:
    found = quiet(score_stack, f"{saved(tmp_path, [0] * 6)}::/{PLACES[0]}")
    assert not any("image_key" in text for text in found.warnings)


def test_an_error_names_the_image_of_the_dataset(tmp_path: Path) -> None:
    uri = f"{saved(tmp_path, KEYS['between'], chunks=(1, 32, 40), compression='gzip')}::/{PLACES[0]}"
    with h5py.File(uri.partition("::")[0], "r+") as file:
        data = file[PLACES[0]].id
        size = data.get_chunk_info_by_coord((5, 0, 0)).size
        data.write_direct_chunk((5, 0, 0), b"\0" * size)
    with pytest.raises(OSError, match=r"image(s 5 to [56]|s? 5)"):
        score_stack(uri)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = f"{saved(tmp_path, KEYS['before'])}::/{PLACES[0]}"
    assert main(["rank", f"a={uri}"]) == 0
    assert "Left out by image_key" in capsys.readouterr().out
    assert main(["rank", f"a={uri}", "--image-key", "ignore", "-q"]) == 0
