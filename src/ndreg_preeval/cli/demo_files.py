# SPDX-License-Identifier: MIT
"""Files that `demo` made before: it replaces these unasked, and no others."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, Final

from .demo import CREATOR, ELEMENTS

FIGURE_TITLE: Final = "Demo of ndreg_preeval: ranking"
"""Title in the metadata of the figure, which png, svg and pdf have."""

IMAGE_STARTS: Final = (b"\x89PNG", b"<?xml", b"%PDF")

SEARCHED: Final = 1 << 16
"""Number of bytes at either end of a file within which its title is looked for."""

OWN_NAMES: Final = {
    "/": {"entry"},
    "/entry": {"title", "fit"},
    "/entry/fit": {"program", "results"},
    "/entry/fit/results": {"energy", "y", "x", *(element.name for element in ELEMENTS)},
}
"""Names in a demo file. With anything else in it, a ranking for one, it has become somebody's own."""


def is_demo_data(path: str) -> bool:
    """Return whether `demo` made this HDF5 file, and nobody has added to it since."""
    from ..stacks import open_file

    if not _is_regular(path):
        return False
    try:
        with open_file(path) as file:
            return file.attrs.get("creator") == CREATOR and all(
                set(file[group]) == names for group, names in OWN_NAMES.items()
            )
    except (OSError, KeyError, TypeError, ValueError, RuntimeError):
        return False


def is_demo_figure(path: str) -> bool:
    """Return whether `demo` drew this figure; only png, svg and pdf tell."""
    if not _is_regular(path):
        return False
    try:
        with Path(path).open("rb") as file:
            head = file.read(SEARCHED)
            file.seek(max(0, os.fstat(file.fileno()).st_size - SEARCHED))
            tail: Any = file.read(SEARCHED)
    except OSError:
        return False
    return head.startswith(IMAGE_STARTS) and FIGURE_TITLE.encode() in head + b"\0" + tail


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False
