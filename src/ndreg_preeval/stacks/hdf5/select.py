# SPDX-License-Identifier: MIT
"""Of the readings of a URI, the one that names something that is there."""

from __future__ import annotations

from typing import Any

from ...errors import name_error, shorten
from ..uris import Reading
from .locate import Files, locate


def select_reading(readings: list[Reading], files: Files) -> tuple[Reading, Any]:
    """Return the first reading whose group or dataset exists, and that object.

    Parameters
    ----------
    readings : list of Reading
        As `parse_uri` gives them.
    files : Files
        Where the file is opened.

    Raises
    ------
    OSError, KeyError, ValueError
        What is wrong with the first reading; names the other readings that were tried.
    """
    failure: Exception | None = None
    tried: list[str] = []
    for reading in readings:
        try:
            root = files.open(reading.file)["/"]
            if reading.problem:
                # Checked after the file: that it is missing is the better message.
                raise ValueError(reading.problem)
            return reading, locate(files, root, "/" + reading.path)
        except (OSError, KeyError, ValueError) as error:
            tried.append(shorten(str(reading), 300))
            failure = failure or error
    assert failure is not None
    meanings = list(dict.fromkeys(tried))
    if len(meanings) > 1:
        name_error(failure, f"read as {' or as '.join(meanings[:3])}")
    raise failure
