# SPDX-License-Identifier: MIT
"""The `mask` option in all its forms: arrays of bool and integers, URIs and files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

from ndreg_preeval import Limits, RankingWarning, StackRanker, StackScorer, rank_stacks, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.options import make_options
from tests.support.scenes import SHAPE, assert_same_numbers, drifting, three

STACK = drifting(0.3)
VALID = np.ones(SHAPE, dtype=bool)
VALID[4:20, 8:22] = False
BITS = (~VALID).astype(np.uint32) << 4


def hdf5(folder: Path, values: Any, path: str = "m", **how: Any) -> str:
    with h5py.File(folder / "mask.h5", "w") as file:
        file.create_dataset(path, data=values, **how)
    return f"{folder / 'mask.h5'}::/{path}"


def tiff(folder: Path, values: Any) -> str:
    tifffile.imwrite(folder / "mask.tif", values)
    return str(folder / "mask.tif")


def npy(folder: Path, values: Any) -> str:
    np.save(folder / "mask.npy", values)
    return str(folder / "mask.npy")


WRITERS: dict[str, Callable[[Path, Any], str]] = {"hdf5": hdf5, "tiff": tiff, "npy": npy}
in_every_form = pytest.mark.parametrize("form", WRITERS)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", ">i8", "bool"])
@pytest.mark.parametrize("valid", [0, 1])
def test_arrays_with_a_value_of_valid_pixels(dtype: str, valid: int) -> None:
    mask = (VALID if valid else ~VALID).astype(dtype)
    assert_same_numbers(score_stack(STACK, mask=mask, mask_valid=valid), score_stack(STACK, mask=VALID))
    assert make_options(mask=mask, mask_valid=valid) == make_options(mask=VALID)


@in_every_form
@pytest.mark.parametrize("valid", [0, 255])
def test_files_with_a_value_of_valid_pixels(tmp_path: Path, form: str, valid: int) -> None:
    uri = WRITERS[form](tmp_path, np.where(VALID, valid, 255 - valid).astype(np.uint8))
    for value in (uri, Path(uri)):
        found = score_stack(STACK, mask=value, mask_valid=valid)
        assert_same_numbers(found, score_stack(STACK, mask=VALID))
    ranking = rank_stacks({"a": STACK}, mask=uri, mask_valid=valid)
    np.testing.assert_array_equal(ranking.options.mask, VALID)
    told = ranking.to_dict()["options"]["mask"]
    assert (told["shape"], told["valid_pixels"]) == (list(SHAPE), int(VALID.sum()))


@pytest.mark.parametrize("form", ["hdf5", "npy"])
def test_files_of_bool(tmp_path: Path, form: str) -> None:
    assert_same_numbers(
        score_stack(STACK, mask=WRITERS[form](tmp_path, VALID)), score_stack(STACK, mask=VALID)
    )
    uri = WRITERS[form](tmp_path, ~VALID)
    assert_same_numbers(score_stack(STACK, mask=uri, mask_valid=0), score_stack(STACK, mask=VALID))


@pytest.mark.parametrize("how", [{}, {"chunks": (5, 7), "compression": "gzip"}])
def test_a_pixel_mask_of_nexus_says_itself(tmp_path: Path, how: dict[str, Any]) -> None:
    uri = hdf5(tmp_path, BITS, "entry/instrument/detector/pixel_mask", **how)
    silx = pytest.importorskip("silx.io.url")
    for value in (uri, silx.DataUrl(uri), f"silx://{uri.replace('::', '?path=')}"):
        assert_same_numbers(score_stack(STACK, mask=value), score_stack(STACK, mask=VALID))
    other = score_stack(STACK, mask=uri, mask_valid=16)
    assert_same_numbers(other, score_stack(STACK, mask=~VALID))


def test_slices_of_masks(tmp_path: Path) -> None:
    masks = np.stack([np.zeros(SHAPE, np.uint8), VALID[::-1].astype(np.uint8)])
    wanted = score_stack(STACK, mask=VALID)
    assert_same_numbers(
        score_stack(STACK, mask=hdf5(tmp_path, masks) + "&slice=1,::-1", mask_valid=1), wanted
    )
    tifffile.imwrite(tmp_path / "two.tif", masks[:, ::-1])
    assert_same_numbers(score_stack(STACK, mask=f"{tmp_path / 'two.tif'}?slice=1", mask_valid=1), wanted)
    assert_same_numbers(score_stack(STACK, mask=hdf5(tmp_path, VALID[None])), wanted)


@in_every_form
@pytest.mark.parametrize("dtype", ["u1", "i4"])
def test_integers_alone_are_refused(tmp_path: Path, form: str, dtype: str) -> None:
    mask = VALID.astype(dtype)
    text = "come with mask_valid=, the value that marks valid pixels: .* 1 means valid to some programs and bad to others"
    with pytest.raises(TypeError, match=text):
        score_stack(STACK, mask=mask)
    uri = WRITERS[form](tmp_path, mask)
    with pytest.raises(TypeError, match=text) as caught:
        score_stack(STACK, mask=uri)
    assert uri in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "valid", "error", "text"),
    [
        (None, 1, ValueError, "mask_valid .* needs mask="),
        (VALID, "1", TypeError, "mask_valid must be an integer"),
        (VALID, True, TypeError, "mask_valid must be an integer"),
        (VALID, 0.0, TypeError, "mask_valid must be an integer"),
        (VALID.astype(float), 1, TypeError, "must be an array of bool"),
        (VALID[0], None, ValueError, "the shape"),
        (VALID[:5], None, ValueError, "mask must have the shape of the images"),
        ("gone.h5::/m", None, OSError, "gone.h5"),
        ("gone.tif", 1, OSError, "gone.tif"),
        ("gone.npy", 1, OSError, "gone.npy"),
        ("", None, ValueError, "names no file"),
    ],
)
def test_what_is_no_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: Any, valid: Any, error: Any, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for function, stack in ((score_stack, STACK), (rank_stacks, {"a": STACK})):
        with pytest.raises(error, match=text):
            function(stack, mask=mask, mask_valid=valid)


@in_every_form
def test_files_that_are_no_masks(tmp_path: Path, form: str) -> None:
    for values in (VALID.astype(np.float32), np.stack([VALID] * 5).astype(np.uint8)):
        uri = WRITERS[form](tmp_path, values)
        with pytest.raises((TypeError, ValueError)) as caught:
            score_stack(STACK, mask=uri, mask_valid=1)
        assert uri in str(caught.value)


def test_damaged_files(tmp_path: Path) -> None:
    uri = Path(npy(tmp_path, VALID))
    whole = uri.read_bytes()
    for content in (b"", whole[:5], whole[:-1], whole.replace(b"(32, 40)", b"(99, 99)"), b"\0" * 300):
        uri.write_bytes(content)
        with pytest.raises((OSError, ValueError), match=r"mask\.npy"):
            score_stack(STACK, mask=str(uri))
    np.save(uri, np.array([[{}, 1], [2, 3]]), allow_pickle=True)
    with pytest.raises(TypeError, match=r"mask\.npy"):
        score_stack(STACK, mask=str(uri))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("g")
        file["e"] = h5py.Empty("u1")
        file["text"] = "no"
    for path, error in (("g", ValueError), ("e", ValueError), ("text", TypeError), ("gone", KeyError)):
        with pytest.raises(error, match=r"a\.h5"):
            score_stack(STACK, mask=f"{tmp_path / 'a.h5'}::/{path}")


def test_limits_are_kept(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Limits\.image_bytes"):
        score_stack(STACK, mask=hdf5(tmp_path, VALID), limits=Limits(image_bytes=100))


@in_every_form
@pytest.mark.parametrize("where", ["threads", "processes", "child"])
def test_elsewhere(tmp_path: Path, form: str, where: str) -> None:
    uri = WRITERS[form](tmp_path, VALID.astype(np.uint8))
    stack = tmp_path / "stack.h5"
    with h5py.File(stack, "w") as file:
        file["a"] = STACK
    options: dict[str, Any] = {"mask": uri, "mask_valid": 1}
    if where == "child":
        found = rank_stacks({"a": f"{stack}::/a"}, isolate=True, **options)
    else:
        with (ThreadPoolExecutor if where == "threads" else ProcessPoolExecutor)(2) as executor:
            found = rank_stacks({"a": f"{stack}::/a"}, executor=executor, **options)
    wanted = rank_stacks({"a": STACK}, mask=VALID)
    assert_same_numbers(found.stacks["a"], wanted.stacks["a"])
    np.testing.assert_array_equal(found.correlogram("a", 2), wanted.correlogram("a", 2))
    assert rank_stacks({"a": STACK}, reference_stack="a", **options).options.mask.sum() == VALID.sum()


def test_live(tmp_path: Path) -> None:
    options: dict[str, Any] = {"mask": tiff(tmp_path, VALID.astype(np.uint8)), "mask_valid": 1}
    scorer = StackScorer(STACK[0], **options)
    ranker = StackRanker({"a": STACK[0]}, **options)
    for n in range(2, len(STACK) + 1):
        wanted = score_stack(STACK[:n], mask=VALID)
        assert_same_numbers(scorer.add(STACK[n - 1]).result(), wanted)
        assert_same_numbers(ranker.add({"a": STACK[n - 1]}).result().stacks["a"], wanted)


@in_every_form
def test_a_mask_that_leaves_nothing_is_named(tmp_path: Path, form: str) -> None:
    with pytest.raises(ValueError, match=r"mask= leaves no pixel of 32 x 40; is True = valid\?"):
        score_stack(STACK, mask=np.zeros(SHAPE, bool))
    text = r"mask= leaves no pixel of 32 x 40; is mask_valid=3 what marks valid pixels\?"
    with pytest.raises(ValueError, match=text):
        score_stack(STACK, mask=VALID.astype(int), mask_valid=3)
    with pytest.raises(ValueError, match=text):
        score_stack(STACK, mask=WRITERS[form](tmp_path, VALID.astype(np.uint8)), mask_valid=3)


def test_a_mask_in_the_wrong_sense_is_named_where_nothing_is_left_to_see() -> None:
    dead = np.zeros(SHAPE, bool)
    dead[10:14, 20:30] = True
    stack = STACK.copy()
    stack[:, dead] = 0
    text = r"reference image 0 has no contrast in what mask= leaves, 40 of 1280 pixels: .*Is True .* valid pixels\?"
    with pytest.warns(RankingWarning, match=text):
        score_stack(stack, mask=dead)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankingWarning)
        assert score_stack(stack, mask=~dead).trust > 0.9
        flat = score_stack(np.zeros((3, *SHAPE)), mask=~dead)  # no fault of the mask
    assert any("The reference image 0 has no contrast: nothing" in each for each in flat.warnings)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, stack in three().items():
            file[name] = stack
        file["d/pixel_mask"] = BITS
    uris = [f"{name}={tmp_path / 'a.h5'}::/{name}" for name in three()]
    wanted = rank_stacks(three(), mask=VALID)
    for mask in (
        ["--mask", f"{tmp_path / 'a.h5'}::/d/pixel_mask"],
        ["--mask", tiff(tmp_path, VALID.astype(np.uint8)), "--mask-valid", "1"],
    ):
        assert main(["rank", *uris, *mask, "--json", "-", "-q"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert [stack["score"] for stack in found["stacks"]] == list(wanted.scores.values())
        assert found["options"]["mask"]["valid_pixels"] == VALID.sum()
    assert main(["rank", *uris, "--mask", str(tmp_path / "mask.tif"), "-q"]) == 1
    assert "mask_valid" in capsys.readouterr().err
    assert main(["rank", *uris, *mask, "--csv", str(tmp_path / "mask.tif"), "-q"]) == 1
    assert "is an input" in capsys.readouterr().err


def test_ewoks(tmp_path: Path) -> None:
    task = pytest.importorskip("ndreg_preeval.ewoks.reg2d_preeval").Reg2DPreEvaluation
    done = task(inputs={"image_stacks": three(), "mask": npy(tmp_path, VALID.astype(int)), "mask_valid": 1})
    done.execute()
    np.testing.assert_array_equal(done.ranking.options.mask, VALID)
