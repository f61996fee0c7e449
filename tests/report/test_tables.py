# SPDX-License-Identifier: MIT
"""Tables of a ranking: CSV and data frames say the same, a row per stack or per image."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ndreg_preeval import Ranking, rank_stacks
from ndreg_preeval.report.tables import KINDS, OF_IMAGES, OF_STACKS
from tests.support.scenes import drifting, three

pd = pytest.importorskip("pandas")

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

ODD = ("a", 1)


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    clear, poor, fair = (three()[name] for name in ("clear", "poor", "fair"))
    fair[2] = np.nan
    stacks = {"clear": clear, ODD: poor, 7: fair, "one": clear[:1], "gone": "gone.h5::/a"}
    return rank_stacks(stacks, on_error="rank_last")


def test_a_row_per_stack(ranking: Ranking) -> None:
    frame = ranking.to_dataframe()
    assert tuple(frame.columns) == OF_STACKS
    assert list(frame["stack"]) == list(ranking)
    assert frame["rank"].dropna().tolist() == [1, 2, 3]
    for row, stack in zip(frame.itertuples(), ranking.values(), strict=True):
        assert (row.height, row.width) == stack.shape
        assert row.score == stack.score
        assert row.n_judged == stack.n_judged
        assert row.reasons == "; ".join(stack.reasons)
        assert row.warnings == "; ".join(stack.warnings)
        assert (
            (row.worst_image is pd.NA) if stack.worst_image is None else row.worst_image == stack.worst_image
        )
    assert frame["error"].notna().tolist() == [False] * 4 + [True]
    assert "gone.h5" in frame["error"].iloc[-1]


def test_a_row_per_image(ranking: Ranking) -> None:
    frame = ranking.to_dataframe(images=True)
    assert tuple(frame.columns) == OF_IMAGES
    assert len(frame) == 12
    for name, part in frame.groupby(frame["stack"].map(repr), sort=False):
        stack = next(stack for key, stack in ranking.items() if repr(key) == name)
        assert part["image"].tolist() == stack.image_indices.tolist()
        assert part["flag_bits"].tolist() == stack.flags.tolist()
        for column in ("probability", "peak", "rms", "p_value"):
            assert part[column].to_numpy().tobytes() == getattr(stack, column).tobytes()
        np.testing.assert_array_equal(part[["shift_y", "shift_x"]].to_numpy(), stack.shifts)
        np.testing.assert_array_equal(part[["peak_dy", "peak_dx"]].to_numpy(), stack.peak_shifts)
    assert "all_invalid" in frame.loc[frame["invalid_pixels"] > 0, "flags"].iloc[0]


@pytest.mark.parametrize("images", [False, True])
def test_columns_have_their_types(ranking: Ranking, images: bool) -> None:
    """Also those of a table without a row, of a method without probabilities, and where nothing is missing."""
    found = [
        each.to_dataframe(images=images).dtypes
        for each in (
            ranking,
            rank_stacks(three()),
            rank_stacks(three(), method="peak_to_mean"),
            rank_stacks(three(), reference_stack="fair"),
        )
    ]
    assert all(dtypes.equals(found[0]) for dtypes in found)
    assert {name: str(found[0][name]) for name in ("rank", "score")} == {"rank": "Int64", "score": "float64"}
    for name, dtype in found[0].items():
        assert dtype == pd.Series([], dtype=KINDS.get(name, "float64")).dtype, name


def test_a_forced_ranking_has_no_rows() -> None:
    forced = rank_stacks(three(), reference_stack="fair")
    assert (len(forced.to_dataframe()), len(forced.to_dataframe(images=True))) == (0, 0)
    assert (forced.to_csv(images=False) or "").splitlines() == [",".join(OF_STACKS)]
    assert (forced.to_csv() or "").splitlines() == [",".join(OF_IMAGES)]


@pytest.mark.parametrize("images", [False, True])
def test_csv_says_the_same(ranking: Ranking, images: bool, tmp_path: Path) -> None:
    assert ranking.to_csv(tmp_path / "a.csv", images=images) is None
    text = (tmp_path / "a.csv").read_text("utf-8")
    assert text == ranking.to_csv(images=images)
    frame = ranking.to_dataframe(images=images)
    read = pd.read_csv(tmp_path / "a.csv", keep_default_na=False, dtype=str)
    if images:  # a row that says that there is none
        assert read["stack"].tolist()[-2:] == ["one", "gone"]
        read = read[read["image"] != ""]
    assert list(read) == list(frame)
    for name in read:
        mine, its = frame[name], read[name].tolist()
        if KINDS.get(name) in (object, str, "bool"):
            assert its == ["" if each is None else str(each) for each in mine], name
        else:
            numbers = [float(each) if each else np.nan for each in its]
            np.testing.assert_array_equal(numbers, mine.to_numpy(float, na_value=np.nan), name)


def test_tables_have_all_numbers_of_json(ranking: Ranking) -> None:
    stacks = json.loads(ranking.to_json())["stacks"]
    assert set(stacks[0]["images"]) == set(OF_IMAGES) - {"rank", "stack", "score"}
    told = set(OF_STACKS) | {"name", "shape", "images", "reference_flags", "reference_flag_bits"}
    assert set(stacks[0]) <= told
    assert (ranking.to_csv() or "").splitlines()[0] == ",".join(OF_IMAGES)


def test_names_that_are_one_text_stay_apart_in_csv() -> None:
    ranking = rank_stacks({7: drifting(0.1), "7": drifting(0.1)})
    rows = list(csv.DictReader(io.StringIO(ranking.to_csv(images=False))))
    assert [row["stack"] for row in rows] == ["7", "7 (2)"]


def test_pandas_is_asked_for_where_it_is_needed(ranking: Ranking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r'pip install pandas, or the extra "pandas"'):
        ranking.to_dataframe()
    assert ranking.to_csv()
