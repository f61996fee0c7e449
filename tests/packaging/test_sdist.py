# SPDX-License-Identifier: MIT
"""The source distribution: whole, clean, and the same bytes whoever makes it when."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytest.importorskip("scikit_build_core", reason="scikit-build-core, which makes it, is missing")

ROOT = Path(__file__).resolve().parents[2]
# Built, measured or kept by programs: never in a source distribution.
UNWANTED = {"build", "dist", "__pycache__", ".git", ".nox", ".venv", ".mypy_cache", ".ruff_cache"}
# For the repository only.
LEFT_OUT = (".ci/", ".github/", "benchmarks/results/")

pytestmark = pytest.mark.skipif(
    not (ROOT / "cpp" / "CMakeLists.txt").is_file(), reason="the tests lie apart from the sources"
)


def make_sdist(sources: Path, folder: Path, umask: int = 0o022) -> Path:
    """What a build front end would get, from the back end itself."""
    folder.mkdir()
    code = "import os, sys; os.umask(int(sys.argv[2])); from scikit_build_core.build import build_sdist as b; print(b(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(umask)],
        cwd=sources,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


def copy_sources(folder: Path, umask: int) -> Path:
    """Another checkout: other times and modes of files, other order of making them."""
    before = os.umask(umask)
    try:
        for file in reversed(committed()):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, folder / file)
    finally:
        os.umask(before)
    return folder


def committed() -> list[str]:
    """Files that belong to the project, as git says, or, without it, as they lie here."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and "pyproject.toml" in listed.stdout:
        return sorted(name for name in listed.stdout.split("\0") if (ROOT / name).is_file())
    pytest.skip("this is no git checkout: nothing says what belongs to the project")


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tarfile.TarInfo]:
    """What is inside, by the name below the only folder."""
    file = make_sdist(ROOT, tmp_path_factory.mktemp("sdist") / "once")
    with tarfile.open(file) as archive:
        found = {member.name: member for member in archive.getmembers() if not member.isdir()}
    folder = file.name.removesuffix(".tar.gz")
    assert all(name.startswith(f"{folder}/") for name in found)
    return {name.removeprefix(f"{folder}/"): member for name, member in found.items()}


def test_everything_is_inside(members: dict[str, tarfile.TarInfo]) -> None:
    expected = {name for name in committed() if not name.startswith(LEFT_OUT)}
    assert {"third_party/pocketfft/pocketfft.cmake", "cpp/src/scoring/scorer.cpp", "LICENSE"} <= expected
    assert not expected - members.keys()


def test_nothing_else_is_inside(members: dict[str, tarfile.TarInfo]) -> None:
    assert members.keys() - set(committed()) == {"PKG-INFO"}
    for name, member in members.items():
        assert not UNWANTED & set(name.split("/")), name
        assert member.isreg(), f"{name} is a link or a device"


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    """From two checkouts of the same files, whatever their times and modes."""
    digests = set()
    for number, umask in enumerate((0o022, 0o077)):
        sources = copy_sources(tmp_path / f"sources{number}", umask)
        os.utime(sources / "pyproject.toml", (number, number))
        file = make_sdist(sources, tmp_path / f"dist{number}", umask)
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1
