# SPDX-License-Identifier: MIT
"""What parts of a series are together: which images are projections, which axis counts, empty parts."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.specs import GroupSpec, UriSpec
from tests.support.scenes import assert_same_numbers, drifting

SCENE = (1000 + 200 * drifting(0.1, n=6)).astype(np.uint16)
KEYS = {
    "before": [2, 2, 1, 1, 0, 0, 0, 0, 0, 0],
    "in turn": [0, 1, 0, 1, 0, 0, 2, 0, 0, 1],
    "whole parts": [2, 2, 2, 2, 0, 0, 0, 0, 0, 0],
}
PLACES = ["group", "detector", "each part"]


def with_key(keys: list[int]) -> Any:
    stack = np.stack([np.full(SCENE.shape[1:], 7 * key, np.uint16) for key in keys])
    stack[np.array(keys) == 0] = SCENE[: keys.count(0)]
    return stack


def write(
    folder: Path,
    stack: Any,
    lengths: tuple[int, ...] = (4, 4, 2),
    *,
    links: bool = True,
    keys: Any = None,
    place: str = "group",
    attributes: dict[str, Any] | None = None,
    of_part: dict[str, Any] | None = None,
    **options: Any,
) -> str:
    """A master file whose parts are elsewhere or in it; returns the URI of the series."""
    master = folder / "x_master.h5"
    with h5py.File(master, "w") as file:
        for path, kind in (("entry", "NXentry"), ("entry/instrument", "NXinstrument")):
            file.create_group(path).attrs["NX_class"] = kind
        detector = file.create_group("entry/instrument/detector")
        detector.attrs["NX_class"] = "NXdetector"
        data = file.create_group("entry/data")
        data.attrs.update({"NX_class": "NXdata"} | (attributes or {}))
        if keys is not None and place in ("group", "detector"):
            (data if place == "group" else detector)["image_key"] = keys
        start = 0
        for number, length in enumerate(lengths, 1):
            some, name = stack[start : start + length], f"data_{number:06d}"
            if links:
                with h5py.File(folder / f"x_{name}.h5", "w") as part:
                    dataset = part.create_dataset("entry/data/data", data=some, **options)
                    if keys is not None and place == "each part":
                        part["entry/data/image_key"] = keys[start : start + length]
                    dataset.attrs.update(of_part or {})
                data[name] = h5py.ExternalLink(f"x_{name}.h5", "entry/data/data")
            else:
                data.create_dataset(name, data=some, **options).attrs.update(of_part or {})
            start += length
    return f"{master}::/entry/data"


def said_of(value: Any, **options: Any) -> tuple[Any, list[str]]:
    """Score a stack; return that and the Python warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = score_stack(value, **options)
    return found, [str(each.message) for each in said if issubclass(each.category, RankingWarning)]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("dtype", ["i4", "f8"])
def test_projections_of_a_series_are_taken_and_told(
    tmp_path: Path, kind: str, place: str, dtype: str
) -> None:
    keys = KEYS[kind]
    number = keys.count(0)
    uri = write(tmp_path, with_key(keys), keys=np.array(keys, dtype), place=place)
    for pairing in ("reference", "previous"):
        found, said = said_of(uri, pairing=pairing)
        assert_same_numbers(found, score_stack(SCENE[:number], pairing=pairing))
        assert not said
    (told,) = (text for text in found.warnings if text.startswith("Left out by image_key"))
    assert f"Its images 0 to {number - 1} are images {keys.index(0)}" in told
    assert "of the series" in told
    for value in (uri.partition("::")[0], uri.replace("/data", "")):
        assert_same_numbers(score_stack(value), score_stack(SCENE[:number]))
    everything, _ = said_of(uri, image_key="ignore")
    expected, _ = said_of(with_key(keys))
    assert_same_numbers(everything, expected)
    assert not any("image_key" in text for text in everything.warnings)


@pytest.mark.parametrize("where", ["threads", "child", "blocks", "opened", "opened above"])
@pytest.mark.parametrize("links", [True, False])
def test_projections_wherever_they_are_read(tmp_path: Path, where: str, links: bool) -> None:
    keys = KEYS["in turn"]
    uri = write(tmp_path, with_key(keys), keys=keys, links=links, chunks=(1, 16, 16), compression="gzip")
    wanted = score_stack(SCENE)
    if where == "child":
        found = score_stack(uri, isolate=True)
    elif where == "blocks":
        found = score_stack(uri, memory_limit=1024, num_threads=2)
    elif where == "threads":
        with ThreadPoolExecutor(2) as executor:
            found = score_stack(uri, executor=executor)
    else:
        with h5py.File(uri.partition("::")[0]) as file:
            found = score_stack(file["entry/data" if where == "opened" else "entry"])
    assert_same_numbers(found, wanted)


