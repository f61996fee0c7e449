# SPDX-License-Identifier: MIT
"""What is said where the compiled module is missing, or cannot be loaded."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import ndreg_preeval
from ndreg_preeval import core

WANTED = "_core" + EXTENSION_SUFFIXES[0]
# Without `site`, whose hooks know where an editable package is.
IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
try:
    import ndreg_preeval
except ImportError as error:
    print(type(error).__name__, error.name)
    print(error)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package's first two modules, without a compiled one."""
    folder = tmp_path / "somewhere" / "ndreg_preeval"
    folder.mkdir(parents=True)
    for module in (ndreg_preeval, core):
        shutil.copy(str(module.__file__), folder)
    return folder


def said(root: Path) -> tuple[str, str]:
    """Class and name of the error that the import ends with, and its message."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", IMPORT, str(root)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root.parent,
    )
    assert done.stderr == ""
    kind, _, message = done.stdout.partition("\n")
    return kind, message


FOREIGN = [
    "_core.cpython-313-aarch64-linux-gnu.so",
    "_core.cpython-311-x86_64-linux-musl.so",
    "_core.cpython-310-x86_64-linux-gnu.so",
    "_core.cpython-314t-darwin.so",
    "_core.pypy311-pp73-x86_64-linux-gnu.so",
    "_core.cp312-win_amd64.pyd",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_made_for_another_python_or_platform(package: Path, name: str) -> None:
    shutil.copy(core.FILE, package / name)
    (package / "_core.pyi").touch()
    kind, message = said(package.parent)
    assert kind == "ModuleNotFoundError ndreg_preeval._core"
    for part in (WANTED, str(package), name, platform.python_version(), sys.executable, "--force-reinstall"):
        assert part in message
    assert "_core.pyi" not in message
    assert "another Python or for another processor" in message


def test_all_that_are_there_are_named(package: Path) -> None:
    for name in FOREIGN:
        (package / name).touch()
    message = said(package.parent)[1]
    assert ", ".join(sorted(FOREIGN)) in message


def test_none_at_all(package: Path) -> None:
    kind, message = said(package.parent)
    assert kind == "ModuleNotFoundError ndreg_preeval._core"
    assert WANTED in message
    assert f"{package}, where there is none" in message
    assert "not complete" in message


def test_a_link_to_nothing(package: Path) -> None:
    (package / WANTED).symlink_to(package / "gone.so")
    assert f"{WANTED} (a link to nothing)" in said(package.parent)[1]


def test_the_source_tree(package: Path) -> None:
    (package / "_bindings").mkdir()
    message = said(package.parent)[1]
    assert "source tree" in message
    assert "install -e ." in message


def test_in_an_archive(package: Path, tmp_path: Path) -> None:
    archive = tmp_path / "wheel.whl"
    with zipfile.ZipFile(archive, "w") as file:
        for module in package.iterdir():
            file.write(module, f"ndreg_preeval/{module.name}")
        file.write(core.FILE, f"ndreg_preeval/{WANTED}")
    kind, message = said(archive)
    assert kind == "ModuleNotFoundError ndreg_preeval._core"
    assert "archive" in message


@pytest.mark.skipif(sys.platform != "linux", reason="loaders of other systems have other words")
class TestNotLoadable:
    """The loader's own words come first."""

    @pytest.mark.parametrize(("content", "hint"), [(b"", "damaged"), (b"#!/bin/sh\n" * 1000, "damaged")])
    def test_damaged(self, package: Path, content: bytes, hint: str) -> None:
        (package / WANTED).write_bytes(content)
        kind, message = said(package.parent)
        assert kind == "ImportError ndreg_preeval._core"
        assert str(package / WANTED) in message.splitlines()[0]
        assert hint in message

    @pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no versions")
    def test_for_a_later_c_library(self, package: Path) -> None:
        module = Path(core.FILE).read_bytes()
        for old in set(re.findall(rb"GLIBC_2\.[0-9]+", module)):
            module = module.replace(old + b"\0", old.replace(b"_2", b"_9") + b"\0")
        (package / WANTED).write_bytes(module)
        kind, message = said(package.parent)
        assert kind == "ImportError ndreg_preeval._core"
        assert "version `GLIBC_9." in message.splitlines()[0]
        assert "C library of this system is older" in message
        assert "--no-binary ndreg_preeval" in message

    def test_made_for_another_python_under_this_ones_name(self, package: Path) -> None:
        module = Path(core.FILE).read_bytes()
        (package / WANTED).write_bytes(module.replace(b"\0PyInit__core\0", b"\0PyInit__gone\0"))
        kind, message = said(package.parent)
        assert kind.startswith("ImportError")
        assert "PyInit__core" in message
        assert "pip install" not in message  # nothing is known of it: as Python says it

    def test_a_library_that_is_not_there(self, package: Path) -> None:
        module = Path(core.FILE).read_bytes()
        assert b"libstdc++.so.6\0" in module or b"libc.so.6\0" in module
        for name in (b"libstdc++.so.6\0", b"libgcc_s.so.1\0"):
            module = module.replace(name, name.replace(b".so", b".xo"))
        if b".xo" not in module:
            module = module.replace(b"libc.so.6\0", b"libc.xo.6\0")
        (package / WANTED).write_bytes(module)
        message = said(package.parent)[1]
        assert ".xo." in message.splitlines()[0]
        assert "is not on this system" in message


def test_where_all_is_well_nothing_is_looked_for() -> None:
    assert core.why_not_loaded("a message that nobody knows") == ""
    assert core.explained(ImportError("other")).args == ("other",)
