# SPDX-License-Identifier: MIT
"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ndreg_preeval.atomic_write import replacing, write_text
from tests.support.made_up_rankings import names_in


def test_new_file_has_ordinary_permissions(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "text\n")
    plain = tmp_path / "b.txt"
    plain.write_text("x")
    assert path.read_bytes() == b"text\n"
    assert path.stat().st_mode == plain.stat().st_mode


def test_existing_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o640)
    write_text(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
def test_error_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half():
        with replacing(path) as temporary, Path(temporary).open("w") as file:
            file.write("half")
            assert path.read_text() == "old"
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_link_stays_a_link(tmp_path):
    target = tmp_path / "folder" / "target.txt"
    target.parent.mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_device_is_written_directly(tmp_path):
    write_text("/dev/null", "gone")
    code = "from ndreg_preeval.atomic_write import write_text; write_text('/dev/stdout', 'text')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=True)
    assert done.stdout == b"text"
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_longest_possible_name(tmp_path):
    path = tmp_path / ("n" * 251 + ".txt")
    write_text(path, "x")
    assert path.read_text() == "x"


def test_lone_surrogates_are_escaped(tmp_path):
    write_text(tmp_path / "a", "\udc80é")
    assert (tmp_path / "a").read_bytes() == b"\\udc80\xc3\xa9"


def test_missing_folder_and_folder_as_file(tmp_path):
    with pytest.raises(FileNotFoundError) as found:
        write_text(tmp_path / "no" / "a.txt", "x")
    assert found.value.errno == errno.ENOENT
    assert found.value.filename == str(tmp_path / "no" / "a.txt")
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path, "x")
    assert names_in(tmp_path) == []
