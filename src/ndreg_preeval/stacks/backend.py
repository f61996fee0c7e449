# SPDX-License-Identifier: MIT
"""Storage formats: the URIs that are their own, the stacks these stand for, and their specs."""

# Names of files are taken as they come: Path would drop "./" and resolve "..", which links can change.
# ruff: noqa: PTH119, PTH122

from __future__ import annotations

import abc
import os
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from numpy.typing import NDArray

from .choices import AS_FOUND, Choices
from .regular_file import check_regular_file
from .uris import UriMeaning

if TYPE_CHECKING:
    from ..options import Limits
    from .base import ImageSpec, StackSpec


class Backend(abc.ABC):
    """A storage format. It may keep files open between questions, until it is closed."""

    one_per_file: ClassVar[bool] = False
    """Whether a file is one stack, and has no paths within."""
    choices: Choices = AS_FOUND
    """How stacks are to be read: what a URI stands for may depend on it."""

    @abc.abstractmethod
    def claims(self, meaning: UriMeaning) -> bool:
        """Return whether a URI, by its likeliest meaning, is of this format; no file is opened for that."""

    def begins(self, head: bytes) -> bool:  # noqa: ARG002
        """Return whether a file that no format claims by its name begins as those of this one."""
        return False

    @abc.abstractmethod
    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:
        """Return the stacks that a URI stands for, at least one.

        Parameters
        ----------
        meanings : list of UriMeaning
            The likeliest first, which this format claims.
        text : str
            The URI as its user knows it.
        plain : bool
            Whether whole files count, and whatever may be a stack where a group does not say.

        Raises
        ------
        ValueError, KeyError, OSError
            When there is none; names what is wrong with the likeliest meaning.
        """

    @abc.abstractmethod
    def spec(self, meaning: UriMeaning, limits: Limits) -> StackSpec:
        """Return the spec of one of the stacks that `expand` gave."""

    @abc.abstractmethod
    def names_one(self, meanings: list[UriMeaning]) -> str:
        """Return what a URI names that can only be one stack, in words; "" for a group."""

    @abc.abstractmethod
    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the stacks below a URI as `find_stacks` does."""

    def image(self, meanings: list[UriMeaning], limits: Limits) -> tuple[NDArray[Any], str]:  # noqa: ARG002
        """Return one image, and the name of its dataset if it has one; raises as `expand`, and TypeError."""
        raise ValueError("files of this format are not read as one image")

    def image_spec(self, meaning: UriMeaning, limits: Limits, choices: Choices) -> ImageSpec:  # noqa: ARG002
        """Return the spec of one image of a stack that is made of files; nothing is opened."""
        raise ValueError("files of this format are not read as images of a stack")

    def paths_like(self, file: str, pattern: str) -> list[str]:  # noqa: ARG002
        """Return the paths in a file that a pattern means, in any order; "" where the format has none.

        Parameters
        ----------
        file : str
        pattern : str
            A path whose components hold ``*``, ``?`` and ``[...]``, each within one component. A component
            that exists as it is written means itself. Names that wildcards find are those of datasets that
            may hold an image, or of groups where the pattern ends in a slash.

        Raises
        ------
        OSError
            When the file cannot be read.
        """
        return []

    def has_folder(self, folder: str) -> bool:  # noqa: ARG002
        """Return whether a folder is a store of this format, rather than a folder of files."""
        return False

    def images_of(self, meaning: UriMeaning) -> tuple[list[UriMeaning], str] | None:  # noqa: ARG002
        """Return the images that one of the stacks that `expand` gave is made of, and a note; None for any other."""
        return None

    def images_within(self, meaning: UriMeaning) -> dict[str, UriMeaning]:  # noqa: ARG002
        """Return the single images in a file or group, or of a dataset, that are stacks over several files like it.

        By name; none where the format has one image in a file.
        """
        return {}

    def object_spec(self, value: Any, limits: Limits) -> StackSpec | None:  # noqa: ARG002
        """Return the spec of an object of this format that the caller has open; None if it is none."""
        return None

    def stacks_of(self, value: Any) -> dict[str, Any] | None:  # noqa: ARG002
        """Return the stacks of a mapping of this format by name; None if it is none, or holds none."""
        return None

    def close(self) -> None:  # noqa: B027 - most keep nothing open
        """Close what is open; safe to call twice."""


class FormatTable(Protocol):
    """The table of formats, as those know it whom it must not import: they are handed it."""

    def of(self, meanings: list[UriMeaning]) -> Backend:
        """Return the format of a URI."""
        ...

    def has_folder(self, folder: str) -> bool:
        """Return whether a folder is a store of one of the formats."""
        ...

    def image_of_object(self, value: Any) -> ImageSpec:
        """Return the spec of one image that the caller holds."""
        ...


def refuse_axis(meaning: UriMeaning) -> None:
    """Refuse an axis of images in what names one image of a stack.

    Raises
    ------
    ValueError
    """
    if meaning.image_axis is not None:
        raise ValueError(
            f"axis={meaning.image_axis} says which axis counts the images, and this names one image of a stack, "
            "whose images count themselves: leave it out"
        )


class OneStackPerFile(Backend):
    """A format whose files are known by their ending, each of them one stack: only `spec` is missing."""

    one_per_file = True
    name: str
    """Name of the format in messages."""
    endings: tuple[str, ...]
    """Endings of file names, in lower case."""

    def claims(self, meaning: UriMeaning) -> bool:
        """Return whether it names a file with one of the endings, or a slice of one."""
        return not meaning.path and meaning.file.lower().endswith(self.endings)

    def expand(self, meanings: list[UriMeaning], text: str, *, plain: bool) -> list[UriMeaning]:  # noqa: ARG002
        """Return the likeliest meaning."""
        if meanings[0].problem:
            raise ValueError(meanings[0].problem)
        return [meanings[0]]

    def names_one(self, meanings: list[UriMeaning]) -> str:  # noqa: ARG002
        """Return the name of the format: no URI names a group."""
        return f"{self.name} stack"

    def find(self, meanings: list[UriMeaning], text: str) -> dict[str, str]:
        """Return the URI itself, under the name of the file."""
        check_regular_file(meanings[0].file)
        return {os.path.splitext(os.path.basename(meanings[0].file))[0]: text}

    @staticmethod
    def location(meaning: UriMeaning) -> str:
        """Return the URI of a stack, for its spec."""
        query = "&".join(meaning.query())
        return meaning.file + (f"?{query}" if query else "")
