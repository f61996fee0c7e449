# SPDX-License-Identifier: MIT
"""One version number: the header's."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import ndreg_preeval

HEADER = Path(__file__).resolve().parents[2] / "cpp/include/ndreg_preeval/version.hpp"


def test_header_package_and_module_agree() -> None:
    text = HEADER.read_text()
    version = re.search(r'VERSION "([^"]+)"', text)
    assert version is not None
    parts = re.findall(r"VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text)
    assert ".".join(parts) == version[1]
    assert ndreg_preeval.__version__ == version[1]
    assert ndreg_preeval.build_config()["version"] == version[1]
    assert importlib.metadata.version("ndreg_preeval") == version[1]


def test_changelog_begins_with_this_version() -> None:
    changelog = HEADER.parents[3] / "CHANGELOG.md"
    first = re.search(r"^## (\S+)", changelog.read_text(), re.MULTILINE)
    assert first is not None
    assert first[1] == ndreg_preeval.__version__
