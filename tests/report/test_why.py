# SPDX-License-Identifier: MIT
"""Reasons in full, of rankings made by hand: every word of them is there, in lines that fit."""

from __future__ import annotations

import numpy as np
import pytest

from ndreg_preeval.methods import METHODS
from ndreg_preeval.report import why
from ndreg_preeval.text import columns
from tests.support.made_up_rankings import ranking, stack

REASONS = (
    "a pattern that stays hides a moving sample; subtract the mean: 2 of 3 images",
    "no signal in image 3",
)
WARNING = "Images 1-3 (3 of 3 compared) with two or three distinct values only."


def several() -> object:
    return ranking(
        stack("Ca-K", [0.9, 0.8, 1.0]),
        stack("Cr-K", [0.1, 0.9, 0.001], reasons=REASONS, warnings=(WARNING,)),
        stack("single", []),
        stack("gone", [], error="stack 'gone': no such file", rankable=False),
    )


def test_everything_that_there_is_to_say():
    good, bad, single, gone = why(several()).split("\n\n")
    assert good.splitlines() == [
        "Ca-K: rank 1 of 4, score 0.9000, probably aligns (80 %)",
        "  reason    none: every image is trusted",
        "  images    4 of 32 x 48, uint16; 3 compared with image 0",
        "  P         median 0.90, worst 0.80 (image 2)",
        "  doubtful  0 of 3 images (P below 0.5)",
        "  shift     median 2.2 (1.1 to 3.4) px",
        "  from      scan.h5::/entry/Ca-K",
    ]
    assert bad.splitlines()[:4] == [
        "Cr-K: rank 2 of 4, score 0.3337, hardly aligns (0 %)",
        *(f"  reason    {text}" for text in REASONS),
        f"  warning   {WARNING}",
    ]
    assert "  P         median 0.10, worst <0.01 (image 3)" in bad.splitlines()
    assert "  doubtful  2 of 3 images (P below 0.5): images 1, 3" in bad.splitlines()
    assert "not ranked" in single
    assert "none: no image was compared" in single
    assert gone.splitlines() == [
        "gone: not read, ranked last",
        "  error  stack 'gone': no such file",
        "  from   scan.h5::/entry/gone",
    ]


def test_lines_fit_and_lose_nothing():
    words = "".join(why(several(), width=1000).split())
    for width in range(24, 200):
        text = why(several(), width=width)
        assert max(map(columns, text.splitlines())) <= width
        assert "".join(text.split()) == words


def test_those_that_are_named_once_each():
    text = why(several(), ["Cr-K", "Ca-K", "Cr-K"])
    assert [each.partition(":")[0] for each in text.split("\n\n")] == ["Cr-K", "Ca-K"]


def test_a_choice_of_the_caller_has_no_reasons():
    assert why(ranking(ranked_stack_names=None)) == "No reasons: no ranking was computed."


def test_methods_without_a_second_opinion_say_what_they_know():
    nan = np.full(2, np.nan)
    one = stack("Ca-K", [30.0, 40.0], method=METHODS["peak_to_mean"], trust=float("nan"))
    one.probability, one.p_value, one.invalid_pixels = nan, np.array([0.5, 1e-9]), np.array([32, 64])
    lines = why(ranking(one)).splitlines()
    assert lines[0] == "Ca-K: rank 1 of 1, score 35.0000"
    assert "  reason    none: the method 'peak_to_mean' gives no reasons" in lines
    assert "  doubtful  1 of 2 images (p-value above 0.01): image 1" in lines
    assert "  replaced  96 invalid pixels, 3.1 % of those compared" in lines
    assert not any(line.startswith("  P ") for line in lines)


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "日本", 7, None])
def test_awkward_names(name):
    text = why(ranking(stack(name, [0.9])), width=40)
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(columns, text.splitlines())) <= 40
