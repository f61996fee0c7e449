# SPDX-License-Identifier: MIT
"""What the project says of itself, in several files, is the same and true."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import ndreg_preeval

ROOT = Path(__file__).resolve().parents[2]
if not (ROOT / "CITATION.cff").is_file():
    pytest.skip("the tests lie apart from the sources", allow_module_level=True)

_spec = importlib.util.spec_from_file_location("absolute_links", ROOT / "tools" / "absolute_links.py")
assert _spec is not None
assert _spec.loader is not None
absolute_links = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(absolute_links)

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = PYPROJECT["project"]
CLASSIFIERS: list[str] = PROJECT["classifiers"]
README = (ROOT / "README.md").read_text()
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def cited(field: str) -> str | None:
    """Value of a field of the first level of CITATION.cff."""
    found = re.search(rf"^{field}: ([^#\n]+)", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    return None if found is None else found[1].strip()


def test_the_citation_is_of_this_version() -> None:
    assert cited("cff-version") == "1.2.0"
    assert cited("version") == ndreg_preeval.__version__
    assert cited("title") == PROJECT["name"]
    # What is compiled in has licences beside the project's own.
    assert cited("license") == PROJECT["license"].split(" AND ")[0]
    assert f"{cited('license')} License" in (ROOT / "LICENSE").read_text().splitlines()[0]
    assert cited("repository-code") == PROJECT.get("urls", {}).get("Source")


def test_authors_and_keywords_are_the_same() -> None:
    text = (ROOT / "CITATION.cff").read_text()
    authors = [author["name"] for author in PROJECT["authors"]]
    assert re.findall(r"^  - name: (.+)$", text, re.MULTILINE) == authors
    for author in authors:
        assert author in (ROOT / "LICENSE").read_text()
    listed = text[text.index("\nkeywords:") : text.index("\nreferences:")]
    assert re.findall(r"^  - (.+)$", listed, re.MULTILINE) == PROJECT["keywords"]


def test_classifiers_are_known_and_in_order() -> None:
    known = pytest.importorskip("trove_classifiers")
    assert not set(CLASSIFIERS) - known.classifiers
    assert sorted(CLASSIFIERS) == CLASSIFIERS
    assert not set(CLASSIFIERS) & set(known.deprecated_classifiers)


def test_classifiers_name_versions_that_wheels_are_built_for() -> None:
    found = re.findall(r"Python :: (3\.\d+)", " ".join(CLASSIFIERS))
    assert PROJECT["requires-python"] == f">={found[0]}"
    built = {
        f"3.{minor}"
        for minor in re.findall(r"cp3(\d+)-", " ".join(PYPROJECT["tool"]["cibuildwheel"]["build"]))
    }
    assert set(found) <= built


def test_no_page_has_an_address_of_the_project_before_pyproject() -> None:
    """There is one place for it: `[project.urls]`. Badges and links follow it."""
    if absolute_links.address((ROOT / "pyproject.toml").read_text()) is not None:
        assert absolute_links.with_absolute_links(README, PROJECT["urls"]["Source"]) == README
        return
    for page in PAGES:
        for link in re.findall(r"https?://[^\s)>\"'`]+", page.read_text()):
            assert "ndreg_preeval" not in link.replace("-", "_"), (page, link)
            assert "badge" not in link, (page, link)


def test_with_an_address_all_links_of_the_readme_are_absolute(tmp_path: Path) -> None:
    source = "https://code.example/people/ndreg_preeval"
    table = f'\n[project.urls]\nSource = "{source}/"\n'
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + table)
    (tmp_path / "README.md").write_text(README)
    assert absolute_links.main(tmp_path) == 0
    changed = (tmp_path / "README.md").read_text()
    assert f"]({source}/raw/HEAD/docs/demo.png)" in changed
    assert f"]({source}/blob/HEAD/docs/results.md)" in changed
    for target in re.findall(r"\]\(([^)\s]+)\)", changed):
        assert re.match(r"https://|#", target), target
    # Nothing but targets changed, each leads to a file of the project, and once is enough.
    assert re.sub(rf"{source}/(raw|blob)/HEAD/", "", changed) == README
    absolute_links.main(tmp_path)
    assert (tmp_path / "README.md").read_text() == changed


def test_without_an_address_the_readme_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    (tmp_path / "README.md").write_text(README)
    assert absolute_links.main(tmp_path) == 0
    assert (tmp_path / "README.md").read_text() == README
    assert "stay relative" in capsys.readouterr().out


def test_security_page_gives_no_invented_address_and_names_what_exists() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert not re.search(r"\S+@\S+\.\S+|https?://", text)
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / link).is_file()
    from ndreg_preeval.cli.main import make_parser

    assert make_parser().parse_args(["rank", "a.h5", "--isolate"]).isolate


def test_forms_ask_for_what_the_command_prints() -> None:
    if not (ROOT / ".github").is_dir():
        pytest.skip("a source distribution has no forms")
    forms = {file.stem: file.read_text() for file in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")}
    assert set(forms) == {"bug", "config", "new_format", "wrong_ranking"}
    from ndreg_preeval.cli.main import make_parser

    for command in re.findall(r"`ndreg-preeval (\w+)`", " ".join(forms.values())):
        assert make_parser().parse_args([command, *(["a.h5"] if command != "info" else [])])
    for name in ("bug", "wrong_ranking"):
        assert "`ndreg-preeval info`" in forms[name]
