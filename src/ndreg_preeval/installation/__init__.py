# SPDX-License-Identifier: MIT
"""This installation: its build, the folders of its headers, and other libraries with what they bring."""

from __future__ import annotations

from .build_info import build_config, get_cmake_dir, get_include, get_pkgconfig_dir
from .libraries import EXTRAS, LIBRARIES, Library, how_to_get, install_command, state_of

__all__ = [
    "EXTRAS",
    "LIBRARIES",
    "Library",
    "build_config",
    "get_cmake_dir",
    "get_include",
    "get_pkgconfig_dir",
    "how_to_get",
    "install_command",
    "state_of",
]
