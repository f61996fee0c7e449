# SPDX-License-Identifier: MIT
"""All storage formats: the one table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from .backend import Backend
from .choices import AS_FOUND, Choices
from .hdf5 import Hdf5Backend
from .hints import HDF5_ENDINGS, head_of
from .libraries import LIBRARY_BACKENDS
from .memory import ArrayImageSpec, ArraySpec, only_stack, stacks_held
from .optional_modules import is_plain
from .tiff import TiffBackend
from .uris import UriMeaning

if TYPE_CHECKING:
    from ..options import Limits
    from .base import ImageSpec, StackSpec

BACKENDS: Final[tuple[Callable[[], Backend], ...]] = (
    TiffBackend,
    *LIBRARY_BACKENDS,
    Hdf5Backend,
)
"""Backends in the order in which they are asked; the last one claims whatever is left."""


class Formats:
    """The formats, to be asked within a ``with`` statement, which closes what they opened.

    Parameters
    ----------
    choices : Choices
        How stacks are to be read: an axis may count several in one dataset.
    """

    def __init__(self, choices: Choices = AS_FOUND) -> None:
        self._choices = choices
        self._made: list[Backend] = []

    @property
    def _backends(self) -> list[Backend]:
        """The formats, made when the first question cannot be answered without them."""
        if not self._made:
            self._made = [each() for each in BACKENDS]
            for each in self._made:
                each.choices = self._choices
        return self._made

    def of(self, meanings: list[UriMeaning]) -> Backend:
        """Return the format of a URI: by the name of its file, else by the first bytes of that."""
        meaning = meanings[0]
        *others, last = self._backends
        found = next((each for each in others if each.claims(meaning)), None)
        if found is None and not (meaning.path and meaning.file.lower().endswith(HDF5_ENDINGS)):
            some = [each for each in others if not (meaning.path and each.one_per_file)]
            head = head_of(meaning.file)
            found = next((each for each in some if each.begins(head)), None) if head else None
        return found or last

    def has_folder(self, folder: str) -> bool:
        """Return whether a folder is a store of one of the formats."""
        return any(each.has_folder(folder) for each in self._backends)

    def object_spec(self, value: Any, limits: Limits) -> StackSpec:
        """Return the spec of an object: of a format, or an array or what can be one, or holds just one."""
        if is_plain(value):
            return ArraySpec(value)
        specs = (each.object_spec(value, limits) for each in self._backends)
        return next((spec for spec in specs if spec is not None), None) or ArraySpec(only_stack(value))

    def image_of_object(self, value: Any) -> ImageSpec:
        """Return the spec of one image of a stack that is made of files: an array, or what can be one."""
        return ArrayImageSpec(value)

    def object_specs(self, value: Any, limits: Limits) -> list[tuple[str, StackSpec]]:
        """Return the specs of an object, and what tells them apart: an axis of it may count stacks."""
        spec = self.object_spec(value, limits)
        return spec.several(self._choices.stacks_axis) or [("", spec)]

    def stacks_of(self, value: Any) -> Any:
        """Return the stacks that an object holds, as the mapping of them; the object itself where it is none."""
        if type(value) is dict:
            return value  # and no mapping of a format
        found = (each.stacks_of(value) for each in self._backends)
        stacks = next((stacks for stacks in found if stacks is not None), None)
        stacks = stacks_held(value, listed=True) if stacks is None else stacks
        return value if stacks is None else stacks

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._made:
            each.close()
