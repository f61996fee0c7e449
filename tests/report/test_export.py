# SPDX-License-Identifier: MIT
"""Tables, JSON and CSV of rankings made by hand: every expectation is exact."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

from ndreg_preeval import _core
from ndreg_preeval.options import Options
from ndreg_preeval.report import export, tables
from ndreg_preeval.report.mask_text import mask_from_text
from ndreg_preeval.report.table import table
from ndreg_preeval.text import columns, printable, text_of
from tests.support.made_up_rankings import ranking, stack

AWKWARD = [
    "",
    "a\nb",
    "\x1b[31mred",
    "\udc80",
    "日本",
    "{0}%s",
    "=1+1",
    7,
    None,
    b"x",
    ("a", 1),
    'q"c,d',
    "a\x00b",
]


def squeezed(line: str) -> str:
    return " ".join(line.split())


def two() -> object:
    good = stack("Ca-K", [0.9, 0.8, 1.0])
    bad = stack("Fe-K", [0.25, 0.001, 0.5], warnings=("one constant image", "lengths differ"))
    return ranking(good, bad)


def test_table_line_by_line():
    lines = table(two()).splitlines()
    assert lines[0] == "Reference stack: Ca-K (best of 2 stacks, method robust)"
    assert squeezed(lines[2]) == "rank stack score images worst image median P median shift (range) note"
    assert set(lines[3]) == {"-", " "}
    assert squeezed(lines[4]) == "1 Ca-K 0.9000 4 2 (0.80) 0.90 2.2 (1.1 to 3.4) px"
    assert (
        squeezed(lines[5])
        == "2 Fe-K 0.2503 4 2 (<0.01) 0.25 2.2 (1.1 to 3.4) px one constant image | lengths differ"
    )
    assert lines[7] == "Trust: it aligns (97 %)."
    assert lines[8] == "P is about the probability that an image aligns within a pixel."


def test_reasons_come_before_warnings():
    made = stack("Fe-K", [0.1], reasons=("no signal in image 1",), warnings=("one constant image",))
    line = table(ranking(stack("Ca-K", [0.9]), made)).splitlines()[5]
    assert line.endswith("no signal in image 1 | one constant image")
    found = export.to_dict(ranking(made))["stacks"][0]
    assert found["reasons"] == ["no signal in image 1"]
    assert found["trust"] == 0.1


def test_the_order_of_images_is_told_below_the_table():
    orders = {
        name: f"Its 4 images are in the natural order of their names, from '{name}_1.tif' to '{name}_12.tif'."
        for name in ("Ca-K", "Fe-K")
    }
    of_ca, of_fe = (
        stack(name, [score], warnings=(text, "lengths differ"))
        for (name, text), score in zip(orders.items(), (0.9, 0.8), strict=True)
    )
    lines = table(ranking(of_ca, of_fe)).splitlines()
    assert [line.endswith("px  lengths differ") for line in lines[4:6]] == [True, True]
    told = [line for line in lines if "natural order" in line]
    assert len(told) == 1
    assert told[0].startswith("order of Ca-K: its 4 images are in the natural order of their names, from")
    assert export.to_dict(ranking(of_ca))["stacks"][0]["warnings"] == [orders["Ca-K"], "lengths differ"]


def test_table_columns_are_aligned_for_wide_names():
    text = table(ranking(stack("日本", [0.9]), stack("ab", [0.8])))
    _, _, header, rule, first, second = text.splitlines()[:6]
    assert columns(first) == columns(second) <= columns(rule)
    assert first.index("0.9000") + 2 == second.index("0.8000") == header.index("score") - 1


def test_table_shows_a_forced_choice():
    forced = ranking(stack("Ca-K", [0.9]), ranked_stack_names=None)
    lines = table(forced).splitlines()
    assert lines[0] == "Reference stack: Ca-K (chosen by the caller: no ranking)"
    assert lines[4].split()[:2] == ["-", "Ca-K"]
    nothing_read = ranking(reference_stack="Fe-K", ranked_stack_names=None)
    assert table(nothing_read) == "Reference stack: Fe-K (chosen by the caller: no ranking)"
    skipped = ranking(ranked_stack_names=None)
    assert table(skipped) == "Reference stack: none (no ranking was asked for)"


def test_table_appends_warnings_of_the_ranking_unless_told_not_to():
    warned = ranking(stack("a", [0.1]), warnings=("no stack deserves trust " * 10,))
    text = table(warned)
    assert "warning: no stack deserves trust" in text
    assert max(map(len, text.splitlines())) <= 120
    assert "warning" not in table(warned, warnings=False)


def test_stack_without_compared_images_is_last_and_has_no_numbers():
    text = table(ranking(stack("a", [0.9]), stack("single", [])))
    assert text.splitlines()[5].split() == ["-", "single", "-", "1", "-", "-", "-"]


@pytest.mark.parametrize("name", AWKWARD, ids=ascii)
def test_awkward_names(name):
    made = ranking(stack(name, [0.9, 0.8]), stack("other", [0.5, 0.4]))
    lines = table(made).splitlines()
    assert len(lines) == 9
    assert all(line.isprintable() for line in lines)
    table(made).encode("utf-8")
    shown = json.loads(export.to_json(made))["ranked_stack_names"]
    expected = "\\udc80" if name == "\udc80" else str(name)
    assert shown == [expected, "other"]
    rows = list(csv.DictReader(io.StringIO(tables.to_csv(made), newline="")))
    assert [row["stack"] for row in rows] == [expected] * 2 + ["other"] * 2


def test_long_names_keep_both_ends():
    name = "scan_0001/" + "x" * 5000 + "/Ca-K"
    text = printable(name, 20)
    assert text == "scan_0001...xxx/Ca-K"
    assert printable("日" * 50, 11) == "日日...日日"
    assert printable("a sentence that goes on", 12, keep_end=False) == "a sentenc..."
    assert max(map(len, table(ranking(stack(name, [0.5]))).splitlines())) < 130


def test_name_whose_str_raises():
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no name")

    assert text_of(Hostile()) == "<Hostile>"


def test_dict_holds_everything_per_image():
    bits = [_core.NO_CONTRAST | _core.FEW_LEVELS, _core.ALL_INVALID, _core.IDENTICAL]
    one = stack("Ca-K", [0.9, 0.8, 1.0], flags=np.array(bits, dtype=np.uint32), warnings=("w",))
    mask = np.ones((32, 48), dtype=bool)
    mask[0, :5] = False
    found = export.to_dict(ranking(one, options=Options(mask=mask, num_threads=3), warnings=("x",)))
    assert found["format_version"] == 3
    assert found["reference_stack"] == "Ca-K"
    assert found["method"]["name"] == "robust"
    bits = found["options"]["mask"].pop("bits")
    assert (mask_from_text(bits, mask.shape) == mask).all()
    assert found["options"]["mask"] == {"shape": [32, 48], "valid_pixels": 32 * 48 - 5}
    assert found["options"]["num_threads"] == 3
    assert found["warnings"] == ["x"]
    (entry,) = found["stacks"]
    assert {
        key: entry[key] for key in ("name", "n_images", "shape", "location", "worst_image", "warnings")
    } == {
        "name": "Ca-K",
        "n_images": 4,
        "shape": [32, 48],
        "location": "scan.h5::/entry/Ca-K",
        "worst_image": 2,
        "warnings": ["w"],
    }
    assert entry["score"] == pytest.approx(0.9)
    images = entry["images"]
    assert images["image"] == [1, 2, 3]
    assert images["reference_image"] == [0, 0, 0]
    assert images["shift_y"] == [1.0, 2.0, 3.0]
    assert images["shift_x"] == [-0.5, -1.0, -1.5]
    assert images["flags"] == [["no_contrast", "few_levels"], ["all_invalid"], ["identical"]]
    assert images["value"] == images["probability"] == [0.9, 0.8, 1.0]
    assert set(images) == {
        *("image", "reference_image", "shift_y", "shift_x", "value", "flags"),
        *("flag_bits", "peak_dy", "peak_dx"),
        *export.PER_IMAGE,
    }
    assert {len(values) for values in images.values()} == {3}


def test_json_is_strict():
    def refuse(token: str) -> None:
        raise AssertionError(token)

    broken = stack("a", [0.5, 0.5], score=math.nan, p_value=np.array([math.inf, math.nan]))
    text = export.to_json(ranking(broken, num_threads=np.int64(2)), indent=1)
    found = json.loads(text, parse_constant=refuse)
    assert found["stacks"][0]["score"] is None
    assert found["stacks"][0]["images"]["p_value"] == [None, None]
    assert found["num_threads"] == 2
    text.encode("ascii")


def test_json_of_a_forced_choice():
    found = export.to_dict(ranking(reference_stack=3, ranked_stack_names=None))
    assert (found["reference_stack"], found["ranked_stack_names"], found["stacks"]) == ("3", None, [])


def test_csv_rows():
    flags = np.array([0, _core.IDENTICAL | _core.FEW_LEVELS], dtype=np.uint32)
    made = ranking(stack("b", [0.9, math.nan], flags=flags), stack("single", []))
    text = tables.to_csv(made)
    assert "\r" not in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["rank"] for row in rows] == ["1", "1", ""]
    assert [row["stack"] for row in rows] == ["b", "b", "single"]
    assert [row["image"] for row in rows] == ["1", "2", ""]
    assert [row["probability"] for row in rows] == ["0.9", "", ""]
    assert [row["flags"] for row in rows] == ["", "few_levels identical", ""]
    assert float(rows[1]["shift_y"]) == 2.0
