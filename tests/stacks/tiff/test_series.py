# SPDX-License-Identifier: MIT
"""TIFF files of several series: the one that is a stack is read, or named, or all are ranked."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import RankingWarning, find_stacks, rank_stacks, score_stack
from ndreg_preeval.cli import main
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import TiffSpec, resolve_stacks
from tests.support.scenes import assert_same_numbers, drifting

tifffile = pytest.importorskip("tifffile")

STACK = drifting(0.3, n=5, shape=(32, 44)).astype(np.float32)
OTHER = drifting(0.6, n=4, shape=(28, 36), seed=1).astype(np.float32)
PREVIEW = np.ascontiguousarray(STACK[0, ::4, ::4])

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def write(path: Path, *parts: Any, reduced: tuple[int, ...] = (), **how: Any) -> str:
    """Write arrays as pages one after the other, without a word of what they are."""
    with tifffile.TiffWriter(path, bigtiff=how.pop("bigtiff", False)) as writer:
        for number, part in enumerate(parts):
            for image in part if part.ndim == 3 else [part]:
                writer.write(
                    image,
                    metadata=None,
                    contiguous=False,
                    photometric="minisblack",
                    subfiletype=1 if number in reduced else 0,
                    **how,
                )
    return str(path)


def write_ome(path: Path, *named: tuple[str, Any]) -> str:
    with tifffile.TiffWriter(path, ome=True) as writer:
        for name, stack in named:
            writer.write(stack, photometric="minisblack", metadata={"axes": "TYX", "Name": name})
    return str(path)


def said(value: str, **options: Any) -> list[str]:
    return [text for text in score_stack(value, **options).warnings if "series" in text]


@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}, {"bigtiff": True}], ids=str)
@pytest.mark.parametrize(
    ("parts", "number"),
    [((PREVIEW, STACK), 1), ((STACK, PREVIEW), 0), ((PREVIEW, STACK, PREVIEW[:5]), 1)],
    ids=["before", "after", "around"],
)
def test_the_one_that_is_a_stack_is_read(tmp_path: Path, parts: Any, number: int, how: Any) -> None:
    uri = write(tmp_path / "a.tif", *parts, **how)
    wanted = score_stack(STACK)
    for value in (uri, f"{uri}?series={number}"):
        assert_same_numbers(score_stack(value), wanted)
    (note,) = said(uri)
    assert f"holds {len(parts)} series of images (0: {parts[0].shape}, " in note
    assert f"series {number} alone is read" in note
    assert not said(f"{uri}?series={number}")
    assert rank_stacks({"a": uri, "b": STACK}).scores == {"a": wanted.score, "b": wanted.score}
    assert find_stacks(uri) == {"a": uri}
    assert score_stack(f"{uri}?series={number}&slice=::-1").score == score_stack(STACK[::-1]).score


def test_nobody_is_warned_of_a_thumbnail(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.tif", PREVIEW, STACK)
    with TiffSpec(uri, Limits()).open() as source:
        assert source.warnings == ()
        assert len(source.notes) == 1


def test_a_page_that_differs_is_a_warning(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.tif", STACK, STACK[0].astype(np.uint8))
    with pytest.warns(RankingWarning, match="holds 2 series of images .* series 0 alone is read"):
        score_stack(uri)


def test_stacks_of_thumbnails_are_no_stacks_by_themselves(tmp_path: Path) -> None:
    small = np.ascontiguousarray(STACK[:, ::2, ::2])
    uri = write(tmp_path / "a.tif", STACK, small, reduced=(1,))
    assert_same_numbers(score_stack(uri), score_stack(STACK))
    assert list(find_stacks(uri)) == ["a"]


def test_pyramids_are_read_at_their_full_size(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for image in STACK:
            writer.write(image, metadata=None, contiguous=False, photometric="minisblack", subifds=1)
            writer.write(
                np.ascontiguousarray(image[::2, ::2]), metadata=None, photometric="minisblack", subfiletype=1
            )
    uri = str(tmp_path / "a.tif")
    assert_same_numbers(score_stack(uri), score_stack(STACK))
    assert not said(uri)


def test_several_stacks_are_listed(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.tif", STACK, PREVIEW, OTHER)
    for run in (lambda: score_stack(uri), lambda: rank_stacks({"x": uri, "y": STACK})):
        with pytest.raises(ValueError, match="of which 2 are stacks") as caught:
            run()
        for part in ("3 series", "0: (5, 32, 44)", "1: (8, 11)", "2: (4, 28, 36)", "?series=2", "a.tif"):
            assert part in str(caught.value)
    assert_same_numbers(score_stack(f"{uri}?series=0"), score_stack(STACK))
    assert_same_numbers(score_stack(f"{uri}?series=2"), score_stack(OTHER))


def test_a_file_alone_stands_for_all_its_stacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = write(tmp_path / "a.tif", STACK, PREVIEW, OTHER)
    expected = rank_stacks({"0": STACK, "2": OTHER})
    assert find_stacks(uri) == {"0": f"{uri}?series=0", "2": f"{uri}?series=2"}
    for value in (uri, Path(uri), find_stacks(uri)):
        found = rank_stacks(value)
        assert found.ranked_stack_names == expected.ranked_stack_names
        assert found.scores == expected.scores
    assert rank_stacks([uri, uri.replace("a.tif", "b.tif")], on_error="rank_last").scores
    assert main(["find", uri]) == 0
    assert capsys.readouterr().out.splitlines() == [f"0\t{uri}?series=0", f"2\t{uri}?series=2"]
    for options in ({"num_threads": 1}, {"isolate": True}):
        assert rank_stacks(uri, **options).scores == expected.scores


@pytest.mark.parametrize(("names", "called"), [(("dry", "wet"), ("dry", "wet")), (("a", "a"), ("0", "1"))])
def test_images_of_ome_are_called_by_their_names(tmp_path: Path, names: Any, called: Any) -> None:
    uri = write_ome(tmp_path / "a.ome.tif", *zip(names, (STACK, OTHER), strict=True))
    found = rank_stacks(uri)
    assert found.scores == rank_stacks(dict(zip(called, (STACK, OTHER), strict=True))).scores
    assert find_stacks(uri) == {called[0]: f"{uri}?series=0", called[1]: f"{uri}?series=1"}
    assert found.stacks[called[1]].location == f"{uri}?series=1"


def test_one_image_of_ome_is_one_stack(tmp_path: Path) -> None:
    uri = write_ome(tmp_path / "a.ome.tif", ("dry", STACK))
    assert find_stacks(uri) == {"a.ome": uri}
    assert_same_numbers(score_stack(uri), score_stack(STACK))


def test_one_image_among_single_images_is_no_stack(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.tif", PREVIEW, STACK[0])
    with pytest.raises(ValueError, match=r"holds 2 series of images .* none of which is a stack"):
        score_stack(uri)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("series=2", "series=2: the file holds 2 series of images"),
        ("series=-1", "series='-1' is not valid"),
        ("series=0", "that is one image, not a stack"),
    ],
)
def test_series_that_are_none(tmp_path: Path, query: str, message: str) -> None:
    uri = write(tmp_path / "a.tif", PREVIEW, STACK)
    with pytest.raises(ValueError, match=message):
        score_stack(f"{uri}?{query}")


def test_hdf5_has_no_series(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["Ca"] = STACK
    for run in (score_stack, find_stacks):
        with pytest.raises(ValueError, match="series= is for files of several series"):
            run(f"{tmp_path}/a.h5::/Ca?series=0")


def test_masks_by_series(tmp_path: Path) -> None:
    mask = np.ones((32, 44), np.uint8)
    mask[:, :7] = 0
    uri = write(tmp_path / "m.tif", np.stack([mask] * 2)[:, ::2], mask)
    found = score_stack(STACK, mask=f"{uri}?series=1", mask_valid=1)
    assert_same_numbers(found, score_stack(STACK, mask=mask == 1))


def test_specs_pickle(tmp_path: Path) -> None:
    uri = write(tmp_path / "a.tif", STACK, OTHER)
    specs = [spec for _, spec in resolve_stacks(uri, limits=Limits())]
    assert [pickle.loads(pickle.dumps(each)) for each in specs] == specs
    assert specs[0] != specs[1]


@pytest.mark.parametrize("cut", [1, 3])
def test_a_file_that_is_cut_off_is_no_other_file(tmp_path: Path, cut: int) -> None:
    uri = write(tmp_path / "a.tif", PREVIEW, STACK)
    data = Path(uri).read_bytes()
    Path(uri).write_bytes(data[: -len(data) // 4 * cut])
    with pytest.raises(OSError, match=r"a\.tif"):
        score_stack(uri)
    ranking = rank_stacks({"x": uri, "y": STACK}, on_error="rank_last")
    assert ranking.ranked_stack_names == ["y", "x"]
