# SPDX-License-Identifier: MIT
"""Pickled rankings outlive moves of modules: they name public classes, and old ones are still found."""

from __future__ import annotations

import pickle
import pickletools
from pathlib import Path
from typing import Any

import pytest

import ndreg_preeval
from ndreg_preeval import METHODS, Limits, Ranking, RankingWarning, rank_stacks
from tests.support.scenes import three

h5py = pytest.importorskip("h5py")
tifffile = pytest.importorskip("tifffile")

# Where classes said they are, before they said that they are public.
FORMER = {
    "ndreg_preeval Ranking": "ndreg_preeval.ranking Ranking",
    "ndreg_preeval StackScore": "ndreg_preeval.scoring StackScore",
    "ndreg_preeval Method": "ndreg_preeval.methods Method",
    "ndreg_preeval Limits": "ndreg_preeval.options Limits",
    "ndreg_preeval.stacks UriSpec": "ndreg_preeval.stacks.hdf5 UriSpec",
    "ndreg_preeval.stacks TiffSpec": "ndreg_preeval.stacks.tiff TiffSpec",
    "ndreg_preeval.stacks FailedSpec": "ndreg_preeval.stacks.source FailedSpec",
}
# What has been where it is from the beginning.
ALWAYS = {
    "ndreg_preeval.options Options",
    "ndreg_preeval.results InputRead",
    "ndreg_preeval.results Provenance",
}


def names_in(data: bytes) -> set[str]:
    """The classes of this package in a pickle of protocol 2."""
    found = {str(argument) for code, argument, _ in pickletools.genops(data) if code.name == "GLOBAL"}
    return {name for name in found if name.startswith("ndreg_preeval")}


@pytest.fixture
def ranking(tmp_path: Path) -> Ranking:
    """Of every kind of stack that travels, and of one that does not."""
    first, second, third = three().values()
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = first
    tifffile.imwrite(tmp_path / "b.tif", second, photometric="minisblack")
    stacks = {
        "a": f"{tmp_path}/a.h5::/a",
        "b": f"{tmp_path}/b.tif",
        "c": third,
        "d": f"{tmp_path}/gone.h5::/d",
    }
    with pytest.warns(RankingWarning, match="'d' could not be read"):
        return rank_stacks(stacks, on_error="rank_last")


def assert_same(found: Any, expected: Ranking) -> None:
    assert type(found) is Ranking
    assert found == expected
    assert found.to_json() == expected.to_json()
    assert str(found) == str(expected)
    for name in ("a", "b"):
        assert found.correlogram(name, 1).tobytes() == expected.correlogram(name, 1).tobytes()
    with pytest.raises(ValueError, match="did not travel"):
        found.correlogram("c", 1)


def test_rankings_name_public_classes(ranking: Ranking) -> None:
    data = pickle.dumps(ranking, protocol=2)
    assert names_in(data) == {*FORMER, *ALWAYS}
    assert_same(pickle.loads(data), ranking)


def test_rankings_that_were_pickled_before_still_load(ranking: Ranking) -> None:
    data = pickle.dumps(ranking, protocol=2)
    for now, before in FORMER.items():
        data = data.replace(
            f"c{now}\n".replace(" ", "\n").encode(), f"c{before}\n".replace(" ", "\n").encode()
        )
    assert names_in(data) == {*FORMER.values(), *ALWAYS}
    assert_same(pickle.loads(data), ranking)


@pytest.mark.parametrize("value", [METHODS["robust"], Limits(ratio=3)], ids=["method", "limits"])
def test_options_are_equal_afterwards(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


def test_public_classes_say_where_they_are_public() -> None:
    for name in ndreg_preeval.__all__:
        value = getattr(ndreg_preeval, name)
        if isinstance(value, type):
            assert (value.__module__, value.__qualname__) == ("ndreg_preeval", name)
