# SPDX-License-Identifier: MIT
from __future__ import annotations

from pathlib import Path

import pytest

from ndreg_preeval import _core, core
from ndreg_preeval.installation import build_info


def test_build_config_adds_to_what_the_core_says() -> None:
    facts = build_info.build_config()
    assert facts.items() >= _core.build_config().items()
    assert facts["isa"] in facts["isas"]
    assert 1 <= facts["default_threads"] <= facts["usable_cpus"]


def test_folders_hold_what_they_promise() -> None:
    assert (Path(build_info.get_include()) / "ndreg_preeval" / "ndreg_preeval.hpp").is_file()
    assert (Path(build_info.get_cmake_dir()) / "ndreg_preeval-config.cmake").is_file()
    assert (Path(build_info.get_pkgconfig_dir()) / "ndreg_preeval.pc").is_file()


def test_missing_files_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build_info, "_PACKAGE", tmp_path)
    monkeypatch.setattr(core, "FILE", str(tmp_path / "_core.so"))
    with pytest.raises(FileNotFoundError, match=r"lacks C\+\+ headers.*include"):
        build_info.get_include()
    with pytest.raises(FileNotFoundError, match="lacks the CMake package"):
        build_info.get_cmake_dir()
    with pytest.raises(FileNotFoundError, match="lacks the pkg-config file"):
        build_info.get_pkgconfig_dir()
