# SPDX-License-Identifier: MIT
"""Formats of libraries as backends: which URIs are theirs, and the specs of these."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ...limits import Limits
from ..axes import StoredAxes, split_meaning
from ..backend import OneStackPerFile, refuse_axis
from ..choices import Choices
from ..names import short_names
from ..pixel_checks import DAMAGED
from ..regular_file import absolute
from ..uris import UriMeaning
from .base import LibraryFormat
from .image import LibraryImageSpec, read_image
from .source import LibrarySpec, open_library_file


class LibraryBackend(OneStackPerFile):
    """A format that a library reads, each file of it one stack or one image."""

    def __init__(self, of: type[LibraryFormat]) -> None:
        self.of = of
        self.name: str = of.name
        self.endings: tuple[str, ...] = of.endings

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

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the stack of a file, or the stacks along an axis of it."""
        (meaning,) = super().expand(meanings, text, plain=plain)
        return self.split(meaning)

    def split(self, meaning: UriMeaning, asked: int | None = None) -> list[UriMeaning]:
        """Return the stacks that a file, or an array in it, holds; itself where that is one.

        Parameters
        ----------
        meaning : UriMeaning
        asked : int, optional
            The axis that counts stacks; else the one that the caller wants.
        """
        if meaning.series is not None:
            raise ValueError(
                f"series= is for files of several series, as TIFF has them: not {self.name} files"
            )
        asked = self.choices.stacks_axis if asked is None else asked
        axes = self._axes(meaning) if self.of.many_axes else None
        if axes is None:
            axes = StoredAxes((1, 1, 1), (None,) * 3)  # what is wrong with the file is told when it is opened
            return [meaning] if meaning.stacks_axis is None else split_meaning(meaning, axes, asked)
        return split_meaning(meaning, axes, asked)

    def _axes(self, meaning: UriMeaning) -> StoredAxes | None:
        """Return the axes of a file; None where it cannot be opened."""
        try:
            _, file = open_library_file(self.of, absolute(meaning.file), meaning.path, Limits())
        except (*DAMAGED, ImportError, MemoryError):
            return None
        try:
            shape, names, labels = file.shape, file.axis_names, file.labels
        finally:
            file.close()
        named = names if names is not None and len(names) == len(shape) else (None,) * len(shape)
        return StoredAxes(shape, named, lambda _: labels)

    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return the name of the format, unless an axis of the file counts stacks."""
        found = self.expand(meanings, "", plain=True)
        return "" if found[0].label else super().names_one(meanings)

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
        """Return the URI itself, under the name of the file, if it can be opened as a stack; or those of its stacks."""
        found = self.expand(meanings, text, plain=True)
        self.spec(found[0], Limits()).open().close()
        if not found[0].label:
            return super().find(meanings, text)
        return dict(zip(short_names([each.named_path for each in found]), map(str, found), strict=True))

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> LibraryImageSpec:  # noqa: ARG002
        """Return the spec of a file of one image, or of a slice that leaves one."""
        refuse_axis(meaning)
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
        (meaning, *more) = self.expand(meanings, "", plain=False)
        if more:
            raise ValueError(f"it holds {1 + len(more)} stacks, not one image: name one image of them")
        return read_image(self.of, self.image_spec(meaning, limits, Choices())), meaning.path
