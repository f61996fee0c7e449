# SPDX-License-Identifier: MIT
"""Objects that hold stacks by name, as the whole argument and as a stack: the same bits as the arrays in them."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers, drifting

CA = (1000 * drifting(0.1) + 5000).astype(np.uint16)
FE = (1000 * drifting(0.6, seed=1) + 5000).astype(np.uint16)
STACKS = {"Ca": CA, "Fe": FE}
ENERGIES = np.arange(len(CA), dtype=float)

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def last(array: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(array, 0, -1)) if array.ndim == 3 else array


def xarray_dataset(folder: Path, stacks: Any) -> Any:
    xarray = pytest.importorskip("xarray")
    axes = ("y", "x", "energy")  # named, so that they may be in any order
    variables = {name: (axes[: stack.ndim], last(stack)) for name, stack in stacks.items()}
    beside = {"I0": ("energy", ENERGIES), "mean": (("y", "x"), CA[0])}
    coordinates = {"energy": ENERGIES, "where": (axes, last(CA))}
    return xarray.Dataset({**beside, **variables}, coordinates)


def data_tree(folder: Path, stacks: Any) -> Any:
    xarray = pytest.importorskip("xarray", minversion="2024.10")
    axes = ("energy", "y", "x")
    parts = {
        f"/maps/{name}": xarray.Dataset({"counts": (axes[-stack.ndim :], stack)})
        for name, stack in stacks.items()
    }
    return xarray.DataTree.from_dict({"/": xarray.Dataset({"I0": ("energy", ENERGIES)}), **parts})


def npz_file(folder: Path, stacks: Any) -> Any:
    """In memory: that of a file is read as one of its name."""
    names = np.array(["a", None])  # which only pickle can save, and nobody loads
    memory = io.BytesIO()
    np.savez(memory, I0=ENERGIES, names=names, **stacks)
    memory.seek(0)
    return np.load(memory)


def compressed_npz_file(folder: Path, stacks: Any) -> Any:
    memory = io.BytesIO()
    np.savez_compressed(memory, mean=CA[0], **stacks)
    memory.seek(0)
    return np.load(memory)


def zarr_group(folder: Path, stacks: Any, version: int = 3, path: str = "") -> Any:
    zarr = pytest.importorskip("zarr", minversion="3")
    root = zarr.open_group(folder / "a.zarr", mode="w", zarr_format=version)
    group = root.require_group(path) if path else root
    for name, stack in {"I0": ENERGIES, **stacks}.items():
        group.create_array(name, data=stack)
    return zarr.open_group(folder / "a.zarr", mode="r")


def old_zarr_group(folder: Path, stacks: Any) -> Any:
    return zarr_group(folder, stacks, 2)


def outer_zarr_group(folder: Path, stacks: Any) -> Any:
    return zarr_group(folder, stacks, path="maps/counts")


def ome_zarr_group(folder: Path, stacks: Any) -> Any:
    """One image of OME-Zarr per stack, each with a smaller copy and labels beside it."""
    zarr = pytest.importorskip("zarr", minversion="3")
    root = zarr.open_group(folder / "a.zarr", mode="w")
    for name, stack in stacks.items():
        image = root.create_group(name)
        axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}, {"name": "t", "type": "time"}]
        image.attrs["ome"] = {
            "version": "0.5",
            "multiscales": [{"axes": axes, "datasets": [{"path": "s0"}, {"path": "s1"}]}],
        }
        image.create_array("s0", data=last(stack))
        image.create_array("s1", data=last(stack)[::2, ::2])
        image.create_group("labels/cells").create_array("0", data=last(stack))
    return zarr.open_group(folder / "a.zarr", mode="r")


def hdf5_group(folder: Path, stacks: Any) -> Any:
    with h5py.File(folder / "a.h5", "w") as file:
        for name, stack in {"I0": ENERGIES, **stacks}.items():
            file[f"maps/{name}"] = stack
    return h5py.File(folder / "a.h5")["maps"]


def silx_hdf5_group(folder: Path, stacks: Any) -> Any:
    hdf5_group(folder, stacks).file.close()
    return pytest.importorskip("silx.io").open(f"{folder}/a.h5::/maps")


def silx_group(folder: Path, stacks: Any) -> Any:
    commonh5 = pytest.importorskip("silx.io.commonh5")
    root = commonh5.File(str(folder / "a.any"), "w")
    maps = commonh5.Group("maps")
    root.add_node(maps)
    links = commonh5.Group("again")
    root.add_node(links)
    for name, stack in {"I0": ENERGIES, **stacks}.items():
        maps.add_node(commonh5.Dataset(name, stack))
        links.add_node(commonh5.SoftLink(name, f"/maps/{name}"))
    links.add_node(commonh5.SoftLink("gone", "/nowhere"))
    links.add_node(commonh5.SoftLink("loop", "/"))
    return root


HOLDERS: dict[str, Callable[[Path, Any], Any]] = {
    "xarray Dataset": xarray_dataset,
    "xarray DataTree": data_tree,
    "npz in memory": npz_file,
    "npz in memory, compressed": compressed_npz_file,
    "zarr 3": zarr_group,
    "zarr 2": old_zarr_group,
    "zarr, group of groups": outer_zarr_group,
    "OME-Zarr": ome_zarr_group,
    "h5py": hdf5_group,
    "silx, HDF5": silx_hdf5_group,
    "silx": silx_group,
}


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Make an object that holds stacks; it is closed when the test is over."""
    with contextlib.ExitStack() as opened:

        def made(kind: str, stacks: Any) -> Any:
            value = HOLDERS[kind](tmp_path, stacks)
            owner = getattr(value, "file", value)
            opened.callback(getattr(owner, "close", lambda: None))
            return value

        yield made


