# SPDX-License-Identifier: MIT
"""Lists of images by name, and of arrays between them: what they are, and the spec of each image."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH116

from __future__ import annotations

import os
import stat
import string
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...errors import shorten
from ..backend import FormatTable
from ..base import ImageSpec
from ..choices import AS_FOUND
from ..uris import UriMeaning, is_uri, parse_uri, uri_text

if TYPE_CHECKING:
    from ...options import Limits


_PLAIN: Final = frozenset(string.ascii_letters + string.digits + "._-/")
"""Characters that stand for themselves in every kind of URI."""


def lists_images(value: Any) -> bool:
    """Return whether a value is a list, tuple or array of images of which some are named by URIs."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "OUT" and any(is_uri(item) for item in value.ravel())
    named = hasattr(value, "_fields")  # what a format has for a stack may be a tuple with names
    return isinstance(value, (list, tuple)) and not named and any(map(is_uri, value))


def image_spec(item: Any, limits: Limits, formats: FormatTable) -> ImageSpec:
    """Return the spec of one image: of a URI, or of an object in memory."""
    if not is_uri(item):
        return formats.image_of_object(item)
    meanings = plain_meaning(item) or parse_uri(item)
    backend = formats.of(meanings)
    meaning = meanings[0]
    if len(meanings) > 1:
        # What is in the file tells which is meant; most URIs have one meaning.
        found = backend.expand(meanings, uri_text(item), plain=False)
        if len(found) > 1:
            raise ValueError(f"{shorten(uri_text(item))} holds {len(found)} stacks: name one image")
        meaning = found[0]
    if meaning.problem:
        raise ValueError(meaning.problem)
    return backend.image_spec(meaning, limits, AS_FOUND)


def plain_meaning(item: Any) -> list[UriMeaning]:
    """Return the meaning of a name or URI of a file that exists, if nothing in it could mean something else.

    It is that of `parse_uri`, which takes ten times as long.
    """
    text = item if type(item) is str else str(item) if isinstance(item, PurePath) else ""
    file, mark, path = text.partition("::")
    if not file or not _PLAIN.issuperset(file + path) or (mark and not path):
        return []
    try:
        regular = stat.S_ISREG(os.stat(file).st_mode)
    except (OSError, ValueError):
        return []
    return [UriMeaning(file, path)] if regular else []
