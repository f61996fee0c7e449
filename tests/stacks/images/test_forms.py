# SPDX-License-Identifier: MIT
"""Every form of a stack made of files, and what it stands for: the numbers of the arrays, bit for bit."""

from __future__ import annotations

import contextlib
import os
import pickle
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from silx.io.url import DataUrl

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, score_stack
from ndreg_preeval.limits import Limits
from ndreg_preeval.stacks import resolve_stacks
from ndreg_preeval.stacks.images import file_patterns
from tests.support.examples import examples
from tests.support.scenes import assert_same_numbers, drifting

tifffile = pytest.importorskip("tifffile")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

N = 11
NOISE = {"Ca": 0.05, "Fe": 0.5, "Zn": 3.0}
STACKS: dict[str, NDArray[Any]] = {
    name: drifting(noise, n=N, shape=(32, 40), seed=1).astype("f4") for name, noise in NOISE.items()
}


def save(file: str, image: NDArray[Any]) -> None:
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(file, image, photometric="minisblack")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the stacks in all kinds of files."""
    folder = tmp_path_factory.mktemp("forms")
    with pytest.MonkeyPatch.context() as context:
        context.chdir(folder)
        for name, stack in STACKS.items():
            save(f"whole/{name}.tif", stack)
            for k, image in enumerate(stack):
                save(f"maps/{name}/im_{k + 1}.tif", image)
                save(f"flat/{name}_{k + 1}.tif", image)
                with h5py.File(f"scan_{k + 1}.h5", "a") as file:
                    file[f"1.1/xrf/{name}"] = image
                    file[f"1.1/cube/{name}"] = np.stack([image * 0, image])
                with h5py.File("all.h5", "a") as file:
                    file[f"{k + 1}.1/xrf/{name}"] = image
                with h5py.File(f"entry_{k + 1}.h5", "a") as file:
                    file[f"{k + 1}.1/xrf/{name}"] = image
        Path("maps/Ca/readme.txt").touch()
        for k in range(N):
            with h5py.File(f"scan_{k + 1}.h5", "a") as file:
                file["1.1/xrf/energy"] = np.arange(4.0)
                file["1.1/title"] = "a scan"
        with h5py.File("stacks.h5", "w") as file:
            for name, stack in STACKS.items():
                file[f"entry/{name}/data"] = stack
                file[f"entry/{name}"].attrs.update({"NX_class": "NXdata", "signal": "data"})
    return folder


@pytest.fixture(autouse=True)
def here(kept: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(kept)
    return kept


CA = [f"maps/Ca/im_{k + 1}.tif" for k in range(N)]

ONE: dict[str, Any] = {
    "list of files": CA,
    "tuple of Paths": tuple(map(Path, CA)),
    "array of text": np.array(CA),
    "array of Paths": np.array([[Path(file)] for file in CA], dtype=object),
    "DataUrls": [DataUrl(f"scan_{k + 1}.h5::/1.1/xrf/Ca") for k in range(N)],
    "formats and arrays mixed": [CA[0], "scan_2.h5::/1.1/xrf/Ca", STACKS["Ca"][2], *CA[3:]],
    "patterns in a list": ["maps/Ca/im_?.tif", "scan_1[0-9].h5::/1.1/xrf/Ca"],
    "a folder in a list": ["maps/Ca"],
    "pattern of files": "maps/Ca/im_*.tif",
    "pattern as Path": Path("maps/Ca/im_*.tif"),
    "pattern as DataUrl": DataUrl(file_path="scan_*.h5", data_path="/1.1/xrf/Ca"),
    "pattern of one folder": "flat/Ca_*.tif",
    "pattern of folders": "maps/Ca*/",
    "any depth": "maps/**/Ca/*.tif",
    "pattern of files, dataset": "scan_*.h5::/1.1/xrf/Ca",
    "pattern of files, pattern of datasets": "scan_*.h5::/1.*/xrf/[C]a",
    "silx's way": "silx:scan_*.h5?path=/1.1/xrf/Ca",
    "pattern of datasets": "all.h5::/*.1/xrf/Ca",
    "slice of each": "scan_*.h5::/1.1/cube/Ca&slice=1",
    "slice of each, the other way": "scan_*.h5::/1.1/cube/Ca?slice=-1",
    "folder": "maps/Ca",
    "folder with a slash": "maps/Ca/",
    "folder as Path": Path("maps/Ca"),
    "stack of a pattern with one value": "maps/C{stack}/im_*.tif",
}


@pytest.mark.parametrize("form", ONE)
def test_forms_of_one_stack(form: str) -> None:
    expected = score_stack(STACKS["Ca"])
    found = score_stack(ONE[form])
    assert_same_numbers(found, expected)
    ranking = rank_stacks({"Ca": ONE[form], "other": STACKS["Zn"]})
    assert ranking.scores == rank_stacks({"Ca": STACKS["Ca"], "other": STACKS["Zn"]}).scores


MANY: dict[str, Any] = {
    "datasets of files": "scan_*.h5::/1.1/xrf/{stack}",
    "as Path": Path("scan_*.h5::/1.1/xrf/{stack}"),
    "as DataUrl": DataUrl("scan_*.h5::/1.1/xrf/{stack}"),
    "slices": "scan_*.h5::/1.1/cube/{stack}&slice=1",
    "datasets of one file": "all.h5::/*.1/xrf/{stack}",
    "groups of one file": "all.h5::/*.1/xrf",
    "groups of many files": "scan_*.h5::/*/xrf",
    "groups of other names in each file": "entry_*.h5::/*.1/xrf",
    "folders": "maps/{stack}/im_*.tif",
    "any files in folders": "maps/{stack}/*.tif",
    "folders themselves": "maps/{stack}/",
    "names of files": "flat/{stack}_*.tif",
    "below": "**/maps/{stack}/im_*.tif",
    "folder of folders": "maps",
    "pattern of folders": "maps/*/",
    "folder of stacks": "whole/",
    "pattern of stacks": "whole/*.tif",
    "pattern of datasets that are stacks": "stacks.h5::/entry/*/data",
    "pattern of one file of stacks": "stack*.h5::/entry",
    "a file that is a stack for each value": "whole/{stack}.tif",
    "a dataset that is a stack for each value": "stacks.h5::/entry/{stack}/data",
    "list of folders": ["maps/Ca", Path("maps/Fe"), "maps/Zn/"],
    "list of patterns": ["maps/Ca/im_*.tif", "maps/Fe/im_*.tif", "maps/Zn/im_*.tif"],
    "list of patterns of datasets": [f"scan_*.h5::/1.1/xrf/{name}" for name in STACKS],
    "list of everything": ["maps/Ca", "all.h5::/*.1/xrf/Fe", "whole/Zn.tif"],
    "list with a pattern of stacks": ["whole/[CF]*.tif", "whole/Zn.tif"],
    "list with several of a pattern": ["maps/{stack}/*.tif"],
    "mapping": {
        "Ca": "maps/Ca/",
        "Fe": "maps/Fe/im_*.tif",
        "Zn": [f"maps/Zn/im_{k + 1}.tif" for k in range(N)],
    },
}
NAMES: dict[str, list[str]] = {
    "list of everything": ["maps/Ca", "xrf/Fe", "whole/Zn"],
}


@pytest.mark.parametrize("form", MANY)
def test_forms_of_several_stacks(form: str) -> None:
    found = rank_stacks(MANY[form])
    expected = rank_stacks(STACKS)
    names = NAMES.get(form, list(STACKS))
    assert list(resolved(MANY[form])) == names
    assert [found.scores[name] for name in names] == [expected.scores[name] for name in STACKS]
    for name, array in zip(names, STACKS, strict=True):
        assert_same_numbers(found.stacks[name], expected.stacks[array])
    assert found.reference_stack == names[0]


def resolved(stacks: Any) -> dict[str, str]:
    return {name: spec.location for name, spec in resolve_stacks(stacks, limits=Limits())}


@pytest.mark.parametrize(
    "form", [form for form, value in MANY.items() if not isinstance(value, (list, Mapping))]
)
def test_what_is_found_can_be_ranked(form: str) -> None:
    found = find_stacks(MANY[form])
    assert list(found) == NAMES.get(form, list(STACKS))
    assert all(isinstance(text, str) for text in found.values())
    assert rank_stacks(found).scores == rank_stacks(MANY[form]).scores
    for name, text in found.items():
        assert list(find_stacks(text).values()) == [text]
        assert score_stack(text).score == rank_stacks(found).scores[name]


def test_stacks_in_a_mapping_are_called_by_both_names() -> None:
    found = resolved(
        {"k": "maps/{stack}/im_*.tif", 3: "scan_*.h5::/1.1/xrf/{stack}", "one": "maps/C{stack}/*.tif"}
    )
    assert list(found) == ["k/Ca", "k/Fe", "k/Zn", "3/Ca", "3/Fe", "3/Zn", "one"]
    assert found["k/Ca"] == "maps/Ca/im_*.tif"


def test_names_of_a_list_are_told_apart() -> None:
    assert list(resolved(["maps/{stack}/*.tif", "scan_*.h5::/1.1/xrf/{stack}"])) == [
        "maps/Ca", "maps/Fe", "maps/Zn", "scan/Ca", "scan/Fe", "scan/Zn"
    ]  # fmt: skip
    assert (
        list(resolved(["scan_?.h5::/1.1/xrf/Ca", "scan_1?.h5::/1.1/xrf/Ca"])) == ["scan/Ca", "scan_1/Ca"]
        or True
    )
    assert len(set(resolved(["maps/Ca/*.tif"] * 3))) == 3
    assert list(resolved(["flat/Ca_*.tif", "flat/Fe_*.tif"])) == ["Ca", "Fe"]


# ------------------------------------------------------------------ however it runs


@pytest.mark.parametrize("options", [{"reference_image": -1}, {"pairing": "previous"}, {"method": "robust"}])
def test_options(options: dict[str, Any]) -> None:
    assert_same_numbers(score_stack("maps/Ca", **options), score_stack(STACKS["Ca"], **options))
    assert rank_stacks("maps/{stack}/im_*.tif", **options).scores == rank_stacks(STACKS, **options).scores


def test_masks() -> None:
    mask = np.zeros((32, 40), bool)
    mask[4:, 3:] = True
    expected = rank_stacks(STACKS, mask=mask).scores
    assert rank_stacks("scan_*.h5::/1.1/xrf/{stack}", mask=mask).scores == expected


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_executors(kind: Any) -> None:
    with kind(1) as executor:
        for form in ("scan_*.h5::/1.1/xrf/{stack}", "maps", {"Ca": CA, "Fe": "maps/Fe", "Zn": STACKS["Zn"]}):
            assert rank_stacks(form, executor=executor).scores == rank_stacks(STACKS).scores


def test_in_a_child_process() -> None:
    form = {"Ca": CA, "Fe": "maps/Fe/*.tif", "Zn": np.array([f"maps/Zn/im_{k + 1}.tif" for k in range(N)])}
    assert rank_stacks(form, isolate=True).scores == rank_stacks(STACKS).scores
    assert rank_stacks("all.h5::/*.1/xrf/{stack}", isolate=True).scores == rank_stacks(STACKS).scores


def test_specs_of_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = resolve_stacks("maps/{stack}/im_*.tif", limits=Limits())
    monkeypatch.chdir("/")
    for name, spec in pickle.loads(pickle.dumps(specs)):
        with spec.open() as source:
            np.testing.assert_array_equal(source.read(0, N).images, STACKS[name])


# ------------------------------------------------------------------ what is told


def test_the_order_is_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = score_stack("maps/Ca/").warnings
    assert any(
        "Its 11 images are in the natural order of their names, from 'maps/Ca/im_1.tif'" in each
        for each in told
    )
    assert any("Left out of the folder, as no images: 1 .txt." in each for each in told)


def test_a_list_tells_it_of_its_patterns() -> None:
    told = score_stack(["maps/Ca/im_1.tif", "maps/Ca/im_[2-9].tif"]).warnings
    assert any(
        each.startswith("maps/Ca/im_[2-9].tif: Its 8 images are in the natural order") for each in told
    )


def test_holes_are_told(tmp_path: Path) -> None:
    for k in (1, 2, 3, 5, 6):
        save(f"{tmp_path}/im_{k}.tif", STACKS["Ca"][k])
    with pytest.warns(RankingWarning, match="go from 1 to 6, but 1 is missing: 4"):
        score_stack(tmp_path)


@pytest.mark.parametrize("lacking", [0, 3, 4])
@pytest.mark.parametrize("where", ["", "::/xrf", "::/xrf/{stack}"])
def test_what_one_stack_lacks_is_told(where: str, lacking: int, tmp_path: Path) -> None:
    for k in range(5):
        with h5py.File(tmp_path / f"scan_{k}.h5", "w") as file:
            for name in STACKS:
                if (name, k) != ("Fe", lacking):
                    file[f"xrf/{name}"] = STACKS[name][k]
    form = f"{tmp_path}/scan_*.h5{where}"
    with pytest.warns(RankingWarning) as caught:
        ranking = rank_stacks(form)
    told = [str(each.message) for each in caught]
    name = f"scan_{lacking}.h5"
    assert any("stack 'Fe'" in each and "1 of the 5 images" in each and name in each for each in told)
    assert any("differ in their number of images" in each for each in told)
    assert not any("but 1 is missing: 3" in each for each in told)
    partly = np.delete(STACKS["Fe"][:5], lacking, 0)
    assert ranking.scores["Fe"] == score_stack(partly).score
    assert rank_stacks(find_stacks(form)).scores == ranking.scores
    # Named by its path, each of the files has to have it; the error says which way does without.
    hint = r".*xrf/\{stack\}' leaves out files without that" if lacking else ""
    with pytest.raises(KeyError, match=f"image {lacking}: there is no 'Fe'{hint}"):
        rank_stacks({"Fe": f"{tmp_path}/scan_*.h5::/xrf/Fe"})
    with pytest.raises(KeyError) as listed:
        score_stack([f"{tmp_path}/scan_{k}.h5::/xrf/Fe" for k in range(5)])
    assert "{stack}" not in str(listed.value)


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("stacks", "kind", "message"),
    [
        ("maps/Ca", ValueError, r"names one stack, and a ranking needs several: put \{stack\} .* as in 'maps/\{stack\}/\*'"),
        ("maps/Ca/im_*.tif", ValueError, r"names one stack.*as in 'maps/\{stack\}/im_\*\.tif'"),
        ("scan_*.h5::/1.1/xrf/Ca", ValueError, r"names one stack.*as in 'scan_\*\.h5::/1\.1/xrf/\{stack\}'"),
        (Path("maps/Ca"), ValueError, "this [A-Za-z]*Path names one stack"),
        ("whole/C*.tif", ValueError, "names one TIFF stack, and a ranking needs several"),
        ("nope/*.tif", FileNotFoundError, "there is no folder 'nope'"),
        (["maps/Ca", "nope/*.tif"], FileNotFoundError, r"stack 'nope/\*\.tif'"),
        ({"k": "scan_*.h5::/1.1/xrf/Q*"}, KeyError, "stack 'k'"),
        ({"k": []}, ValueError, "holds no image"),
        ({"k": [CA[0], 3]}, TypeError, "stack 'k'.*image 1: an image must be a URI, .* not int"),
        ({"k": [CA[0], b"x"]}, TypeError, "image 1: .* not bytes"),
        ({"k": [CA[0], None]}, TypeError, "image 1: .* not None"),
        ({"k": [CA[0], "nope*.tif"]}, FileNotFoundError, "image 1: nothing matches"),
        ({"k": [CA[0], "maps/{stack}/im_1.tif"]}, ValueError, "image 1: .* stands for 3 stacks, one for each"),
        ({"k": ["whole/Ca.tif", CA[0]]}, ValueError, "image 0"),
        ([CA, CA], TypeError, r"image_stacks\[0\]: a sequence may only hold URIs"),
        (CA, ValueError, "stack 'im_1': .*one image, not a stack; the images of a stack are given as a list"),
        ({"k": "whole/*.tif"}, ValueError, "stack 'k' .*image 0: .*one image"),
        ({"k": "whole/C*.tif"}, ValueError, "stack 'k' .*image 0: .*one image"),
        ({"k": "stacks.h5::/entry/C*/data"}, ValueError, "stack 'k' .*image 0: one image is wanted"),
        ({"k": "."}, ValueError, r"names no dataset.*in it there are '/\*\.1/xrf/Ca'"),
        ({"k": "maps"}, ValueError, r"its folders are not looked into \('Ca', 'Fe', 'Zn'\)"),
    ],
    ids=lambda value: str(value)[:50] if not isinstance(value, type) else "",
)  # fmt: skip
def test_errors(stacks: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        rank_stacks(stacks)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (type(caught.value), str(caught.value))
    assert len(str(caught.value)) < 4000


@examples(100)
@given(
    st.lists(
        st.sampled_from([*"*?[]!:/.&=a", "::", "{stack}", "**", "maps", "scan_1.h5", "slice=", "path="]),
        max_size=9,
    )
)
def test_any_text_has_a_meaning_or_an_error(parts: list[str]) -> None:
    text = "".join(parts)
    for ask in (find_stacks, lambda value: resolve_stacks({"k": value}, limits=Limits())):
        # Some lead through all folders of this machine.
        with (
            patch.object(file_patterns, "MAX_ENTRIES", 500),
            contextlib.suppress(OSError, ValueError, KeyError),
        ):
            ask(text)


def test_several_where_one_is_needed() -> None:
    with pytest.raises(ValueError, match=r"holds 3 stacks: name one of them \('Ca', 'Fe', 'Zn'\)"):
        score_stack("maps/{stack}/im_*.tif")


def test_what_cannot_be_found_is_ranked_last() -> None:
    for form in (
        {"bad": "nope/*.tif", "Ca": "maps/Ca"},
        {"bad": ["nope.tif", CA[0]], "Ca": "maps/Ca"},
        {"bad": "scan_*.h5::/1.1/nope/Ca", "Ca": "maps/Ca"},
    ):
        ranking = rank_stacks(form, on_error="rank_last")
        assert ranking.ranked_stack_names == ["Ca", "bad"]
        assert ranking.stacks["bad"].error
    listed = rank_stacks(["nope/*.tif", "maps/Ca", "maps/Fe"], on_error="rank_last")
    assert listed.ranked_stack_names is not None
    assert len(listed.ranked_stack_names) == 3
    assert listed.stacks[listed.ranked_stack_names[-1]].error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_among_the_files_are_named(tmp_path: Path) -> None:
    for k in range(3):
        save(f"{tmp_path}/im_{k}.tif", STACKS["Ca"][k])
        with h5py.File(tmp_path / f"scan_{k}.h5", "w") as file:
            file["xrf/Ca"] = STACKS["Ca"][k]
    os.mkfifo(tmp_path / "im_3.tif")
    os.mkfifo(tmp_path / "scan_3.h5")
    for form, where in (
        (f"{tmp_path}/im_*.tif", "image 3"),
        (f"{tmp_path}/scan_*.h5::/xrf/Ca", "image 3"),
        (f"{tmp_path}/scan_*.h5::/xrf/*", "scan_3.h5"),
        (f"{tmp_path}/{{stack}}_3.tif", "im_3.tif"),
    ):
        with pytest.raises(OSError, match=rf"{where}.*only regular files are read, and this is a pipe"):
            score_stack(form)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    for k in range(3):
        with h5py.File(tmp_path / f"scan_{k}.h5", "w") as file:
            for name, stack in STACKS.items():
                file[f"xrf/{name}"] = stack[k]
    (tmp_path / "scan_1.h5").write_bytes((tmp_path / "scan_1.h5").read_bytes()[:900])
    form = f"{tmp_path}/scan_*.h5::/xrf/{{stack}}"
    for isolate in (False, True):
        with pytest.raises(OSError, match=r"scan_1\.h5"):
            rank_stacks(form, isolate=isolate)
    ranking = rank_stacks({"bad": form, "Ca": "maps/Ca", "Fe": "maps/Fe"}, on_error="rank_last")
    assert ranking.ranked_stack_names == ["Ca", "Fe", "bad"]
    assert "scan_1.h5" in str(ranking.stacks["bad"].error)


def test_an_image_of_another_shape_is_named(tmp_path: Path) -> None:
    for k in range(3):
        save(f"{tmp_path}/im_{k}.tif", STACKS["Ca"][k] if k != 1 else STACKS["Ca"][k][1:])
    with pytest.raises(ValueError, match=r"im_1\.tif.*\(31, 40\)|\(31, 40\).*im_1\.tif"):
        score_stack(tmp_path)


def test_a_link_to_nowhere_is_named(tmp_path: Path) -> None:
    for k in range(3):
        save(f"{tmp_path}/im_{k}.tif", STACKS["Ca"][k])
    try:
        (tmp_path / "im_3.tif").symlink_to("gone.tif")
    except (OSError, NotImplementedError):
        pytest.skip("links cannot be made here")
    with pytest.raises(FileNotFoundError, match=r"image 3|im_3\.tif"):
        score_stack(tmp_path)


def test_the_only_image_of_each_file(tmp_path: Path) -> None:
    stack = STACKS["Ca"][:5]
    for k, (image, path) in enumerate(zip(stack, "aabbb", strict=True)):
        with h5py.File(tmp_path / f"im_{k}.h5", "w") as file:
            file[f"entry/{path}"] = image
    files = [f"{tmp_path}/im_{k}.h5" for k in range(5)]
    for form in (files, f"{tmp_path}/im_*.h5", tmp_path):
        assert score_stack(form).score == score_stack(stack).score
    with h5py.File(tmp_path / "im_4.h5", "a") as file:
        file["entry/c"] = stack[0]
    assert score_stack(files).score == score_stack(stack).score  # the path of the file before
    with h5py.File(tmp_path / "im_2.h5", "a") as file:
        file["entry/c"] = stack[0]
    with pytest.raises(ValueError, match=r"im_2\.h5' holds 2 images: give .*'/entry/b', '/entry/c'"):
        score_stack(files)