@pytest.mark.parametrize("kind", HOLDERS)
def test_the_whole_argument(hold: Any, kind: str) -> None:
    value = hold(kind, STACKS)
    ranking = rank_stacks(value)
    assert ranking.ranked_stack_names == ["Ca", "Fe"]
    for name, stack in STACKS.items():
        assert_same_numbers(ranking.stacks[name], score_stack(stack))


@pytest.mark.parametrize("kind", HOLDERS)
def test_one_of_several_has_to_be_named(hold: Any, kind: str) -> None:
    value = hold(kind, STACKS)
    with pytest.raises(ValueError, match=r"stack 'a'.*Ca.*Fe"):
        rank_stacks({"a": value, "b": FE})
    with pytest.raises(ValueError, match=r"Ca.*Fe"):
        score_stack(value)
    kept = rank_stacks({"a": value, "b": FE, "c": CA}, on_error="rank_last")
    assert kept.ranked_stack_names == ["c", "b", "a"]
    assert "holds" in str(kept.stacks["a"].error)


@pytest.mark.parametrize("kind", [kind for kind in HOLDERS if kind not in ("h5py", "silx, HDF5")])
def test_the_only_stack_of_an_object(hold: Any, kind: str) -> None:
    value = hold(kind, {"Ca": CA})
    assert_same_numbers(score_stack(value), score_stack(CA))
    assert_same_numbers(rank_stacks({"a": value, "b": FE}).stacks["a"], score_stack(CA))


@pytest.mark.parametrize("kind", HOLDERS)
def test_no_stack_says_what_there_is(hold: Any, kind: str) -> None:
    value = hold(kind, {"map": CA[0]})
    with pytest.raises(ValueError, match="no image stack was found"):
        rank_stacks(value)
    with pytest.raises(ValueError, match=r"no image stack was found|no NXdata"):
        score_stack(value)


def test_members_of_groups_of_silx(hold: Any) -> None:
    group = hold("silx", STACKS)
    assert_same_numbers(rank_stacks({"a": group["maps/Ca"], "b": FE}).stacks["a"], score_stack(CA))
    assert set(rank_stacks(group["again"]).stacks) == {"Ca", "Fe"}


