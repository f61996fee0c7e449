# SPDX-License-Identifier: MIT
"""Provenance of a ranking: when it was made, by which version and command, and what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from .. import core
from ..text import text_of
from .equality import unique_texts

if TYPE_CHECKING:
    from .stack_score import StackScore

VERSION: Final = str(core.build_config()["version"])

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class InputRead:
    """Origin of the pixels of a stack.

    Attributes
    ----------
    stack : str
        Its name, as text.
    uri : str
        `StackScore.location`: empty for memory.
    shape : tuple of 3 int
        (n, height, width).
    dtype : str
        Type of the pixels.
    files : int
        Number of files that hold the pixels; 0 where they are not known.
    size : int or None
        Bytes of these files, together.
    modified : str or None
        When the latest of them was written to, before it was read: ISO 8601, with the time zone.
    """

    __module__ = "ndreg_preeval.results"

    stack: str
    uri: str
    shape: tuple[int, int, int]
    dtype: str
    files: int = 0
    size: int | None = None
    modified: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Time, version and command of a ranking, and what was read; never the machine, or the user.

    Attributes
    ----------
    version : str or None
        Of this package.
    date : str or None
        When the last number was there: ISO 8601, with the time zone.
    command_line : tuple of str or None
        Words of the command, where it was ``ndreg-preeval``.
    inputs : tuple of InputRead
        What the stacks were read from, in rank order.
    """

    __module__ = "ndreg_preeval.results"

    version: str | None = None
    date: str | None = None
    command_line: tuple[str, ...] | None = None
    inputs: tuple[InputRead, ...] = ()


def provenance_of(moment: float, stacks: Sequence[StackScore]) -> Provenance:
    """Return the provenance of a ranking of these stacks in rank order.

    Parameters
    ----------
    moment : float
        When it was made, in seconds since 1970.
    stacks : sequence of StackScore
        As they were made: pickled ones know no files.
    """
    names = unique_texts(stack.name for stack in stacks)
    inputs = tuple(_input(name, stack) for name, stack in zip(names, stacks, strict=True))
    date = datetime.fromtimestamp(moment).astimezone().isoformat(timespec="seconds")
    return Provenance(VERSION, date, None, inputs)


def made_by_command(made: Provenance | None, words: Sequence[str]) -> Provenance:
    """Return the same of a ranking that the command of these words made."""
    return replace(made or Provenance(), command_line=tuple(map(text_of, words)))


def _input(name: str, stack: StackScore) -> InputRead:
    shape, uri = (stack.n_images, *stack.shape), text_of(stack.location)
    found = stack._files_read
    if found is None:
        return InputRead(name, uri, shape, stack.dtype)
    return InputRead(name, uri, shape, stack.dtype, found.number, found.size, _as_date(found.modified))


def _as_date(nanoseconds: int | None) -> str | None:
    """Return a time of a file, in nanoseconds since 1970; None for one that no calendar has."""
    if nanoseconds is None:
        return None
    try:
        return (EPOCH + timedelta(microseconds=nanoseconds // 1000)).astimezone().isoformat()
    except (OverflowError, ValueError, OSError):
        return None
