# SPDX-License-Identifier: MIT
"""The table of a ranking fits the terminal, whatever the names."""

from __future__ import annotations

import fcntl
import itertools
import os
import struct
import sys
import termios

import pytest

from ndreg_preeval.report import why
from ndreg_preeval.report.table import table
from ndreg_preeval.text import columns, printable, terminal_width, wrapped
from tests.support.made_up_rankings import ranking, stack

REASONS = (
    "a pattern that stays hides a moving sample; subtract the mean of many images, or mask it: 19 of 19 images",
    "no peak above the noise in images 3, 5",
)
HEADINGS = ("rank", "stack", "score", "note", "median P", "median shift", "images", "(range)", "worst image")


def with_reasons(name: object = "Cr-K") -> object:
    return ranking(stack("Ca-K", [0.9, 0.8]), stack(name, [0.01, 0.001], reasons=REASONS))


def test_the_table_fits_the_terminal_and_loses_what_is_least_important_first():
    shown: list[set[str]] = []
    for width in range(24, 240):
        lines = table(with_reasons(), width=width).splitlines()
        assert max(map(columns, lines)) <= width
        heading = next(line for line in lines if line.startswith("rank"))
        shown.append({name for name in HEADINGS if name in heading})
        assert [name for name in HEADINGS if name in shown[-1]] == list(HEADINGS[: len(shown[-1])])
    assert all(narrow <= wide for narrow, wide in itertools.pairwise(shown))
    assert shown[0] == {"rank", "stack", "score"}
    assert shown[80 - 24] >= {"median P", "note"}
    assert shown[-1] == set(HEADINGS)


def test_reasons_are_not_cut_where_there_is_room():
    whole = " | ".join(REASONS)
    rows = {width: table(with_reasons(), width=width).splitlines()[5] for width in (80, 120, 200, 300)}
    assert rows[80].endswith("a pattern that stays hides a moving... (+1)")
    assert len(rows[80]) < len(rows[120]) < len(rows[200]) < len(rows[300])
    assert rows[200].endswith(f"{REASONS[0]} (+1)")
    for width in (300, 0):
        assert table(with_reasons(), width=width).splitlines()[5].endswith(f"px  {whole}")


def test_where_stacks_were_found_is_told_of_one_of_them():
    found = "A search below the group that was named found it: '/m/{}' (4 images of 8 x 8)."
    stacks = [stack(name, [0.9], warnings=(found.format(name), "lengths differ")) for name in ("Ca", "Fe")]
    lines = table(ranking(*stacks), width=0).splitlines()
    assert [line.endswith("px  lengths differ") for line in lines[4:6]] == [True, True]
    told = " ".join(lines).split("place of ")[1:]
    assert len(told) == 1
    assert told[0].startswith("Ca: a search below the group that was named found it: '/m/Ca'")
    assert f"  place     {found.format('Fe')}" in why(ranking(*stacks)).splitlines()


def test_the_hint_stands_below_a_table_with_cut_notes_only():
    assert "see why" in table(with_reasons(), width=80, hint="see why").splitlines()
    assert "see why" in table(with_reasons(), width=24, hint="see why").splitlines()
    assert "see why" not in table(with_reasons(), width=300, hint="see why")
    assert "see why" not in table(ranking(stack("Ca-K", [0.9])), width=24, hint="see why")


def test_names_are_shortened_in_their_middle_when_they_must():
    name = f"scan_0007/{'x' * 60}/Ca-K"
    assert name[10:] in why(with_reasons(name), width=200)
    assert f"scan_0007/{'x' * 19}...{'x' * 23}/Ca-K " in table(with_reasons(name), width=0)
    for width in (24, 40, 80, 120):
        lines = table(with_reasons(name), width=width).splitlines()
        assert max(map(columns, lines)) <= width
        (line,) = (line for line in lines if line.split()[:1] == ["2"])
        shown = line.split()[1]
        assert "..." in shown
        assert name.startswith(shown.split("...")[0])
        assert name.endswith(shown.split("...")[1])
        assert line.split()[2] == "0.0055"


@pytest.mark.parametrize(
    "name", ["日本" * 20, "e\u0301" * 50, "\u1112\u1161\u11ab" * 20, "\u2764\ufe0f" * 20, "a\x07\tb" * 9]
)
def test_scores_stay_below_each_other_whatever_the_names(name):
    for width in (40, 80, 200):
        lines = table(with_reasons(name), width=width).splitlines()
        rows = [line for line in lines if line[:4].strip() in ("1", "2")]
        ends = {
            columns(line[: line.index(score) + len(score)])
            for line, score in zip(rows, ("0.8500", "0.0055"), strict=True)
        }
        assert len(ends) == 1
        assert max(map(columns, lines)) <= width


def test_width_of_the_terminal(monkeypatch):
    for told, width in (
        ("80", 80),
        ("1", 1),
        ("0", None),
        ("", None),
        ("wide", None),
        ("-5", None),
        ("٣", None),
    ):
        monkeypatch.setenv("COLUMNS", told)
        assert terminal_width() == width
    monkeypatch.delenv("COLUMNS")
    assert terminal_width() is None
    monkeypatch.setattr(sys, "stdout", None)
    assert terminal_width() is None
    main, other = os.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 77, 0, 0))
    with os.fdopen(other, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        assert terminal_width() == 77
        assert table(with_reasons()) == table(with_reasons(), width=77) != table(with_reasons(), width=120)
        monkeypatch.undo()
    os.close(main)


def test_wrapped_lines_fit_and_lose_nothing():
    text = "a reason of some words 日本日本日本 and_a_word_that_is_far_too_long_for_a_line end"
    for width in range(4, 90):
        lines = wrapped(text, width, indent="  ", first="- ")
        assert max(map(columns, lines)) <= width
        assert "".join(lines).replace(" ", "") == "-" + text.replace(" ", "")
    assert wrapped("", 20) == [""]
    assert wrapped("one two", 20, first="why: ") == ["why: one two"]


def test_marks_take_no_column_and_stay_with_their_letter():
    assert columns("e\u0301\u20dd") == 1
    assert columns("\u1112\u1161\u11ab") == 2
    assert printable("ne\u0301" * 5, 8) == "ne\u0301n...ne\u0301"
    assert printable("ab" + "e\u0301" * 9, 7) == "ab...e\u0301e\u0301"
    assert printable("e\u0301" * 20, 15) == "e\u0301" * 6 + "..." + "e\u0301" * 6
    assert columns(printable("a" + "\u0301" * 500 + "b" * 9, 5)) == 5
    assert [columns(printable("abcdefgh", width)) for width in range(1, 9)] == list(range(1, 9))