def test_an_edf_series_of_silx(tmp_path: Path) -> None:
    fabio = pytest.importorskip("fabio")
    series = fabio.edfimage.EdfImage(data=CA[0])
    for image in CA[1:]:
        series.append_frame(data=image)
    series.write(str(tmp_path / "a.edf"))
    with pytest.importorskip("silx.io").open(str(tmp_path / "a.edf")) as opened:
        assert_same_numbers(score_stack(opened), score_stack(CA))
        assert_same_numbers(score_stack(opened["/scan_0/image/data"]), score_stack(CA))


def test_a_damaged_member_of_an_npz_file_is_named() -> None:
    packed = io.BytesIO()
    np.lib.format.write_array(packed, FE)
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in (("Ca", io.BytesIO()), ("Fe", packed)):
            if name == "Ca":
                np.lib.format.write_array(content, CA)
                archive.writestr(f"{name}.npy", content.getvalue()[:-100])
            else:
                archive.writestr(name, content.getvalue())
    memory.seek(0)
    with np.load(memory) as file:
        with pytest.raises(ValueError, match="stack 'Ca'"):
            rank_stacks(file)
        ranking = rank_stacks(file, on_error="rank_last")
        assert ranking.ranked_stack_names == ["Fe", "Ca"]
        assert_same_numbers(ranking.stacks["Fe"], score_stack(FE))


def test_pickles_in_an_npz_file_are_not_loaded() -> None:
    held = np.empty(CA.shape, dtype=object)
    memory = io.BytesIO()
    np.savez(memory, Ca=held, Fe=FE)
    memory.seek(0)
    with np.load(memory) as file:
        with pytest.raises(ValueError, match=r"stack 'Ca'.*allow_pickle"):
            rank_stacks(file)
        assert rank_stacks(file, on_error="rank_last").ranked_stack_names == ["Fe", "Ca"]


# ------------------------------------------------------------------ OME-Zarr, as people write it

ODD: dict[str, Any] = {
    "no multiscales": {},
    "empty": {"multiscales": []},
    "text": {"multiscales": "yes"},
    "no datasets": {"multiscales": [{}]},
    "a path that leads nowhere": {"multiscales": [{"datasets": [{"path": "nowhere"}]}]},
    "a path out of the group": {"multiscales": [{"datasets": [{"path": "../.."}]}]},
    "a number for a path": {"multiscales": [{"datasets": [{"path": 0}]}]},
    "a group for an array": {"multiscales": [{"datasets": [{"path": "inner"}]}]},
    "ome is text": {"ome": "0.5"},
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_metadata_make_it_a_group_of_arrays(tmp_path: Path, kind: str) -> None:
    zarr = pytest.importorskip("zarr", minversion="3")
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", attributes=ODD[kind])
    group.create_group("inner")
    for name, stack in STACKS.items():
        group.create_array(name, data=stack)
    assert rank_stacks(group).ranked_stack_names == ["Ca", "Fe"]


@pytest.mark.parametrize(
    "axes",
    [None, ["y", "x", "t"], [{"name": "y"}, {"name": "x"}, {"name": "t"}], [{"name": 1}, {}, "t"], ["y"], 3],
    ids=str,
)
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_names_of_axes(tmp_path: Path, axes: Any, version: str) -> None:
    zarr = pytest.importorskip("zarr", minversion="3")
    image = {"datasets": [{"path": "0"}], **({} if axes is None else {"axes": axes})}
    about = {"multiscales": [image]}
    group = zarr.open_group(tmp_path / "a.zarr", mode="w", zarr_format=2 if version == "0.4" else 3)
    group.attrs.update(about if version == "0.4" else {"ome": about})
    known = isinstance(axes, list) and len(axes) == 3
    group.create_array("0", data=last(CA) if known else CA)
    assert_same_numbers(score_stack(group), score_stack(CA))
