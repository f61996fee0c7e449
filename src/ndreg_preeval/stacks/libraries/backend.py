# SPDX-License-Identifier: MIT
"""Formats of libraries as backends: which URIs are theirs, and the specs of these."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ...limits import Limits
from ..backend import OneStackPerFile
from ..choices import Choices
from ..regular_file import absolute
from ..uris import UriMeaning
from .base import LibraryFormat
from .image import LibraryImageSpec, read_image
from .source import LibrarySpec


class LibraryBackend(OneStackPerFile):
    """A format that a library reads, each file of it one stack or one image."""

    def __init__(self, of: type[LibraryFormat]) -> None:
        self.of = of
        self.name = of.name
        self.endings = of.endings

    def claims(self, meaning: UriMeaning) -> bool:
        """Return whether it names a file with one of the endings, or something in one that holds several."""
        return super().claims(meaning.at("") if self.of.has_paths else meaning)

    @staticmethod
    def location(meaning: UriMeaning) -> str:
        """Return the URI of a stack, for its spec."""
        return str(meaning) if meaning.path else OneStackPerFile.location(meaning)

    def begins(self, head: bytes) -> bool:
        """Return whether a file that begins like this is of this format."""
        return self.of.begins(head)

    def spec(self, meaning: UriMeaning, limits: Limits) -> LibrarySpec:
        """Return the spec of a file, or of a slice of it."""
        return LibrarySpec(
            self.of.name,
            absolute(meaning.file),
            limits,
            meaning.indices,
            self.location(meaning),
            Choices(meaning.image_axis),
            meaning.path,
        )

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the URI itself, under the name of the file, if it can be opened as a stack."""
        (meaning,) = self.expand(meanings, text, plain=True)
        self.spec(meaning, Limits()).open().close()
        return super().find(meanings, text)

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> LibraryImageSpec:  # noqa: ARG002
        """Return the spec of a file of one image, or of a slice that leaves one."""
        return LibraryImageSpec(
            self.of.name,
            absolute(meaning.file),
            limits,
            meaning.indices,
            self.location(meaning),
            meaning.path,
        )

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:
        """Return the pixels of a file of one image, or of a slice that leaves one."""
        (meaning,) = self.expand(meanings, "", plain=False)
        return read_image(self.of, self.image_spec(meaning, limits, Choices())), meaning.path
