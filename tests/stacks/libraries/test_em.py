# SPDX-License-Identifier: MIT
"""Files of electron microscopes: the same bits as the arrays, damage named."""

from __future__ import annotations

import os
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks import Choices, parse_uri
from ndreg_preeval.stacks.formats import Formats
from tests.support.dm_files import write_dm
from tests.support.forms import CA, FE, STACKS, assert_everywhere, assert_one_form, assert_ranked_by_command
from tests.support.scenes import assert_same_numbers
from tests.support.ser_files import SPECTRA, write_ser

pytest.importorskip("ncempy.io.dm")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

WRITERS: dict[str, Callable[[Path, NDArray[Any]], str]] = {
    "a.dm3": lambda path, stack: write_dm(path, {"scan": stack}),
    "a.dm4": lambda path, stack: write_dm(path, {"scan": stack}),
    "alone.dm4": lambda path, stack: write_dm(path, {"scan": stack}, preview=False),
    "A.DM3": lambda path, stack: write_dm(path, {"scan": stack}, version=3),
    "dm3": lambda path, stack: write_dm(path, {"scan": stack}, version=3),
    "dm4.any": lambda path, stack: write_dm(path, {"scan": stack}),
    "a_1.ser": write_ser,
    "old_1.ser": lambda path, stack: write_ser(path, stack, wide=False),
    "ser": write_ser,
}
"""Names of files, by which or by whose first bytes they are known, and what writes them."""


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8"])
def test_files(tmp_path: Path, name: str, dtype: str) -> None:
    uris, stacks = {}, {}
    for key, stack in STACKS.items():
        (tmp_path / key).mkdir()
        stacks[key] = (stack // 40).astype(dtype)
        uris[key] = WRITERS[name](tmp_path / key / name, stacks[key])
        assert find_stacks(uris[key]) == {Path(name).stem: uris[key]}
    assert_one_form(uris, stacks)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.dm3", "a.dm4", "a_1.ser"])
def test_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    uris = {key: WRITERS[name](tmp_path / f"{key}_{name}", stack) for key, stack in STACKS.items()}
    assert_everywhere(uris)
    assert_ranked_by_command(list(uris.values()), capsys)


@pytest.mark.parametrize("name", ["a.dm3", "a.dm4", "a_1.ser"])
@pytest.mark.parametrize(
    ("cut", "index"),
    [("1:4", np.s_[1:4]), ("::-1", np.s_[::-1]), ("::2", np.s_[::2]), (":,3:-3,::-2", np.s_[:, 3:-3, ::-2])],
)
def test_slices(tmp_path: Path, name: str, cut: str, index: Any) -> None:
    uri = WRITERS[name](tmp_path / name, CA)
    assert_same_numbers(score_stack(f"{uri}?slice={cut}"), score_stack(CA[index]))


@pytest.mark.parametrize("name", ["a.dm4", "a_1.ser"])
@pytest.mark.parametrize("axis", [1, 2])
def test_images_along_another_axis(tmp_path: Path, name: str, axis: int) -> None:
    uri = WRITERS[name](tmp_path / name, np.ascontiguousarray(np.moveaxis(CA, 0, axis)))
    assert_same_numbers(score_stack(f"{uri}?axis={axis}"), score_stack(CA))


@pytest.mark.parametrize("name", ["a.dm3", "a.dm4", "a_1.ser"])
def test_other_libraries_read_the_same(tmp_path: Path, name: str) -> None:
    """The files of these tests are what readers of such files take for them."""
    uri = WRITERS[name](tmp_path / name, CA)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name.endswith("ser"):
            from ncempy.io import ser

            with ser.fileSER(uri) as file:
                found = np.stack([file.getDataset(index)[0] for index in range(len(CA))])
        else:
            from ncempy.io import dm

            with dm.fileDM(uri, on_memory=False) as file:
                found = file.getDataset(0)["data"]
        np.testing.assert_array_equal(found, CA)
        rsciio = pytest.importorskip("rsciio")
        reader = pytest.importorskip(f"rsciio.{'tia' if name.endswith('ser') else 'digitalmicrograph'}")
        (signal,) = reader.file_reader(uri)
    assert rsciio.__version__
    np.testing.assert_array_equal(signal["data"], CA)


# ------------------------------------------------------------------ several images in a file

SEVERAL = {"Ca": CA, "Fe": FE, "survey": CA[0], "": FE, "a/b": CA, "Zn": CA, "5": FE}


@pytest.mark.slow
@pytest.mark.parametrize("version", [3, 4])
def test_images_by_their_names(tmp_path: Path, version: int) -> None:
    """Or by their numbers; the preview is the first one."""
    uri = write_dm(tmp_path / f"a.dm{version}", SEVERAL)
    assert_one_form({name: f"{uri}::{name}" for name in STACKS})
    if version == 4:  # files of both versions: test_everywhere
        assert_everywhere({name: f"{uri}::{name}" for name in STACKS})
    for path, stack in (("/Ca", CA), ("2", CA), ("3", FE), ("a/b", CA), ("5", FE), ("7", CA)):
        assert_same_numbers(score_stack(f"{uri}::{path}"), score_stack(stack))
    assert_same_numbers(score_stack(f"{uri}::Fe&slice=1:"), score_stack(FE[1:]))
    assert set(rank_stacks([f"{uri}::Ca", f"{uri}::Fe"]).stacks) == {"Ca", "Fe"}
    assert find_stacks(f"{uri}::Ca") == {"Ca": f"{uri}::Ca"}


@pytest.mark.parametrize("version", [3, 4])
def test_a_file_stands_for_its_stacks(tmp_path: Path, version: int) -> None:
    """Alone and in a list; as one of a mapping it has to say which."""
    uri = write_dm(tmp_path / f"a.dm{version}", {"Ca": CA, "survey": CA[0], "": FE})
    assert find_stacks(uri) == {"Ca": f"{uri}::Ca", "4": f"{uri}::4"}
    for value in (uri, Path(uri), [uri]):
        ranking = rank_stacks(value)
        assert list(ranking.stacks) == ["Ca", "4"]
        assert_same_numbers(ranking.stacks["4"], score_stack(FE))
    assert list(rank_stacks(f"{uri}?slice=1:").stacks) == ["Ca", "4"]
    twice = write_dm(tmp_path / "b.dm4", {"Ca": CA, "Ba": FE})
    Path(twice).write_bytes(Path(twice).read_bytes().replace(b"B\0a\0", b"C\0a\0"))
    assert list(rank_stacks(twice).stacks) == ["2", "3"]
    with pytest.raises(ValueError, match=r"2 of its images are called 'Ca': give a number \(2, 3\)"):
        score_stack(f"{twice}::Ca")


def test_several_stacks_have_to_be_named(tmp_path: Path) -> None:
    uri = write_dm(tmp_path / "a.dm4", {"Ca": CA, "Fe": FE, "survey": CA[0]})
    with pytest.raises(ValueError, match=r"holds 2 stacks: take one .*a\.dm4::Ca; .*'Fe' \(5, 32, 40\)"):
        score_stack(uri)
    with pytest.raises(KeyError, match=r"no image 'Zn' in it: it holds 'Ca' \(5, 32, 40\)"):
        score_stack(f"{uri}::Zn")
    with pytest.raises(ValueError, match="that is one image, not a stack"):
        score_stack(f"{uri}::survey")


def test_one_stack_beside_images(tmp_path: Path) -> None:
    uri = write_dm(tmp_path / "a.dm4", {"survey": CA[0], "scan": FE, "more": CA[:1]})
    assert_same_numbers(score_stack(uri), score_stack(FE))


def test_images_of_a_stack_and_masks(tmp_path: Path) -> None:
    for name in ("a.dm3", "a.dm4"):
        uri = WRITERS[name](tmp_path / name, CA[2])
        meaning = parse_uri(uri)[0]
        with Formats() as formats:
            known = formats.of([meaning]).image_spec(meaning, Limits(), Choices()).examine()
        out = np.empty(known.shape, known.dtype)
        known.read(out)
        np.testing.assert_array_equal(out, CA[2])
    mask = np.ones(CA.shape[1:], bool)
    mask[3:9] = False
    uri = write_dm(tmp_path / "mask.dm4", {"mask": mask})
    assert_same_numbers(score_stack(CA, mask=uri), score_stack(CA, mask=mask))


def test_four_axes(tmp_path: Path) -> None:
    uri = write_dm(tmp_path / "a.dm4", {"scan": np.stack([FE, CA])})
    assert_same_numbers(score_stack(f"{uri}?slice=1"), score_stack(CA))
    with pytest.raises(ValueError, match="take one of its stacks"):
        score_stack(uri)
    for form in ("?stacks=0", "::scan&stacks=0"):
        ranking = rank_stacks(f"{uri}{form}")
        for name, stack in zip(sorted(ranking.stacks), (FE, CA), strict=True):
            assert_same_numbers(ranking.stacks[name], score_stack(stack))


def test_complex_and_coloured_images(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not complex"):
        score_stack(write_dm(tmp_path / "a.dm4", {"fft": CA.astype(np.complex64)}))
    with pytest.raises(ValueError, match="no image whose pixels are numbers"):
        score_stack(write_dm(tmp_path / "b.dm4", {}))


def test_a_series_that_was_stopped(tmp_path: Path) -> None:
    uri = write_ser(tmp_path / "a_1.ser", CA, total=9)
    assert_same_numbers(score_stack(uri), score_stack(CA))
    with Formats() as formats, formats.of(parse_uri(uri)).spec(parse_uri(uri)[0], Limits()).open() as source:
        assert source.notes == ("It holds 5 of the 9 images that its series was to have.",)


def test_what_is_beside_a_ser_file_is_not_read(tmp_path: Path) -> None:
    uri = write_ser(tmp_path / "a_1.ser", CA)
    os.mkfifo(tmp_path / "a.emi")
    assert_same_numbers(score_stack(uri), score_stack(CA))


def test_an_emi_file_names_its_ser_files(tmp_path: Path) -> None:
    (tmp_path / "a.emi").write_bytes(b"JE<ObjectInfo></ObjectInfo>")
    with pytest.raises(ValueError, match=r"give the SER files beside it, one for each detector$"):
        score_stack(tmp_path / "a.emi")
    for number in (1, 2):
        write_ser(tmp_path / f"a_{number}.ser", CA)
    with pytest.raises(ValueError, match=r"beside it, one for each detector: 'a_1.ser', 'a_2.ser'"):
        score_stack(tmp_path / "a.emi")


def test_spectra(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds spectra, not images"):
        score_stack(write_ser(tmp_path / "a_1.ser", CA, kind=SPECTRA))


# ------------------------------------------------------------------ EMD and HSPY, which are HDF5


def test_emd_of_ncem(tmp_path: Path) -> None:
    """EMD 0.2 (https://emdatasets.com/format): a group with emd_group_type, its data and dim1, dim2, dim3."""
    with h5py.File(tmp_path / "a.emd", "w") as file:
        for name, stack in STACKS.items():
            group = file.create_group(f"data/{name}")
            group.attrs["emd_group_type"] = 1
            group["data"] = np.moveaxis(stack, 0, 2)
            for number, axis in enumerate(("y", "x", "time"), 1):
                group[f"dim{number}"] = np.arange(group["data"].shape[number - 1])
                group[f"dim{number}"].attrs["name"] = axis
    uris = {name: f"{tmp_path}/a.emd::/data/{name}/data" for name in STACKS}
    assert_one_form(uris)


def test_emd_of_velox(tmp_path: Path) -> None:
    """As Velox writes it: /Data/Image/ID/Data is (y, x, frame)."""
    with h5py.File(tmp_path / "a.emd", "w") as file:
        for name, stack in STACKS.items():
            file.create_dataset(f"Data/Image/{name}/Data", data=np.moveaxis(stack, 0, 2), chunks=(32, 40, 1))
    uris = {name: f"{tmp_path}/a.emd::/Data/Image/{name}/Data" for name in STACKS}
    assert_one_form(uris)


@pytest.mark.filterwarnings("ignore")  # of rosettasciio and what it imports
def test_hspy(tmp_path: Path) -> None:
    hspy = pytest.importorskip("rsciio.hspy")
    for name, stack in STACKS.items():
        axes = [
            {"name": axis, "size": length, "scale": 1.0, "offset": 0.0, "units": "", "navigate": axis == "t"}
            for axis, length in zip("tyx", stack.shape, strict=True)
        ]
        about = {"General": {"title": name}, "Signal": {"signal_type": ""}}
        signal = {
            "data": stack,
            "axes": axes,
            "metadata": about,
            "original_metadata": {},
            "learning_results": {},
        }
        extra = {
            "package_info": {"package": "hyperspy", "package_version": "2"},
            "attributes": {"_lazy": False},
            "models": {},
        }
        hspy.file_writer(str(tmp_path / f"{name}.hspy"), {**signal, **extra, "tmp_parameters": {}})
    assert_one_form({name: f"{tmp_path}/{name}.hspy::/Experiments/{name}/data" for name in STACKS})


# ------------------------------------------------------------------ damage


def failing(uri: str, **options: Any) -> str:
    """The message of a stack that cannot be read, and that comes last where that is asked for."""
    with pytest.raises((OSError, ValueError)) as caught:
        rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, **options)
    ranking = rank_stacks({"bad": uri, "Ca": CA, "Fe": FE}, on_error="rank_last", **options)
    assert ranking.ranked_stack_names == ["Ca", "Fe", "bad"]
    assert str(ranking.stacks["bad"].error) == str(caught.value)
    assert "stack 'bad'" in str(caught.value)
    assert uri in str(caught.value)
    return str(caught.value)


KINDS = ("a.dm3", "a.dm4", "a_1.ser")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("part", [0.0, 0.001, 0.01, 0.02, 0.1, 0.5, 0.9])
def test_files_that_were_cut_off(tmp_path: Path, name: str, part: float) -> None:
    uri = WRITERS[name](tmp_path / name, CA)
    whole = Path(uri).read_bytes()
    Path(uri).write_bytes(whole[: int(part * len(whole))])
    text = failing(uri, memory_limit=3 * CA[0].nbytes)
    if name == "a_1.ser" and part == 0.5:
        assert "image 2" in text


def test_a_damaged_image_of_a_ser_file_is_named(tmp_path: Path) -> None:
    uri = write_ser(tmp_path / "a_1.ser", CA)
    content = Path(uri).read_bytes()
    header = struct.pack("<h2i", 2, 40, 32)
    at = -1
    for _ in range(4):
        at = content.index(header, at + 1)
    for damaged in ((2, 32, 40), (7, 40, 32), (0, 40, 32), (2, -1, 32), (2, 2**31 - 1, 2**31 - 1)):
        Path(uri).write_bytes(content[:at] + struct.pack("<h2i", *damaged) + content[at + len(header) :])
        assert "image 3" in failing(uri, memory_limit=3 * CA[0].nbytes)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_noise(tmp_path: Path, name: str) -> None:
    """Bytes of the header at random: an error of the file, or the pixels of some image in it."""
    uri = WRITERS[name](tmp_path / name, CA[:3, :12, :12].copy())
    whole = Path(uri).read_bytes()
    end = min(len(whole), 900)
    rng = np.random.default_rng(0)
    for _ in range(60):
        mutated = bytearray(whole)
        for _ in range(rng.integers(1, 4)):
            mutated[rng.integers(0, end)] = rng.integers(0, 256)
        Path(uri).write_bytes(bytes(mutated))
        try:
            score_stack(uri)
        except (OSError, ValueError, TypeError) as error:
            assert uri in str(error)  # noqa: PT017


@pytest.mark.parametrize("name", KINDS)
def test_limits(tmp_path: Path, name: str) -> None:
    uri = WRITERS[name](tmp_path / name, CA)
    for limit in ("image_bytes", "stack_bytes"):
        assert limit in failing(uri, limits=Limits(**{limit: 100}))


@pytest.mark.parametrize("name", KINDS)
def test_no_regular_file(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    assert "pipe" in failing(str(tmp_path / name))


@pytest.mark.parametrize("name", KINDS)
def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    uri = WRITERS[name](tmp_path / name, CA)
    for module in ("ncempy.io.dm", "ncempy.io.ser"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"ncempy.*pip install \"ndreg_preeval\[em\]\""):
        score_stack(uri)
