# SPDX-License-Identifier: MIT
"""Stacks of a sequence, a pattern or a folder, which came without names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..backend import Backend, FormatTable
from ..base import FailedSpec, StackSpec
from ..names import short_names, unique_names, with_paths
from ..uris import UriMeaning
from .forms import ImageStack, spec_of_found

if TYPE_CHECKING:
    from ...options import Limits


class Listed(NamedTuple):
    """One of the stacks of a sequence, which have no names yet."""

    meaning: UriMeaning
    """What names it."""
    text: str
    """The URI or pattern that names it alone."""
    spec: StackSpec
    whole: bool = False
    """Whether its file tells it from others, not a path in it."""
    of_images: bool = False
    """Whether it is a pattern or a folder."""


def of_found(
    found: Iterable[ImageStack | UriMeaning], limits: Limits, keep_going: bool, formats: FormatTable
) -> list[Listed]:
    """Return the stacks of a pattern or folder, as `stacks_listed` gives them."""
    listed = []
    for each in found:
        if isinstance(each, ImageStack):
            listed.append(_of_images(each, limits, keep_going, formats))
        else:
            listed += of_uri([each], str(each), limits, keep_going, formats)
    return listed


def _of_images(stack: ImageStack, limits: Limits, keep_going: bool, formats: FormatTable) -> Listed:
    try:
        spec = stack.spec(limits, formats)
    except Exception as error:
        if not keep_going:
            raise
        spec = FailedSpec(error, stack.text)
    meaning = stack.place.at(stack.name) if stack.name else stack.place
    return Listed(meaning, stack.text, spec, whole=not meaning.path, of_images=True)


def of_uri(
    meanings: list[UriMeaning], text: str, limits: Limits, keep_going: bool, formats: FormatTable
) -> list[Listed]:
    """Return the stacks that a URI stands for; raises as `Backend.expand`."""
    backend = formats.of(meanings)
    try:
        some = backend.expand(meanings, text, plain=True)
        return [
            Listed(
                meaning,
                str(meaning),
                spec_of_found(backend, meaning, limits, formats),
                _is_whole(meaning, backend),
            )
            for meaning in some
        ]
    except Exception as error:
        if not keep_going:
            raise
        return [failed(meanings[0], error, formats)]


def _is_whole(meaning: UriMeaning, backend: Backend) -> bool:
    """Return whether a file or folder is named, and nothing in it."""
    return not meaning.path and (backend.one_per_file or backend.has_folder(meaning.file))


def failed(meaning: UriMeaning, error: Exception, formats: FormatTable) -> Listed:
    """Return a stack that could not be looked for."""
    whole = formats.of([meaning]).one_per_file or not meaning.path.strip("/")
    return Listed(meaning, str(meaning), FailedSpec(error, str(meaning)), whole)


def with_names(listed: Sequence[Listed], *, together: bool = False) -> list[tuple[str, StackSpec]]:
    """Return specs with the names that tell their stacks apart; see `names_of`."""
    return list(zip(names_of(listed, together=together), (each.spec for each in listed), strict=True))


def names_of(listed: Sequence[Listed], *, together: bool = False) -> list[str]:
    """Return the names that tell stacks apart.

    Parameters
    ----------
    listed : sequence of Listed
    together : bool
        Whether one pattern or folder stands for all: what all paths end in is no part of the names then.
    """
    whole = [each.whole for each in listed]
    short = all(each.of_images for each in listed if each.whole)
    meanings = with_paths([each.meaning for each in listed], whole, short=short)
    names = short_names([meaning.path for meaning in meanings]) if together else []
    return names if names and len(set(names)) == len(names) else unique_names(meanings)
