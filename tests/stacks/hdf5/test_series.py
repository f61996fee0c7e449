# SPDX-License-Identifier: MIT
"""Stacks in parts, data_000001, data_000002, ...: one stack, joined in the order of their numbers."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import find_stacks, rank_stacks, score_stack
from ndreg_preeval.cli.main import main
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.hdf5.series import SeriesSource
from ndreg_preeval.stacks.hdf5.specs import GroupSpec, UriSpec
from ndreg_preeval.stacks.selection import parse_slice

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = np.random.default_rng(0).integers(0, 1000, (13, 20, 24)).astype(np.uint16)
LENGTHS = (4, 4, 4, 1)
LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "an image per chunk": {"chunks": (1, 20, 24), "compression": "gzip"},
    "images per chunk": {"chunks": (3, 7, 24), "shuffle": True, "compression": "gzip"},
    "in step": {"chunks": (2, 20, 24), "compression": "lzf"},
}
LINKS = ["external", "soft", "hard"]
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "no class": {},
    "NXdata": {"NX_class": "NXdata"},
    "NXdata, dangling signal": {"NX_class": "NXdata", "signal": "data"},
    "NXdata, first part as signal": {"NX_class": "NXdata", "signal": "data_000001"},
}


def write(
    folder: Path,
    stack: NDArray[Any] = STACK,
    name: str = "x",
    *,
    lengths: tuple[int, ...] = LENGTHS,
    links: str = "external",
    attributes: dict[str, Any] | None = None,
    first: int = 1,
    **options: Any,
) -> Path:
    """A master file and its parts; returns the master file."""
    master = folder / f"{name}_master.h5"
    if options:
        options["maxshape"] = (None, *stack.shape[1:])  # chunks may then be longer than a part
    with h5py.File(master, "w") as file:
        file.create_group("entry").attrs["NX_class"] = "NXentry"
        data = file.create_group("entry/data")
        data.attrs.update({"NX_class": "NXdata"} if attributes is None else attributes)
        file["entry/instrument/detector/pixel_mask"] = np.zeros(stack.shape[1:], "u4")
        start = 0
        for number, length in enumerate(lengths, first):
            part, start = stack[start : start + length], start + length
            if links == "hard":
                data.create_dataset(f"data_{number:06d}", data=part, **options)
            elif links == "soft":
                file.create_dataset(f"raw/{number}", data=part, **options)
                data[f"data_{number:06d}"] = h5py.SoftLink(f"/raw/{number}")
            else:
                other = f"{name}_data_{number:06d}.h5"
                with h5py.File(folder / other, "w") as there:
                    there.create_dataset("entry/data/data", data=part, **options)
                data[f"data_{number:06d}"] = h5py.ExternalLink(other, "entry/data/data")
    return master


def spec(master: Path, text: str = "", **limits: Any) -> UriSpec:
    return UriSpec(str(master), "/entry/data", Limits(**limits), parse_slice(text) if text else None)


@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "text", ["", "1:", "::2", "::-1", "5:11:3,2:9,::-2", "-2:", "12::-5,...,::3", "...,4:7", "2:3"]
)
def test_pixels_are_those_of_the_joined_stack(tmp_path: Path, links: str, layout: str, text: str) -> None:
    master = write(tmp_path, links=links, **LAYOUTS[layout])
    wanted = STACK[parse_slice(text)] if text else STACK
    with spec(master, text).open() as source:
        assert isinstance(source, SeriesSource)
        assert source.shape == wanted.shape
        assert source.dtype == STACK.dtype
        for step in (13, 1, 3):
            for start in range(0, len(wanted), step):
                stop = min(start + step, len(wanted))
                np.testing.assert_array_equal(source.read(start, stop).images, wanted[start:stop])
        with ThreadPoolExecutor(4) as pool:
            pending = source.start_reading(0, len(wanted))
            list(pool.map(lambda task: task.run(), pending.tasks))
        np.testing.assert_array_equal(pending.block().images, wanted)
        assert source.warnings_while_reading() == ()


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("links", LINKS)
def test_a_series_is_one_stack_however_it_is_named(tmp_path: Path, attributes: str, links: str) -> None:
    stacks = {
        name: np.random.default_rng(seed).integers(0, 99, STACK.shape).astype("u4")
        for seed, name in enumerate("ab")
    }
    masters = {
        name: write(tmp_path, stack, name, attributes=ATTRIBUTES[attributes], links=links)
        for name, stack in stacks.items()
    }
    expected = rank_stacks(stacks).scores
    for path in ("", "::/", "::/entry", "::/entry/data"):
        uris = {name: f"{master}{path}" for name, master in masters.items()}
        assert rank_stacks(uris).scores == expected
        assert sorted(rank_stacks(list(uris.values())).scores.values()) == sorted(expected.values())
        assert list(rank_stacks(uris["a"]).scores.values()) == [expected["a"]]
        assert find_stacks(uris["a"]) == {"data": f"{masters['a']}::/entry/data"}
        assert score_stack(uris["a"]).score == expected["a"]
    cut = {name: f"{master}::/entry/data&slice=:" for name, master in masters.items()}
    for options in ({"num_threads": 1}, {"num_threads": 4}, {"isolate": True}, {"memory_limit": 4096}):
        assert rank_stacks(cut, **options).scores == expected
    with ThreadPoolExecutor(2) as executor:
        assert rank_stacks(cut, executor=executor).scores == expected
    with h5py.File(masters["a"]) as a, h5py.File(masters["b"]) as b:
        assert rank_stacks({"a": a["entry/data"], "b": b["entry/data"]}).scores == expected
        assert list(rank_stacks(a["entry/data"]).scores.values()) == [expected["a"]]


def test_slices_of_a_series_in_rankings(tmp_path: Path) -> None:
    master = write(tmp_path)
    expected = rank_stacks({"a": STACK[2:7], "b": STACK[::-2, :16]}).scores
    uri = f"{master}::/entry/data"
    assert rank_stacks({"a": f"{uri}&slice=2:7", "b": f"{uri}&slice=::-2,:16"}).scores == expected
    assert list(find_stacks(f"{uri}&slice=2:7").values()) == [f"{uri}&slice=2:7"]


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    masters = [str(write(tmp_path, STACK + seed, name)) for seed, name in enumerate("ab")]
    assert main(["rank", *masters]) == 0
    assert "a_master" in capsys.readouterr().out
    assert main(["find", masters[0]]) == 0
    assert "x_master" not in capsys.readouterr().out


def test_numbers_decide_the_order(tmp_path: Path) -> None:
    master = tmp_path / "m.h5"
    with h5py.File(master, "w", track_order=True) as file:
        data = file.create_group("entry/data", track_order=True)
        for number in (2, 3, 1):
            data[f"data_{number:06d}"] = STACK[number : number + 1]
    with spec(master).open() as source:
        np.testing.assert_array_equal(source.read(0, 3).images, STACK[1:4])
    with h5py.File(master, "w") as file:
        for number in (999999, 1000000):
            file[f"entry/data/data_{number:06d}"] = STACK[:1]
    with pytest.raises(OSError, match="data_000001 is missing"):
        spec(master).open()


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_begin_with_zero_or_one(tmp_path: Path, first: int) -> None:
    with spec(write(tmp_path, first=first)).open() as source:
        assert source.shape == STACK.shape


def test_one_part_is_a_series_too(tmp_path: Path) -> None:
    master = write(tmp_path, lengths=(13,))
    assert list(find_stacks(str(master)).values()) == [f"{master}::/entry/data"]
    with spec(master).open() as source:
        np.testing.assert_array_equal(source.read(0, 13).images, STACK)


def test_a_signal_that_is_there_is_the_stack(tmp_path: Path) -> None:
    master = write(tmp_path, attributes={"NX_class": "NXdata", "signal": "data"})
    with h5py.File(master, "r+") as file:
        file["entry/data/data"] = STACK[:3]
    assert list(find_stacks(str(master)).values()) == [f"{master}::/entry/data/data"]


def test_other_stacks_beside_parts_leave_the_group_as_it_is(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in ("data_000001", "data_000002", "Fe"):
            file[f"g/{name}"] = STACK
    assert list(find_stacks(f"{tmp_path}/a.h5::/g")) == ["Fe", "data_000001", "data_000002"]


def test_missing_files(tmp_path: Path) -> None:
    master = write(tmp_path)
    (tmp_path / "x_data_000003.h5").unlink()
    for what in (f"{master}", f"{master}::/entry", f"{master}::/entry/data"):
        with pytest.raises(FileNotFoundError, match=r"stack 'Fe'.*part data_000003.*x_data_000003\.h5"):
            rank_stacks({"Fe": what})
    ranking = rank_stacks({"Fe": str(master), "Ca": STACK}, on_error="rank_last")
    assert list(ranking.stacks) == ["Ca", "Fe"]
    assert "data_000003" in ranking.stacks["Fe"].error


def test_missing_numbers(tmp_path: Path) -> None:
    master = write(tmp_path)
    with h5py.File(master, "r+") as file:
        del file["entry/data/data_000003"]
    with pytest.raises(OSError, match=r"/entry/data: .* has a hole: data_000003 is missing"):
        spec(master).open()
    with h5py.File(master, "r+") as file:
        del file["entry/data/data_000001"]
    with pytest.raises(OSError, match="data_000001 is missing"):
        spec(master).open()


@pytest.mark.parametrize(
    ("other", "kind", "message"),
    [
        (
            STACK[:4, :19],
            ValueError,
            r"part data_000002: all parts .* shape \(20, 24\) of data_000001, not \(19, 24\)",
        ),
        (STACK[:4].astype("u4"), ValueError, "part data_000002: all parts .* dtype uint16 .*not uint32"),
        (STACK[:4].astype(">u2"), ValueError, "part data_000002: all parts .* dtype uint16"),
        (STACK[0], ValueError, r"part data_000002: .* not \(20, 24\): that is one image"),
        (STACK[:4].astype("c8"), TypeError, "part data_000002: .*complex"),
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, other: Any, kind: type[Exception], message: str) -> None:
    master = write(tmp_path)
    with h5py.File(tmp_path / "x_data_000002.h5", "w") as file:
        file["entry/data/data"] = other
    with pytest.raises(kind, match=message):
        spec(master).open()


def test_parts_of_another_kind(tmp_path: Path) -> None:
    master = write(tmp_path)
    with h5py.File(tmp_path / "x_data_000002.h5", "w") as file:
        file.create_group("entry/data/data")
    with pytest.raises(TypeError, match=r"part data_000002.*group, not a dataset"):
        spec(master).open()
    (tmp_path / "x_data_000002.h5").write_bytes(b"nothing")
    with pytest.raises(OSError, match=r"part data_000002.*x_data_000002\.h5"):
        spec(master).open()


def test_parts_that_change_while_they_are_read(tmp_path: Path) -> None:
    master = write(tmp_path, lengths=(1,) * 13, **LAYOUTS["an image per chunk"])
    with spec(master).open() as source:
        source.read(0, 13)
        with h5py.File(tmp_path / "x_data_000002.h5", "w") as file:
            file["entry/data/data"] = STACK[:1, :5]
        with pytest.raises(
            OSError, match=r"part data_000002: its shape changed from \(1, 20, 24\) to \(1, 5, 24\)"
        ):
            source.read(0, 13)
        (tmp_path / "x_data_000004.h5").unlink()
        with pytest.raises(FileNotFoundError, match=r"part data_000004.*x_data_000004"):
            source.read(3, 4)
        (warning,) = source.warnings_while_reading()
        assert "x_data_000002.h5 was changed while it was read: the 13 images" in warning


def test_damaged_chunks_are_named(tmp_path: Path) -> None:
    master = write(tmp_path, **LAYOUTS["an image per chunk"])
    with h5py.File(tmp_path / "x_data_000003.h5", "r+") as file:
        file["entry/data/data"].id.write_direct_chunk((1, 0, 0), b"nothing")
    with pytest.raises(OSError, match=r"stack 'Fe'.*part data_000003.*the chunk at \(1, 0, 0\) is damaged"):
        rank_stacks({"Fe": str(master), "Ca": STACK})


def test_hundreds_of_parts_with_few_descriptors(tmp_path: Path) -> None:
    stacks = {
        name: np.random.default_rng(seed).integers(0, 9, (300, 12, 12)).astype("u2")
        for seed, name in enumerate("ab")
    }
    for name, stack in stacks.items():
        write(tmp_path, stack, name, lengths=(1,) * 300, chunks=(1, 12, 12), compression="gzip")
    expected = rank_stacks(stacks).scores
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert rank_stacks({name: f"{tmp_path}/{name}_master.h5" for name in stacks}).scores == expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_open_groups(tmp_path: Path) -> None:
    master = write(tmp_path)
    with h5py.File(master) as file:
        stack_spec = GroupSpec(file["entry/data"], Limits())
        assert stack_spec.location == f"{master}::/entry/data"
        with stack_spec.open() as source:
            np.testing.assert_array_equal(source.read(2, 9).images, STACK[2:9])
        assert file["entry/data"]
    with pytest.raises(ValueError, match="group is closed"):
        stack_spec.open()


def test_limits_are_those_of_the_whole(tmp_path: Path) -> None:
    master = write(tmp_path)
    with pytest.raises(ValueError, match=r"Limits\.stack_bytes"):
        spec(master, stack_bytes=STACK.nbytes - 1).open()
    spec(master, stack_bytes=STACK.nbytes).open().close()
    with pytest.raises(ValueError, match=r"slice=0 of the shape \(13, 20, 24\): .* one image"):
        spec(master, "0").open()


@pytest.mark.parametrize("links", LINKS)
@pytest.mark.parametrize("text", ["", "&slice=1:12:2", "&slice=:,2:18,::-1"])
def test_pixels_that_a_master_file_declares_invalid(tmp_path: Path, links: str, text: str) -> None:
    stack, valid = STACK.astype("u4"), np.ones(STACK.shape[1:], np.bool_)
    valid[5:7], valid[:, 11] = False, False
    stack[:, ~valid] = np.iinfo("u4").max
    master = write(tmp_path, stack, links=links, chunks=(2, 20, 24))
    with h5py.File(master, "r+") as file:
        file["entry/instrument"].attrs["NX_class"] = "NXinstrument"
        file["entry/instrument/detector"].attrs["NX_class"] = "NXdetector"
        file["entry/instrument/detector/pixel_mask"][~valid] = 1
    part = parse_slice(text.removeprefix("&slice=")) if text else (slice(None),)
    expected = score_stack(stack[part], mask=valid[part[1:]])
    found = score_stack(
        f"silx:///{str(master).lstrip('/')}?path=/entry/data{text}" if text else f"{master}::/entry/data"
    )
    np.testing.assert_array_equal(found.peak, expected.peak)
    np.testing.assert_array_equal(found.invalid_pixels, expected.invalid_pixels)
    assert any("pixel_mask" in each for each in found.warnings)


@pytest.mark.parametrize("links", LINKS)
def test_values_that_parts_declare_invalid(tmp_path: Path, links: str) -> None:
    stack = STACK.astype("i4")
    stack[3, 2:5], stack[9, :, 7] = -1, -1
    master = write(tmp_path, stack, links=links)
    with h5py.File(master, "r") as file:
        places = [(each.file.filename, each.name) for each in file["entry/data"].values()]
    for name, path in places:
        with h5py.File(name, "r+") as file:
            file[path].attrs["_FillValue"] = np.int32(-1)
    expected = score_stack(np.ma.masked_equal(stack, -1))
    found = score_stack(f"{master}::/entry/data")
    np.testing.assert_array_equal(found.peak, expected.peak)
    np.testing.assert_array_equal(found.invalid_pixels, expected.invalid_pixels)
    assert any("_FillValue = -1" in each for each in found.warnings)


def test_another_axis_of_a_series_is_refused(tmp_path: Path) -> None:
    master = write(tmp_path)
    assert score_stack(f"{master}::/entry/data", image_axis=0).n_images == len(STACK)
    with pytest.raises(ValueError, match="joined along their first axis"):
        score_stack(f"{master}::/entry/data", image_axis=2)
