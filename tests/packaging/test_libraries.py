# SPDX-License-Identifier: MIT
"""The table of other libraries: the extras of pyproject.toml, and what is said of broken installations."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ndreg_preeval.cli.main import main
from ndreg_preeval.installation import EXTRAS, LIBRARIES, Library, how_to_get, install_command, state_of
from tests.support.programs import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OWN = re.compile(r"ndreg_preeval\[([^]]+)\]")
FOR_DEVELOPERS = {"bench", "test"}


def brought_by(requirements: list[str]) -> set[str]:
    names = (re.match(r"[\w.-]+", each) for each in requirements if not OWN.match(each))
    return {name[0].lower().replace("_", "-") for name in names if name}


def test_the_extras_are_those_of_the_project() -> None:
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"])
    for extra, requirements in PROJECT["optional-dependencies"].items():
        if extra not in FOR_DEVELOPERS:
            listed = {each.distribution for each in LIBRARIES if extra in each.extras}
            assert listed == brought_by(requirements), extra
    known = {extra for each in LIBRARIES for extra in each.extras}
    assert known == set(EXTRAS) - FOR_DEVELOPERS - {"all"}
    (everything,) = PROJECT["optional-dependencies"]["all"]
    found = OWN.match(everything)
    assert found
    *most, last = found[1].split(",")
    assert EXTRAS["all"] == f"{', '.join(most)} and {last}"


def test_what_is_needed_is_what_the_project_needs() -> None:
    needed = {each.distribution for each in LIBRARIES if each.needed}
    assert needed == brought_by(PROJECT["dependencies"])


def test_nothing_is_imported_to_find_out() -> None:
    code = (
        "import sys; from ndreg_preeval.installation import LIBRARIES, state_of; before = set(sys.modules)\n"
        "said = [str(state_of(each)) for each in LIBRARIES]\n"
        "tops = {each.module.partition('.')[0] for each in LIBRARIES}\n"
        "print({name for name in set(sys.modules) - before if name.partition('.')[0] in tops})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=True)
    assert done.stdout.strip() == b"set()"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def metadata(place: Path, text: str) -> None:
    folder = place / "madeup-1.5.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(text)


MADE_UP = Library("madeup", "madeup", "nothing", ("plot",))


def test_states(place: Path) -> None:
    assert str(state_of(MADE_UP)) == "not installed"
    (place / "madeup").mkdir()  # a folder of somebody who has one of that name
    assert not state_of(MADE_UP).found
    (place / "madeup" / "__init__.py").write_text("raise RuntimeError('imported')")
    assert str(state_of(MADE_UP)) == "of unknown version"
    metadata(place, "Metadata-Version: 2.1\nName: madeup\nVersion: 1.5\n")
    assert state_of(MADE_UP) == (True, "1.5", "")


def test_metadata_without_module(place: Path) -> None:
    metadata(place, "Metadata-Version: 2.1\nName: madeup\nVersion: 1.5\n")
    assert not state_of(MADE_UP).found
    assert str(state_of(MADE_UP)) == "broken: 1.5 without its files, install it again"


@pytest.mark.parametrize("text", ["", "Name: madeup\n", "\0\0\xff"])
def test_damaged_metadata(place: Path, text: str) -> None:
    metadata(place, text)
    (place / "madeup.py").touch()
    assert state_of(MADE_UP).found
    assert str(state_of(MADE_UP)) == "of unknown version"


def test_whatever_finders_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, *_: object) -> None:
            raise RuntimeError("broken")

    monkeypatch.setattr(sys, "meta_path", [Finder()])
    assert str(state_of(MADE_UP)) == "not installed"
    monkeypatch.setattr(importlib.metadata, "version", lambda _: None)
    assert "broken" in str(state_of(MADE_UP))


def test_ways_out() -> None:
    assert how_to_get("matplotlib") == 'pip install matplotlib, or the extra "plot"'
    assert how_to_get("tifffile", "imagecodecs") == 'pip install tifffile imagecodecs, or the extra "tiff"'
    assert how_to_get("fabio") == "pip install fabio"
    assert install_command("decode") == 'pip install "ndreg_preeval[decode]"'


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_info_fits_the_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ndreg_preeval.cli.info as module

    missing = LIBRARIES[6]._replace(distribution="madeup", module="madeup")
    monkeypatch.setattr(module, "LIBRARIES", (*LIBRARIES, missing))
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["info"]) == 0
    out = capsys.readouterr().out
    # Paths stay whole, to be copied.
    assert not [line for line in out.splitlines() if len(line) > width and len(line.split()) > 2]
    assert out.count('pip install "ndreg_preeval[plot]"') == 2  # whole, to be copied
    text = " ".join(out.split())
    for library in LIBRARIES:
        assert library.distribution in text
        assert library.brings in text
    for extra, purpose in EXTRAS.items():
        assert f"{extra} {purpose}" in text
    assert '- madeup figures: --plot, Ranking.plot (not installed); pip install "ndreg_preeval[plot]"' in text


def test_info_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["extras"] == EXTRAS
    listed = {each["name"]: each for each in found["libraries"]}
    assert set(listed) == {each.distribution for each in LIBRARIES}
    assert listed["numpy"]["version"] == importlib.metadata.version("numpy")
    assert listed["numpy"]["found"]
    assert listed["imagecodecs"]["extras"] == ["decode", "tiff"]
