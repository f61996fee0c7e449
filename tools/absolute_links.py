# SPDX-License-Identifier: MIT
"""Links and pictures of README.md for where it is shown alone, as on PyPI: absolute, by the address in pyproject.toml.

Without an address there (`[project.urls]`, `Source`) nothing is changed. Addresses have the form that GitHub gives
them; they lead to the newest commit.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

LINK: Final = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")

ELSEWHERE: Final = re.compile(r"[a-z]+:|#")
"""Beginnings of targets that are absolute, or on the page itself."""


def address(pyproject: str) -> str | None:
    """Return where the sources are, by the text of pyproject.toml; None as long as it does not say."""
    urls = tomllib.loads(pyproject)["project"].get("urls", {})
    found = urls.get("Source")
    return None if found is None else str(found).rstrip("/")


def with_absolute_links(text: str, source: str) -> str:
    """Return a page of the project's first folder with all its links absolute."""

    def absolute(link: re.Match[str]) -> str:
        target = link["target"]
        if ELSEWHERE.match(target):
            return link[0]
        kind = "raw" if link["picture"] else "blob"
        return f"{link['picture']}[{link['text']}]({source}/{kind}/HEAD/{target})"

    return LINK.sub(absolute, text)


def main(root: Path = ROOT) -> int:
    """Rewrite README.md and say what was done."""
    source = address((root / "pyproject.toml").read_text())
    if source is None:
        print("pyproject.toml has no [project.urls] with Source: links of README.md stay relative")
        return 0
    readme = root / "README.md"
    before = readme.read_text()
    after = with_absolute_links(before, source)
    readme.write_text(after)
    print(f"README.md: links lead to {source}" if after != before else "README.md: all links were absolute")
    return 0


if __name__ == "__main__":
    sys.exit(main())