@pytest.mark.parametrize("text", ["3:", "::-1", "1::2", "4:10", "2:4"])
def test_slices_of_a_series_cut_the_key_too(tmp_path: Path, text: str) -> None:
    keys = KEYS["before"]
    cut = slice(*(int(part) if part else None for part in text.split(":")))
    some = [index for index in range(len(keys))[cut] if keys[index] == 0]
    found, _ = said_of(write(tmp_path, with_key(keys), keys=keys) + f"&slice={text}")
    wanted, _ = said_of(with_key(keys)[some] if some else with_key(keys)[cut])
    assert_same_numbers(found, wanted)
    assert sum("image_key" in each for each in found.warnings) == (text != "4:10")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (np.zeros(9, int), "group"),
        (np.zeros(4, int), "group"),
        (np.full(10, 0.5), "detector"),
        (np.full(10, 0.5), "each part"),
        (np.array(["a"] * 10, "S1"), "group"),
    ],
)
def test_a_key_that_does_not_fit_a_series_is_told_and_ignored(tmp_path: Path, keys: Any, place: str) -> None:
    stack = np.concatenate([SCENE, SCENE[:4]])
    lengths = (4, 4) if len(keys) == 4 else (4, 4, 2)  # a key of the length of each part is none of each
    stack = stack[: sum(lengths)]
    found, said = said_of(write(tmp_path, stack, lengths, keys=keys, place=place))
    assert_same_numbers(found, score_stack(stack))
    assert sum("Its image_key is ignored" in text for text in said) == 1


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("lengths", [(3, 3, 0), (3, 0, 3), (0, 3, 3), (0, 6, 0, 0), (6, 0)])
@pytest.mark.parametrize("how", [{}, {"chunks": (1, 16, 20), "compression": "gzip"}])
def test_empty_parts_count_no_image(
    tmp_path: Path, links: bool, lengths: tuple[int, ...], how: dict[str, Any]
) -> None:
    options = {**how, "maxshape": (None, *SCENE.shape[1:])} if how else {}
    uri = write(tmp_path, SCENE, lengths, links=links, **options)
    found, said = said_of(uri)
    assert_same_numbers(found, score_stack(SCENE))
    assert not said
    names = [f"data_{number:06d}" for number, length in enumerate(lengths, 1) if not length]
    assert f"Parts of it hold no image: {', '.join(names)}." in found.warnings
    assert_same_numbers(score_stack(f"{uri}&slice=::-2,4:,::-1"), score_stack(SCENE[::-2, 4:, ::-1]))
    with h5py.File(uri.partition("::")[0]) as file:
        assert_same_numbers(score_stack(file["entry/data"]), score_stack(SCENE))


def test_a_series_of_empty_parts_holds_no_image(tmp_path: Path) -> None:
    uri = write(tmp_path, SCENE, (0, 0))
    with pytest.raises(
        ValueError, match=r"x_master\.h5::/entry/data: the stack holds no image: its parts are empty"
    ):
        score_stack(uri)


def test_many_empty_parts_are_told_in_short(tmp_path: Path) -> None:
    found, _ = said_of(write(tmp_path, SCENE, (6,) + (0,) * 9))
    assert sum(text.endswith("data_000007 and 3 more.") for text in found.warnings) == 1


@pytest.mark.parametrize("links", [True, False])
def test_parts_whose_last_axis_looks_as_if_it_counted_the_images(tmp_path: Path, links: bool) -> None:
    parts = np.concatenate([np.moveaxis(SCENE[:3], 0, 2), np.moveaxis(SCENE[3:], 0, 2)])
    height = SCENE.shape[1]
    uri = write(tmp_path, parts, (height, height), links=links)
    for value in (uri, uri.partition("::")[0], f"{uri}&slice=2:"):
        _, said = said_of(value)
        text = f"{parts.shape}: read as {len(parts)} images of {SCENE.shape[2]} x 3"
        assert sum(text in each and "with image_axis=2" in each for each in said) == 1
    with h5py.File(uri.partition("::")[0]) as file:
        assert any("read as" in each for each in said_of(file["entry"])[1])
    assert not any("read as" in each for each in said_of(uri, image_axis=0)[1])
    assert score_stack(f"{uri}/data_000001", image_axis=2).shape == SCENE.shape[1:]


@pytest.mark.parametrize(
    ("axes", "doubted"),
    [(["y", "x", "energy"], 2), (["y", "energy", "x"], 1), (["energy", "y", "x"], None), (None, None)],
)
@pytest.mark.parametrize("on", ["group", "part"])
def test_names_of_the_axes_of_parts(tmp_path: Path, axes: Any, doubted: int | None, on: str) -> None:
    named = {} if axes is None else {"axes": axes}
    where: dict[str, Any] = {"attributes": named} if on == "group" else {"of_part": named}
    found, said = said_of(write(tmp_path, SCENE, (3, 3), **where))
    assert_same_numbers(found, score_stack(SCENE))
    told = [each for each in said if "read as 6 images" in each]
    if doubted is None:
        assert not told
    else:
        assert len(told) == 1
        assert f"({', '.join(axes)}): " in told[0]
        assert f"if axis {doubted} counts the images, name the parts one by one" in told[0]


def test_facts_of_open_series(tmp_path: Path) -> None:
    uri = write(tmp_path, with_key(KEYS["before"]), keys=KEYS["before"])
    master, path = uri.split("::")
    with h5py.File(master) as file:
        for spec in (UriSpec(master, path, Limits()), GroupSpec(file["entry"], Limits(), "./data")):
            with spec.open() as source:
                assert source.shape == SCENE.shape
                assert source.location == uri
                np.testing.assert_array_equal(source.read(1, 5).images, SCENE[1:5])


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = write(tmp_path, with_key(KEYS["before"]), keys=KEYS["before"])
    assert main(["rank", f"a={uri}"]) == 0
    assert "Left out by image_key" in capsys.readouterr().out
