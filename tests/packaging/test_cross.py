# SPDX-License-Identifier: MIT
"""What `nox -s cross` and `nox -s emulated` are made of, without a compiler; the wheels they check themselves."""

from __future__ import annotations

import platform
import re
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.programs import ROOT, load

cross = load("cross")
interpreters = load("interpreters")
emulated = load("emulated")
wheel_contents = load("wheel_contents")

VERSION = "{}.{}".format(*sys.version_info[:2])


def name(tags: str) -> str:
    return f"ndreg_preeval-0.1.0-cp313-cp313-{tags}.whl"


@pytest.mark.parametrize(
    ("target", "tags"),
    [
        ("manylinux-x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("manylinux-aarch64", "manylinux_2_17_aarch64.manylinux2014_aarch64"),
        ("manylinux-aarch64", "manylinux_2_27_aarch64.manylinux_2_28_aarch64"),
        ("musllinux-x86_64", "musllinux_1_1_x86_64"),
        ("musllinux-x86_64", "musllinux_1_2_x86_64"),
    ],
)
def test_old_enough(target: str, tags: str) -> None:
    cross.check_tags(name(tags), cross.TARGETS[target])


@pytest.mark.parametrize(
    ("target", "tags"),
    [
        ("manylinux-x86_64", "manylinux_2_28_x86_64"),  # newer than was asked for
        ("manylinux-aarch64", "manylinux_2_34_aarch64"),
        ("manylinux-aarch64", "manylinux_2_17_x86_64"),  # another processor
        ("manylinux-x86_64", "musllinux_1_1_x86_64"),  # another C library
        ("musllinux-x86_64", "manylinux_2_17_x86_64"),
        ("musllinux-x86_64", "linux_x86_64"),  # not repaired
    ],
)
def test_not_for_the_nodes_that_were_asked_for(target: str, tags: str) -> None:
    with pytest.raises(SystemExit, match=re.escape(tags)):
        cross.check_tags(name(tags), cross.TARGETS[target])


def test_versions_are_those_that_are_published() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["cibuildwheel"]
    assert settings["build"] == [f"cp{version.replace('.', '')}-*" for version in cross.PYTHONS]
    assert set(interpreters.SUITES) <= set(cross.PYTHONS)
    assert emulated.CORE_VERSION in interpreters.SUITES


def test_an_installed_interpreter_is_taken_where_it_has_headers(tmp_path: Path) -> None:
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        pytest.skip("this Python has no headers")
    python = interpreters.obtain(VERSION, tmp_path)
    assert list(tmp_path.iterdir()) == [], "nothing had to be unpacked"
    folder = interpreters.headers(python, tmp_path)
    assert (folder / "Python.h").is_file()
    config = (folder / "pyconfig.h").read_text()
    assert "SIZEOF_VOID_P" in config
    assert not re.search(r"#\s*include\s+<\w+-linux-gnu/", config), "for one target only"


def test_headers_of_debian_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, pyconfig.h chooses by the target among files of which one is installed."""
    include = tmp_path / "usr" / "include"
    (include / "python3.14").mkdir(parents=True)
    (include / "python3.14" / "Python.h").touch()
    (include / "python3.14" / "pyconfig.h").write_text("#  include <x86_64-linux-gnu/python3.14/pyconfig.h>")
    (include / "x86_64-linux-gnu" / "python3.14").mkdir(parents=True)
    (include / "x86_64-linux-gnu" / "python3.14" / "pyconfig.h").write_text("#define SIZEOF_VOID_P 8")
    facts = {
        "version": "3.14",
        "include": str(include / "python3.14"),
        "config": str(include / "x86_64-linux-gnu" / "python3.14" / "pyconfig.h"),
    }
    monkeypatch.setattr(interpreters, "_facts", lambda python: facts)
    folder = interpreters.headers(Path("python"), tmp_path / "copies")
    assert (folder / "pyconfig.h").read_text() == "#define SIZEOF_VOID_P 8"
    assert (folder / "Python.h").is_file()


def test_a_version_that_cannot_be_had_is_an_error(tmp_path: Path) -> None:
    """Not left out: who did not ask for less gets all, or is told."""
    with pytest.raises(SystemExit, match=r"no CPython 3\.99 .*--python"):
        interpreters.obtain("3.99", tmp_path)


def test_a_machine_without_the_tools_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match=r"apt-get install g\+\+-s390x-linux-gnu qemu-user-static"):
        emulated.needed("s390x")


@pytest.mark.skipif(not interpreters.debian.reachable(), reason="apt-get or Debian's keys are missing")
def test_apt_is_kept_in_a_folder(tmp_path: Path) -> None:
    options = interpreters.debian._private_apt("trixie", "arm64", tmp_path)
    assert all(word == "-o" or "=" in word for word in options)
    paths = [word.split("=")[1] for word in options if word.startswith("Dir::")]
    assert len(paths) == 6
    assert all(Path(path).is_relative_to(tmp_path) and Path(path).exists() for path in paths)


def test_a_wheel_without_the_library_has_none_of_its_files(tmp_path: Path) -> None:
    wheel = tmp_path / name("linux_aarch64")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("ndreg_preeval/lib/libndreg_preeval.a", "")
        archive.writestr("ndreg_preeval/include/ndreg_preeval/ndreg_preeval.h", "")
        archive.writestr("ndreg_preeval-0.1.0.dist-info/METADATA", "License-Expression: MIT\n\n")
    with pytest.raises(ValueError, match="of no use without a library") as caught:
        wheel_contents.check_contents(wheel, library=False)
    assert str(caught.value).count("of no use") == 2
    with pytest.raises(ValueError, match="missing: include/") as caught:
        wheel_contents.check_contents(wheel)
    assert "of no use" not in str(caught.value)


def test_wheels_of_this_machine_are_tried() -> None:
    here = {target.machine for target in cross.TARGETS.values() if cross.runs_here(target)}
    assert here <= {platform.machine()}
