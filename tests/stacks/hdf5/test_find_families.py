# SPDX-License-Identifier: MIT
"""Families: images whose paths differ in one number, and what only looks like one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndreg_preeval import find_stacks, rank_stacks
from ndreg_preeval.stacks.hdf5.finding.families import find_families
from tests.support.examples import examples

pytestmark = pytest.mark.filterwarnings("ignore:No stack deserves trust")

SHAPE = (4, 5)


def patterns(paths: Any, **more: Any) -> list[str]:
    found = find_families([(path, SHAPE) for path in paths], **more)
    for family in found.families:
        assert set(family.paths) <= set(paths)
    return [family.pattern for family in found.families]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/1.1/xrf/Ca", "/2.1/xrf/Ca", "/10.1/xrf/Ca"], ["/*.1/xrf/Ca"]),
        (["/1.1/xrf/Ca", "/1.2/xrf/Ca"], ["/1.*/xrf/Ca"]),
        (["/scan_0001/Ca", "/scan_0002/Ca"], ["/scan_*/Ca"]),
        (["/e/im_000", "/e/im_001", "/e/im_002"], ["/e/im_*"]),
        (["/0", "/1", "/2"], ["/*"]),
        (["/e/Ca_1", "/e/Ca_2", "/e/Fe_1", "/e/Fe_2"], ["/e/Ca_*", "/e/Fe_*"]),
        # The outermost number counts.
        (["/1.1/a/x_1", "/1.1/a/x_2", "/2.1/a/x_1", "/2.1/a/x_2"], ["/*.1/a/x_1", "/*.1/a/x_2"]),
        # Wildcards in names mean themselves.
        (["/a[1]*/Ca", "/a[2]*/Ca"], ["/a[[]*][*]/Ca"]),
        # Numbers that only tell names apart, detectors and channels are no images.
        (["/1.1/a/Peak000", "/1.1/a/Peak001", "/1.1/a/Ca_K"], []),
        (["/1.1/mca0/Ca", "/1.1/mca1/Ca"], []),
        (["/1.1/Channel 0/Data", "/1.1/Channel 1/Data"], []),
        (["/1.1/Ca", "/2.1/Fe"], []),
        (["/a/Ca", "/b/Ca"], []),
        ([], []),
    ],
)
def test_paths(paths: list[str], expected: list[str]) -> None:
    assert patterns(paths) == expected


def test_images_are_in_the_order_of_their_numbers() -> None:
    (family,) = find_families([(f"/{n}.1/Ca", SHAPE) for n in (10, 9, 1, 2)]).families
    assert family.paths == ("/1.1/Ca", "/2.1/Ca", "/9.1/Ca", "/10.1/Ca")


def test_images_of_several_shapes_are_no_stack() -> None:
    found = find_families(
        [("/1.1/Ca", (4, 5)), ("/2.1/Ca", (4, 6)), ("/1.1/Fe", (4, 5)), ("/2.1/Fe", (4, 5))]
    )
    assert [family.pattern for family in found.families] == ["/*.1/Fe"]
    assert found.unequal == ["/*.1/Ca"]


SCANS = ["/1.1/Ca", "/2.1/Ca"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"others": ["/sum.1/Ca"]}, ["/[0-9]*.1/Ca"]),
        ({"others": ["/3.1/Ca"]}, []),
        ({"others": ["/3.1/Fe", "/sum.2/Ca", "/a/3.1/Ca"]}, ["/*.1/Ca"]),
        ({"aliases": ["/last.1"]}, ["/[0-9]*.1/Ca"]),
        ({"aliases": ["/7.1"]}, []),
        ({"aliases": ["/7.1/Ca"]}, []),
        ({"aliases": ["/7.1/Fe", "/last"]}, ["/*.1/Ca"]),
    ],
)
def test_patterns_mean_the_images_alone(more: dict[str, list[str]], expected: list[str]) -> None:
    assert patterns(SCANS, **more) == expected


def matches(path: list[str], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(map(fnmatchcase, path, pattern))


names = st.text("a1.*[{", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
paths = st.lists(
    st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts)), unique=True
)


@examples(100)
@given(paths, paths, st.randoms())
def test_any_paths(images: list[str], others: list[str], random: Any) -> None:
    others = [path for path in others if path not in images]
    shapes = [(path, random.choice([(4, 5), (4, 5), (5, 4)])) for path in images]
    found = find_families(shapes, others)
    taken: set[str] = set()
    for family in found.families:
        pattern = family.pattern.split("/")
        matched = [path for path in [*images, *others] if matches(path.split("/"), pattern)]
        assert sorted(matched) == sorted(family.paths)
        assert len({dict(shapes)[path] for path in matched}) == 1
        assert len(matched) >= 2
        assert taken.isdisjoint(matched)
        taken.update(matched)


# ------------------------------------------------------------------ in files


def image(seed: int, shape: tuple[int, int] = (8, 9)) -> Any:
    return np.random.default_rng(seed).random(shape)


def scans(file: h5py.File, elements: tuple[str, ...] = ("Ca", "Fe"), n: int = 3) -> None:
    for number in range(n):
        for seed, element in enumerate(elements):
            file[f"{number + 1}.1/xrf/{element}"] = image(10 * number + seed)


def test_maps_of_scans(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        scans(file)
        file["1.1/title"] = "a scan"
        file["energies"] = np.arange(3.0)
        arrays = {e: [file[f"{n}.1/xrf/{e}"][()] for n in (1, 2, 3)] for e in ("Ca", "Fe")}
        assert rank_stacks(file).scores == rank_stacks(arrays).scores
    name = f"{tmp_path}/scan.h5"
    assert find_stacks(name) == {e: f"{name}::/*.1/xrf/{e}" for e in ("Ca", "Fe")}


def test_several_groups_of_maps_are_listed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        scans(file)
        for number in range(3):
            file[f"{number + 1}.1/fit/Ca"] = image(number)
    name = f"{tmp_path}/scan.h5"
    found = find_stacks(name)
    assert set(found.values()) == {f"{name}::/*.1/{each}" for each in ("xrf/Ca", "xrf/Fe", "fit/Ca")}
    with pytest.raises(
        ValueError, match=r"'/\*\.1/fit/Ca', '/\*\.1/xrf/Ca', '/\*\.1/xrf/Fe' \(3 images of 8 x 9"
    ):
        rank_stacks(name)


def test_tables_and_spectra_are_no_images(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        for number in range(3):
            file[f"{number + 1}.1/positions"] = np.zeros((50, 2))
            file[f"{number + 1}.1/mca"] = np.zeros((50, 64))
            file[f"{number + 1}.1/mca"].attrs["interpretation"] = "spectrum"
    with pytest.raises(ValueError, match="no image stack was found"):
        find_stacks(tmp_path / "scan.h5")


def test_scans_behind_links(tmp_path: Path) -> None:
    for number in range(3):
        with h5py.File(tmp_path / f"raw{number}.h5", "w") as file:
            file["1.1/Ca"] = image(number)
    with h5py.File(tmp_path / "all.h5", "w") as file:
        for number in range(3):
            file[f"{number + 1}.1"] = h5py.ExternalLink(f"raw{number}.h5", "/1.1")
        file["last.1"] = h5py.SoftLink("/3.1")
    assert list(find_stacks(tmp_path / "all.h5").values()) == [f"{tmp_path}/all.h5::/[0-9]*.1/Ca"]
