# SPDX-License-Identifier: MIT
"""What the command line says of wrong words: which command, and what was probably meant."""

from __future__ import annotations

import pytest

from ndreg_preeval.cli.main import main
from ndreg_preeval.cli.parser import make_parser
from ndreg_preeval.methods import METHODS


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The line that says what is wrong, of a use that is refused."""
    assert main([*words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    usage, *rest, line = err.splitlines()
    assert usage.startswith("usage: ndreg-preeval")
    assert not [other for other in rest if not other.startswith(" ")]
    return line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rank scan.h5 --methd plain", "rank: error: unrecognized option '--methd'; did you mean --method?"),
        ("rank --methd plain", "rank: error: unrecognized option '--methd'; did you mean --method?"),
        ("rank scan.h5 --methd=plain", "rank: error: unrecognized option '--methd'; did you mean --method?"),
        ("rank scan.h5 -method plain", "rank: error: unrecognized option '-method'; did you mean --method?"),
        (
            "rank scan.h5 --max_shift 5",
            "rank: error: unrecognized option '--max_shift'; did you mean --max-shift?",
        ),
        ("rank scan.h5 --MASK a", "rank: error: unrecognized option '--MASK'; did you mean --mask?"),
        ("rank scan.h5 --ref 1", "did you mean --reference-stack or --reference-image?"),
        ("rank scan.h5 \u2013\u2013method plain", "option '\u2013\u2013method'; did you mean --method?"),
        ("rank scan.h5 \u2014method plain", "option '\u2014method'; did you mean --method?"),
        ("rank scan.h5 --fly", "rank: error: unrecognized option '--fly'"),
        ("find --jsn scan.h5", "find: error: unrecognized option '--jsn'; did you mean --json?"),
        ("demo x", "demo: error: too many arguments: 'x'"),
        ("info -x", "info: error: unrecognized option '-x'"),
        ("rank a.h5 --method plian", "ewoksndreg; did you mean plain?"),
        ("rank a.h5 --method Plain", "ewoksndreg; did you mean plain?"),
        ("rank a.h5 --pairing prev", "'prev' is none of reference, previous; did you mean previous?"),
        ("rank a.h5 --window hamming", "argument --window: 'hamming' is none of none, hann"),
        ("rnak a.h5", "'rnak' is no command; there are rank, find, demo, info"),
        ("rnak a.h5", "; did you mean rank?"),
        ("INFO", "did you mean info?"),
        ("scan.h5", "did you mean: ndreg-preeval rank 'scan.h5'"),
        (
            "--json a.json rank scan.h5",
            "--json is an option of rank and find and info: write it after the command",
        ),
        ("--versoin", "unrecognized option '--versoin'; did you mean --version?"),
    ],
)
def test_wrong_words(capsys: pytest.CaptureFixture[str], words: str, said: str) -> None:
    assert said in refused(capsys, *words.split())


def test_the_usage_is_that_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rank", "scan.h5", "--methd", "plain"])
    assert capsys.readouterr().err.startswith("usage: ndreg-preeval rank [options] URI")


def test_unlike_words_are_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["rank", "a.h5", "--method", "xyzzy"], ["rank", "a.h5", "--xyzzy"], ["xyzzy"], ["--xyzzy"]):
        assert "did you mean" not in refused(capsys, *words)


def test_uris_stand_anywhere_between_options() -> None:
    parse = make_parser().parse_args
    found = parse(["rank", "a.h5", "--method", "plain", "b.h5", "-q", "c.h5", "--reference-image", "-1"])
    assert found.uris == ["a.h5", "b.h5", "c.h5"]
    assert (found.method, found.quiet, found.reference_image) == ("plain", True, -1)
    assert parse(["rank", "--", "-a.h5"]).uris == ["-a.h5"]
    assert parse(["rank", "-q", "a.h5"]).quiet
    assert parse(["find", "--json", "a.h5"]).json


def test_long_words_do_not_flood_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["rank", "a.h5", "--" + "x" * 10**5],
        ["rank", "a.h5", "--method", "x" * 10**5],
        ["y" * 10**5],
    ):
        assert len(refused(capsys, *words)) < 4000


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
@pytest.mark.parametrize("command", ["", "rank", "find", "demo", "info"])
def test_help_fits_the_terminal(
    command: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([*command.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    # What cannot be broken stays whole: names of options, and commands to copy.
    long = [line for line in lines[1:] if len(line) > max(40, min(100, width - 2)) and len(line.split()) > 4]
    assert not long
    assert all(line == line.rstrip() for line in lines)


def test_help_has_a_line_for_each_method(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ndreg_preeval.methods import PURPOSES

    assert list(PURPOSES) == list(METHODS)
    monkeypatch.setenv("COLUMNS", "200")
    main(["rank", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name, purpose in PURPOSES.items():
        assert f"{name} {purpose}" in shown
