# SPDX-License-Identifier: MIT
"""DM files as a backend: one of several stacks stands for all of them where it is given alone."""

from __future__ import annotations

from ...uris import UriMeaning, format_uri
from ..backend import LibraryBackend
from .formats import DmFormat, stacks_in


class DmBackend(LibraryBackend):
    """DM3 and DM4 files, each of them one stack, or several that have names."""

    def __init__(self) -> None:
        super().__init__(DmFormat)

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the stack; as a whole argument, or in a list, all stacks of a file of several."""
        found = super().expand(meanings, text, plain=plain)
        if not plain or meanings[0].path:
            return found
        paths = self._paths(meanings[0].file)
        return [each.at(path) for path in paths for each in found] if len(paths) > 1 else found

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return the name of the format, unless the file holds several stacks."""
        several = not meanings[0].path and len(self._paths(meanings[0].file)) > 1
        return "" if several else super().names_one(meanings)

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the stacks of a file by their names; the file itself where it is one."""
        meaning = meanings[0]
        if meaning.path:
            return {meaning.path.strip("/"): text}
        paths = self._paths(meaning.file)
        if len(paths) < 2:
            return super().find(meanings, text)
        uris = [format_uri(meaning.file, path, meaning.indices, meaning.image_axis) for path in paths]
        return dict(zip(paths, uris, strict=True))

    @staticmethod
    def _paths(file: str) -> list[str]:
        """Names of the stacks in a file; none where it cannot be read, which opening it will tell."""
        try:
            return stacks_in(file)
        except (OSError, ValueError, ImportError, TypeError):
            return []
